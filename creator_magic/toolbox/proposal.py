"""Cases that a model proposes: judged, run apart from the notebook, and told by whether the tool passes.

The tool may be wrong, or the case. So a case that fails is kept aside for a person to decide.
"""

from __future__ import annotations

import ast
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from creator_magic.policy.analysis import findings
from creator_magic.policy.gate import would_do
from creator_magic.toolbox.admission import SECONDS
from creator_magic.toolbox.cases import RAISES
from creator_magic.toolbox.executor import Outcome
from creator_magic.toolbox.proposed_cases import identity, read_cases

if TYPE_CHECKING:
    from creator_magic.toolbox.executor import Executor, Job
    from creator_magic.toolbox.tool import Case


@dataclass(frozen=True, slots=True)
class Proposal:
    """What became of proposed cases.

    Parameters
    ----------
    passed : tuple of Case
        The tool shows what they expect.
    failed : tuple of Outcome
        It does not; each with what it shows.
    refused : tuple of (Case, str)
        Not run, since they would do more than compute: what they would do.
    repeated : int
        How many repeat a case that the tool has.
    """

    passed: tuple[Case, ...] = ()
    failed: tuple[Outcome, ...] = ()
    refused: tuple[tuple[Case, str], ...] = ()
    repeated: int = 0


def beyond_computing(job: Job, case: Case | None = None) -> str:
    """Return what running a tool, or a case of it, would do beyond computing; empty if nothing.

    Parameters
    ----------
    job : Job
        The tool, with those that it calls. These may read files, as all generated code may.
    case : Case or None
        A case, which may do nothing but compute.
    """
    cells = [(tool.name, tool.source) for tool in (*job.helpers, job.tool)]
    if case is not None:
        cells.append(("", "\n".join((*case.setup, case.call))))
    return would_do(one for one in findings(cells) if one.effect != "read" or not one.key)


def examine_proposed(job: Job, text: str, executor: Executor) -> Proposal:
    """Read the cases that a reply proposes for a tool, and run those that are new and only compute.

    Parameters
    ----------
    job : Job
        The tool, with those that it calls.
    text : str
        The reply.
    executor : Executor
        Where they run.
    """
    proposed = read_cases(text, job.tool.name)
    there = {identity(case) for case in job.tool.cases}
    new = [case for case in proposed if identity(case) not in there]
    judged = [(case, beyond_computing(job, case)) for case in new]
    outcomes = run_cases(job, tuple(case for case, would in judged if not would), executor)
    return Proposal(
        tuple(as_shown(outcome) for outcome in outcomes if agrees(outcome)),
        tuple(outcome for outcome in outcomes if not agrees(outcome)),
        tuple((case, would) for case, would in judged if would),
        len(proposed) - len(new),
    )


def run_cases(job: Job, cases: tuple[Case, ...], executor: Executor) -> list[Outcome]:
    """Run cases in place of a tool's own; one that never ends, or ends its process, costs only itself."""
    if not cases:
        return []
    together = replace(job, tool=replace(job.tool, cases=cases))
    (report,) = executor.run([together], SECONDS)
    if not report.error:
        return list(report.outcomes)
    if len(cases) == 1:
        return [Outcome(cases[0], passed=False, got=report.error)]
    # One of them took too long or ended the process: each for itself tells which.
    apart = [replace(job, tool=replace(job.tool, cases=(case,))) for case in cases]
    reports = executor.run(apart, SECONDS / len(cases))
    return [
        each.outcomes[0] if not each.error else Outcome(case, passed=False, got=each.error)
        for case, each in zip(cases, reports, strict=True)
    ]


def agrees(outcome: Outcome) -> bool:
    """Tell whether a tool gave what was expected, though it may be written in another way."""
    expected, got = outcome.case.expected, outcome.got
    if outcome.passed:
        return True
    if expected.startswith(RAISES[0]):
        return got.startswith(RAISES[0]) and _exception(got) == _exception(expected)
    with suppress(ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        wanted, given = ast.literal_eval(expected), ast.literal_eval(got)
        return bool(wanted == given) and isinstance(wanted, bool) == isinstance(given, bool)
    return False


def _exception(text: str) -> str:
    return text.rstrip().rpartition("\n")[2].partition(":")[0].rpartition(".")[2].strip()


def as_shown(outcome: Outcome) -> Case:
    """Return a case that a tool agrees with, as the tool shows it."""
    return outcome.case if outcome.passed else replace(outcome.case, expected=outcome.got)
