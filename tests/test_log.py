"""The log of exchanges: of this session always, of all sessions only where a person wants it."""

from __future__ import annotations

import json
import re
import sqlite3
from typing import TYPE_CHECKING

from tests.conftest import KEY_OF_THE_TESTS
from tests.live_notebook import text_of
from tests.model_server import ScriptedReply
from tests.test_solve_live import BREAD, DECISION, TOOL
from tests.test_spending import answer_everything, await_calls, session, usage
from tests.test_terminal import cell, ipython

if TYPE_CHECKING:
    from pathlib import Path

    from tests.live_notebook import LiveNotebook, Ran
    from tests.model_server import ModelServer

CANARY = "canary-5519"


def entries(ran: Ran) -> list[str]:
    """The lines of a log that begin with a number, as plain text."""
    shown = [line.strip() for line in text_of(ran.outputs).splitlines()]
    return [line for line in shown if re.match(r"\d+  ", line)]


def test_each_exchange_opens_to_request_reply_usage_and_latency(
    server: ModelServer, notebook: LiveNotebook
) -> None:
    assert notebook.run("%creator log").text == "No model was asked in this session.\n"
    server.reply_with(ScriptedReply(TOOL, usage=usage(1200, 30, 400, 7)), ScriptedReply(DECISION, wait=0.3))
    notebook.run(f"%%solve\n{BREAD}")
    ran = notebook.run("%creator log")
    assert re.fullmatch(
        r"1  \d\d:\d\d:\d\d  creation  test-model  1,200 tokens in, 30 out, \d\.\d s", entries(ran)[0]
    )
    assert re.search(r"decision  test-model .* 0\.[3-9] s$", entries(ran)[1])
    assert ran.html.count("<details>") == 2
    for call in server.calls:
        for message in call.body["messages"]:
            assert message["content"].splitlines()[0].replace("'", "&#39;") in ran.html
    assert "1,200 tokens in (400 cached), 30 out (7 reasoning)" in ran.html
    assert "loaves = break_even(3.20, 1.20, 500)" in ran.html

    one = notebook.run("%creator log 2")
    assert "<details open>" in one.html
    assert BREAD in one.text
    assert DECISION in one.text
    assert "def break_even" in one.text
    assert notebook.run("%creator log 3").text == "The log holds no exchange 3.\n"
    assert "invalid int value" in notebook.run("%creator log two").error


def test_failed_and_replayed_exchanges_are_in_it(server: ModelServer, tmp_path: Path) -> None:
    answer_everything(server)
    server.fault(2, "500-forever")
    with session(server, tmp_path, CREATOR_CASSETTE_MODE="auto") as live:
        live.run(f"%%solve\n{BREAD}")
        live.run(f"%%solve\n{BREAD}")
        live.run("%%solve\nAnother problem.")
        live.run("%config CreatorMagic.session_calls = 1")
        live.run("%%solve\nA problem that is never sent.")
        said = entries(live.run("%creator log"))
        assert [line.rpartition("  ")[2] for line in said[2:4]] == ["replayed", "replayed"]
        assert len(said) == 5
        assert "creation  test-model  no whole reply" in said[4]
        failed = live.run("%creator log 5")
        assert "Another problem." in failed.text
        assert "500" in failed.text


def test_an_interrupted_exchange_keeps_what_had_come(server: ModelServer, notebook: LiveNotebook) -> None:
    server.reply_with(TOOL)
    server.fault(0, "hang-in-reply")
    message = notebook.send(f"%%solve\n{BREAD}")
    await_calls(server, 1)
    notebook.interrupt()
    notebook.gather(message)
    shown = notebook.run("%creator log 1").text
    assert "--- interrupted" in shown
    assert "import math" in shown
    assert "the tokens are unknown" in shown


def test_whatever_a_reply_holds_is_inert(server: ModelServer, tmp_path: Path) -> None:
    hostile = (
        "<script>alert(1)</script><img src=x onerror=alert(1)>\x1b]0;title\x07\x1b[2J\x00\x9b1m \ud800 $x^2$"
    )
    server.reply_by(lambda _: f"{hostile}\n{TOOL}\n{DECISION}")
    with session(server, tmp_path, CREATOR_FULL_LOG="True") as live:
        ran = live.run(f"%%solve --method entangled {BREAD[:0]}\n{hostile.replace(chr(0xD800), '')}{BREAD}")
        assert ran.status == "ok", ran.error
        for command in ("log", "log 1", "log --all", "log --all 1"):
            shown = live.run(f"%creator {command}")
            assert shown.status == "ok", shown.error
            assert "<script" not in shown.html
            assert "<img" not in shown.html
            assert "&lt;script&gt;" in shown.html
            assert not re.search(r"[\x00\x07\x1b\x9b]", shown.html + shown.text)
            assert "mathjax_ignore" in shown.html


