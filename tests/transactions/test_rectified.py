"""A notebook of solves whose first code empties everything it finds: all are mended, nothing is lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.transactions.book import OURS, same

if TYPE_CHECKING:
    from tests.live_notebook import LiveNotebook
    from tests.model_server import ModelServer

EMPTY_EVERYTHING = """
    import sys
    for name, value in list(sys._getframe(1).f_globals.items()):
        if name.startswith('_') or name in ('In', 'Out'):
            continue
        if isinstance(value, (list, dict, set, bytearray)):
            value.clear()
        elif type(value).__name__ == 'DataFrame':
            value.drop(value.index, inplace=True)
        elif type(value).__name__ == 'ndarray':
            value[...] = 0
        elif hasattr(value, '__dict__') and type(value).__module__ == '__main__':
            vars(value).clear()
    raise RuntimeError('broken after changing your variables')
"""


def test_code_that_empties_everything_is_mended_and_nothing_is_lost(
    server: ModelServer, notebook: LiveNotebook
) -> None:
    notebook.run(OURS)
    for number in range(20):
        tool = f"def add_{number}(x):\n    return x + {number}"
        broken = tool.replace(":\n", f":{EMPTY_EVERYTHING}", 1)
        server.reply_with(
            f"```python tool\n{broken}\n```",
            f"```python decision\nadd_{number}(1)\n```",
            f"It must not touch other variables.\n```python tool\n{tool}\n```",
        )
        ran = notebook.run(f"%%solve\nWhat is 1 and {number}?", cell_id=f"cell-{number}")
        assert ran.status == "ok", ran.error
        assert ran.record["summary"]["attempts"] == 2
        assert ran.record["summary"]["answer_text"] == str(1 + number)
        assert same(notebook) == "[]"
