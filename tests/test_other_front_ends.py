"""Front ends that place no generated cells: what each sends, and what it gets.

Each test speaks as its front end does, as far as its public source tells: VS Code sends the cell's
metadata and the address of the cell, nbclassic neither, Colab an id of its own; each can be asked for
input. nbclient can not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from creator_magic.cells.generated import KEY, solve_id_of
from tests.conftest import environment
from tests.live_notebook import LiveNotebook
from tests.test_solve_live import BREAD, DECISION, TOOL

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.live_notebook import Ran
    from tests.model_server import ModelServer

SOLVE = f"%%solve\n{BREAD}"
ADDRESS = "vscode-notebook-cell:/home/ada/a%20notebook.ipynb#W2sZmlsZQ%3D%3D"
REOPENED = ADDRESS.replace("W2s", "X5s")

VS_CODE: dict[str, Any] = {"cell_id": ADDRESS, "metadata": {"tags": ["mine"]}, "interactive": True}
NBCLASSIC: dict[str, Any] = {"interactive": True}
COLAB: dict[str, Any] = {"metadata": {"colab": {"cell_id": "Ab3dEf"}}, "interactive": True}
JUPYTERLAB: dict[str, Any] = {"cell_id": "c0ffee", "metadata": {"trusted": True}, "interactive": True}
NBCLIENT: dict[str, Any] = {}

OFFERED = [VS_CODE, NBCLASSIC, COLAB, JUPYTERLAB]
NAMES = ["VS Code", "nbclassic", "Colab", "JupyterLab without the extension"]


@pytest.fixture
def asked(server: ModelServer, notebook: LiveNotebook) -> LiveNotebook:
    """A notebook whose model always has an answer."""
    server.reply_by(lambda _: TOOL if len(server.calls) % 2 else DECISION)
    return notebook


def offers(ran: Ran) -> list[str]:
    assert ran.status == "ok", ran.error
    return [payload["text"] for payload in ran.payload if payload["source"] == "set_next_input"]


def restart(notebook: LiveNotebook) -> None:
    notebook.restart()
    assert notebook.run("%load_ext creator_magic").status == "ok"


@pytest.mark.parametrize("front_end", OFFERED, ids=NAMES)
def test_tool_and_decision_are_offered_as_one_cell_once(
    asked: LiveNotebook, front_end: dict[str, Any]
) -> None:
    ran = asked.run(SOLVE, **front_end)
    (offer,) = offers(ran)
    assert offer.startswith("# creator: tool · ")
    assert "def break_even" in offer
    assert "\n\n# creator: decision · " in offer
    assert "250" in ran.html
    assert len(ran.cells) == 2, "the record carries the cells"
    assert offers(asked.run(SOLVE, **front_end)) == []
    restart(asked)
    assert offers(asked.run(SOLVE, **front_end)) == [], "a restarted kernel offers nothing again"


@pytest.mark.parametrize("front_end", OFFERED, ids=NAMES)
def test_a_changed_problem_is_offered_and_fresh_offers_anew(
    asked: LiveNotebook, front_end: dict[str, Any]
) -> None:
    (first,) = offers(asked.run(SOLVE, **front_end))
    (other,) = offers(asked.run(f"{SOLVE} And with 10 a loaf?", **front_end))
    assert first.splitlines()[0] != other.splitlines()[0]
    (fresh,) = offers(asked.run(SOLVE.replace("solve", "solve --fresh", 1), **front_end))
    assert fresh == first


def test_vs_code_opened_again_gets_nothing_again_and_the_record_names_no_path(asked: LiveNotebook) -> None:
    ran = asked.run(SOLVE, **VS_CODE)
    assert len(offers(ran)) == 1
    restart(asked)
    again = asked.run(SOLVE, **{**VS_CODE, "cell_id": REOPENED})
    assert offers(again) == []
    assert "/home/ada" not in str(ran.record)
    mark = ran.cell("tool")["metadata"][KEY]
    assert mark["parent"] is None
    assert mark["solve_id"] == solve_id_of(None, mark["asked"]), "the same, whenever it is opened"


def test_what_was_offered_to_one_notebook_is_offered_to_another(asked: LiveNotebook) -> None:
    assert len(offers(asked.run(SOLVE, **VS_CODE))) == 1
    other = {**VS_CODE, "cell_id": ADDRESS.replace("a%20notebook", "another")}
    assert len(offers(asked.run(SOLVE, **other))) == 1


def test_in_vs_code_an_edited_problem_may_bind_its_cells_names_again(asked: LiveNotebook) -> None:
    asked.run(SOLVE, **VS_CODE)
    ran = asked.run(f"{SOLVE} Hurry.", **VS_CODE)
    assert "def break_even(" in ran.cell("tool")["source"], "it is still the same cell's solve"


def test_a_program_that_nobody_sits_before_gets_the_record_alone(asked: LiveNotebook) -> None:
    ran = asked.run(SOLVE, **NBCLIENT)
    assert offers(ran) == []
    assert len(ran.cells) == 2
    assert len(offers(asked.run(SOLVE, **NBCLASSIC))) == 1, "nor does its run count as an offer"


def test_cells_that_were_placed_are_not_offered_where_the_notebook_is_opened_next(
    asked: LiveNotebook,
) -> None:
    placed = asked.run(SOLVE, "c0ffee", places_cells=True, interactive=True)
    assert offers(placed) == []
    assert offers(asked.run(SOLVE, **NBCLASSIC)) == []


def test_where_the_project_cannot_be_written_the_session_remembers(
    server: ModelServer, tmp_path: Path
) -> None:
    server.reply_by(lambda _: TOOL if len(server.calls) % 2 else DECISION)
    (tmp_path / ".creator").write_text("no folder")
    with LiveNotebook(environment(server), cwd=str(tmp_path)) as notebook:
        notebook.run("%load_ext creator_magic")
        assert [len(offers(notebook.run(SOLVE, **NBCLASSIC))) for _ in range(2)] == [1, 0]


def test_offering_can_be_switched_off(asked: LiveNotebook) -> None:
    asked.run("%config CreatorMagic.next_input = False")
    assert offers(asked.run(SOLVE, **NBCLASSIC)) == []


# What a person is told


@pytest.fixture(scope="module")
def told() -> Iterator[LiveNotebook]:
    with LiveNotebook() as notebook:
        assert notebook.run("%load_ext creator_magic").status == "ok"
        yield notebook


SAID = [
    (JUPYTERLAB, "JupyterLab or Notebook 7 without the extension", "creator-magic install-frontend"),
    (VS_CODE, "VS Code: the record", "creator-magic complete"),
    (COLAB, "Colab takes no new cells", "creator-magic complete"),
    (NBCLASSIC, "such as nbclassic", "creator-magic complete"),
    (NBCLIENT, "a program that runs the notebook", "creator-magic complete"),
    (
        {"cell_id": "a", "places_cells": True, "interactive": True},
        "test 0 (protocol 1): generated cells appear while a problem is solved",
        "",
    ),
    (
        {"cell_id": "a", "places_cells": True},
        "test 0 (protocol 1): generated cells are put into the file",
        "",
    ),
    (
        {
            "cell_id": "a",
            "metadata": {"creator_magic_frontend": {"v": 9, "app": "JupyterLab", "app_version": "4.9"}},
            "interactive": True,
        },
        "JupyterLab 4.9 has the extension in another version: it speaks protocol 9, this kernel 1",
        "install the same version",
    ),
]


@pytest.mark.parametrize(("front_end", "found", "advice"), SAID, ids=[found for _, found, _ in SAID])
def test_status_and_doctor_say_what_the_page_does_and_what_to_do(
    told: LiveNotebook, front_end: dict[str, Any], found: str, advice: str
) -> None:
    for command in ("%creator", "%creator doctor"):
        said = told.run(command, **front_end).text
        assert found in said
        assert advice in said
        if not advice:
            assert "creator-magic install-frontend" not in said
