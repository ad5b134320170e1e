"""Rectifying by request: the cells that stand are the first attempt, and the person may say what is wrong."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from creator_magic.cells.generated import KEY
from creator_magic.cells.protocol import MARKER
from tests.conftest import environment
from tests.live_notebook import LiveNotebook, text_of
from tests.test_solve_live import BREAD, DECISION, TOOL

if TYPE_CHECKING:
    from tests.live_notebook import Cell, Ran
    from tests.model_server import ModelServer

SOLVE = f"%%solve\n{BREAD}"
REMARK = 'Sell {half} as "much": `2 *`, please.'
TWICE = "```python decision\nloaves = 2 * break_even(3.20, 1.20, 500)\nloaves\n```"


def rectify(notebook: LiveNotebook, standing: list[Cell], remark: str = "", source: str = SOLVE) -> Ran:
    """What the front end's command sends."""
    marker = {"v": 1, "client": "test", "cells": standing, "heard": None, "rectify": remark}
    return notebook.run(source, "m", metadata={MARKER: marker})


def solved(server: ModelServer, notebook: LiveNotebook) -> list[Cell]:
    server.reply_with(TOOL, DECISION)
    return notebook.run(SOLVE, "m", places_cells=True).cells


def edited(cells: list[Cell], source: str) -> list[Cell]:
    return [cells[0], {**cells[1], "source": source}]


def test_a_remark_is_sent_verbatim_and_once_and_the_same_cells_are_rewritten(
    server: ModelServer, notebook: LiveNotebook
) -> None:
    cells = solved(server, notebook)
    server.reply_with(f"It was too few.\n{TWICE}")
    ran = rectify(notebook, cells, REMARK)
    assert ran.status == "ok", ran.error
    asked = server.calls[2].body["messages"][-1]["content"]
    assert asked.count(REMARK) == 1
    assert "loaves = break_even(3.20, 1.20, 500)" in asked
    assert len(server.calls) == 3
    assert text_of(ran.cell("decision")["outputs"]) == "500"
    marks = [cell["metadata"][KEY] for cell in ran.cells]
    assert [mark["revision"] for mark in marks] == [1, 2]
    assert [mark["asked"] for mark in marks] == [cell["metadata"][KEY]["asked"] for cell in cells]
    assert "You said: Sell {half}" in ran.html
    assert "ran, and the person asked for a change" in ran.html
    assert "too few" in ran.html

    again = notebook.run(SOLVE, "m", places_cells=True, standing=ran.cells)
    assert text_of(again.cell("decision")["outputs"]) == "500"
    assert len(server.calls) == 3


def test_each_question_repeats_the_remark_until_it_works(server: ModelServer, notebook: LiveNotebook) -> None:
    cells = solved(server, notebook)
    server.reply_with("```python decision\n1 / 0\n```", TWICE)
    assert rectify(notebook, cells, REMARK).status == "ok"
    for call in server.calls[2:]:
        assert call.body["messages"][-1]["content"].count(REMARK) == 1
    assert "ZeroDivisionError" in server.calls[3].body["messages"][-1]["content"]


def test_without_a_remark_and_without_a_failure_nothing_is_sent(
    server: ModelServer, notebook: LiveNotebook
) -> None:
    cells = edited(solved(server, notebook), "break_even(4, 2, 500)")
    ran = rectify(notebook, cells, "  ")
    assert ran.status == "ok", ran.error
    assert len(server.calls) == 2
    assert "nothing was sent" in ran.html
    assert text_of(ran.cell("decision")["outputs"]) == "250"
    assert ran.cell("decision")["metadata"] == cells[1]["metadata"]


def test_a_failure_of_the_edited_cells_is_rectified_edits_included_and_undo_brings_them_back(
    server: ModelServer, notebook: LiveNotebook
) -> None:
    mine = edited(solved(server, notebook), "loaves = break_even(3.20, 3.20, 500)  # mine\nloaves")
    server.reply_with(TWICE)
    ran = rectify(notebook, mine)
    assert ran.status == "ok", ran.error
    asked = server.calls[2].body["messages"][-1]["content"]
    assert "# mine" in asked
    assert "ZeroDivisionError" in asked
    assert "said of the first version" not in asked
    assert "keep" not in ran.cell("decision")
    assert mine[1]["source"] in ran.syncs[-1]["cells"][1]["replaces"]
    assert "# mine" in ran.html

    undone = notebook.run("%creator undo m", "m", places_cells=True, standing=ran.cells).syncs[-1]
    assert [cell["source"] for cell in undone["cells"]] == [cell["source"] for cell in mine]
    assert [cell["metadata"] for cell in undone["cells"]] == [cell["metadata"] for cell in mine]
    assert notebook.value("loaves") == "250"


