"""Limits on calls, tokens and money: a clean stop, with what was reached and how to go on."""

from __future__ import annotations

import os
import pickle
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from creator_magic import LimitError
from tests.conftest import environment
from tests.live_notebook import LiveNotebook
from tests.model_server import ScriptedReply
from tests.test_solve_live import BREAD, DECISION, TOOL
from tests.test_spending import answer_everything, kept, usage
from tests.test_terminal import cell, ipython

if TYPE_CHECKING:
    from pathlib import Path

    from tests.live_notebook import Ran
    from tests.model_server import ModelServer

PRICES = "%config CreatorMagic.prices = {'test-model': {'input': 1000, 'output': 10000}}"
"""A call of 100 tokens in and 10 out costs 0.2."""


def raise_as_told(notebook: LiveNotebook, ran: Ran) -> None:
    """Run the very line that the message gives."""
    line = re.search(r"%config CreatorMagic\.\S+ = \S+", ran.error)
    assert line is not None, ran.error
    assert notebook.run(line[0]).status == "ok"


# The setting, the calls that fit, and what the message says of what was reached.
LIMITS = {
    "solve_calls = 1": (1, "The limit of 1 call a solve is reached: 1 call was made."),
    "solve_tokens = 110": (1, "The limit of 110 tokens a solve is reached: calls took 110."),
    "solve_tokens = 50": (1, "The limit of 50 tokens a solve is reached: calls took 110."),
    "solve_money = 0.15": (1, "The limit of 0.15 a solve is reached: calls cost 0.2000."),
    "session_calls = 1": (1, "The limit of 1 call a session is reached: 1 call was made."),
    "session_tokens = 100": (1, "The limit of 100 tokens a session is reached: calls took 110."),
    "session_money = 0.2": (1, "The limit of 0.2 a session is reached: calls cost 0.2000."),
}


@pytest.mark.parametrize("setting", LIMITS)
def test_a_limit_stops_cleanly_and_the_message_says_how_to_go_on(
    server: ModelServer, notebook: LiveNotebook, setting: str
) -> None:
    answer_everything(server)
    server.reply_by(lambda body: ScriptedReply(reply_to(body), usage=usage(100, 10)))
    notebook.run(PRICES)
    notebook.run(f"%config CreatorMagic.{setting}\nmath = 'mine'")
    calls, said = LIMITS[setting]
    ran = notebook.run(f"%%solve\n{BREAD}")

    assert ran.status == "error"
    assert ran.error.startswith(f"LimitError: {said}")
    assert "Every variable is as it was" in ran.error
    assert len(ran.error.splitlines()) == 2
    assert len(server.calls) == calls
    assert notebook.names() == {"math"}
    assert said in ran.html
    assert "def break_even" in ran.html  # what was reached stays visible

    raise_as_told(notebook, ran)
    if setting.startswith("session"):  # what went before counts
        raise_as_told(notebook, notebook.run(f"%%solve\n{BREAD}"))
    again = notebook.run(f"%%solve\n{BREAD}")
    assert again.status == "ok", again.error


def reply_to(body: object) -> str:
    return DECISION if "The tool:" in str(body) else TOOL


def test_a_limit_in_a_rectification_keeps_the_attempts_in_sight(
    server: ModelServer, notebook: LiveNotebook
) -> None:
    server.reply_with(TOOL, "```python\nbreak_even(1, 1, 1)\n```", "never asked for")
    notebook.run("%config CreatorMagic.solve_calls = 2")
    ran = notebook.run(f"%%solve\n{BREAD}")
    assert "solve_calls = 4" in ran.error
    assert "ZeroDivisionError" in ran.html
    assert "break_even(1, 1, 1)" in ran.html
    assert len(server.calls) == 2
    assert notebook.names() == set()


def test_a_session_s_limit_refuses_every_further_call_and_a_solve_s_does_not(
    server: ModelServer, notebook: LiveNotebook
) -> None:
    answer_everything(server)
    notebook.run("%config CreatorMagic.solve_calls = 2\n%config CreatorMagic.session_calls = 5")
    assert [notebook.run(f"%%solve\n{BREAD}{n}").status for n in range(4)] == ["ok", "ok", "error", "error"]
    assert len(server.calls) == 5
    assert "Limits:   solve_calls 2, session_calls 5" in notebook.run("%creator").text
    assert notebook.run("%config CreatorMagic.session_calls = 0").status == "ok"
    assert notebook.run(f"%%solve\n{BREAD}").status == "ok"


def test_calls_that_were_broken_off_count_too(server: ModelServer, notebook: LiveNotebook) -> None:
    answer_everything(server)
    server.fault(0, "error-in-stream")
    notebook.run("%config CreatorMagic.session_calls = 1")
    first = notebook.run(f"%%solve\n{BREAD}")
    assert first.error.startswith("ModelError"), first.error
    assert "1 call was made" in notebook.run(f"%%solve\n{BREAD}").error
    assert len(server.calls) == 1


