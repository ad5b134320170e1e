"""Work on one unit, in whatever process an executor has it done: from problems to rows and traces."""

from __future__ import annotations

import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from creator_magic.bench.asked import AskedModel
from creator_magic.bench.fresh_kernel import FreshKernel
from creator_magic.bench.grading import Grade, grade
from creator_magic.bench.methods import METHODS
from creator_magic.bench.methods.task import Answered, Task
from creator_magic.bench.methods.tools import named_tools
from creator_magic.bench.row import Row
from creator_magic.bench.trace import Trace, TracedAttempt, TracedCall
from creator_magic.engines.turns import SeparateProcessMeanwhile, turn
from creator_magic.errors import CreatorError
from creator_magic.isolation import IsolationLimits, shared_executor
from creator_magic.model.prices import cost
from creator_magic.policy.gate import forbidden
from creator_magic.policy.person import Nobody
from creator_magic.ports import Usage
from creator_magic.problem import Problem
from creator_magic.toolbox.collection import Toolbox
from creator_magic.toolbox.reuse import MOST, keep
from creator_magic.toolbox.store import ToolStore
from creator_magic.toolbox.tool import Provenance
from creator_magic.working import Limits

if TYPE_CHECKING:
    from collections.abc import Iterator

    from creator_magic.bench.problem import BenchProblem
    from creator_magic.bench.row import Outcome
    from creator_magic.bench.unit import Unit
    from creator_magic.engines.worker import Worker
    from creator_magic.ports import Candidate

Result = tuple[Row, Trace]

_NO_ANSWER = Answered("")
_NOT_GRADED = Grade(correct=False, any=False, lenient=False, answered=False)

_SHOWN = 2_000
"""Characters of an answer that a row holds."""


def work_on(unit: Unit, worker: Worker) -> tuple[Result, ...]:
    """Work on a unit; whatever goes wrong with a problem is in its row.

    Parameters
    ----------
    unit : Unit
        Its problems are worked on one after the other.
    worker : Worker
        The settings of the run.

    Returns
    -------
    tuple of (Row, Trace)
        In the order of the problems.
    """
    with turn, _toolbox(unit) as toolbox:
        return tuple(_work_on_problem(problem, unit, worker, toolbox) for problem in unit.problems)


def lost(problem: BenchProblem, unit: Unit, worker: Worker, why: str) -> Result:
    """Return the row of a problem whose work was lost with its worker."""
    return _row(problem, unit, worker, _Course(error=why))


@contextmanager
def _toolbox(unit: Unit) -> Iterator[Toolbox | None]:
    """Give a unit that transfers tools a toolbox of its own: no other group and no other setup sees it."""
    if not unit.setup.transfer:
        yield None
        return
    with tempfile.TemporaryDirectory(prefix="creator-", ignore_cleanup_errors=True) as folder:
        yield Toolbox(ToolStore(Path(folder, "toolbox.sqlite")), executor=SeparateProcessMeanwhile())


@dataclass(slots=True)
class _Course:
    """How the work on one problem went."""

    answered: Answered = _NO_ANSWER
    graded: Grade = _NOT_GRADED
    error: str = ""
    seconds: float = 0.0
    calls: tuple[TracedCall, ...] = ()
    usage: Usage = field(default_factory=Usage)
    model_seconds: float = 0.0
    scripted: bool = False


def _work_on_problem(problem: BenchProblem, unit: Unit, worker: Worker, toolbox: Toolbox | None) -> Result:
    began = time.monotonic()
    asked = AskedModel(lambda sample: worker.asked(sample, unit.repeat), unit.setup, unit.repeat)
    course = _Course()
    try:
        task = _task(problem, unit, worker, asked, _offered(problem, unit, toolbox))
        course.answered = answered = METHODS[unit.setup.method](task)
        if toolbox is not None and answered.solution is not None:
            provenance = Provenance(model=worker.model, place=problem.data)
            keep(answered.solution, toolbox, provenance, worker.redaction(), {})
        course.graded = grade(problem, answered.shown, answered.value)
    except CreatorError as failed:
        course.error = failed.message
    except Exception as fault:  # noqa: BLE001 - it costs this problem, and not the run
        course.error = f"A fault of creator-magic: {fault!r}"
    course.seconds = time.monotonic() - began
    course.calls, course.usage, course.model_seconds = tuple(asked.calls), asked.usage, asked.seconds
    course.scripted = asked.scripted
    return _row(problem, unit, worker, course)


