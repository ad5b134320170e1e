"""A notebook that a bare program runs is found beside its kernel, with the cells that stand in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import nbformat
import pytest

from creator_magic.cells.notebook_beside import told_by_file
from creator_magic.cells.request import Request
from tests.test_notebook_files import magic, notebook, standing, user

if TYPE_CHECKING:
    from pathlib import Path

ASKS = "%%solve\nHow many?"
BARE = Request(source=ASKS)
SOLVED = notebook(user("a"), magic(), standing("tool", "T", id="t"), standing("decision", "D", id="d"))


def found(folder: Path, request: Request = BARE) -> list[str]:
    told = told_by_file(request, folder)
    assert (told.cell_id == "m") == bool(told.standing)
    return [cell.source for cell in told.standing]


def test_what_stands_under_the_cell_is_told(tmp_path: Path) -> None:
    nbformat.write(notebook(user("x")), tmp_path / "a-other.ipynb")
    (tmp_path / "b-damaged.ipynb").write_text('{"cells": [{"metadata": {"creator_magic": 1')
    (tmp_path / "c-odd.ipynb").write_text('{"cells": [{"creator_magic": 1}, 7]}')
    (tmp_path / "d-old.ipynb").write_text('["creator_magic"]')
    nbformat.write(SOLVED, tmp_path / "e.ipynb")
    nbformat.write(SOLVED, tmp_path / "f-copy.ipynb")
    assert found(tmp_path) == ["T", "D"]


def test_where_two_have_it_with_different_cells_none_is_taken(tmp_path: Path) -> None:
    nbformat.write(SOLVED, tmp_path / "a.ipynb")
    nbformat.write(notebook(magic(), standing("tool", "T", id="t", edited="T2")), tmp_path / "b.ipynb")
    assert found(tmp_path) == []


@pytest.mark.parametrize(
    "request_",
    [
        Request(source="%%solve\nHow much?"),
        Request(source=ASKS, place="m"),
        Request(source=ASKS, interactive=True),
        Request(source=ASKS, silent=True),
        Request(),
    ],
)
def test_who_says_more_or_asks_something_else_is_told_nothing(tmp_path: Path, request_: Request) -> None:
    nbformat.write(SOLVED, tmp_path / "a.ipynb")
    assert told_by_file(request_, tmp_path) is request_
