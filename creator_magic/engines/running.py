"""Running: units go to an executor, a limited number at a time, and results come back as they are ready."""

from __future__ import annotations

import queue
from concurrent.futures import BrokenExecutor, CancelledError
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from concurrent.futures import Executor, Future

U = TypeVar("U")
R = TypeVar("R")

TRIES = 3
"""How often a unit is begun whose worker dies."""

LOST_IN_A_ROW = 10
"""Units that are lost one after the other before a run is ended: then it is not the units' fault."""

_TICK = 0.25


@dataclass(frozen=True, slots=True)
class Done(Generic[U, R]):
    """A unit that has been worked on.

    Parameters
    ----------
    unit : object
        The unit.
    result : object or None
        What came of it; None if its workers died.
    error : Exception or None
        How the last of them did.
    """

    unit: U
    result: R | None
    error: BaseException | None = None


def run(
    units: Iterable[U],
    work: Callable[[U], R],
    executor: Executor,
    jobs: int,
    ends: Callable[[], bool] = lambda: False,
    tick: Callable[[], None] = lambda: None,
) -> Iterator[Done[U, R]]:
    """Yield each unit when it has been worked on.

    Parameters
    ----------
    units : iterable
        Taken one by one, as there is room; none is None.
    work : callable
        Called with a unit, wherever the executor has it done; both must pickle.
    executor : Executor
        Any.
    jobs : int
        Units at a time.
    ends : callable
        Whether no more units are to be begun; those that have been are finished.
    tick : callable
        Called about four times a second.

    Raises
    ------
    BrokenExecutor
        If the executor takes no more units.
    """
    left = iter(units)
    in_flight: InFlight[U, R] = InFlight(executor, work)
    exhausted = False
    while True:
        while not exhausted and len(in_flight) < jobs and not ends():
            unit = next(left, None)
            exhausted = unit is None
            if unit is not None:
                in_flight.begin(unit)
        if not len(in_flight):
            return
        done = in_flight.next_done()
        if done is not None:
            yield done
        tick()


class InFlight(Generic[U, R]):
    """The units that have been begun and are not done.

    Parameters
    ----------
    executor, work
        As for `run`.
    """

    def __init__(self, executor: Executor, work: Callable[[U], R]) -> None:
        self._executor = executor
        self._work = work
        self._ready: queue.SimpleQueue[Future[R]] = queue.SimpleQueue()
        self._begun: dict[Future[R], tuple[U, int]] = {}

    def __len__(self) -> int:
        return len(self._begun)

    def begin(self, unit: U, tries: int = 1) -> None:
        """Hand a unit to the executor.

        Raises
        ------
        BrokenExecutor
            If it takes no more.
        """
        try:
            future = self._executor.submit(self._work, unit)
        except Exception as error:
            raise BrokenExecutor(f"The workers take no more work: {error}.") from error
        self._begun[future] = unit, tries
        future.add_done_callback(self._ready.put)

    def next_done(self) -> Done[U, R] | None:
        """Wait a moment for a unit; return None if none is done. One whose worker died is begun again."""
        try:
            future = self._ready.get(timeout=_TICK)
        except queue.Empty:
            return None
        unit, tries = self._begun.pop(future)
        error = CancelledError("the engine gave it up") if future.cancelled() else future.exception()
        if error is None:
            return Done(unit, future.result())
        if tries == TRIES:
            return Done(unit, None, error)
        self.begin(unit, tries + 1)
        return None

    def done_already(self) -> Iterator[Done[U, R]]:
        """Yield those that are done, and wait for none; for who cannot wait any longer."""
        for future in [each for each in self._begun if each.done() and not each.cancelled()]:
            if future.exception() is None:
                yield Done(self._begun.pop(future)[0], future.result())
