"""What `--use` sends of the tables of a TabMWP file: `python -m benchmarks.stated_context FILE.jsonl`.

The file has a problem a line, with its table as text (TabMWP, arXiv 2209.14610). Each table becomes a
frame of a live notebook. A real solve over HTTP is then asked about each table, and one about all of
them together; of each it is checked that what is said of the frames keeps within the budget, holds
every column name, and is the same to the letter when every cell holds something else.
"""

from __future__ import annotations

import json
import statistics
import sys
from pathlib import Path

from creator_magic.kernel.variables.form import column
from tests.conftest import environment
from tests.live_notebook import LiveNotebook
from tests.model_server import ModelServer

REPLY = "```python tool\ndef one():\n    return 1\n```\n\n```python decision\none()\n```"
BUDGET = 20_000
FRAMES = """
import json, pandas as pd
lines = [json.loads(line) for line in open({path!r}, encoding="utf-8")]
problems = pd.DataFrame(lines)
def frame_of(text):
    rows = [line.split(" | ") for line in text.partition("Content:\\n")[2].splitlines()]
    width = max(map(len, rows))
    head, *cells = [row + [""] * (width - len(row)) for row in rows]
    return pd.DataFrame(cells, columns=head, dtype="object")
for number, line in enumerate(lines):
    globals()[f"t{{number:03d}}"] = frame_of(line["table"])
"""
SCRAMBLED = """
for _name, _frame in list(globals().items()):
    if isinstance(_frame, pd.DataFrame):
        for _position, _dtype in enumerate(_frame.dtypes):
            _other = pd.Series(["something else" if _dtype.kind == "O" else 0] * len(_frame))
            _frame.isetitem(_position, _other.astype(_dtype))
"""


def said(server: ModelServer) -> list[str]:
    """Return what the last prompt says of the variables, a line each."""
    content = str(server.calls[-1].body["messages"][-1]["content"])
    lines = content.partition("(described without their values):\n")[2].splitlines()
    return [line for line in lines if line.startswith("- ")]


def main(path: Path) -> None:
    """Ask about every table, and print what was found."""
    with ModelServer() as server, LiveNotebook(environment(server)) as notebook:
        server.reply_by(lambda _: REPLY)
        notebook.run("%load_ext creator_magic")
        ran = notebook.run(FRAMES.format(path=str(path.absolute())), timeout=120)
        assert ran.status == "ok", ran.error
        frames = "{n: list(v.columns) for n, v in globals().items() if isinstance(v, pd.DataFrame)}"
        columns = json.loads(notebook.run(f"print(json.dumps({frames}))").text)
        asked = [[name] for name in columns] + [list(columns)]

        def told() -> list[list[str]]:
            answers = []
            for names in asked:
                ran = notebook.run(
                    f"%%solve --method entangled --use {','.join(names)}\nHow many?", timeout=120
                )
                assert ran.status == "ok", ran.error
                answers.append(said(server))
            return answers

        first = told()
        assert notebook.run(SCRAMBLED).status == "ok"
        second = told()
    sizes = [sum(len(line) + 1 for line in lines) for lines in first]
    missing = sum(
        column(name, "").told not in line
        for names, lines in zip(asked, first, strict=True)
        for frame, line in zip(names, lines, strict=True)
        for name in columns[frame]
    )
    names = sum(map(len, columns.values()))
    print(f"{len(columns)} frames, {names} columns; {len(asked)} solves, each twice")
    print(f"characters said of one frame: median {statistics.median(sizes[:-1]):.0f}, most {max(sizes[:-1])}")
    print(f"characters said of all together: {sizes[-1]:,} (budget {BUDGET:,})")
    print(f"column names that are not said: {missing} of {2 * names}")
    differing = sum(map(list.__ne__, first, second))
    print(f"prompts that differ when every cell holds something else: {differing}")
    assert max(sizes) <= BUDGET
    assert not missing
    assert first == second


if __name__ == "__main__":
    main(Path(sys.argv[1]))
