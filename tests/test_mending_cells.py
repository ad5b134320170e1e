"""Broken cells of real kinds, in one live kernel: the right cell is mended, with the person's comments."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from creator_magic.cells.protocol import MARKER
from tests.broken_cells import BROKEN, SETUP
from tests.conftest import environment
from tests.live_notebook import LiveNotebook
from tests.model_server import ModelServer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.broken_cells import BrokenCell
    from tests.live_notebook import Ran

pytestmark = pytest.mark.xdist_group("mending")

CASES = [pytest.param(number, case, id=case.kind) for number, case in enumerate(BROKEN)]


@pytest.fixture(scope="module")
def model() -> Iterator[ModelServer]:
    with ModelServer() as running:
        yield running


@pytest.fixture(scope="module")
def kernel(model: ModelServer) -> Iterator[LiveNotebook]:
    with LiveNotebook(environment(model)) as live:
        assert live.run("%load_ext creator_magic").status == "ok"
        ran = live.run(SETUP, "setup")
        assert ran.status == "ok", ran.error
        yield live


def accept(notebook: LiveNotebook, offered: dict[str, Any]) -> Ran:
    """What the page does: the text goes into the cell, and the cell runs."""
    marker = {"v": 1, "client": "test", "cells": [], "mended": offered["id"]}
    return notebook.run(offered["source"], offered["cell"], metadata={MARKER: marker})


def test_there_are_more_than_thirty_of_many_kinds() -> None:
    assert len(BROKEN) >= 30
    kinds = {case.kind.partition(":")[0] for case in BROKEN}
    assert {
        "wrong column",
        "off-by-one merge",
        "dtype",
        "missing import",
        "renamed API",
        "plot",
        "SQL",
    } <= kinds


@pytest.mark.parametrize(("number", "case"), CASES)
def test_the_cell_that_failed_is_mended_and_runs(
    model: ModelServer, kernel: LiveNotebook, number: int, case: BrokenCell
) -> None:
    cell = f"cell-{number}"
    failed = kernel.run(case.source, cell, places_cells=True)
    assert failed.status == "error"
    assert case.error in failed.error
    assert [(told["op"], told["cell"]) for told in failed.told] == [("failed", cell)]
    names = kernel.names()

    model.reply_with(case.reply(number))
    asking = kernel.run("%rectify", "ask", places_cells=True)
    assert asking.status == "ok", asking.error
    (offered,) = asking.told
    assert (offered["op"], offered["cell"], offered["replaces"]) == ("offered", cell, case.source)
    assert offered["source"] == case.mended
    assert case.error in offered["diagnosis"]
    assert case.source in model.calls[-1].body["messages"][-1]["content"]
    assert kernel.names() == names, "an offer changes nothing"

    ran = accept(kernel, offered)
    assert ran.status == "ok", ran.error
    assert case.answer in ran.text
    assert ran.told == []


@pytest.mark.parametrize(("number", "case"), CASES)
def test_where_no_page_shows_the_choice_the_person_is_asked(
    model: ModelServer, kernel: LiveNotebook, number: int, case: BrokenCell
) -> None:
    kernel.run("for name in ('statistics', 'Counter'): globals().pop(name, None)")
    assert kernel.run(case.source, interactive=True).status == "error"
    names = kernel.names()
    for answer in ("n", "y"):
        model.reply_with(case.reply(number))
        sent = kernel.send("%rectify", interactive=True)
        assert "Replace the cell with this" in kernel.answer(answer)
        ran = kernel.gather(sent)
        assert ran.status == "ok", ran.error
        if answer == "n":
            assert ran.payload == []
            assert "Refused: nothing was changed." in ran.text
            assert kernel.names() == names
    assert ran.payload == [{"source": "set_next_input", "text": case.mended, "replace": True}]
    assert case.answer in ran.text
