"""Notebook files for tests of whoever runs them: made, run by a real program, and read again."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat

from creator_magic.cells.generated import CellMark
from tests.conftest import environment
from tests.test_solve_live import BREAD, DECISION, TOOL

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.model_server import ModelServer

SOLVE = f"%%solve\n{BREAD}"
APPENDS = "```python decision\nrows.append(break_even(3.20, 1.20, 500))\nrows[-1]\n```"
"""A decision that shows how often it ran."""

REPLIES = (TOOL, APPENDS)
BROKEN = (TOOL, DECISION.replace("3.20, 1.20", "1.0, 1.0"))
"""Replies whose decision divides by zero."""


def code(source: str, name: str, **metadata: object) -> nbformat.NotebookNode:
    """A code cell."""
    cell: nbformat.NotebookNode = nbformat.v4.new_code_cell(source, id=name, metadata=metadata)
    return cell


def problem_notebook(*before: nbformat.NotebookNode, solve: str = SOLVE) -> nbformat.NotebookNode:
    """A notebook that loads the extension, solves a problem, and looks at what it came to."""
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook: nbformat.NotebookNode = nbformat.v4.new_notebook(
        cells=[
            *before,
            code("%load_ext creator_magic\nrows = []", "load"),
            code(solve, "magic"),
            code("(rows, break_even(2, 1, 10))", "look"),
        ],
        metadata={"kernelspec": kernel},
    )
    return notebook


def write(path: Path, notebook: nbformat.NotebookNode) -> Path:
    """Write a notebook file."""
    nbformat.write(notebook, path)
    return path


def read(path: Path) -> nbformat.NotebookNode:
    """Read a notebook file, which must be valid."""
    notebook: nbformat.NotebookNode = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    return notebook


def slots(notebook: nbformat.NotebookNode) -> list[str]:
    """The notebook's cells by slot, or by id where they are a person's."""
    marks = [(CellMark.from_metadata(cell.metadata), cell.id) for cell in notebook.cells]
    return [mark.key if mark else name for mark, name in marks]


def slot(notebook: nbformat.NotebookNode, key: str) -> nbformat.NotebookNode:
    """The cell in a slot, or with an id."""
    cell: nbformat.NotebookNode = notebook.cells[slots(notebook).index(key)]
    return cell


def shown(cell: nbformat.NotebookNode) -> str:
    """What a cell printed and showed, as plain text."""
    return "".join(
        output.text if output.output_type == "stream" else output.get("data", {}).get("text/plain", "")
        for output in cell.outputs
    )


def program(
    server: ModelServer, folder: Path, words: Sequence[str | Path]
) -> subprocess.CompletedProcess[str]:
    """Run one of the programs of this environment, whose kernels ask `server`."""
    return run_again_if_a_port_was_taken(
        [str(Path(sys.executable).parent / words[0]), *map(str, words[1:])],
        cwd=folder,
        env={**os.environ, **environment(server)},
    )


def run_again_if_a_port_was_taken(words: Sequence[str], **more: Any) -> subprocess.CompletedProcess[str]:
    """Run a program, once more if its kernel did not come up.

    Programs of others choose free ports for a kernel that binds them a second later, when another test's
    server may have one of them.
    """
    for _ in range(2):
        ran = subprocess.run(words, capture_output=True, text=True, timeout=120, check=False, **more)
        if "Kernel died before replying" not in ran.stderr:
            break
    return ran
