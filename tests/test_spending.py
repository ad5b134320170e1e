"""What calls came to: told by cell, notebook, project, day and model, and kept across sessions."""

from __future__ import annotations

import os
import re
import sqlite3
import subprocess
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from creator_magic.accounts import Accounts
from creator_magic.cells.protocol import MARKER
from creator_magic.config import CreatorMagic
from creator_magic.notebook_name import notebook_name
from creator_magic.offers import Offers
from creator_magic.ports import Usage
from creator_magic.project_store import ProjectStore
from creator_magic.seals import Seals
from creator_magic.spending import Spent
from tests.conftest import environment
from tests.live_notebook import LiveNotebook
from tests.mistimed import in_time, may_be_mistimed
from tests.model_server import ScriptedReply
from tests.rights import WITHOUT_PRIVILEGES
from tests.test_solve_live import BREAD, DECISION, TOOL
from tests.test_terminal import cell, ipython

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.live_notebook import Ran
    from tests.model_server import ModelServer

PRICES = "%config CreatorMagic.prices = {'test-model': {'input': 1000, 'cached': 100, 'output': 10000}}"
FAILING = "```python\nbreak_even(1, 1, 1)\n```"


def usage(prompt: int, completion: int, cached: int = 0, reasoning: int = 0) -> dict[str, Any]:
    return {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "prompt_tokens_details": {"cached_tokens": cached},
        "completion_tokens_details": {"reasoning_tokens": reasoning},
    }


def answer_everything(server: ModelServer, wait: float = 0.0) -> None:
    server.reply_by(
        lambda body: ScriptedReply(
            DECISION if "The tool:" in str(body) else TOOL, usage=usage(100, 10, 40, 5), wait=wait
        )
    )


@contextmanager
def session(server: ModelServer, folder: Path, **more: str) -> Iterator[LiveNotebook]:
    # A tool of one solve would be offered to the next, and its problem's text kept.
    settings = {**environment(server), "CREATOR_REUSE": "False", **more}
    with LiveNotebook(settings, cwd=str(folder)) as live:
        assert live.run("%load_ext creator_magic").status == "ok"
        yield live


def run_in(live: LiveNotebook, path: str, code: str) -> Ran:
    """Run `code` as a cell of the notebook at `path`, as the front end tells it."""
    ran = live.run(code, metadata={MARKER: {"v": 1, "path": path, "cells": []}})
    assert ran.status == "ok", ran.error
    return ran


def kept(folder: Path) -> list[tuple[object, ...]]:
    """What the project's file holds, as any program can read it."""
    connection = sqlite3.connect(folder / ".creator" / "toolbox.sqlite")
    rows = connection.execute(
        "SELECT notebook, model, calls, prompt_tokens, completion_tokens, replayed, broken_off, uncounted "
        "FROM spending ORDER BY notebook, model"
    ).fetchall()
    connection.close()
    return rows


def await_calls(server: ModelServer, number: int) -> None:
    """Wait until `number` calls have come, and what follows the last has begun."""
    end = time.monotonic() + 30
    while len(server.calls) < number:
        assert time.monotonic() < end, f"{len(server.calls)} calls"
        time.sleep(0.02)
    time.sleep(0.7)


def part(text: str, title: str) -> str:
    """The part of `%creator cost` that begins with `title`."""
    found = re.search(rf"^{title}.*?(?=^\S|\Z)", text, re.MULTILINE | re.DOTALL)
    assert found is not None, text
    return re.sub(r"\d+\.\d s of waiting", "S s of waiting", found[0])


def test_cost_is_told_by_cell_notebook_project_day_and_model(server: ModelServer, tmp_path: Path) -> None:
    answer_everything(server, wait=0.1)
    for name in ("a.ipynb", "b.ipynb"):
        (tmp_path / name).touch()
    with session(server, tmp_path) as earlier:
        run_in(earlier, "a.ipynb", f"%%solve\n{BREAD}")
    with session(server, tmp_path) as live:
        assert "This session: nothing" in live.run("%creator cost").text
        run_in(live, "somewhere/a.ipynb", f"%%solve\n{BREAD}")
        run_in(live, "b.ipynb", f"%%create --model other\n{BREAD}")
        told = run_in(live, "b.ipynb", "%creator cost").text
        once = "1 call · 100 tokens in (40 cached) · 10 out (5 reasoning) · S s of waiting"
        twice = "2 calls · 200 tokens in (80 cached) · 20 out (10 reasoning) · S s of waiting"
        four = "4 calls · 400 tokens in (160 cached) · 40 out (20 reasoning) · S"
        assert part(told, "This cell").splitlines()[1:] == [f"  other: {once}"]
        assert part(told, "This session").splitlines()[1:3] == [f"  test-model: {twice}", f"  other: {once}"]
        assert "together: 3 calls · 300 tokens in" in part(told, "This session")
        assert part(told, r"This notebook \(b.ipynb\)").splitlines()[1:] == [f"  other: {once}"]
        assert f"  test-model: {four}" in part(told, rf"This project \({tmp_path.name}\)")
        assert f"  test-model: {four}" in part(told, "Today, in this project")
        assert "set your prices" in told
        assert four in part(run_in(live, "a.ipynb", "%creator cost").text, r"This notebook \(a.ipynb\)")
        assert "2 magic cells; 3 calls · 300 tokens in (120 cached)" in live.run("%creator").text
    assert kept(tmp_path) == [
        ("a.ipynb", "test-model", 4, 400, 40, 0, 0, 0),
        ("b.ipynb", "other", 1, 100, 10, 0, 0, 0),
    ]