def test_a_long_text_is_cut_in_the_list_and_whole_alone(server: ModelServer, notebook: LiveNotebook) -> None:
    server.reply_with(f"{'x' * 50_000}\n{TOOL}", DECISION)
    notebook.run(f"%%solve\n{BREAD}")
    listed = notebook.run("%creator log").html
    assert len(listed) < 40_000
    assert "shown alone, it is whole" in listed
    assert "x" * 50_000 in notebook.run("%creator log 1").html


def test_a_terminal_shows_the_log_as_text(server: ModelServer, tmp_path: Path) -> None:
    answer_everything(server)
    lines = (
        "%load_ext creator_magic",
        f"%%solve\n{BREAD}",
        "%creator log",
        "%creator log 1",
        "%creator cost",
    )
    said = ipython(server, tmp_path, "".join(map(cell, lines)))
    assert re.search(r"^  1  \d\d:\d\d:\d\d  creation  test-model  100 tokens in, 10 out", said, re.MULTILINE)
    assert "%creator log N shows one whole." in said
    assert "--- sent (user)" in said
    assert "--- reply" in said
    assert "<details" not in said
    assert "2 calls · 200 tokens in (80 cached)" in said


def stored(folder: Path) -> bytes:
    """Every byte in the project's folder but the cassette's."""
    return b"".join(p.read_bytes() for p in (folder / ".creator").iterdir() if p.suffix != ".jsonl")


def test_without_the_full_log_no_text_is_ever_stored(server: ModelServer, tmp_path: Path) -> None:
    server.reply_with(f"{TOOL}\n{CANARY}-reply", DECISION, "no code", f"{CANARY}-prose")
    server.fault(4, "500-forever")
    with session(server, tmp_path) as live:
        live.run(f"secret = '{CANARY}-value'")
        for line in ("--hint canary-5519-hint --use secret", "--max-rectifications 1", ""):
            live.run(f"%%solve {line}\n{CANARY}-problem: {BREAD}")
        assert CANARY in live.run("%creator log").html
        assert "The full log is off" in live.run("%creator log --all").text
        assert b"test-model" in stored(tmp_path)
        assert CANARY.encode() not in stored(tmp_path)
    assert CANARY.encode() not in stored(tmp_path)


def test_the_full_log_is_kept_where_it_is_wanted_and_for_as_long(server: ModelServer, tmp_path: Path) -> None:
    answer_everything(server)
    with session(server, tmp_path) as live:
        live.run(f"%%solve\n{BREAD}")
        live.run("%config CreatorMagic.full_log = True")
        assert "on, and empty" in live.run("%creator log --all").text
        live.run(f"%%solve\n{CANARY}: {BREAD} My key is {KEY_OF_THE_TESTS}.")
    assert CANARY.encode() in stored(tmp_path)
    assert KEY_OF_THE_TESTS.encode() not in stored(tmp_path)
    assert b"Bearer" not in stored(tmp_path)
    database = sqlite3.connect(tmp_path / ".creator" / "toolbox.sqlite")
    rows = database.execute(
        "SELECT notebook, stage, model, request, reply, calls, seconds > 0 FROM exchanges"
    )
    first = rows.fetchall()[0]
    assert first[:3] == (tmp_path.name, "creation", "test-model")
    assert CANARY in json.loads(first[3])[1]["content"]
    assert (first[4], *first[5:]) == (TOOL, 1, 1)

    with session(server, tmp_path) as later:
        assert "No model was asked" in later.run("%creator log").text
        ran = later.run("%creator log --all")  # kept, though this session adds nothing
        assert len(entries(ran)) == 2
        assert re.match(rf"1  \d+-\d\d-\d\d \d\d:\d\d:\d\d  {tmp_path.name}  creation", entries(ran)[0])
        assert CANARY in ran.html
        assert CANARY in later.run("%creator log --all 1").text

        database.execute("PRAGMA secure_delete = ON")
        database.execute("UPDATE exchanges SET at = '2020' || substr(at, 5) WHERE stage = 'creation'")
        database.commit()
        database.close()
        later.run(f"%%solve\n{BREAD}")
        assert len(entries(later.run("%creator log --all"))) == 1
        later.run("%config CreatorMagic.log_days = 0\n%config CreatorMagic.full_log = True")
        later.run(f"%%solve\n{BREAD}")
        assert entries(later.run("%creator log --all")) == []
    assert CANARY.encode() not in stored(tmp_path)
