"""The project's file: patient with other kernels, and never a danger to what is in it."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from creator_magic.errors import StoreError
from creator_magic.exchange_log import LoggedExchange
from creator_magic.ports import Message, Usage
from creator_magic.project_store import ProjectStore, opening
from creator_magic.project_store.counts import Slot, add_counts, read_counts
from creator_magic.project_store.exchanges import add_exchanges, forget_exchanges, read_exchanges
from creator_magic.project_store.migrations import MIGRATIONS
from creator_magic.project_store.opening import open_store
from creator_magic.spending import Spent

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SLOT = Slot("2026-11-03", "a.ipynb", "small")
ONE = Spent(Usage(1, 10, 5, 4, 3), seconds=0.5)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[ProjectStore]:
    kept = ProjectStore(tmp_path / ".creator" / "toolbox.sqlite")
    yield kept
    kept.close()


def add(store: ProjectStore, slot: Slot = SLOT, spent: Spent = ONE) -> None:
    with store.transaction() as connection:
        add_counts(connection, {slot: spent})


def calls(store: ProjectStore) -> int:
    with store.reading() as connection:
        return read_counts(connection).total.usage.calls


def test_counts_add_up_by_day_notebook_and_model(store: ProjectStore) -> None:
    assert not store.exists
    add(store)
    add(store)
    add(store, Slot("2026-11-03", "b.ipynb", "small"))
    add(store, Slot("2026-11-04", "a.ipynb", "large"), Spent(replayed=2))
    with store.reading() as connection:
        assert read_counts(connection, notebook="a.ipynb").by_model == {
            "small": Spent(Usage(2, 20, 10, 8, 6), seconds=1.0),
            "large": Spent(replayed=2),
        }
        assert read_counts(connection, day="2026-11-03").total.usage.calls == 3
        assert read_counts(connection, day="2026-11-05").by_model == {}


def test_a_name_that_is_no_text_is_counted_too(store: ProjectStore) -> None:
    add(store, Slot("2026-11-03", "caf\udce9.ipynb", "\ud800"))
    with store.reading() as connection:
        assert read_counts(connection, notebook="caf\udce9.ipynb").total == ONE


WRITER = """
import sys, time
from pathlib import Path
from creator_magic.ports import Usage
from creator_magic.project_store import ProjectStore
from creator_magic.project_store.counts import Slot, add_counts
from creator_magic.spending import Spent

path, name, times = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
print("ready", flush=True)
sys.stdin.readline()
store = ProjectStore(path)
counts = {Slot("day", notebook, "m"): Spent(Usage(1)) for notebook in ("shared", name)}
for _ in range(times):
    with store.transaction() as connection:
        add_counts(connection, counts)