def test_replayed_replies_count_for_nothing(server: ModelServer, tmp_path: Path) -> None:
    answer_everything(server)
    settings = {**environment(server), "CREATOR_CASSETTE_MODE": "auto", "CREATOR_SESSION_CALLS": "2"}
    with LiveNotebook(settings, cwd=str(tmp_path)) as live:
        live.run("%load_ext creator_magic\n%config CreatorMagic.session_money = 0")
        assert live.run(f"%%solve\n{BREAD}").status == "ok"
        for _ in range(3):
            ran = live.run(f"%%solve\n{BREAD}")
            assert "2 replayed replies" in ran.html
        # Nothing is sent, so nothing needs a price.
        live.run("%config CreatorMagic.session_money = 1")
        assert live.run(f"%%solve\n{BREAD}").status == "ok"
        live.run("%config CreatorMagic.session_money = 0")
        assert "LimitError" in live.run(f"%%solve --fresh\n{BREAD}").error
    assert len(server.calls) == 2


def test_a_limit_of_money_needs_prices_before_anything_is_sent(
    server: ModelServer, notebook: LiveNotebook
) -> None:
    answer_everything(server)
    notebook.run("%config CreatorMagic.solve_money = 1")
    ran = notebook.run(f"%%solve\n{BREAD}")
    assert ran.error.startswith("LimitError: A limit of money a solve is set, but test-model has no price")
    notebook.run(PRICES)
    notebook.run("%config CreatorMagic.creation_model = 'maker'")
    ran = notebook.run(f"%%solve\n{BREAD}")
    assert "maker has no price, so nothing was sent" in ran.error
    line = next(line for line in ran.error.splitlines() if "prices" in line).strip()
    assert "'test-model': {'input': 1000, 'output': 10000}" in line
    notebook.run("%config CreatorMagic.creation_model = 'test-model'")
    notebook.run("%config CreatorMagic.prices = {'test-model': {'input': 1000}}")
    assert "test-model has no price" in notebook.run(f"%%solve\n{BREAD}").error  # none for what comes out
    assert server.calls == []

    notebook.run("%config CreatorMagic.creation_model = 'maker'")
    notebook.run(line.replace("'PRICE'", "1"))
    assert notebook.run(f"%%solve\n{BREAD}").status == "ok"
    # In one reply there is no second model to have a price.
    notebook.run("%config CreatorMagic.creation_model = 'another'")
    server.reply_by(lambda _: f"{TOOL}\n\n{DECISION}")
    assert notebook.run(f"%%solve --method entangled\n{BREAD}").status == "ok"


def test_a_limit_that_cannot_be_kept_is_not_pretended(server: ModelServer, notebook: LiveNotebook) -> None:
    answer_everything(server)
    server.fault(0, "bad-parameter:stream_options-forever")
    notebook.run("%config CreatorMagic.session_tokens = 1000000")
    ran = notebook.run(f"%%solve\n{BREAD}")
    assert "The endpoint does not count the tokens of test-model" in ran.error
    assert "session_tokens cannot be kept" in ran.error
    answered = len(server.calls)
    assert "does not count" in notebook.run(f"%%solve\n{BREAD}").error
    assert len(server.calls) == answered
    notebook.run("%config CreatorMagic.session_tokens = 0\n%config CreatorMagic.session_calls = 20")
    assert notebook.run(f"%%solve\n{BREAD}").status == "ok"


def test_a_limit_in_a_terminal_shows_what_was_reached(server: ModelServer, tmp_path: Path) -> None:
    answer_everything(server)
    setting = "%config CreatorMagic.solve_calls = 1"
    said = ipython(
        server, tmp_path, cell("%load_ext creator_magic") + cell(setting) + cell(f"%%solve\n{BREAD}")
    )
    assert "LimitError: The limit of 1 call a solve is reached" in said
    assert "# tool cell" in said
    assert "def break_even" in said


def test_the_environment_sets_limits_and_python_gets_the_error(server: ModelServer, tmp_path: Path) -> None:
    answer_everything(server)
    code = (
        "import creator_magic\n"
        f"try:\n    creator_magic.solve({BREAD!r})\n"
        "except creator_magic.LimitError as error:\n    print(error.message)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={**os.environ, **environment(server), "CREATOR_SOLVE_CALLS": "1"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert "solve_calls = 2" in ran.stdout, ran.stderr
    assert kept(tmp_path)[0][2] == 1
    error = pickle.loads(pickle.dumps(LimitError("told")))  # noqa: S301 - made here
    assert error.message == "told"
