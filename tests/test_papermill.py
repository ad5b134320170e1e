"""papermill with our engine, as a person runs it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from creator_magic.cells.generated import KEY
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

ENGINE = ("papermill", "--engine", "creator-magic", "--no-progress-bar")


def test_generated_cells_stand_in_the_output_and_run_again_from_themselves(
    server: ModelServer, tmp_path: Path
) -> None:
    write(tmp_path / "in.ipynb", problem_notebook())
    server.reply_with(*REPLIES)
    ran = program(server, tmp_path, [*ENGINE, "in.ipynb", "out.ipynb"])
    assert ran.returncode == 0, ran.stderr
    done = read(tmp_path / "out.ipynb")
    assert slots(done) == ["load", "magic", "tool", "decision", "look"]
    assert shown(slot(done, "decision")) == "250"
    assert shown(slot(done, "look")) == "([250], 10)"
    assert "cells" not in slot(done, "magic").outputs[0].metadata[KEY]
    assert slots(read(tmp_path / "in.ipynb")) == ["load", "magic", "look"]

    again = program(server, tmp_path, [*ENGINE, "out.ipynb", "again.ipynb"])
    assert again.returncode == 0, again.stderr
    after = read(tmp_path / "again.ipynb")
    assert len(server.calls) == 2, "no model was asked again"
    assert [(cell.id, cell.source) for cell in after.cells] == [(cell.id, cell.source) for cell in done.cells]
    assert shown(slot(after, "look")) == "([250], 10)", "the decision ran once"
    assert all(cell.metadata.papermill.status == "completed" for cell in after.cells)


def test_parameters_kernel_and_working_folder_are_papermills(server: ModelServer, tmp_path: Path) -> None:
    cells = [
        code("import os\nname = 'nobody'", "params", tags=["parameters"]),
        code("print(name, os.getcwd())", "told"),
    ]
    notebook = problem_notebook(*cells)
    notebook.metadata.kernelspec.name = "gone"
    write(tmp_path / "in.ipynb", notebook)
    (tmp_path / "there").mkdir()
    server.reply_with(*REPLIES)
    words = [*ENGINE, "-p", "name", "Ada", "-k", "python3", "--cwd", "there", "in.ipynb", "out.ipynb"]
    ran = program(server, tmp_path, words)
    assert ran.returncode == 0, ran.stderr
    done = read(tmp_path / "out.ipynb")
    assert [cell.metadata.tags for cell in done.cells if cell.metadata.get("tags")] == [
        ["parameters"],
        ["injected-parameters"],
    ]
    assert shown(slot(done, "told")) == f"Ada {tmp_path / 'there'}\n"
    assert done.metadata.papermill.parameters == {"name": "Ada"}


def test_a_problem_that_is_not_solved_ends_papermill_with_what_to_do(
    server: ModelServer, tmp_path: Path
) -> None:
    write(tmp_path / "in.ipynb", problem_notebook(solve="%%solve --max-rectifications 0\nDivide."))
    server.reply_with(*BROKEN)
    ran = program(server, tmp_path, [*ENGINE, "in.ipynb", "out.ipynb"])
    assert ran.returncode == 1
    assert "UnsolvedError: Not solved in the one attempt" in ran.stderr
    assert "Add a --hint" in ran.stderr
    done = read(tmp_path / "out.ipynb")
    kept = [name for name in slots(done) if name in {"load", "magic", "tool", "decision", "look"}]
    assert kept == ["load", "magic", "tool", "decision", "look"]
    place = done.cells.index(slot(done, "magic"))
    assert "papermill-error-cell" in done.cells[place - 1].source, "the mark stands at the magic cell"
    assert slot(done, "decision").outputs[-1].ename == "ZeroDivisionError"
    assert slot(done, "look").outputs == []


def test_a_failing_cell_of_the_persons_own_ends_it_as_always(server: ModelServer, tmp_path: Path) -> None:
    write(tmp_path / "in.ipynb", problem_notebook(code("1 / 0", "fails")))
    ran = program(server, tmp_path, [*ENGINE, "in.ipynb", "out.ipynb"])
    assert ran.returncode == 1
    assert "ZeroDivisionError" in ran.stderr
    assert slot(read(tmp_path / "out.ipynb"), "fails").metadata.papermill.exception is True
    assert server.calls == []


def test_a_time_limit_is_papermills(server: ModelServer, tmp_path: Path) -> None:
    write(tmp_path / "in.ipynb", problem_notebook(code("import time; time.sleep(60)", "slow")))
    ran = program(server, tmp_path, [*ENGINE, "--execution-timeout", "1", "in.ipynb", "out.ipynb"])
    assert ran.returncode != 0
    assert "CellTimeoutError" in ran.stderr


@pytest.mark.parametrize("engine", [[], ["--engine", "creator-magic"]])
def test_without_magic_cells_both_engines_write_the_same(
    server: ModelServer, tmp_path: Path, engine: list[str]
) -> None:
    cells = [code("print(1)", "a"), code("2", "b"), code("", "c"), code("1/0", "d", tags=["skip-execution"])]
    notebook = problem_notebook(*cells)
    notebook.cells = notebook.cells[:4]
    write(tmp_path / "in.ipynb", notebook)
    ran = program(server, tmp_path, ["papermill", "--no-progress-bar", *engine, "in.ipynb", "out.ipynb"])
    assert ran.returncode == 0, ran.stderr
    done = read(tmp_path / "out.ipynb")
    assert [(cell.id, shown(cell)) for cell in done.cells] == [("a", "1\n"), ("b", "2"), ("c", ""), ("d", "")]
