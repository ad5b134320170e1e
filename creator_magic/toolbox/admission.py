"""Admission by execution: a tool is kept when it runs by itself and its cases pass.

That a tool is executed before it is trusted is what made tool libraries work (LATM, arXiv 2305.17126,
section 3.1: a tool is verified on tests before it is wrapped; CRAFT, arXiv 2309.17428, section 2.2).
The cases are the doctests of its docstring, and the calls that its decision made.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from creator_magic.toolbox.requirements import versions
from creator_magic.toolbox.tool import Evidence

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from creator_magic.toolbox.executor import Executor, Job, Report
    from creator_magic.toolbox.tool import Case, Tool

SECONDS = 20.0
"""Time limit for the cases of one tool."""


@dataclass(frozen=True, slots=True)
class Admission:
    """Whether a tool is fit to be kept.

    Parameters
    ----------
    tool : Tool
        With the cases it passed and the evidence, where it was admitted.
    refused : str
        Why not, as a sentence; empty where it was admitted.
    """

    tool: Tool
    refused: str = ""


def examine(jobs: Sequence[Job], executor: Executor, answers: Sequence[str] = ()) -> Iterator[Admission]:
    """Run tools and yield for each whether it is fit to be kept.

    Parameters
    ----------
    jobs : sequence of Job
        The tools, with the decisions that used them.
    executor : Executor
        Where they run.
    answers : sequence of str
        The answer that each decision gave in the notebook; empty where there was none.

    Yields
    ------
    Admission
        In the order of the jobs.
    """
    answers = answers or [""] * len(jobs)
    for job, answer, report in zip(jobs, answers, executor.run(jobs, SECONDS), strict=True):
        refused = why_refused(report)
        if refused:
            yield Admission(job.tool, refused)
            continue
        cases = with_cases(job.tool.cases, report.seen)
        evidence = Evidence(
            job.decision, answer or report.answer, len(cases), versions(job.tool.requirements)
        )
        provenance = replace(job.tool.provenance, evidence=evidence, foreign=False)
        yield Admission(replace(job.tool, cases=cases, provenance=provenance))


def why_refused(report: Report) -> str:
    """Return why a tool cannot be kept, as a sentence; empty if it can."""
    if report.error:
        return f"It does not run by itself: {report.error}."
    failed = [outcome for outcome in report.outcomes if not outcome.passed]
    if not failed:
        return ""
    first = failed[0]
    more = f" ({len(failed)} of {len(report.outcomes)} cases fail)" if len(failed) > 1 else ""
    return (
        f"`{in_a_line(first.case.call)}` shows {in_a_line(first.got) or 'nothing'}, "
        f"where {in_a_line(first.case.expected)} is expected{more}."
    )


def with_cases(cases: Sequence[Case], more: Sequence[Case]) -> tuple[Case, ...]:
    """Return `cases` and those of `more` whose call is a new one."""
    calls = {(case.setup, case.call) for case in cases}
    return (*cases, *(case for case in more if (case.setup, case.call) not in calls))


def in_a_line(text: str) -> str:
    """Return a text as one short line; of a traceback the last line, which tells."""
    lines = [line for line in text.split("\n") if line.strip()]
    line = lines[-1].strip() if lines and lines[0].startswith("Traceback") else " ".join(text.split())
    return line if len(line) <= _LONGEST else line[: _LONGEST - 1] + "…"


_LONGEST = 120
