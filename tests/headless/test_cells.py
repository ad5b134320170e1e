"""The cells of a magic cell in a notebook file that is run: where they stand, and which of them run."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import nbformat
import pytest

from creator_magic.cells.generated import KEY
from creator_magic.headless import run_notebook
from tests.headless.ask_magic import SETUP, TOOL_AND_DECISION, by_id, save
from tests.notebook_files import code, read, shown, slot, slots

if TYPE_CHECKING:
    from pathlib import Path


def test_records_become_cells_with_outputs(solved: Path) -> None:
    nb = read(solved)
    assert slots(nb) == ["setup", "rows", "magic", "tool", "decision", "look"]
    assert shown(by_id(nb, "look")) == "([8], 2)"
    assert shown(slot(nb, "tool")) == "made by the magic\n"
    assert slot(nb, "tool").execution_count == 7
    record = by_id(nb, "magic").outputs[0]
    assert record.data["text/plain"] == "2 cells"
    assert "cells" not in record.metadata[KEY]
    assert len(by_id(nb, "magic").outputs) == 1


def test_the_report_sums_up_the_solves_of_this_run(solved: Path) -> None:
    report = run_notebook(solved)
    assert [(s.solved, s.answer_text, s.calls, s.prompt_tokens) for s in report.solves] == [
        (True, "2", 0, 10)
    ]
    assert (report.ran, report.total) == (4, 4)


def test_its_own_output_runs_again_and_stays_the_same(solved: Path) -> None:
    before = read(solved)
    run_notebook(solved)
    after = read(solved)
    assert [(c.id, c.source) for c in after.cells] == [(c.id, c.source) for c in before.cells]
    assert shown(by_id(after, "look")) == "([8], 2)", "the decision appended once, not twice"


def test_an_edit_is_what_runs_next_time(solved: Path) -> None:
    nb = read(solved)
    slot(nb, "decision").source = "rows.append('mine')"
    nbformat.write(nb, solved)
    run_notebook(solved)
    after = read(solved)
    assert slot(after, "decision").source == "rows.append('mine')"
    assert shown(by_id(after, "look")) == "(['mine'], 2)"


def test_a_moved_cell_stays_where_the_person_put_it(solved: Path) -> None:
    nb = read(solved)
    nb.cells.append(nb.cells.pop(slots(nb).index("decision")))
    nbformat.write(nb, solved)
    run_notebook(solved)
    after = read(solved)
    assert slots(after) == ["setup", "rows", "magic", "tool", "look", "decision"]
    assert shown(by_id(after, "look")) == "([8], 2)"


def test_a_cell_moved_above_its_magic_does_not_run_there(solved: Path) -> None:
    nb = read(solved)
    nb.cells.insert(0, nb.cells.pop(slots(nb).index("decision")))
    nbformat.write(nb, solved)
    report = run_notebook(solved)
    assert not report.failures
    assert slots(read(solved)) == ["setup", "rows", "magic", "tool", "decision", "look"]


def test_a_deleted_cell_comes_back(solved: Path) -> None:
    nb = read(solved)
    del nb.cells[slots(nb).index("decision")]
    nbformat.write(nb, solved)
    run_notebook(solved)
    assert slots(read(solved)) == ["setup", "rows", "magic", "tool", "decision", "look"]


def test_a_changed_problem_rewrites_the_cells_in_place(solved: Path) -> None:
    nb = read(solved)
    names = [slot(nb, "tool").id, slot(nb, "decision").id]
    by_id(nb, "magic").source = TOOL_AND_DECISION.replace("double(4)", "double(5)")
    nbformat.write(nb, solved)
    run_notebook(solved)
    after = read(solved)
    assert slot(after, "decision").source == "rows.append(double(5))"
    assert [slot(after, "tool").id, slot(after, "decision").id] == names
    assert shown(by_id(after, "look")) == "([10], 2)"


def test_a_cell_that_the_kernel_keeps_holds_the_persons_text(solved: Path) -> None:
    nb = read(solved)
    slot(nb, "decision").source = "# mine"
    by_id(nb, "magic").source = TOOL_AND_DECISION.replace("decision", "decision keep").replace("4", "5")
    nbformat.write(nb, solved)
    run_notebook(solved)
    after = read(solved)
    assert slot(after, "decision").source == "# mine"
    assert shown(by_id(after, "look")) == "([10], 2)"


def test_an_old_slot_goes_and_an_edited_one_stays_and_runs(solved: Path) -> None:
    nb = read(solved)
    tool = slot(nb, "tool")
    for key, source in (("tool-2", tool.source), ("tool-3", "rows.append('extra')")):
        extra = nbformat.from_dict(
            {**tool, "id": key, "source": source, "metadata": json.loads(json.dumps(tool.metadata))}
        )
        extra.metadata[KEY]["key"] = key
        nb.cells.insert(slots(nb).index("look"), extra)
    nbformat.write(nb, solved)
    run_notebook(solved)
    after = read(solved)
    assert slots(after) == ["setup", "rows", "magic", "tool", "decision", "tool-3", "look"]
    assert shown(by_id(after, "look")) == "([8, 'extra'], 2)"


def test_without_their_magic_cell_generated_cells_run_as_ordinary_ones(solved: Path) -> None:
    nb = read(solved)
    nb.cells = [cell for cell in nb.cells if cell.id not in {"magic", "setup"}]
    nbformat.write(nb, solved)
    run_notebook(solved)
    after = read(solved)
    assert slots(after) == ["rows", "tool", "decision", "look"]
    assert shown(by_id(after, "look")) == "([8], 2)"


@pytest.mark.parametrize("switched_off", ["# %%ask\n# off", "print('no magic')"])
def test_with_their_magic_switched_off_they_run_too(solved: Path, switched_off: str) -> None:
    nb = read(solved)
    by_id(nb, "magic").source = switched_off
    nbformat.write(nb, solved)
    run_notebook(solved)
    after = read(solved)
    assert slots(after) == ["setup", "rows", "magic", "tool", "decision", "look"]
    assert shown(by_id(after, "look")) == "([8], 2)"


def test_a_copy_that_a_person_made_runs_as_their_own(solved: Path) -> None:
    nb = read(solved)
    nb.cells.insert(-1, nbformat.from_dict({**slot(nb, "decision"), "id": "copy"}))
    nbformat.write(nb, solved)
    run_notebook(solved)
    after = read(solved)
    assert by_id(after, "copy").source == "rows.append(double(4))"
    assert shown(by_id(after, "look")) == "([8, 8], 2)"


def test_two_magic_cells_each_have_their_own(tmp_path: Path) -> None:
    path = save(
        tmp_path / "a.ipynb",
        code(SETUP, "setup"),
        code("%%ask\ntool\none = 1", "first"),
        code("%%ask\ntool\ntwo = one + 1\n\ndecision\ntwo", "second"),
        code(
            "told = [r['creator_magic_frontend']['cells'] for r in requests]\n"
            "[[cell['metadata']['creator_magic']['key'] for cell in cells] for cells in told]",
            "told",
        ),
    )
    for told in ("[[], []]", "[['tool'], ['tool', 'decision']]"):
        run_notebook(path)
        nb = read(path)
        assert slots(nb) == ["setup", "first", "tool", "second", "tool", "decision", "told"]
        assert shown(by_id(nb, "told")) == told


def test_a_record_in_a_file_saved_by_a_front_end_becomes_cells_that_the_kernel_is_told(solved: Path) -> None:
    nb = read(solved)
    cells = [{k: v for k, v in slot(nb, key).items() if k != "id"} for key in ("tool", "decision")]
    cells[1]["source"] = "rows.append('from the record')"
    by_id(nb, "magic").outputs[0].metadata[KEY]["cells"] = cells
    nb.cells = [cell for cell in nb.cells if KEY not in cell.metadata]
    nbformat.write(nb, solved)
    run_notebook(solved)
    assert shown(by_id(read(solved), "look")) == "(['from the record'], 2)"
