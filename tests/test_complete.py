"""`creator-magic complete`: notebooks that other programs and front ends ran get their generated cells."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import nbformat
import pytest
from typer.testing import CliRunner

from creator_magic.cells.generated import KEY, CellMark, is_edited
from creator_magic.cells.notebook import complete
from creator_magic.cli import app
from tests.notebook_files import (
    REPLIES,
    SOLVE,
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

    from tests.live_notebook import LiveNotebook
    from tests.model_server import ModelServer

RUNNERS = {
    "jupyter execute": ["jupyter", "execute", "--inplace", "in.ipynb"],
    "papermill": ["papermill", "--no-progress-bar", "in.ipynb", "in.ipynb"],
    "nbconvert": ["jupyter", "nbconvert", "--to", "notebook", "--execute", "--inplace", "in.ipynb"],
}
ADDRESS = "vscode-notebook-cell:/home/ada/a.ipynb#W2sZmlsZQ%3D%3D"


def invoke(*arguments: str | Path) -> Any:
    done = CliRunner().invoke(app, ["complete", *map(str, arguments)])
    assert done.exit_code == 0, done.stderr
    return done


@pytest.mark.parametrize("runner", RUNNERS.values(), ids=RUNNERS)
def test_a_notebook_run_by_another_program_is_completed_once(
    server: ModelServer, tmp_path: Path, runner: list[str]
) -> None:
    path = write(tmp_path / "in.ipynb", problem_notebook())
    server.reply_with(*REPLIES)
    ran = program(server, tmp_path, runner)
    assert ran.returncode == 0, ran.stderr
    assert slots(read(path)) == ["load", "magic", "look"]

    done = program(server, tmp_path, ["creator-magic", "complete", "in.ipynb"])
    assert done.returncode == 0, done.stderr
    assert done.stdout == "in.ipynb: 2 generated cells of 1 magic cell\n"
    completed = read(path)
    assert slots(completed) == ["load", "magic", "tool", "decision", "look"]
    assert shown(slot(completed, "decision")) == "250"

    before = path.read_bytes()
    stamp = path.stat().st_mtime_ns
    again = program(server, tmp_path, ["creator-magic", "complete", "in.ipynb"])
    assert again.stdout.startswith("in.ipynb: no record of a solve holds cells")
    assert (path.read_bytes(), path.stat().st_mtime_ns) == (before, stamp)

    rerun = program(server, tmp_path, ["creator-magic", "run", "in.ipynb"])
    assert rerun.returncode == 0, rerun.stderr
    assert len(server.calls) == 2, "it runs from its own cells"
    assert shown(slot(read(path), "look")) == "([250], 10)"


def test_another_file_may_be_written(tmp_path: Path) -> None:
    path = write(tmp_path / "a.ipynb", problem_notebook())
    done = invoke(path, "-o", tmp_path / "b.ipynb")
    assert done.stdout.startswith(f"{tmp_path / 'b.ipynb'}: no record")
    assert read(tmp_path / "b.ipynb") == read(path)


@pytest.mark.parametrize("name", ["none.ipynb", "text.ipynb"])
def test_what_is_no_notebook_is_refused_in_a_line(tmp_path: Path, name: str) -> None:
    (tmp_path / "text.ipynb").write_text("not json")
    done = CliRunner().invoke(app, ["complete", str(tmp_path / name)])
    assert done.exit_code == 2
    assert len(done.stderr.splitlines()) == 1


# Code that was offered as a new cell


@pytest.fixture
def from_vs_code(server: ModelServer, notebook: LiveNotebook) -> nbformat.NotebookNode:
    """A notebook as VS Code saves it: the record under the magic cell, the offered cell below it."""
    server.reply_with(*REPLIES)
    notebook.run("rows = []")
    ran = notebook.run(SOLVE, ADDRESS, interactive=True)
    made = problem_notebook()
    slot(made, "magic").outputs = [nbformat.from_dict(output) for output in ran.outputs]
    made.cells.insert(2, code(ran.payload[0]["text"], "offered"))
    return made


def generated(notebook: nbformat.NotebookNode) -> list[str]:
    return [cell.source for cell in notebook.cells if KEY in cell.metadata]


def specs(notebook: nbformat.NotebookNode) -> list[str]:
    record = slot(notebook, "magic").outputs[-1].metadata[KEY]
    return [spec.source for spec in record.cells]


def test_an_offered_cell_becomes_the_generated_cells(
    from_vs_code: nbformat.NotebookNode, tmp_path: Path
) -> None:
    path = write(tmp_path / "a.ipynb", from_vs_code)
    assert invoke(path).stdout == f"{path}: 2 generated cells of 1 magic cell\n"
    done = read(path)
    assert slots(done) == ["load", "magic", "tool", "decision", "look"]
    assert generated(done) == specs(from_vs_code)
    assert shown(slot(done, "decision")) == "250"
    assert slot(done, "tool").id == "offered"
    mark = CellMark.from_metadata(slot(done, "tool").metadata)
    assert mark is not None
    assert mark.parent == "magic"
    before = path.read_bytes()
    invoke(path)
    assert path.read_bytes() == before


def test_what_the_person_edited_in_it_stays(from_vs_code: nbformat.NotebookNode, tmp_path: Path) -> None:
    offered = slot(from_vs_code, "offered")
    offered.source = offered.source.replace("rows[-1]", "'mine'")
    offered.outputs = [nbformat.v4.new_output("stream", text="mine\n")]
    path = write(tmp_path / "a.ipynb", from_vs_code)
    done = invoke(path)
    assert done.stdout.splitlines()[1] == "1 of them kept as you edited them"
    completed = read(path)
    assert slots(completed) == ["load", "magic", "tool", "decision", "look"]
    decision = slot(completed, "decision")
    assert decision.source.endswith("'mine'")
    assert shown(decision) == "mine\n"
    mark = CellMark.from_metadata(decision.metadata)
    assert mark is not None
    assert is_edited(mark, decision.source), "the next solve knows it for an edit"
    assert slot(completed, "tool").source == specs(from_vs_code)[0]


def test_an_edit_stays_also_where_the_kernel_has_run_anew(from_vs_code: nbformat.NotebookNode) -> None:
    offered = slot(from_vs_code, "offered")
    offered.source = offered.source.replace("rows[-1]", "'mine'")
    assert generated(complete(from_vs_code, told=True))[1].endswith("'mine'")


def test_an_offered_cell_that_was_split_or_moved_is_known(from_vs_code: nbformat.NotebookNode) -> None:
    offered = slot(from_vs_code, "offered")
    tool, head, decision = offered.source.partition("# creator: decision")
    offered.source = tool
    from_vs_code.cells.append(code(head + decision, "moved"))
    done = complete(from_vs_code)
    assert slots(done) == ["load", "magic", "tool", "look", "decision"]
    assert generated(done) == specs(from_vs_code)


def test_with_other_line_ends_it_is_known_too(from_vs_code: nbformat.NotebookNode) -> None:
    offered = slot(from_vs_code, "offered")
    offered.source = offered.source.replace("\n", "\r\n")
    assert slots(complete(from_vs_code)) == ["load", "magic", "tool", "decision", "look"]


def test_the_offer_of_an_earlier_problem_and_a_second_copy_are_the_persons(
    from_vs_code: nbformat.NotebookNode,
) -> None:
    offered = slot(from_vs_code, "offered")
    before = copy.deepcopy(offered)
    before.id = "before"
    head = before.source.splitlines()[0]
    before.source = before.source.replace(head[-8:], "01234567")
    second = {**copy.deepcopy(offered), "id": "second"}
    from_vs_code.cells += [before, nbformat.from_dict(second)]
    done = complete(from_vs_code)
    assert slots(done) == ["load", "magic", "tool", "decision", "look", "before", "second"]
    assert done.cells[-2:] == [before, second]
