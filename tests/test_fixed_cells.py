"""Fixed cells in a notebook's file: which they are, where cells go among them, and that they stay."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from creator_magic.cells.fixed_cells import is_fixed, place_below
from creator_magic.cells.generated import CellMark, source_sha
from creator_magic.cells.notebook import complete, without_generated
from creator_magic.cells.request import Request, StandingCell
from creator_magic.cells.written import WrittenCells
from creator_magic.ports import CellRun, CodeCell
from tests.fixed_cells import NAMES, TABLE, cells_of
from tests.test_notebook_files import ids, magic, notebook, record, sources, spec, standing, user
from tests.test_solve_live import BREAD, DECISION, TOOL

if TYPE_CHECKING:
    from tests.live_notebook import LiveNotebook
    from tests.model_server import ModelServer

ANSWER = {
    "nbgrader": {"solution": True, "grade": False, "locked": False, "grade_id": "a", "schema_version": 3}
}
TEST = {"nbgrader": {"solution": False, "grade": True, "locked": True, "grade_id": "t", "points": 2}}
READ_ONLY = {"editable": False}


def with_metadata(cell: dict[str, Any], metadata: dict[str, Any]) -> dict[str, Any]:
    return {**cell, "metadata": {**cell["metadata"], **metadata}}


@pytest.mark.parametrize("name", NAMES)
def test_a_new_cell_goes_below_the_group(name: str) -> None:
    case = TABLE["notebooks"][NAMES.index(name)]
    cells = [{**cell, "cell_type": cell["type"]} for cell in cells_of(case)]
    assert place_below(cells, case["below"]) == case["place"]


@pytest.mark.parametrize("kind", TABLE["cells"])
def test_what_is_fixed(kind: str) -> None:
    assert is_fixed(TABLE["cells"][kind]["metadata"]) == (kind in TABLE["fixed"])


@pytest.mark.parametrize(
    "damaged",
    [{"nbgrader": None}, {"nbgrader": {"grade": "yes"}}, {"tags": "otter_answer_cell"}, {"tags": [{}]}],
)
def test_damaged_metadata_fixes_nothing(damaged: dict[str, Any]) -> None:
    assert not is_fixed(damaged)


def test_cells_of_an_answer_go_below_its_tests_and_carry_no_grade() -> None:
    offered = record(spec("tool", "T"), spec("decision", "D"))
    done = complete(
        notebook(
            with_metadata(magic(offered), ANSWER), with_metadata(user("t"), TEST), user("mine"), user("last")
        )
    )
    assert sources(done) == ["%%solve\nHow many?", "# t", "T", "D", "# mine", "# last"]
    assert [set(cell["metadata"]) for cell in done.cells[2:4]] == [{"creator_magic"}] * 2
    assert complete(done) == done


def test_two_answers_that_are_tested_together_have_their_cells_in_order() -> None:
    first = with_metadata(magic(record(spec("tool", "T1", "a"), parent="a"), id="a"), ANSWER)
    second = with_metadata(magic(record(spec("tool", "T2", "b"), parent="b"), id="b"), ANSWER)
    done = complete(notebook(first, second, with_metadata(user("t"), TEST)))
    assert sources(done)[2:] == ["# t", "T1", "T2"]


def test_a_cell_that_was_moved_into_a_group_of_another_stays_there_and_new_ones_go_below_it() -> None:
    done = complete(
        notebook(
            magic(record(spec("tool", "T"), spec("decision", "D"))),
            with_metadata(user("answer"), ANSWER),
            standing("tool", "T", id="tool"),
            with_metadata(user("t"), TEST),
        )
    )
    assert sources(done) == ["%%solve\nHow many?", "# answer", "T", "# t", "D"]


@pytest.mark.parametrize("fixed", [ANSWER, TEST, READ_ONLY])
@pytest.mark.parametrize("told", [True, False])
def test_a_generated_cell_that_was_fixed_is_never_rewritten_moved_or_removed(
    fixed: dict[str, Any], *, told: bool
) -> None:
    locked = with_metadata(standing("tool", "T", id="tool"), fixed)
    rewritten = complete(notebook(magic(record(spec("tool", "T2"))), locked), told=told)
    assert rewritten.cells[1] == locked
    above = complete(notebook(locked, magic(record(spec("tool", "T2")))), told=told)
    assert above.cells[0] == locked
    retired = complete(notebook(magic(record(spec("decision", "D"))), locked), told=told)
    assert locked in retired.cells
    assert [cell["source"] for cell in without_generated(notebook(magic(), locked)).cells][1:] == ["T"]


def test_a_fixed_generated_cell_whose_code_stays_shows_what_it_did() -> None:
    locked = with_metadata(standing("tool", "T", id="tool"), READ_ONLY)
    again = spec("tool", "T")
    again["outputs"][0]["text"] = "again\n"
    done = complete(notebook(magic(record(again)), locked), told=True)
    assert done.cells[1]["outputs"] == again["outputs"]
    assert done.cells[1]["metadata"] == locked["metadata"]


def test_offered_code_in_an_answer_stays_the_answer() -> None:
    source = "# creator: tool · 5eed5eed\nT\n\n# creator: decision · 5eed5eed\nD"
    answer = with_metadata({**user("answer"), "source": source}, ANSWER)
    done = complete(notebook(magic(record(spec("tool", "T"), spec("decision", "D"))), answer, user("end")))
    assert sources(done) == ["%%solve\nHow many?", "T", "D", source, "# end"]
    assert sum("nbgrader" in cell["metadata"] for cell in done.cells) == 1
    assert "answer" in ids(done)


def test_a_live_kernel_mends_no_fixed_cell_and_offers_no_code_inside_a_group(
    server: ModelServer, notebook: LiveNotebook
) -> None:
    failing = {"source": "totals", "error": "NameError"}
    for metadata in (TEST, ANSWER, READ_ONLY):
        ran = notebook.run(failing["source"], "fixed", metadata=metadata, places_cells=True)
        assert failing["error"] in ran.error
        assert not ran.told, "no button stands below it"
        refused = notebook.run("%rectify", "ask", places_cells=True)
        assert "`%rectify` changes no cell that is locked, a test, or an answer" in refused.error
    here = notebook.run("%%rectify shorter\ntotal = 1", "fixed", metadata=ANSWER, places_cells=True)
    assert "this is such a cell" in here.error
    own = notebook.run("totals", "own", places_cells=True)
    assert [told["op"] for told in own.told] == ["failed"], "one of the person's own can be mended"
    assert not server.calls

    server.reply_with(TOOL, DECISION, TOOL, DECISION)
    inside = notebook.run(f"%%solve\n{BREAD}", "answer", metadata=ANSWER, interactive=True)
    assert inside.status == "ok", inside.error
    assert not inside.payload, "a front end would put it above the tests"
    assert notebook.run(f"%%solve --fresh\n{BREAD}", "own", interactive=True).payload


@pytest.mark.parametrize("rectify", [None, "shorter"])
def test_a_locked_cell_is_kept_where_all_is_to_be_written_anew(rectify: str | None) -> None:
    mark = CellMark("tool", "tool", "m", "5eed5eed", 1, source_sha("T"), "asked")
    stands = StandingCell(mark, "T", {**mark.to_metadata(), **READ_ONLY})
    request = Request("m", standing=(stands,), rectify=rectify)
    written = WrittenCells(request, "asked", stand=False, fresh=rectify is None)
    runs = [CellRun(CodeCell("tool", "tool", "T2"), ())]
    [cell] = written.cells(runs, {"tool": 1}, 1, answered=True)
    assert cell["keep"] is True
    assert set(cell["metadata"]) == {"creator_magic"}, "no new version is put into its metadata"
    assert written.retired([]) == []
