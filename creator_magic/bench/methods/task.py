"""What a method is given, and what it gives back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from creator_magic.draft import Draft
from creator_magic.solution import answer_text_of

if TYPE_CHECKING:
    from creator_magic.ports import Candidate, Kernel, Model
    from creator_magic.problem import Problem
    from creator_magic.redaction import Redaction
    from creator_magic.solution import Attempt, Solution
    from creator_magic.working import Limits

_MOST_GRADED = 100_000
"""Characters of an answer that are graded; a notebook shows fewer."""


@dataclass(frozen=True, slots=True)
class Task:
    """A problem, and what it may be worked on with.

    Parameters
    ----------
    problem : Problem
        As a model is told of it.
    model : Model
        Who is asked.
    kernel : Kernel
        Where code runs.
    limits : Limits
        How far it may go, and how many samples are tried.
    redact : Redaction
        Withholds what looks like a key.
    tools : tuple of Candidate
        Tools that are there, or that were kept for the problem's group.
    """

    problem: Problem
    model: Model
    kernel: Kernel
    limits: Limits
    redact: Redaction
    tools: tuple[Candidate, ...] = ()


@dataclass(frozen=True, slots=True)
class Answered:
    """What came of a task.

    Parameters
    ----------
    shown : str
        The answer as text; empty where there is none.
    value : object
        The answer itself, where code computed it.
    attempts : tuple of (Attempt, str)
        The executions with what they showed, in order; of several samples, one sample after the other.
    rectifications : int
        How many it took.
    solution : Solution or None
        All of it, where there was code.
    """

    shown: str
    value: Any = None
    attempts: tuple[tuple[Attempt, str], ...] = ()
    rectifications: int = 0
    solution: Solution | None = None

    @classmethod
    def of(cls, solution: Solution) -> Answered:
        """Return what a solution came to: its answer is what execution showed, and no text of a model's."""
        shown = answer_text_of(solution.runs, solution.answer, _MOST_GRADED) if solution.solved else ""
        later = solution.attempts
        attempts: list[tuple[Attempt, str]] = []
        if solution.samples:
            attempts = [(made, s.answer if s.ran else "") for s in solution.samples for made in s.attempts]
            later = later[1:]  # the chosen one, run once more
        attempts += [(made, "") for made in later]
        if solution.solved and later:
            attempts[-1] = (attempts[-1][0], shown)
        return cls(shown, solution.answer, tuple(attempts), len(solution.attempts) - 1, solution)

    @property
    def reused(self) -> tuple[str, ...]:
        """The tools that were there and that the code called."""
        return (self.solution.draft if self.solution else Draft()).reused
