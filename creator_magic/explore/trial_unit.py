"""A trial as the unit that a worker of an engine makes, and what comes back of it."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING

from creator_magic.accounts import SolveAccount
from creator_magic.doctor import installed
from creator_magic.engines.turns import code_runs, others_turn, turn
from creator_magic.errors import CreatorError, InputError
from creator_magic.explore.calls import NOBODY, UNLESS_SET, IsolatedCalls
from creator_magic.explore.exploration import TrialWork
from creator_magic.explore.tool import find_tool
from creator_magic.isolation import IsolationLimits, shared_executor
from creator_magic.model.limited import Limits

if TYPE_CHECKING:
    from collections.abc import Callable

    from creator_magic.engines.worker import Worker
    from creator_magic.exchange_log import LoggedExchange
    from creator_magic.explore.tool import ExploredTool
    from creator_magic.explore.trial import Extent, Trial
    from creator_magic.ports import Model, Question, Reply
    from creator_magic.spending import Spent


@dataclass(frozen=True, slots=True)
class TrialUnit:
    """A trial to be made.

    Parameters
    ----------
    tool : ExploredTool
        What is explored; it has been admitted.
    extent : Extent
        With which parts.
    blank : Trial
        Which trial it is.
    finished : tuple of Trial
        The memory.
    judge : str
        Who judges; empty for the model that explores.
    fresh : bool
        Whether to pass over recorded replies.
    """

    tool: ExploredTool
    extent: Extent
    blank: Trial
    finished: tuple[Trial, ...]
    judge: str = ""
    fresh: bool = False


@dataclass(frozen=True, slots=True)
class Made:
    """What came of a unit.

    Parameters
    ----------
    trial : Trial or None
        The finished trial; None where `error` says why there is none.
    spent : tuple of (str, Spent)
        What each call came to, behind the model's name.
    exchanges : tuple of LoggedExchange
        What was said.
    error : CreatorError or None
        Why exploring cannot go on.
    """

    trial: Trial | None
    spent: tuple[tuple[str, Spent], ...]
    exchanges: tuple[LoggedExchange, ...]
    error: CreatorError | None = None


def make_trial(unit: TrialUnit, worker: Worker) -> Made:
    """Make a trial, in whatever process an executor has it done.

    What it spent comes back also where it fails: it is entered, and limited, where memory is kept.
    """
    spent: list[tuple[str, Spent]] = []
    exchanges: list[LoggedExchange] = []
    account = SolveAccount(Limits((), {}), lambda model, each: spent.append((model, each)), exchanges.append)
    trial, error = None, None
    with turn:
        try:
            _check_here(unit.tool, worker)
            trial = _work(unit, worker, account).trial(unit.blank, unit.finished)
        except CreatorError as failed:
            error = failed
        except Exception as fault:  # noqa: BLE001 - it would be taken for the worker's death
            error = CreatorError(f"A fault of creator-magic: {fault!r}")
    return Made(trial, tuple(spent), tuple(exchanges), error)


def _work(unit: TrialUnit, worker: Worker, account: SolveAccount) -> TrialWork:
    model = _AskedMeanwhile(worker.solving(account, fresh=unit.fresh))
    judge = _AskedMeanwhile(worker.solving(account, unit.judge, fresh=unit.fresh)) if unit.judge else model
    settings = worker.configured
    memory = settings.isolate_memory
    calls = IsolatedCalls(
        shared_executor(),
        worker.gate(NOBODY, UNLESS_SET),
        IsolationLimits(settings.timeout, memory, carried=memory),
        code_runs,
    )
    version = installed("creator-magic") or ""
    return TrialWork(unit.tool, unit.extent, model, judge, calls, worker.redaction(), lambda _: None, version)


def _check_here(tool: ExploredTool, worker: Worker) -> None:
    """Make sure that what is imported here is what is explored: its trials would be another tool's."""
    if not tool.bound[-1].module:
        return
    try:
        here = _version_here(worker.run, tool.place)
    except InputError as error:
        raise InputError(f"Where the workers are, {error.message}") from error
    if here != tool.version:
        raise InputError(
            f"{tool.place} is not the same where the workers are. Have them import what is imported here."
        )


@functools.lru_cache(256)
def _version_here(run: str, place: str) -> str:  # noqa: ARG001 - it holds for one run
    return find_tool(place, None, {}).version


@dataclass(frozen=True, slots=True)
class _AskedMeanwhile:
    """A model that lets others work while it is waited for; satisfies `creator_magic.ports.Model`."""

    inner: Model

    def ask(self, question: Question, on_text: Callable[[str], None]) -> Reply:
        with others_turn():
            return self.inner.ask(question, on_text)
