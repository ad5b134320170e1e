"""`%creator explain`: the code of a solve in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.test_solve_live import BREAD, DECISION, TOOL

if TYPE_CHECKING:
    from tests.live_notebook import LiveNotebook
    from tests.model_server import ModelServer

WORDS = "It is a break-even problem.\n\nThe tool <b>divides</b> the fixed costs by the margin."


def test_the_code_of_the_last_solve_is_explained(server: ModelServer, notebook: LiveNotebook) -> None:
    server.reply_with(TOOL, DECISION, WORDS)
    notebook.run(f"%%solve\n{BREAD}", cell_id="a")
    ran = notebook.run("%creator explain --for 'a first-year student'")
    assert ran.status == "ok", ran.error
    assert "It is a break-even problem." in ran.text
    assert "&lt;b&gt;divides" in ran.html
    assert "Sent: the problem, the code" in ran.html
    asked = server.calls[-1].body["messages"][-1]["content"]
    assert "a first-year student" in asked
    assert "def break_even" in asked
    assert "250" not in asked.replace(BREAD, ""), "the answer is not sent"
    assert "3 calls" in notebook.run("%creator cost").text


def test_without_a_solve_there_is_nothing_to_explain(server: ModelServer, notebook: LiveNotebook) -> None:
    assert "There is nothing to explain" in notebook.run("%creator explain").error
    assert not server.calls


def test_an_explanation_is_recorded(server: ModelServer, notebook: LiveNotebook) -> None:
    notebook.run("%config CreatorMagic.cassette_mode = 'auto'")
    server.reply_with(TOOL, DECISION, WORDS)
    notebook.run(f"%%solve\n{BREAD}", cell_id="a")
    notebook.run("%creator explain")
    assert "A replayed reply; nothing was sent." in notebook.run("%creator explain").text
    assert len(server.calls) == 3
