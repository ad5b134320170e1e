"""How a run stands: rate, right so far, cost so far and time left, in a terminal or as lines of a log."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Self

from creator_magic.model.money import amount_text

if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import TracebackType

    from rich.console import Console

    from creator_magic.bench.row import Row

_BAR = 24
_REDRAWN = 0.25
_LOGGED = 10.0
_FEWEST = 5
"""Problems before the time that is left is guessed at."""


class Progress:
    """Shows a run while it goes on.

    Parameters
    ----------
    console : Console
        Where: in a terminal a line is drawn in place, else one is added now and then.
    total : int
        Rows that the whole run comes to.
    before : int
        Of them, those that were there.
    """

    def __init__(self, console: Console, total: int, before: int) -> None:
        from rich.live import Live

        self._console = console
        self._live = (
            Live(console=console, auto_refresh=False, transient=True) if console.is_terminal else None
        )
        self._total = total
        self._before = before
        self._began = self._shown = time.monotonic()
        self.done = self.right = self.lost = self.calls = self.tokens = 0
        self.cost = 0.0
        self._priced = False

    def add(self, rows: Iterable[Row]) -> None:
        """Take note of results."""
        for row in rows:
            self.done += 1
            self.right += row.correct
            self.lost += row.outcome == "lost"
            self.calls += row.calls
            self.tokens += row.tokens
            self.cost += row.cost or 0.0
            self._priced = self._priced or row.cost is not None

    def show(self, *, now: bool = False) -> None:
        """Draw the line, if it is time to."""
        since = time.monotonic() - self._shown
        if not now and since < (_LOGGED if self._live is None else _REDRAWN):
            return
        self._shown = time.monotonic()
        if self._live is not None:
            self._live.update(self.line(), refresh=True)
        else:
            self._console.print(self.line(), soft_wrap=True, markup=False)

    def line(self) -> str:
        """Return how it stands."""
        seconds = time.monotonic() - self._began
        done = self._before + self.done
        full = _BAR * done // self._total if self._total else _BAR
        parts = [f"{'█' * full}{'░' * (_BAR - full)} {done} of {self._total}"]
        if self.done:
            parts.append(f"{self.right} right ({100 * self.right / self.done:.3g} %)")
        if self.lost:
            parts.append(f"{self.lost} lost")
        parts.append(f"{self.done / seconds if seconds else 0.0:.1f}/s")
        parts.append(f"{self.tokens:,} tokens")
        if self._priced:
            parts.append(f"cost {amount_text(self.cost)}")
        if done < self._total and self.done >= _FEWEST:
            parts.append(f"{_duration((self._total - done) * seconds / self.done)} left")
        return " · ".join(parts)

    def __enter__(self) -> Self:
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live is not None:
            self._live.stop()
        self._console.print(self.line(), soft_wrap=True, markup=False)


def _duration(seconds: float) -> str:
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"