def test_another_day_is_another_row(server: ModelServer, tmp_path: Path) -> None:
    answer_everything(server)
    with session(server, tmp_path) as live:
        live.run(f"%%solve\n{BREAD}")
        database = sqlite3.connect(tmp_path / ".creator" / "toolbox.sqlite")
        database.execute("UPDATE spending SET day = '2026-01-01'")
        database.commit()
        database.close()
        live.run(f"%%create\n{BREAD}")
        told = live.run("%creator cost").text
    assert "1 call " in part(told, "Today")
    assert "3 calls " in part(told, "This project")
    assert len(kept(tmp_path)) == 2


def test_money_is_by_the_persons_prices_and_nothing_is_free_for_want_of_one(
    server: ModelServer, tmp_path: Path
) -> None:
    answer_everything(server)
    with session(server, tmp_path) as live:
        assert "· cost:" not in live.run(f"%%solve\n{BREAD}").html
        live.run(PRICES)
        # 60 at 1,000, 40 cached at 100 and 10 at 10,000 a million, twice
        assert "cost: 0.3280" in live.run(f"%%solve\n{BREAD}").html
        assert "cost: other (no price)" in live.run(f"%%solve --model other\n{BREAD}").html
        told = live.run("%creator cost").text
        assert "  other: 2 calls" in part(told, "This session")
        assert "waiting · no price set" in part(told, "This session")
        assert "cost: 0.6560 and other (no price)" in part(told, "This project")
        assert "Cost:     0.6560 and other (no price), by your prices" in live.run("%creator").text
        wrong = live.run("%config CreatorMagic.prices = {'m': {'in': 1}}").text
        assert "The price of m cannot be used" in wrong
        assert "cost: 0.6560" in live.run("%creator cost").text


def test_money_is_in_a_terminals_summary_too(server: ModelServer, tmp_path: Path) -> None:
    answer_everything(server)
    said = ipython(
        server, tmp_path, cell("%load_ext creator_magic") + cell(PRICES) + cell(f"%%solve\n{BREAD}")
    )
    assert "2 calls · 200 tokens in, 20 out · cost: 0.3280 ·" in said


def test_failed_attempts_and_unsolved_problems_are_counted(server: ModelServer, tmp_path: Path) -> None:
    server.reply_with(*(ScriptedReply(text, usage=usage(100, 10)) for text in (TOOL, FAILING, "no", "no")))
    with session(server, tmp_path) as live:
        ran = live.run(f"%%solve\n{BREAD}")
        assert ran.error.startswith("UnsolvedError")
        assert "4 calls · 400 tokens in" in part(live.run("%creator cost").text, "This cell")
    assert kept(tmp_path) == [(tmp_path.name, "test-model", 4, 400, 40, 0, 0, 0)]


@pytest.mark.parametrize("where", ["in the next call", "in the reply", "while code runs"])
def test_an_interrupt_after_a_paid_reply_still_counts_it(
    server: ModelServer, tmp_path: Path, where: str
) -> None:
    looping = "```python\nwhile True:\n    n = 1\n```"
    server.reply_with(*(ScriptedReply(text, usage=usage(100, 10)) for text in (TOOL, looping)))
    if where != "while code runs":
        server.fault(1, "hang" if where == "in the next call" else "hang-in-reply")
    with session(server, tmp_path) as live:
        message = live.send(f"%%solve\n{BREAD}")
        await_calls(server, 2)
        live.interrupt()
        ran = live.gather(message)
        assert "KeyboardInterrupt" in ran.error
        assert "def break_even" in ran.html  # paid for, so it stays to be seen
        told = part(live.run("%creator cost").text, "This cell")
    whole = where == "while code runs"
    assert "2 calls · 200 tokens" in told if whole else "2 calls · 100 tokens" in told
    assert ("1 broken off, tokens unknown" in told) is not whole
    paid = (200, 20, 0, 0, 0) if whole else (100, 10, 0, 1, 0)
    assert kept(tmp_path) == [(tmp_path.name, "test-model", 2, *paid)]