def test_an_edit_that_is_no_python_can_be_rectified(server: ModelServer, notebook: LiveNotebook) -> None:
    cells = solved(server, notebook)
    broken = [{**cells[0], "source": "def break_even(:"}, cells[1]]
    server.reply_with(TOOL)
    ran = rectify(notebook, broken)
    assert ran.status == "ok", ran.error
    assert text_of(ran.cell("decision")["outputs"]) == "250"
    assert len(server.calls) == 3


def test_the_budget_is_one_call_a_rectification_and_the_names_stay(
    server: ModelServer, notebook: LiveNotebook
) -> None:
    cells = solved(server, notebook)
    server.reply_with(*(f"```python decision\nnew = {n}\n{n} / 0\n```" for n in range(5)))
    names = notebook.names()
    ran = rectify(notebook, cells, REMARK)
    assert ran.status == "error"
    assert "Not rectified in 3 attempts; every variable is as it was." in ran.error
    assert "%creator undo" in ran.error
    assert len(server.calls) == 2 + 2
    assert notebook.names() == names
    assert ran.cell("decision")["metadata"][KEY]["asked"] == ""


def test_replies_without_code_leave_the_cells_as_they_stand(
    server: ModelServer, notebook: LiveNotebook
) -> None:
    cells = solved(server, notebook)
    server.reply_with("I like it as it is.", "I really do.")
    ran = rectify(notebook, cells, REMARK)
    assert ran.status == "error"
    assert [cell["source"] for cell in ran.cells] == [cell["source"] for cell in cells]
    assert [cell["metadata"] for cell in ran.cells] == [cell["metadata"] for cell in cells]


def test_what_the_first_version_bound_is_taken_back_before_it_is_rectified(
    server: ModelServer, notebook: LiveNotebook
) -> None:
    cells = solved(server, notebook)
    server.reply_with(
        "```python decision\ntry:\n    found = half\nexcept NameError:\n    found = 'gone'\nfound\n```"
    )
    ran = rectify(notebook, edited(cells, "half = 1\nhalf"), REMARK)
    assert ran.status == "ok", ran.error
    assert text_of(ran.cell("decision")["outputs"]) == "'gone'"
    assert "half" not in notebook.names()


def test_a_failed_solve_s_cells_can_be_rectified(server: ModelServer, notebook: LiveNotebook) -> None:
    server.reply_with(TOOL, "```python\nbreak_even(1, 1, 1)\n```")
    source = f"%%solve --max-rectifications 0\n{BREAD}"
    failed = notebook.run(source, "m", places_cells=True)
    assert failed.status == "error"
    none_left = rectify(notebook, failed.cells, REMARK, source)
    assert none_left.status == "error"
    assert len(server.calls) == 2
    server.reply_with(TWICE)
    assert rectify(notebook, failed.cells, REMARK).status == "ok"
    assert len(server.calls) == 3


def test_cells_of_another_problem_are_not_rectified(server: ModelServer, notebook: LiveNotebook) -> None:
    cells = solved(server, notebook)
    for standing, source in ((cells, f"{SOLVE} Now."), ([], SOLVE), (cells[:1], SOLVE)):
        ran = rectify(notebook, standing, REMARK, source)
        assert ran.status == "error"
        assert "nothing to rectify" in ran.error
    assert len(server.calls) == 2


def test_the_replies_are_recorded_under_the_code_and_the_remark(server: ModelServer) -> None:
    settings = environment(server) | {"CREATOR_CASSETTE_MODE": "auto"}
    with LiveNotebook(settings) as notebook:
        notebook.run("%load_ext creator_magic")
        failing = "```python decision\n1 / 0\n```"
        server.reply_with(TOOL, failing, DECISION)
        cells = notebook.run(SOLVE, "m", places_cells=True).cells
        assert len(server.calls) == 3
        # The original solve asked for a second attempt too: this is another question.
        server.reply_with(TWICE)
        first = rectify(notebook, cells, REMARK)
        assert len(server.calls) == 4
        same = rectify(notebook, cells, REMARK)
        assert len(server.calls) == 4
        assert "1 replayed reply" in same.html
        assert same.cell("decision")["source"] == first.cell("decision")["source"]

        server.reply_with(TWICE, TWICE.replace("2 *", "3 *"))
        rectify(notebook, cells, "Something else.")
        rectify(notebook, edited(cells, "break_even(4, 2, 500)"), REMARK)
        assert len(server.calls) == 6


def test_an_interrupt_leaves_the_cells_answering_their_problem(
    server: ModelServer, notebook: LiveNotebook
) -> None:
    cells = solved(server, notebook)
    server.fault(2, "hang")
    marker: dict[str, Any] = {"v": 1, "client": "test", "cells": cells, "rectify": REMARK}
    sent = notebook.send(SOLVE, "m", {MARKER: marker})
    while len(server.calls) < 3:
        time.sleep(0.02)
    notebook.interrupt()
    ran = notebook.gather(sent)
    assert ran.status == "error"
    last = ran.syncs[-1]["cells"]
    assert [cell["metadata"] for cell in last] == [cell["metadata"] for cell in cells]
    assert notebook.value("loaves") == "250"