store.close()
"""


def test_eight_processes_that_write_at_once_lose_nothing(store: ProjectStore) -> None:
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, str(store.path), f"n{number}", "100"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for number in range(8)
    ]
    for writer in writers:  # together from the first moment, when there is no file yet
        assert writer.stdout is not None
        assert writer.stdout.readline() == "ready\n"
    for writer in writers:
        assert writer.stdin is not None
        writer.stdin.write("\n")
        writer.stdin.flush()
    said = [writer.communicate(timeout=60)[1] for writer in writers]
    assert said == [""] * 8
    with store.reading() as connection:
        assert read_counts(connection, notebook="shared").total.usage.calls == 800
        assert read_counts(connection).total.usage.calls == 1600


def test_a_process_that_dies_half_way_leaves_nothing_half(store: ProjectStore) -> None:
    add(store)
    dying = WRITER.replace("store.close()", "").replace(
        "add_counts(connection, counts)", "add_counts(connection, counts); __import__('os')._exit(9)"
    )
    ended = subprocess.run(
        [sys.executable, "-c", dying, str(store.path), "n", "1"],
        input="\n",
        text=True,
        check=False,
        timeout=60,
    )
    assert ended.returncode == 9
    add(store)
    assert calls(store) == 2


def test_waiting_for_another_program_ends_and_says_so(
    store: ProjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(store)
    monkeypatch.setattr(opening, "PATIENCE", 0.1)
    other = sqlite3.connect(store.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    began = time.monotonic()
    with pytest.raises(StoreError, match="is held by another program") as caught:
        add(store)
    assert time.monotonic() - began < 2
    assert "locked" not in str(caught.value)
    assert calls(store) == 1  # who only reads does not wait
    other.execute("ROLLBACK")
    other.close()
    add(store)
    assert calls(store) == 2


def test_an_older_file_is_brought_up_to_date_and_keeps_what_it_holds(store: ProjectStore) -> None:
    add(store)
    store.close()
    later = (*MIGRATIONS, ("CREATE TABLE newer (name TEXT)", "INSERT INTO newer VALUES ('first')"))
    for _ in range(2):
        connection = open_store(store.path, later)
        assert connection.execute("SELECT name FROM newer").fetchall() == [("first",)]
        assert connection.execute("PRAGMA user_version").fetchone() == (len(later),)
        assert read_counts(connection).total == ONE
        connection.close()


def test_a_migration_that_fails_changes_nothing(store: ProjectStore) -> None:
    add(store)
    store.close()
    with pytest.raises(StoreError):
        open_store(store.path, (*MIGRATIONS, ("CREATE TABLE newer (name TEXT)", "no statement")))
    add(store)
    with store.reading() as connection:
        names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master")]
    assert "newer" not in names
    assert calls(store) == 2


def test_a_newer_file_is_refused_and_left_alone(store: ProjectStore) -> None:
    add(store)
    store.close()
    newer = sqlite3.connect(store.path)
    newer.execute("PRAGMA user_version = 4711")
    newer.close()
    before = store.path.read_bytes()
    for _ in range(2):
        with pytest.raises(StoreError, match="newer version of creator-magic"):
            add(store)
    assert store.path.read_bytes() == before


def damage(path: Path, how: str) -> None:
    whole = path.read_bytes()
    if how == "other":
        path.write_bytes(b"notes of a person's, and no database " * 200)
    elif how == "cut":
        path.write_bytes(whole[: len(whole) // 2])
    else:
        middle = bytearray(whole)
        middle[4096:] = b"\xa5" * (len(whole) - 4096)
        path.write_bytes(middle)


@pytest.mark.parametrize("how", ["other", "cut", "overwritten"])
def test_a_damaged_file_is_moved_aside(
    store: ProjectStore, how: str, capsys: pytest.CaptureFixture[str]
) -> None:
    add(store)
    store.close()
    damage(store.path, how)
    before = store.path.read_bytes()
    add(store)
    assert store.path.with_name("toolbox.sqlite.damaged-1").read_bytes() == before
    said = capsys.readouterr().err
    assert ".creator/toolbox.sqlite is damaged (" in said
    assert "It is now toolbox.sqlite.damaged-1; no tool could be read" in said
    add(store)
    assert calls(store) == 2
    assert capsys.readouterr().err == ""


def test_a_file_that_was_moved_away_is_begun_anew(store: ProjectStore) -> None:
    add(store)
    store.path.rename(store.path.with_name("old"))
    for left in store.path.parent.glob("toolbox.sqlite-*"):
        left.unlink()
    add(store)
    assert store.exists
    assert calls(store) == 1


def test_a_forked_child_does_not_close_its_parents_file(store: ProjectStore) -> None:
    add(store)
    child = (
        "import os, sys\n"
        "from pathlib import Path\n"
        "from creator_magic.project_store import ProjectStore\n"
        "from creator_magic.project_store.counts import Slot, add_counts\n"
        "from creator_magic.spending import Spent\n"
        "store = ProjectStore(Path(sys.argv[1]))\n"
        "with store.transaction() as c:\n"
        "    pid = os.fork()\n"
        "    if not pid:\n"
        "        store._closing and store._closing()\n"
        "        os._exit(0)\n"
        "    os.waitpid(pid, 0)\n"
        "    add_counts(c, {Slot('d', 'n', 'm'): Spent(replayed=1)})\n"
    )
    if not hasattr(os, "fork"):
        return
    subprocess.run([sys.executable, "-c", child, str(store.path)], check=True, timeout=60)
    with store.reading() as connection:
        assert read_counts(connection).total.replayed == 1


def exchange(days_ago: float, text: str) -> LoggedExchange:
    return LoggedExchange(
        datetime.now(UTC) - timedelta(days=days_ago),
        "creation",
        1,
        "small",
        (Message("user", text), Message("assistant", "\ud800")),
        f"reply to {text}",
        usage=Usage(1, 2, 3),
        notebook="a.ipynb",
    )


def test_exchanges_come_back_as_they_were_and_old_ones_go(store: ProjectStore) -> None:
    kept = [exchange(40, "old"), exchange(2, "recent"), exchange(0, "new \ud800")]
    with store.transaction() as connection:
        add_exchanges(connection, kept)
        forget_exchanges(connection, days=30)
    with store.reading() as connection:
        found = read_exchanges(connection, most=10)
        assert [e.request[0].content for e in found] == ["recent", "new \ud800"]
        assert [e.reply for e in found] == ["reply to recent", "reply to new ?"]
        assert (found[0].at, found[0].usage, found[0].request) == (
            kept[1].at,
            Usage(1, 2, 3),
            kept[1].request,
        )
        assert read_exchanges(connection, most=1) == found[-1:]
        assert read_exchanges(connection, most=9, number=found[0].number) == found[:1]
    store.close()
    assert b"reply to old" not in store.path.read_bytes()