def test_a_fault_after_a_paid_reply_counts_the_reply_and_a_refused_call_costs_nothing(
    server: ModelServer, tmp_path: Path
) -> None:
    server.reply_with(ScriptedReply(TOOL, usage=usage(100, 10)))
    server.fault(1, "401")
    with session(server, tmp_path) as live:
        assert live.run(f"%%solve\n{BREAD}").error.startswith("ModelError")
        told = part(live.run("%creator cost").text, "This cell")
        assert "1 call · 100 tokens in" in told
        assert "broken off" not in told
    assert kept(tmp_path) == [(tmp_path.name, "test-model", 1, 100, 10, 0, 0, 0)]


def test_calls_that_nobody_counts_are_told_and_make_the_cost_a_lower_bound(
    server: ModelServer, tmp_path: Path
) -> None:
    answer_everything(server)
    server.fault(0, "bad-parameter:stream_options-forever")
    with session(server, tmp_path) as live:
        live.run(PRICES)
        assert "cost: at least 0.0000" in live.run(f"%%solve\n{BREAD}").html
        told = part(live.run("%creator cost").text, "This cell")
        assert "2 whose tokens the endpoint did not count" in told
    assert kept(tmp_path) == [(tmp_path.name, "test-model", 2, 0, 0, 0, 0, 2)]


def test_replayed_replies_are_counted_apart_and_cost_nothing(server: ModelServer, tmp_path: Path) -> None:
    answer_everything(server)
    with session(server, tmp_path, CREATOR_CASSETTE_MODE="auto") as live:
        live.run(PRICES)
        live.run(f"%%solve\n{BREAD}")
        ran = live.run(f"%%solve\n{BREAD}")
        assert "2 replayed replies" in ran.html
        assert "· cost:" not in ran.html
        told = live.run("%creator cost").text
        assert part(told, "This cell").endswith("test-model: 2 replayed replies\n")
        assert "2 calls" in part(told, "This session")
    assert kept(tmp_path) == [(tmp_path.name, "test-model", 2, 200, 20, 2, 0, 0)]


def test_cells_that_stand_spend_nothing(server: ModelServer, tmp_path: Path) -> None:
    answer_everything(server)
    with session(server, tmp_path) as live:
        standing = live.run(f"%%solve\n{BREAD}", cell_id="m", places_cells=True).cells
        live.run(f"%%solve\n{BREAD}", cell_id="m", places_cells=True, standing=standing)
        assert part(live.run("%creator cost").text, "This cell").strip().endswith("nothing")


def test_nothing_is_made_or_opened_before_the_first_solve(server: ModelServer, tmp_path: Path) -> None:
    with session(server, tmp_path) as live:
        for command in ("", "cost", "log", "log --all", "help"):
            assert live.run(f"%creator {command}").status == "ok"
        assert list(tmp_path.iterdir()) == []


def test_a_notebook_has_one_name_wherever_it_is_opened(tmp_path: Path) -> None:
    folder = tmp_path / "analysis"
    folder.mkdir()
    (folder / "a.ipynb").touch()

    def name(told: str, **environment: str) -> str:
        return notebook_name(told, environment, folder, tmp_path)

    server_path = str(folder / "a.ipynb")
    assert name("a.ipynb") == "analysis/a.ipynb"  # `creator-magic run`
    assert name("work/analysis/a.ipynb") == "analysis/a.ipynb"  # a server that started further up
    assert name("", JPY_SESSION_NAME=server_path) == "analysis/a.ipynb"
    assert name("told.ipynb", JPY_SESSION_NAME=server_path) == "told.ipynb"  # what is told counts
    assert name("") == "analysis"


def test_kernels_that_solve_at_once_lose_no_count(server: ModelServer, tmp_path: Path) -> None:
    answer_everything(server)
    code = f"import creator_magic, sys\nfor n in range(5):\n    creator_magic.solve({BREAD!r} + str(n))\n"
    kernels = [
        subprocess.Popen(
            [sys.executable, "-c", code],
            cwd=tmp_path,
            env={**os.environ, **environment(server), "JPY_SESSION_NAME": f"{number % 2}.ipynb"},
            stderr=subprocess.PIPE,
            text=True,
        )
        for number in range(8)
    ]
    assert [kernel.communicate(timeout=150)[1] for kernel in kernels] == [""] * 8
    assert kept(tmp_path) == [(f"{number}.ipynb", "test-model", 40, 4000, 400, 0, 0, 0) for number in (0, 1)]


