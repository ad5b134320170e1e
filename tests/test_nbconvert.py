"""`jupyter nbconvert` with our preprocessors, as a person runs it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import nbformat
import pytest

from tests.notebook_files import (
    BROKEN,
    REPLIES,
    code,
    problem_notebook,
    program,
    read,
    shown,
    slot,
    slots,
    write,
)

if TYPE_CHECKING:
    from pathlib import Path

    from tests.model_server import ModelServer

# Over sockets in the file system: two kernels that start at once may choose one port.
NBCONVERT = ("jupyter", "nbconvert", "--KernelManager.transport=ipc")
TO_NOTEBOOK = (*NBCONVERT, "--to", "notebook", "in.ipynb", "--output", "out")
RUN = "--NotebookExporter.preprocessors=creator_magic.nbconvert.RunPreprocessor"
COMPLETE = "--NotebookExporter.preprocessors=creator_magic.nbconvert.CompletePreprocessor"


def test_run_puts_the_cells_into_the_notebook_and_runs_each_once(server: ModelServer, tmp_path: Path) -> None:
    write(tmp_path / "in.ipynb", problem_notebook())
    server.reply_with(*REPLIES)
    for _ in range(2):
        ran = program(server, tmp_path, [*TO_NOTEBOOK, RUN])
        assert ran.returncode == 0, ran.stderr
        done = read(tmp_path / "out.ipynb")
        assert slots(done) == ["load", "magic", "tool", "decision", "look"]
        assert shown(slot(done, "look")) == "([250], 10)"
        (tmp_path / "out.ipynb").rename(tmp_path / "in.ipynb")
    assert len(server.calls) == 2, "the second run asked no model"


def test_run_makes_a_page_with_the_cells_in_it(server: ModelServer, tmp_path: Path) -> None:
    write(tmp_path / "in.ipynb", problem_notebook())
    server.reply_with(*REPLIES)
    words = [*NBCONVERT, "--to", "html", RUN.replace("Notebook", "HTML"), "in.ipynb"]
    ran = program(server, tmp_path, words)
    assert ran.returncode == 0, ran.stderr
    page = (tmp_path / "in.html").read_text("utf-8")
    assert page.count('class="jp-Cell jp-CodeCell') == 5


def test_complete_puts_in_the_cells_of_a_notebook_that_nbconvert_ran(
    server: ModelServer, tmp_path: Path
) -> None:
    write(tmp_path / "in.ipynb", problem_notebook())
    server.reply_with(*REPLIES)
    ran = program(server, tmp_path, [*TO_NOTEBOOK, "--execute", COMPLETE])
    assert ran.returncode == 0, ran.stderr
    done = read(tmp_path / "out.ipynb")
    assert slots(done) == ["load", "magic", "tool", "decision", "look"]
    assert shown(slot(done, "decision")) == "250"


def test_complete_alone_runs_nothing(server: ModelServer, tmp_path: Path) -> None:
    write(tmp_path / "in.ipynb", problem_notebook(code("1 / 0", "fails")))
    ran = program(server, tmp_path, [*TO_NOTEBOOK, COMPLETE])
    assert ran.returncode == 0, ran.stderr
    assert read(tmp_path / "out.ipynb").cells == read(tmp_path / "in.ipynb").cells


def test_a_failing_cell_ends_it_unless_errors_are_allowed(server: ModelServer, tmp_path: Path) -> None:
    write(tmp_path / "in.ipynb", problem_notebook(solve="%%solve --max-rectifications 0\nDivide."))
    server.reply_with(*BROKEN, *BROKEN)
    ran = program(server, tmp_path, [*TO_NOTEBOOK, RUN])
    assert ran.returncode == 1
    assert "UnsolvedError: Not solved in the one attempt" in ran.stderr
    assert not (tmp_path / "out.ipynb").exists()

    allowed = program(server, tmp_path, [*TO_NOTEBOOK, RUN, "--allow-errors"])
    assert allowed.returncode == 0, allowed.stderr
    done = read(tmp_path / "out.ipynb")
    assert slots(done) == ["load", "magic", "tool", "decision", "look"]
    assert slot(done, "look").outputs[-1].ename == "NameError", "the cells after it ran"


def test_options_of_nbconverts_own_preprocessor_hold(server: ModelServer, tmp_path: Path) -> None:
    write(tmp_path / "in.ipynb", problem_notebook(code("import time; time.sleep(60)", "slow")))
    ran = program(server, tmp_path, [*TO_NOTEBOOK, RUN, "--ExecutePreprocessor.timeout=1"])
    assert ran.returncode == 1
    assert "CellTimeoutError" in ran.stderr
    none = program(server, tmp_path, [*TO_NOTEBOOK, RUN, "--ExecutePreprocessor.kernel_name=gone"])
    assert "No such kernel named gone" in none.stderr


def test_both_run_and_execute_are_refused_before_anything_runs(server: ModelServer, tmp_path: Path) -> None:
    write(tmp_path / "in.ipynb", problem_notebook(code("open('ran', 'w')", "first")))
    ran = program(server, tmp_path, [*TO_NOTEBOOK, "--execute", RUN])
    assert ran.returncode == 1
    assert ran.stderr.splitlines()[-1].endswith("leave out --execute.")
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("preprocessor", [RUN, COMPLETE])
def test_an_older_notebook_gets_ids(server: ModelServer, tmp_path: Path, preprocessor: str) -> None:
    cell: dict[str, object] = {"cell_type": "code", "metadata": {}, "source": "1", "outputs": []}
    cell["execution_count"] = None
    old = {"nbformat": 4, "nbformat_minor": 2, "metadata": {}, "cells": [cell]}
    (tmp_path / "in.ipynb").write_text(json.dumps(old))
    ran = program(server, tmp_path, [*TO_NOTEBOOK, preprocessor])
    assert ran.returncode == 0, ran.stderr
    done = nbformat.read(tmp_path / "out.ipynb", as_version=4)
    nbformat.validate(done)
    assert done.cells[0].id
