"""A clock that is set back an hour, or years ahead, between two writes."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta, tzinfo
from typing import TYPE_CHECKING

import pytest

from creator_magic import accounts
from creator_magic.accounts import Accounts
from creator_magic.config import CreatorMagic
from creator_magic.exchange_log import LoggedExchange
from creator_magic.model.cassette import Cassette
from creator_magic.ports import Message, Usage
from creator_magic.project_store import ProjectStore, exchanges
from creator_magic.spending import Spent
from creator_magic.toolbox import store as toolbox_store
from creator_magic.toolbox.store import ToolStore
from tests.test_model_cassette import QUESTION, with_text
from tests.test_toolbox_store import tool

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Set = Callable[[timedelta], None]

BACK, AHEAD = -timedelta(hours=1), timedelta(days=3650)


@pytest.fixture
def set_clock(monkeypatch: pytest.MonkeyPatch) -> Set:
    """Set the clock that everything here looks at, by so much from the real time."""
    real = time.time

    def set_it(by: timedelta) -> None:
        class Clock(datetime):
            @classmethod
            def now(cls, tz: tzinfo | None = None) -> Clock:
                return cls.fromtimestamp(real() + by.total_seconds(), tz)

        for module in (toolbox_store, exchanges, accounts):
            monkeypatch.setattr(module, "datetime", Clock)
        monkeypatch.setattr(time, "time", lambda: real() + by.total_seconds())

    return set_it


@pytest.mark.parametrize("first", [BACK, AHEAD])
def test_the_tool_that_was_forgotten_last_comes_back(
    tmp_path: Path, set_clock: Set, first: timedelta
) -> None:
    store = ToolStore(tmp_path / "toolbox.sqlite")
    for number, by in enumerate((first, timedelta(), BACK, AHEAD, BACK)):
        set_clock(by)
        store.add(tool("area", doc=f"Version {number}."))
        store.forget(["area"])
    assert store.restore("area").docstring == "Version 4."
    store.close()


def test_revisions_uses_and_replies_are_in_the_order_in_which_they_came(
    tmp_path: Path, set_clock: Set
) -> None:
    store = ToolStore(tmp_path / "toolbox.sqlite")
    cassette = Cassette(tmp_path / "cassette.jsonl")
    store.add(tool("area", doc="0"))
    for number, by in enumerate((AHEAD, BACK, timedelta()), 1):
        set_clock(by)
        store.revise(tool("area", doc=str(number)), "changed")
        store.used("area", solved=True)
        cassette.add(QUESTION, with_text(str(number)), "m")
    assert [each.tool.docstring for each in store.history("area")] == ["0", "1", "2", "3"]
    assert store.get("area").docstring == "3"
    assert [(each.times, each.since) for each in store.usage()] == [(4, 4)]
    found = Cassette(cassette.path).find(QUESTION)
    assert found is not None
    assert found.text == "3"
    store.close()


def exchange(text: str) -> LoggedExchange:
    return LoggedExchange(
        datetime.now(UTC), "creation", 1, "m", (Message("user", text),), text, usage=Usage(1, 2, 3)
    )


@pytest.mark.parametrize("by", [BACK, AHEAD])
def test_no_exchange_expires_by_a_clock_that_was_set(tmp_path: Path, set_clock: Set, by: timedelta) -> None:
    settings = CreatorMagic(full_log=True, session_calls=2)
    store = ProjectStore(tmp_path / "toolbox.sqlite")
    kept = Accounts(settings, store)
    kept.begin("a.ipynb").tell(exchange("before"))
    assert kept.keep() == ""
    set_clock(by)
    account = kept.begin("a.ipynb")
    account.tell(exchange("after"))
    account.spend("m", Spent(Usage(1, 10, 5), seconds=0.5))
    assert kept.keep() == ""
    assert [each.reply for each in kept.kept_exchanges(10)] == ["before", "after"]
    # What a session has spent, and its limits, know no time.
    assert kept.session.total.usage.calls == 1
    assert kept.spent(day=accounts.today()).total.usage.calls == 1
    assert kept.spent().total.usage.calls == 1
    store.close()
