"""Keeps replies and tools and saves a notebook, as fast as it can, and says what is kept.

python -m tests.soak.writer FOLDER ROUND
"""

from __future__ import annotations

import itertools
import random
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import nbformat

from creator_magic.cells.notebook_file import write_notebook
from creator_magic.model.cassette import Cassette
from creator_magic.ports import Question, Reply
from creator_magic.problem import Problem
from creator_magic.project import CASSETTE, STORE, kept_in
from creator_magic.toolbox.reading import describe
from creator_magic.toolbox.store import ToolStore

if TYPE_CHECKING:
    from creator_magic.ports import CodeStage

NOTEBOOK = "written.ipynb"
LONGEST = 200_000
"""Characters of a reply. Most are short; a long one is not written in one step."""


def question(text: str, stage: CodeStage = "creation") -> Question:
    """What a reply is kept under; of the default method, and without hints."""
    return Question(stage, 1, Problem(text), ())


def reply(text: str) -> str:
    """The reply to a problem of the writer's, the same every time."""
    chance = random.Random(text)
    return f"{text} " * int(LONGEST / len(text) * chance.random() ** 8)


def work(folder: Path, name: str) -> None:
    """Write until the end."""
    cassette = Cassette(kept_in(folder, CASSETTE))
    store = ToolStore(kept_in(folder, STORE))
    for number in itertools.count():
        problem = f"Problem {number} of writer {name}."
        cassette.add(question(problem), Reply(reply(problem), "stop", "m"), "m")
        print("reply", problem, flush=True)
        if number % 5 == 0:  # else no kernel would come to write
            tool = f"written_{name}_{number}"
            store.add(describe(f"def {tool}(x):\n    return x + {number}", tool))
            print("tool", tool, flush=True)
        cells = [
            nbformat.v4.new_markdown_cell(f"{name} {number}", id=f"c{i}") for i in range(1 + number % 300)
        ]
        write_notebook(nbformat.v4.new_notebook(cells=cells), folder / NOTEBOOK)
        print("notebook", f"{name} {number}", flush=True)


if __name__ == "__main__":
    print("ready", flush=True)
    sys.stdin.readline()
    work(Path(sys.argv[1]), sys.argv[2])
