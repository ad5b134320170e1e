"""Samples: several solutions of one problem, and the one that is chosen.

Execution gives ranking feedback too (Code as the wand, arXiv 2401.00812, section 4.2): of several
solutions that one is taken which passes most checks, then which most others agree with, then
which is shortest.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from creator_magic.events import Asked, Attempted, Awaited, CellsWritten, Noticed, OutputGrew
from creator_magic.solution import Sample, answer_text_of

if TYPE_CHECKING:
    from creator_magic.events import Event
    from creator_magic.working import Work

_PLAIN = (bool, int, float, complex, str, bytes, type(None))
_CLOSE = 1e-9


@dataclass(frozen=True, slots=True)
class _Tried:
    work: Work
    ran: bool
    answer: Any
    shown: str

    @property
    def size(self) -> int:
        return sum(len(cell.source) for cell in self.work.draft.cells())

    def agrees(self, other: _Tried) -> bool:
        if not (self.ran and other.ran):
            return False
        # Other answers may have changed when their execution was taken back; what was shown of them has not.
        plain = isinstance(self.answer, _PLAIN) and isinstance(other.answer, _PLAIN)
        return _alike(self.answer, other.answer) if plain else self.shown == other.shown


def best_of(work: Work) -> Work:
    """Try several solutions, each from the start, and return the work on the best, run once more.

    Parameters
    ----------
    work : Work
        Not begun; its limits say how many.

    Returns
    -------
    Work
        With its first attempt made, and with all exchanges. Where none ran, the work on the one that
        came nearest, to be rectified.
    """
    tried = [_try(_another(work, number)) for number in range(1, work.limits.samples + 1)]
    support = [sum(each.agrees(other) for other in tried) for each in tried]
    order = sorted(
        range(len(tried)),
        key=lambda at: (-tried[at].ran, -tried[at].work.passed, -support[at], tried[at].size, at),
    )
    chosen = tried[order[0]]
    best = chosen.work
    best.exchanges = [exchange for each in tried for exchange in each.work.exchanges]
    best.samples = tuple(
        Sample(
            each.work.attempts[-1].feedback.summary,
            each.shown,
            each.ran,
            each.agrees(chosen),
            tuple(each.work.attempts),
        )
        for each in tried
    )
    best.emit, best.limits, best.sample = work.emit, replace(work.limits, samples=1), 1
    if chosen.ran:
        # It was taken back, as all of them were.
        best.attempts.clear()
        best.execute_apart()
    else:
        best.emit(Attempted(best.attempts[-1]))
    return best


def _another(work: Work, number: int) -> Work:
    return replace(work, sample=number, attempts=[], exchanges=[], failed=[])


def _try(work: Work) -> _Tried:
    emit = work.emit

    def progress(event: Event) -> None:
        # The notebook sees the cells of the one that is chosen.
        if not isinstance(event, CellsWritten | OutputGrew | Attempted | Noticed):
            emit(event)
        if isinstance(event, Asked):
            emit(Awaited())  # replayed too: the code of all of them runs before a cell stands

    work.emit = progress
    work.begin()
    ran = work.attempts[-1].feedback.ok
    answer = work.last.answer if ran and work.last else None
    shown = answer_text_of(work.last.runs) if ran and work.last else ""
    if ran:
        work.kernel.take_back()
    return _Tried(work, ran, answer, shown)


def _alike(one: Any, other: Any) -> bool:
    if isinstance(one, str) and isinstance(other, str):
        return one.strip() == other.strip()
    if isinstance(one, int | float) and isinstance(other, int | float):
        both_missing = math.isnan(one) and math.isnan(other)
        return both_missing or math.isclose(one, other, rel_tol=_CLOSE, abs_tol=_CLOSE)
    return type(one) is type(other) and one == other
