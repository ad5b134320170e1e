"""Where cases run: the port, and a process of their own behind it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from creator_magic.isolation import CallError, IsolationLimits, shared_executor
from creator_magic.toolbox.tool import Case, Tool

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_RUNNER = "creator_magic.toolbox.case_runner"


@dataclass(frozen=True, slots=True)
class Job:
    """What is to be run of one tool.

    Parameters
    ----------
    tool : Tool
        Its source and its cases.
    helpers : tuple of Tool
        The tools that it calls, those first that others call.
    decision : str
        Code to be watched while it calls the tool; empty for none.
    cell : str
        The source of the tool cell that the decision was written for.
    """

    tool: Tool
    helpers: tuple[Tool, ...] = ()
    decision: str = ""
    cell: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """A case that was run, and what it showed where that was not what was expected."""

    case: Case
    passed: bool
    got: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """What came of a job.

    Parameters
    ----------
    outcomes : tuple of Outcome
        Of the cases, in their order; none if the tool could not even be defined.
    error : str
        Why it could not be defined, or not within the time; else empty.
    seen : tuple of Case
        The calls of the tool that the decision made, with what they showed.
    answer : str
        What the decision showed.
    """

    outcomes: tuple[Outcome, ...] = ()
    error: str = ""
    seen: tuple[Case, ...] = ()
    answer: str = ""

    @property
    def passed(self) -> bool:
        """Whether the tool was defined and every case showed what was expected."""
        return not self.error and all(outcome.passed for outcome in self.outcomes)


class Executor(Protocol):
    """Where tools are run apart from the notebook."""

    def run(self, jobs: Sequence[Job], timeout: float) -> Iterator[Report]:
        """Run each job and yield its report, in order.

        Parameters
        ----------
        jobs : sequence of Job
            What is run; none sees another.
        timeout : float
            Time limit of each, in seconds.
        """
        ...


class SeparateProcess:
    """Runs each job in a process of its own, without the keys that the environment holds.

    A job that ends its process, takes too much memory, or goes on after its time, costs that job alone.
    Files and network are as for any program of the person's.
    """

    def run(self, jobs: Sequence[Job], timeout: float) -> Iterator[Report]:
        """Run each job; see `Executor.run`.

        Raises
        ------
        IsolationError
            If no process can be started.
        """
        executor, limits = shared_executor(), IsolationLimits(timeout=timeout)
        for job in jobs:
            libraries = {name for tool in (job.tool, *job.helpers) for name in tool.requirements}
            try:
                told = executor.call(_report, job, limits=limits, warm=[_RUNNER, *sorted(libraries)])
            except CallError as error:
                late = error.kind == "timeout"
                yield Report(error=f"it took longer than {timeout:g} s" if late else error.said)
            else:
                yield _read(job, told)


def _report(job: Job) -> dict[str, Any]:
    # Imported where cases run: here, nobody needs it.
    from creator_magic.toolbox.case_runner import report

    return report(job)


def _read(job: Job, answer: Mapping[str, Any]) -> Report:
    outcomes = zip(job.tool.cases, answer["outcomes"], strict=False)
    return Report(
        tuple(Outcome(case, told["passed"], told["got"]) for case, told in outcomes),
        answer["error"],
        tuple(Case(s["call"], s["expected"], tuple(s["setup"]), "decision") for s in answer["seen"]),
        answer["answer"],
    )