@may_be_mistimed
def test_counts_that_cannot_be_written_at_once_are_written_later(server: ModelServer, tmp_path: Path) -> None:
    answer_everything(server)
    with session(server, tmp_path) as live:
        live.run(f"%%solve\n{BREAD}")
        other = sqlite3.connect(tmp_path / ".creator" / "toolbox.sqlite", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        message = live.send(f"%%create\n{BREAD}")
        await_calls(server, 3)
        began = time.monotonic()
        live.interrupt()  # the answer was shown: nobody has to wait for an account
        live.gather(message)
        in_time((took := time.monotonic() - began) < 1, took)
        other.execute("ROLLBACK")
        other.close()
        assert "3 calls" in part(live.run("%creator cost").text, "This project")
        live.run(f"%%create\n{BREAD}")
    assert kept(tmp_path)[0][2] == 4


FULL_DISK = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (5000, resource.RLIM_INFINITY))"
UNUSABLE = {
    "a file in the folder's place": ("", "cannot be used"),
    "a full disk": (FULL_DISK, "the disk is full"),
    "a newer file": ("", "was made by a newer version"),
}


@pytest.mark.skipif(sys.platform == "win32", reason="permissions and limits as POSIX has them")
@pytest.mark.parametrize("why", UNUSABLE)
def test_a_file_that_cannot_be_used_stops_nothing_and_is_told_once(
    server: ModelServer, tmp_path: Path, why: str
) -> None:
    answer_everything(server)
    code, reason = UNUSABLE[why]
    folder = tmp_path / ".creator"
    file = folder / "toolbox.sqlite"
    if why == "a file in the folder's place":
        folder.write_text("a person's own")
    else:
        folder.mkdir()
    if why == "a damaged file":
        file.write_bytes(b"not a database" * 500)
    elif why == "a newer file":
        database = sqlite3.connect(file)
        database.execute("PRAGMA user_version = 99")
        database.close()
    before = file.read_bytes() if file.is_file() else None
    with session(server, tmp_path) as live:
        live.run(code)
        rans = [live.run(f"%%solve\n{BREAD}"), live.run(f"%%solve\n{BREAD}")]
        assert [ran.status for ran in rans] == ["ok", "ok"], rans[0].error
        notices = ["What was spent counts for this session only" in ran.text for ran in rans]
        assert notices == [True, False]
        assert reason in rans[0].text
        told = live.run("%creator cost").text
        assert "4 calls" in part(told, "This session")
        if why == "a newer file":
            assert "What earlier sessions spent is not known: .creator/toolbox.sqlite" in told
            assert file.read_bytes() == before


def test_a_project_that_may_only_be_read_stops_nothing(server: ModelServer, tmp_path: Path) -> None:
    answer_everything(server)
    with session(server, tmp_path) as live:
        live.run(f"%%solve\n{BREAD}")
        live.run("%reload_ext creator_magic")
        for path in (tmp_path / ".creator").iterdir():
            path.chmod(0o444)
        (tmp_path / ".creator").chmod(0o555)
        assert live.run(WITHOUT_PRIVILEGES).status == "ok"
        ran = live.run(f"%%solve\n{BREAD}")
        assert ran.status == "ok", ran.error
        assert "for this session only: .creator/toolbox.sqlite cannot be used" in ran.text
        told = live.run("%creator cost").text
        assert "4 calls" in part(told, "This session")
        assert "4 calls" in part(told, "This project")  # what there is can be read


def test_what_a_solve_leaves_is_kept_together_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "toolbox.sqlite"

    def opened() -> tuple[Accounts, Seals, Offers]:
        store = ProjectStore(path)
        seals, offers = Seals(store), Offers(store)
        return Accounts(CreatorMagic(), store, None, (seals, offers)), seals, offers

    def found() -> list[object]:
        accounts, seals, offers = opened()
        return [
            accounts.spent().total.usage.calls,
            seals.has_written("cell", "tool", "sha"),
            offers.made("a.ipynb", "asked"),
        ]

    accounts, seals, offers = opened()
    accounts.begin("a.ipynb").spend("m", Spent(Usage(1, 10, 5)))
    assert accounts.keep() == ""
    seals.wrote("cell", "tool", "sha", lasting=True)
    offers.add("a.ipynb", "asked")
    accounts.begin("a.ipynb").spend("m", Spent(Usage(1, 10, 5)))
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    assert accounts.keep(hurried=True) == ""
    assert found() == [1, False, False]
    other.close()
    assert accounts.keep() == ""
    assert found() == [2, True, True]
