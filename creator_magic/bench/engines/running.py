"""Running: units go to an executor, a limited number at a time, and results come back as they are ready.

It knows nothing of benchmarks: explorations can be run in the same way.
"""

from __future__ import annotations

import queue
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from concurrent.futures import Executor, Future

U = TypeVar("U")
R = TypeVar("R")

TRIES = 3
"""How often a unit is begun whose worker dies."""

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
        Taken one by one, as there is room.
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
    """
    left = iter(units)
    ready: queue.SimpleQueue[Future[R]] = queue.SimpleQueue()
    in_flight: dict[Future[R], tuple[U, int]] = {}

    def begin(unit: U, tries: int) -> None:
        future = executor.submit(work, unit)
        in_flight[future] = unit, tries
        future.add_done_callback(ready.put)

    exhausted = False
    while True:
        while not exhausted and len(in_flight) < jobs and not ends():
            try:
                unit = next(left)
            except StopIteration:
                exhausted = True
            else:
                begin(unit, 1)
        if not in_flight:
            return
        try:
            future = ready.get(timeout=_TICK)
        except queue.Empty:
            tick()
            continue
        unit, tries = in_flight.pop(future)
        error = future.exception()
        if error is None:
            yield Done(unit, future.result())
        elif tries < TRIES:
            begin(unit, tries + 1)
        else:
            yield Done(unit, None, error)
        tick()
