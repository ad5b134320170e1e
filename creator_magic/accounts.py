"""A session's accounts: what its solves spent, what was said, and what the project keeps of it.

Each reply is entered when it arrives, so that an interrupt or a fault later on loses none. The
project's file is opened when the first solve has ended, and gets one transaction a solve, with all
else that a solve leaves there but its tools.
"""

from __future__ import annotations

from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Literal, Protocol

from creator_magic.clock import ClockWatch
from creator_magic.errors import StoreError
from creator_magic.exchange_log import KEPT, ExchangeLog
from creator_magic.model.limited import Limit, Limits
from creator_magic.project_store.counts import Slot, add_counts, read_counts
from creator_magic.project_store.exchanges import add_exchanges, forget_exchanges, read_exchanges
from creator_magic.spending import Ledger, Spent

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Sequence

    from creator_magic.config import CreatorMagic
    from creator_magic.exchange_log import LoggedExchange
    from creator_magic.project_store import ProjectStore


@dataclass(frozen=True, slots=True)
class SolveAccount:
    """Where the models of one solve enter what they do.

    Parameters
    ----------
    limits : Limits
        Looked at before each call.
    spend : callable
        Told a model's name and what a call of it came to.
    tell : callable
        Told of each exchange.
    """

    limits: Limits
    spend: Callable[[str, Spent], None]
    tell: Callable[[LoggedExchange], None]


class Waiting(Protocol):
    """What is written into the project's file with the accounts."""

    @property
    def waits(self) -> bool:
        """Whether there is something to write."""

    def write(self, connection: sqlite3.Connection) -> None:
        """Write it, within a transaction."""

    def written(self) -> None:
        """Know that the transaction has ended well, and forget what was written."""


class Accounts:
    """The accounts of one session.

    Parameters
    ----------
    settings : CreatorMagic
        Looked at anew with each solve.
    store : ProjectStore
        The project's file.
    session : Ledger or None
        What was spent since the kernel began, where the extension is loaded anew; None for nothing.
    beside : sequence of Waiting
        What else is written in the same transactions.

    Attributes
    ----------
    session, solve : Ledger
        What the session spent, and the last solve of it.
    log : ExchangeLog
        The session's exchanges.
    """

    def __init__(
        self,
        settings: CreatorMagic,
        store: ProjectStore,
        session: Ledger | None = None,
        beside: Sequence[Waiting] = (),
    ) -> None:
        self.session = Ledger() if session is None else session
        self.solve = Ledger()
        self.log = ExchangeLog()
        self._settings = settings
        self._store = store
        self._beside = beside
        self._counts: defaultdict[Slot, Spent] = defaultdict(Spent)
        self._exchanges: list[LoggedExchange] = []
        self._clock = ClockWatch()
        self._swept = False
        self._warned = False

    def begin(self, notebook: str, limit: Limit | None = None) -> SolveAccount:
        """Begin a solve in `notebook`.

        Parameters
        ----------
        notebook : str
            Its name.
        limit : Limit or None
            What it is held to; None for what the settings say of a solve.
        """
        # Held here too: code of one solve may begin another.
        solve = self.solve = Ledger()
        settings = self._settings
        limits = Limits(
            ((limit or _limit(settings, "solve"), solve), (_limit(settings, "session"), self.session)),
            dict(settings.prices),
        )

        def spend(model: str, spent: Spent) -> None:
            solve.add(model, spent)
            self.session.add(model, spent)
            self._counts[Slot(today(), notebook, model)] += spent

        def tell(exchange: LoggedExchange) -> None:
            if exchange.origin != "called":
                spend(exchange.model, Spent(replayed=1))
            told = exchange.without(settings.key()).within(settings.course)
            safe = self.log.add(replace(told, notebook=notebook))
            if settings.full_log:
                self._exchanges.append(safe)

        return SolveAccount(limits, spend, tell)

    def keep(self, *, hurried: bool = False) -> str:
        """Write what was spent since the last time into the project's file, and what waits beside it.

        Parameters
        ----------
        hurried : bool
            Whether the person is waiting to go on: then who else writes is not waited for, and what
            could not be written is written the next time.

        Returns
        -------
        str
            Why that cannot be done, once a session; else empty.
        """
        spent = bool(self._counts or self._exchanges)
        beside = [each for each in self._beside if each.waits]
        if not spent and not beside:
            return ""
        forgotten = 0
        try:
            with self._store.transaction(0.0 if hurried else None) as connection:
                add_counts(connection, self._counts)
                add_exchanges(connection, self._exchanges)
                for each in beside:
                    each.write(connection)
                # By a clock that was set, what is new may seem old; the next session will know better.
                if (self._exchanges or not self._swept) and not self._clock.was_set:
                    forgotten = forget_exchanges(connection, self._settings.log_days)
        except StoreError as error:
            # They are tried again with the next solve: a disk can be emptied.
            del self._exchanges[:-KEPT]
            if hurried or not spent:
                return ""
            warned, self._warned = self._warned, True
            return "" if warned else f"What was spent counts for this session only: {error.message}"
        self._counts.clear()
        self._exchanges.clear()
        for each in beside:
            each.written()
        self._swept = True
        if forgotten:
            with suppress(StoreError):
                self._store.settle()
        return ""

    def spent(self, *, day: str | None = None, notebook: str | None = None) -> Ledger:
        """Return what was spent in the project, in all its sessions.

        Parameters
        ----------
        day : str or None
            Only on this day, as in `today`.
        notebook : str or None
            Only in this notebook.

        Raises
        ------
        StoreError
            If the project's file cannot be read.
        """
        ledger = Ledger()
        if self._store.exists:
            with self._store.reading() as connection:
                ledger = read_counts(connection, day=day, notebook=notebook)
        for slot, spent in self._counts.items():
            if day in (None, slot.day) and notebook in (None, slot.notebook):
                ledger.add(slot.model, spent)
        return ledger

    def kept_exchanges(self, most: int, number: int | None = None) -> Sequence[LoggedExchange]:
        """Return exchanges of the full log; arguments as for `read_exchanges`.

        Raises
        ------
        StoreError
            If the project's file cannot be read.
        """
        if not self._store.exists:
            return ()
        with self._store.reading() as connection:
            return read_exchanges(connection, most, number)

    def close(self) -> None:
        """Keep what is not kept yet."""
        self.keep()


def today() -> str:
    """Return the day by the person's clock, as 2026-11-03."""
    return datetime.now().astimezone().date().isoformat()


def _limit(settings: CreatorMagic, span: Literal["solve", "session"]) -> Limit:
    course = settings.course
    most = {kind: getattr(settings, f"{span}_{kind}") for kind in ("calls", "tokens", "money")}
    held = [kind for kind, value in most.items() if value and value == course.limits.get(f"{span}_{kind}")]
    return Limit(span, **most, held_by=dict.fromkeys(held, course.called))
