"""Work on one problem: what is asked, read and run, one attempt after another."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, cast

from creator_magic.draft import Draft, tree_of
from creator_magic.events import (
    Asked,
    Attempted,
    CellsWritten,
    Ended,
    Event,
    Listener,
    Noticed,
    OutputGrew,
    PersonAsked,
    Replied,
    growing,
)
from creator_magic.feedback import (
    OBJECTED,
    WORKED,
    Feedback,
    error_output,
    feedback_of,
    feedback_of_checks,
    feedback_of_review,
)
from creator_magic.ports import OWN_EXAMPLES, CellRun, CodeCell, Execution, Failure, Ruling
from creator_magic.redaction import Redaction
from creator_magic.reply import Unusable, read_reply
from creator_magic.reply.verdict import read_verdict
from creator_magic.solution import Attempt, Exchange, Solution, answer_text_of
from creator_magic.stages.creation import creation
from creator_magic.stages.decision import decision
from creator_magic.stages.entangled import entangled
from creator_magic.stages.plan import plan
from creator_magic.stages.rectification import rectification
from creator_magic.stages.reuse import reuse
from creator_magic.stages.review import review

if TYPE_CHECKING:
    from collections.abc import Sequence

    from creator_magic.ports import (
        Beginning,
        Candidate,
        CodeStage,
        FailureKind,
        Kernel,
        Model,
        Policy,
        Question,
        Reply,
        Role,
        Stage,
    )
    from creator_magic.problem import Problem
    from creator_magic.solution import Sample

    _Pairs = tuple[tuple[str, str], ...]

_NOT_RUN = Execution(())
BY_FORM = Redaction()
"""Withholds what has the form of a key; it knows none by its name."""


def silent(event: Event) -> None:
    """Listen to nothing."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How far a solve may go.

    Parameters
    ----------
    max_rectifications : int
        How often failed code may be rewritten; 0 runs it once.
    timeout : float or None
        Time limit of one attempt's execution, in seconds; None for none.
    policy : Policy or None
        What decides whether code may run; None lets all code run.
    samples : int
        How many solutions are tried before one is chosen.
    review : bool
        Whether the model reads the output and says if it answers the problem.
    tool_only : bool
        Whether the decision is left to the person, whatever the method.
    """

    max_rectifications: int = 2
    timeout: float | None = None
    policy: Policy | None = None
    samples: int = 1
    review: bool = False
    tool_only: bool = False


USUAL = Limits()


def first_question(problem: Problem, candidates: tuple[Candidate, ...], *, may_create: bool) -> Question:
    """Return what `solve` asks first.

    Parameters
    ----------
    problem : Problem
        What is stated.
    candidates : tuple of Candidate
        Kept tools that may serve.
    may_create : bool
        Whether one model is asked for everything.
    """
    if problem.method == "plan":
        from creator_magic.planning import read_steps, step_problem

        steps = read_steps(problem.plan)
        return creation(step_problem(problem, steps[0])) if steps else plan(problem)
    if candidates:
        return reuse(problem, candidates, may_create=may_create)
    return entangled(problem) if problem.method == "entangled" else creation(problem)


def makes_tool(question: Question) -> bool:
    """Tell whether a question is for the model that makes tools, where that is another one."""
    return question.stage == "creation" or (question.stage == "reuse" and question.problem.method == "create")


@dataclass(slots=True)
class Work:
    """Work on one problem.

    Parameters
    ----------
    problem, kernel, owner, limits, model, creation_model, keep, redact, emit
        As for `creator_magic.solver.solve`; without a model only code that stands can be run.
    draft : Draft
        The code so far.
    beginning : Beginning or None
        Code that stands, where the person asked to have it rectified.
    sample : int
        Which of several solutions of the problem this is, from 1.
    """

    problem: Problem
    kernel: Kernel
    owner: str
    limits: Limits
    model: Model | None = None
    creation_model: Model | None = None
    keep: frozenset[str] = frozenset()
    redact: Redaction = BY_FORM
    emit: Listener = silent
    draft: Draft = field(default_factory=Draft)
    judgement: str = ""
    rejected: str | None = None
    diagnosis: str = ""
    failed: list[list[str]] = field(default_factory=list)
    attempts: list[Attempt] = field(default_factory=list)
    exchanges: list[Exchange] = field(default_factory=list)
    last: Execution | None = None
    beginning: Beginning | None = None
    sample: int = 1
    samples: tuple[Sample, ...] = ()
    passed: int = 0
    given_up: bool = False
    began: float = field(default_factory=time.monotonic)

    @property
    def _wants_decision(self) -> bool:
        return self.problem.method != "create" and not self.limits.tool_only

    @property
    def _one_reply(self) -> bool:
        """Whether tool and decision come in one reply, so that no other call asks for the decision."""
        return self.problem.method == "entangled"

    def show(self, cells: tuple[CodeCell, ...], *, running: bool) -> None:
        """Tell that these cells stand, below the plan where there is one."""
        self.emit(CellsWritten(self.number, (*self._plan_cell(), *cells), running))

    def _plan_cell(self) -> tuple[CodeCell, ...]:
        plan = self.problem.plan
        return (CodeCell("plan", "plan", plan),) if plan else ()

    @property
    def number(self) -> int:
        """The number of the attempt that comes next, from 1."""
        return len(self.attempts) + 1

    def begin(self) -> None:
        """Make the first attempt."""
        if self.problem.method == "plan":
            from creator_magic.planning import work_by_plan

            work_by_plan(self)
            return
        self.take(self.first_question())

    def first_question(self) -> Question:
        """Return what is asked first."""
        may_create = self.creation_model is self.model
        return first_question(self.problem, self.draft.candidates, may_create=may_create)

    def rectify(self, beginning: Beginning) -> Solution:
        """Run code that stands, and rectify it if that does not do."""
        self.execute_standing(beginning.cells, beginning.edited)
        if not self.attempts[-1].feedback.ok:
            self.failed.append([tree_of(cell.source) for cell in self.draft.cells()])
        self.rectify_until_it_works()
        return self.end(from_notebook=self.attempts[0].feedback.ok)

    def rectify_until_it_works(self) -> None:
        """Go on from the last attempt until one works, or the limit is reached."""
        most = 0 if self.given_up else self.limits.max_rectifications
        while not self.attempts[-1].feedback.ok and len(self.attempts) <= most:
            self.take(self.next_question())
            if self._repeats() or self._failures("denied") > 1 or self._failures("missing") > 1:
                break

    def next_question(self) -> Question:
        """Return what is asked after an attempt that failed."""
        return rectification(
            self.problem,
            self.draft,
            self.attempts[-1].feedback,
            self.number,
            self.rejected,
            beginning=self.beginning,
            wants_decision=self._wants_decision,
        )

    def take(self, question: Question) -> None:
        """Ask, read the reply, run the code: one attempt."""
        self.rejected = None
        reply = self.ask(question)
        unusable = self._read(reply, cast("CodeStage", question.stage))
        if question.stage == "reuse" and (not unusable.code if unusable else not self._has_tool(self.draft)):
            # None of the tools that were offered is fit. A decision that came without any is kept.
            question = creation(self.problem)
            reply = self.ask(question)
            unusable = self._read(reply, cast("CodeStage", question.stage))
        if unusable is None and self._wants_decision and self.draft.decision is None:
            if self._one_reply or any(exchange.question.stage == "decision" for exchange in self.exchanges):
                unusable = Unusable(
                    "The reply held only a tool; the decision that calls it is missing.", None, "", False
                )
            else:
                self.show(self.draft.cells(), running=False)
                tool, shown = self.draft.tool_text or "", self.draft.demonstrations
                question = decision(self.problem, tool, self.number, shown)
                reply = self.ask(question)
                unusable = self._read(reply, cast("CodeStage", question.stage))
        if unusable is not None:
            self._refuse(unusable, question.stage)
        elif self._repeated_code():
            self._add(self.attempts[-1].cells, _same_code_again(self.attempts[-1].feedback))
        else:
            self.execute_apart()

    def ask(self, question: Question) -> Reply:
        """Ask a model, and keep the exchange."""
        model = self.creation_model if makes_tool(question) else self.model
        assert model is not None, "cells that stand are run without a model"  # noqa: S101 - for mypy
        question = self.redact.of_question(replace(question, sample=self.sample))
        self.emit(Asked(question.stage, question.attempt))
        reply = model.ask(question, growing(question.stage, self.emit))
        self.exchanges.append(Exchange(question, reply))
        self.emit(Replied(question.stage, reply))
        return reply

    def _read(self, reply: Reply, stage: CodeStage) -> Unusable | None:
        code = read_reply(reply.text, stage, reply.finish_reason, self.draft.callable_names)
        if stage == "rectification":
            # What is said of a tool may be the decision that is left to the person.
            self.diagnosis = "" if self.limits.tool_only else code.diagnosis
        if stage == "reuse":
            self.judgement = code.diagnosis
        if isinstance(code, Unusable):
            return code
        draft = self.draft.with_reply(code.tool, code.decision if self._wants_decision else None)
        if stage not in ("reuse", "program") and not self._has_tool(draft):
            return Unusable(
                "The reply held only a decision; the tool that it calls is missing.", None, "", False
            )
        self.draft = draft
        return None

    def _has_tool(self, draft: Draft) -> bool:
        """Whether a draft has a tool, calls a kept one, or is of cells whose tool stands elsewhere."""
        of_cells = self.beginning is not None and all(cell.role != "tool" for cell in self.beginning.cells)
        return bool(draft.tools or draft.reused or of_cells)

    def execute_apart(self) -> None:
        """Keep the code's names apart from the user's, then run it.

        The model's own text stays as it is: a later reply may replace one piece of it, and must
        still fit the other.
        """
        cells = self.draft.cells()
        apart = self.kernel.keep_apart(cells, self.owner, self.keep)
        if apart.refused:
            reasons = "; ".join(f"`{name}`: {reason}" for name, reason in apart.refused.items())
            said = f"Names in the code would break the notebook. {reasons}"
            self._fail(Failure("names", "NameConflict", said, cells[-1].key), cells)
        else:
            self._execute_permitted(apart.cells, apart.renamed)
        if not self.attempts[-1].feedback.ok:
            self.failed.append([tree_of(cell.source) for cell in cells])

    def execute_standing(self, cells: Sequence[CodeCell], edited: frozenset[str]) -> None:
        """Run cells as they stand; those with the keys in `edited` are the person's own code."""
        # Since they ran last, the person may have come to use one of their names.
        apart = self.kernel.keep_apart(cells, self.owner, self.keep)
        ready = tuple(cells) if apart.refused else apart.cells
        self._execute_permitted(ready, () if apart.refused else apart.renamed, standing=True, edited=edited)

    def _execute_permitted(
        self,
        cells: tuple[CodeCell, ...],
        renamed: _Pairs,
        *,
        standing: bool = False,
        edited: frozenset[str] = frozenset(),
    ) -> None:
        def show(status: str) -> None:
            self.show(cells, running=False)
            self.emit(PersonAsked(cells, status))

        ruling = Ruling()
        if self.limits.policy is not None:
            ruling = self.limits.policy.judge(cells, show, standing=standing, edited=edited)
        if ruling.refusal is None and self.limits.samples > 1 and set(ruling.permitted) - {"read"}:
            ruling = _once_only(ruling)
        if ruling.refusal is not None:
            self._fail(ruling.refusal, cells, renamed)
        else:
            self._execute(cells, renamed, ruling.permitted)

    def _execute(self, cells: tuple[CodeCell, ...], renamed: _Pairs, permitted: tuple[str, ...]) -> None:
        self.show(cells, running=True)
        notices: list[str] = []

        def notice(new: tuple[str, ...]) -> None:
            notices.extend(new)
            if new:
                self.emit(Noticed(new))

        self.last = self.kernel.execute(
            cells,
            self.owner,
            self.limits.timeout,
            lambda key, outputs: self.emit(OutputGrew(key, outputs)),
            notice,
        )
        failure = self.last.failure
        if failure is not None:
            feedback = feedback_of(failure, cells, self.problem, renamed)
        else:
            feedback = self._beyond_running(self.last)
            if not feedback.ok:
                self.kernel.take_back()
        ran = replace(self.last, notices=(*notices, *self.last.notices))
        self._add(cells, feedback, renamed, ran, permitted)

    def _beyond_running(self, ran: Execution) -> Feedback:
        """Return what the person, their checks and the review say of code that ran to its end."""
        if not self.attempts and self.beginning is not None and self.beginning.remark:
            return OBJECTED
        checks = self.problem.checks
        if not self._wants_decision and self.draft.tools:
            # Nothing else tells whether a tool that was made alone does what it says.
            checks = (OWN_EXAMPLES, *checks)
        if checks:
            checked = self.kernel.check(checks, ran.answer, self.owner, self.limits.timeout)
            self.passed = checked.passed
            if checked.failed:
                return feedback_of_checks(checked, self.problem)
        if self.limits.review and self.model is not None and self._wants_decision:
            shown = answer_text_of(ran.runs)
            tool, decision = self.draft.tool_text or "", self.draft.decision or ""
            reply = self.ask(review(self.problem, tool, decision, shown, self.number))
            return feedback_of_review(read_verdict(reply.text))
        return WORKED

    def _refuse(self, unusable: Unusable, stage: Stage) -> None:
        """Count a reply that cannot be used as an attempt, with its code as far as it has any."""
        kind: FailureKind = "syntax" if unusable.syntax else "reply"
        name = "SyntaxError" if unusable.syntax else "UnusableReply"
        self.rejected = unusable.code
        if unusable.code is None:
            failure = Failure(kind, name, unusable.reason)
            cells = self.draft.cells()
            self._add(cells, feedback_of(failure, cells, self.problem))
            return
        role: Role = "decision" if stage in ("decision", "program") else "tool"
        cells, key = self.draft.showing(role, unusable.code)
        self._fail(Failure(kind, name, unusable.reason, key), cells)

    def _fail(self, failure: Failure, cells: tuple[CodeCell, ...], renamed: _Pairs = ()) -> None:
        """Count code that never ran as an attempt; its cell shows why."""
        shown = error_output(failure)
        self.last = Execution(
            tuple(CellRun(cell, (shown,) if cell.key == failure.key else ()) for cell in cells), failure
        )
        self._add(cells, feedback_of(failure, cells, self.problem, renamed), renamed)

    def _add(
        self,
        cells: tuple[CodeCell, ...],
        feedback: Feedback,
        renamed: _Pairs = (),
        ran: Execution = _NOT_RUN,
        permitted: tuple[str, ...] = (),
    ) -> None:
        attempt = Attempt(
            self.number,
            cells,
            feedback,
            self.diagnosis,
            renamed,
            ran.seconds,
            notices=ran.notices,
            left=ran.left,
            changed=ran.changed,
            permitted=permitted,
        )
        self.attempts.append(attempt)
        self.emit(Attempted(attempt))

    def _repeated_code(self) -> bool:
        """Whether this very code failed before."""
        return bool(self.failed) and [tree_of(cell.source) for cell in self.draft.cells()] in self.failed

    def _failures(self, kind: FailureKind) -> int:
        """Return how often code failed so; where it may not or cannot run, there is another way once."""
        failures = [attempt.feedback.failure for attempt in self.attempts]
        return sum(failure is not None and failure.kind == kind for failure in failures)

    def _repeats(self) -> bool:
        """Whether the last reply brought nothing new, so that asking again would be waste."""
        if self.attempts[-1].feedback.summary.startswith(_SAME):
            return True
        texts = [exchange.reply.text.strip() for exchange in self.exchanges]
        return not self.attempts[-1].feedback.ok and texts[-1] in texts[:-1]

    def end(self, *, from_notebook: bool = False) -> Solution:
        """Return what it came to."""
        solved = self.attempts[-1].feedback.ok
        runs = tuple(map(CellRun, self._plan_cell())) + (self.last.runs if self.last else ())
        solution = Solution(
            problem=self.problem,
            solved=solved,
            answer=self.last.answer if solved and self.last else None,
            runs=runs,
            attempts=tuple(self.attempts),
            exchanges=tuple(self.exchanges),
            from_notebook=from_notebook,
            draft=self.draft,
            judgement=self.judgement,
            samples=self.samples,
            seconds=time.monotonic() - self.began,
        )
        self.emit(Ended(solution))
        return solution


def _once_only(ruling: Ruling) -> Ruling:
    does = ", ".join(ruling.permitted)
    said = (
        f"Of several samples each is run, so none may do more than compute; this one would ({does}).\n"
        "Leave out --samples to run such code once."
    )
    return Ruling(Failure("denied", "Denied", said))


_SAME = "the model sent the same code again"


def _same_code_again(before: Feedback) -> Feedback:
    return Feedback(
        ok=False, summary=f"{_SAME}: {before.summary}", for_model=before.for_model, failure=before.failure
    )
