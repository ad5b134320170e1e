"""Exploring on an engine: its workers make trials, of several tools at a time.

A trial is imagined from those before it, so that a tool's own are made one after the other, and come to
what they would without an engine. Memory, accounts, limits and what the person sees stay with the process
that was started.
"""

from __future__ import annotations

from collections import deque
from concurrent.futures import BrokenExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from creator_magic.engines.running import LOST_IN_A_ROW, InFlight
from creator_magic.errors import CreatorError
from creator_magic.explore.events import TrialEnded, TrialHandedOut, TrialLost
from creator_magic.explore.exploration import missing
from creator_magic.explore.trial import Trial
from creator_magic.explore.trial_unit import TrialUnit
from creator_magic.kernel.interruption import uninterrupted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from concurrent.futures import Executor

    from creator_magic.accounts import SolveAccount
    from creator_magic.engines.running import Done
    from creator_magic.explore.events import Listener
    from creator_magic.explore.memory import Memory
    from creator_magic.explore.tool import ExploredTool
    from creator_magic.explore.trial import Extent
    from creator_magic.explore.trial_unit import Made


@dataclass(slots=True)
class _Exploration:
    """How far a tool has come."""

    tool: ExploredTool
    finished: list[Trial]
    left: deque[tuple[int, int]]


@dataclass(slots=True)
class ExplorationOnEngine:
    """Explores tools side by side.

    Parameters
    ----------
    work : callable
        Makes a trial, wherever the executor has it done; see `make_trial`.
    executor : Executor
        The engine.
    jobs : int
        Trials at a time.
    extent : Extent
        How long, and with which parts.
    judge, fresh
        As for `TrialUnit`.
    memory : Memory
        What was finished before; it gets each trial as soon as that is finished.
    account : SolveAccount
        Where calls are entered when their trial has come back. Its limits are looked at before each
        trial, for all tools together; trials in flight are then finished.
    emit : callable
        Told of each trial.
    """

    work: Callable[[TrialUnit], Made]
    executor: Executor
    jobs: int
    extent: Extent
    judge: str
    fresh: bool
    memory: Memory
    account: SolveAccount
    emit: Listener
    _explorations: dict[tuple[str, str], _Exploration] = field(default_factory=dict)
    _ready: deque[_Exploration] = field(default_factory=deque)
    _lost_in_a_row: int = 0
    _ends: CreatorError | None = None

    def explore(self, tools: Iterable[ExploredTool]) -> None:
        """Explore each tool from where the memory ends to the end of the course.

        Raises
        ------
        ModelError, InputError
            If a worker cannot ask a model, or has not the tool. What was finished is kept.
        LimitError
            If a limit is reached; likewise.
        StoreError
            If a trial cannot be kept.
        CreatorError
            If there are no workers any more, or they die again and again; likewise.
        """
        for tool in tools:
            finished = list(self.memory.trials(tool.name, tool.version, self.extent.known_as))
            exploration = _Exploration(tool, finished, deque(missing(self.extent, finished)))
            self._explorations[tool.name, tool.version] = exploration
        self._ready.extend(each for each in self._explorations.values() if each.left)
        in_flight = InFlight(self.executor, self.work)
        try:
            while True:
                # A step takes a moment; what has come back is kept before an interrupt is heeded.
                with uninterrupted():
                    self._begin(in_flight)
                    if not len(in_flight):
                        break
                    done = in_flight.next_done()
                    if done is not None:
                        self._take(done)
        except (BrokenExecutor, KeyboardInterrupt) as error:
            with uninterrupted():
                for done in in_flight.done_already():
                    self._take(done)
            if isinstance(error, BrokenExecutor):
                raise CreatorError(str(error)) from error
            raise
        if self._ends is not None:
            raise self._ends

    def _begin(self, in_flight: InFlight[TrialUnit, Made]) -> None:
        """Hand out trials of tools that have none in flight, unless exploring is to end."""
        while self._ready and len(in_flight) < self.jobs and self._may_go_on():
            exploration = self._ready.popleft()
            tool, (episode, number) = exploration.tool, exploration.left.popleft()
            blank = Trial(tool.name, tool.version, episode, number, "", course=self.extent.known_as)
            self.emit(TrialHandedOut(blank))
            in_flight.begin(
                TrialUnit(tool, self.extent, blank, tuple(exploration.finished), self.judge, self.fresh)
            )

    def _may_go_on(self) -> bool:
        if self._ends is None:
            try:
                self.account.limits.check()
            except CreatorError as reached:
                self._ends = reached
        return self._ends is None

    def _take(self, done: Done[TrialUnit, Made]) -> None:
        unit = done.unit
        exploration = self._explorations[unit.tool.name, unit.tool.version]
        if done.result is None:
            self.emit(TrialLost(unit.blank))
            self._lost_in_a_row += 1
            if self._lost_in_a_row == LOST_IN_A_ROW:
                self._ends = CreatorError(f"Workers die again and again, at last of: {done.error}.")
        else:
            self._lost_in_a_row = 0
            self._keep(done.result, exploration)
        if exploration.left:
            self._ready.append(exploration)

    def _keep(self, made: Made, exploration: _Exploration) -> None:
        for model, spent in made.spent:
            self.account.spend(model, spent)
        for exchange in made.exchanges:
            self.account.tell(exchange)
        try:
            if made.trial is None:
                raise made.error or CreatorError("A worker came back without a trial.")
            self.memory.keep(made.trial)
        except CreatorError as error:
            # Trials of other tools are in flight, and may still be kept.
            self._ends = self._ends or error
            return
        exploration.finished.append(made.trial)
        self.emit(TrialEnded(made.trial))
