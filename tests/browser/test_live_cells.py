"""Generated cells in a real JupyterLab: they come while `%%solve` runs, and change in place."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.model_server import ModelServer, ScriptedReply

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.browser.lab import NotebookPage

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

TOOL = '```python tool\ndef area(width, height):\n    """Return the area."""\n    return width * height\n```'
DECISION = "```python decision\nprint('asking the tool')\narea(3, 4)\n```"


def test_cells_come_while_the_solve_runs(
    model: ModelServer, open_notebook: Callable[..., NotebookPage]
) -> None:
    model.reply_with(TOOL, ScriptedReply(DECISION, wait=2))
    page = open_notebook(["%load_ext creator_magic", "%%solve\nHow big is 3 by 4?", "'after'"])
    page.run_all()
    early = page.until(lambda cells: len(cells) == 4)
    assert [cell.key for cell in early] == ["", "", "tool", ""]
    assert early[3].text == ""
    done = page.until_idle()
    assert [cell.key for cell in done] == ["", "", "tool", "decision", ""]
    assert done[3].text == "asking the tool\n12"
    assert done[3].trusted
    assert done[4].text == "'after'"
