"""A solution, done or under way, as one compact piece of HTML.

What a model wrote is text here and nothing else: the template escapes every value, and code
stands in `pre` and `code`, which notebook front ends do not typeset.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from creator_magic.cells.plain_text import headline, what_it_did
from creator_magic.cells.templates import template

if TYPE_CHECKING:
    from collections.abc import Sequence

    from creator_magic.ports import CodeCell
    from creator_magic.solution import Attempt, Exchange, Solution

State = Literal["working", "done", "failed"]


@dataclass(frozen=True, slots=True)
class _ShownAttempt:
    number: int
    summary: str
    diagnosis: str
    cells: tuple[object, ...]
    traceback: str
    open: bool

    @property
    def told(self) -> bool:
        """Whether there is more to it than its summary."""
        return bool(self.diagnosis or self.cells or self.traceback)


@dataclass(frozen=True, slots=True)
class _ShownReply:
    line: str
    sent: str


def as_html(solution: Solution, notes: Sequence[str] = (), shown: Sequence[CodeCell] | None = None) -> str:
    """Return a finished solution as HTML.

    Parameters
    ----------
    solution : Solution
        Solved or not.
    notes : sequence of str
        Further lines for the person.
    shown : sequence of CodeCell or None
        Code to show; None for all of it.
    """
    named = [*what_it_did(solution), *notes]
    return template("record.html").render(
        state="done" if solution.solved else "failed",
        scripted=solution.replies_from("scripted") > 0,
        headline=headline(solution),
        answer=solution.answer_text,
        notes=named,
        shown=[run.cell for run in solution.runs] if shown is None else shown,
        writing="",
        attempts=_shown(solution.attempts, solution.solved),
        sent=solution.sent,
        replies=[_told(exchange) for exchange in solution.exchanges],
    )


def working_html(
    status: str,
    writing: str,
    attempts: Sequence[Attempt],
    shown: Sequence[CodeCell] = (),
    notes: Sequence[str] = (),
) -> str:
    """Return a solve that is under way as HTML.

    Parameters
    ----------
    status : str
        What is being done, in a few words.
    writing : str
        The model's reply so far, or what the running code has printed.
    attempts : sequence of Attempt
        Those that ended.
    shown : sequence of CodeCell
        Code to show that belongs to none of them.
    notes : sequence of str
        Further lines for the person.
    """
    return template("record.html").render(
        state="working",
        scripted=False,
        headline=status,
        answer="",
        notes=notes,
        shown=shown,
        writing=writing,
        attempts=_shown(attempts, solved=True),
        sent="",
        replies=(),
    )


def _shown(attempts: Sequence[Attempt], solved: bool) -> list[_ShownAttempt]:
    if len(attempts) == 1 and attempts[0].feedback.ok:
        return []  # A solve that worked at once has no story to tell; its code stands in the cells.
    # What was wrong with an attempt is said with the code that mends it.
    diagnoses = [*(attempt.diagnosis for attempt in attempts[1:]), ""]
    return [
        _ShownAttempt(
            attempt.number,
            attempt.feedback.summary,
            diagnosis,
            # The code that worked stands in the cells.
            () if attempt.feedback.ok else attempt.cells,
            "\n".join(attempt.feedback.failure.traceback) if attempt.feedback.failure else "",
            open=not solved and attempt is attempts[-1],
        )
        for attempt, diagnosis in zip(attempts, diagnoses, strict=False)
    ]


def _told(exchange: Exchange) -> _ShownReply:
    reply, stage = exchange.reply, exchange.question.stage
    if reply.origin != "called":
        return _ShownReply(f"{stage}: {reply.origin}", "")
    usage = reply.usage
    tokens = f"{usage.prompt_tokens:,} tokens in, {usage.completion_tokens:,} out"
    sent = "\n\n".join(message.content for message in exchange.question.messages)
    return _ShownReply(f"{stage}: {reply.model} called, {tokens}, {reply.seconds:.1f} s", sent)