def _task(
    problem: BenchProblem,
    unit: Unit,
    worker: Worker,
    asked: AskedModel,
    tools: tuple[Candidate, ...],
) -> Task:
    settings, setup = worker.configured, unit.setup
    redact = worker.redaction()
    stated = Problem(
        redact(problem.text),
        _hints(problem, unit),
        shares_errors=settings.share_errors,
        forbids=forbidden(settings.verdicts(), worker.allow) if setup.has_code else "",
    )
    limits = Limits(
        setup.rectifications, settings.timeout, worker.gate(Nobody("a benchmark asks nobody")), setup.samples
    )
    memory = settings.isolate_memory
    kernel = FreshKernel(shared_executor(), IsolationLimits(memory=memory, carried=memory))
    return Task(stated, asked, kernel, limits, redact, tools)


def _hints(problem: BenchProblem, unit: Unit) -> tuple[str, ...]:
    wanted = {"none": (), "utility": ("utility",), "all": ("utility", "arguments", "returns")}
    told = ((name, problem.hints.get(name, "")) for name in wanted[unit.setup.hints])
    return tuple(f"{_SAID[name]} {text}" for name, text in told if text)


_SAID = {
    "utility": "What a fitting tool is for:",
    "arguments": "Its arguments:",
    "returns": "What it returns:",
}


def _offered(problem: BenchProblem, unit: Unit, toolbox: Toolbox | None) -> tuple[Candidate, ...]:
    if toolbox is None:
        return unit.tools
    # A search leaves out what has little to do with a problem, which among one group's few tools it cannot
    # tell. As in the paper (section 5.2) they are all put before the model, which may pass them over.
    near = [found.tool.name for found in toolbox.candidates(problem.text, MOST)]
    others = [name for name in toolbox.names() if name not in near]
    return named_tools([*near, *others][:MOST], toolbox)


def _row(problem: BenchProblem, unit: Unit, worker: Worker, course: _Course) -> Result:
    answered, usage = course.answered, course.usage
    graded = course.graded
    failures = [made.feedback.failure for made, _ in answered.attempts if made.feedback.failure is not None]
    prices = worker.configured.prices
    row = Row(
        id=problem.id,
        data=problem.data,
        method=unit.setup.label,
        model=worker.model,
        repeat=unit.repeat,
        outcome=_outcome(course),
        correct=graded.correct,
        any=graded.any,
        lenient=graded.lenient,
        answer=answered.shown[:_SHOWN],
        gold=problem.answer,
        attempts=len(answered.attempts),
        right_at=answered.rectifications if graded.correct else None,
        calls=usage.calls,
        tokens=usage.prompt_tokens + usage.completion_tokens,
        prompt_tokens=usage.prompt_tokens,
        completion_tokens=usage.completion_tokens,
        cached_tokens=usage.cached_tokens,
        reasoning_tokens=usage.reasoning_tokens,
        cost=cost(usage, worker.model, prices),
        seconds=round(course.seconds, 4),
        model_seconds=round(course.model_seconds, 4),
        run_seconds=round(sum(made.seconds for made, _ in answered.attempts), 4),
        level=problem.level,
        subject=problem.subject,
        group=problem.group,
        reused=answered.reused,
        failure=f"{failures[-1].kind}: {failures[-1].name}" if failures else "",
        error=course.error,
        scripted=course.scripted,
    )
    attempts = tuple(
        TracedAttempt(
            tuple((cell.role, cell.source) for cell in made.cells),
            made.feedback.for_model or made.feedback.summary,
            "\n".join(made.feedback.failure.traceback) if made.feedback.failure else "",
            shown[:_SHOWN],
        )
        for made, shown in answered.attempts
    )
    trace = Trace(problem.id, problem.data, row.method, unit.repeat, problem.text, course.calls, attempts)
    return row, trace


def _outcome(course: _Course) -> Outcome:
    if course.error:
        return "lost"
    if course.graded.correct:
        return "right"
    solution = course.answered.solution
    if solution is not None and not solution.solved:
        return "failed"
    return "wrong" if course.graded.answered else "no answer"
