"""An exercise of a course: a problem, and what must hold of a student's answer."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ExerciseCheck:
    """What must hold of a student's answer.

    Parameters
    ----------
    check : str
        An expression about `answer`, the name of a function, or a doctest, as `--check` takes it.
    says : str
        What the student is told where it does not hold, instead of the check itself; empty for nothing.
    """

    check: str
    says: str = ""


@dataclass(frozen=True, slots=True)
class Exercise:
    """A problem for which the teacher has written checks.

    Parameters
    ----------
    name : str
        What it is called.
    checks : tuple of ExerciseCheck
        What must hold of the answer.
    problem : str
        The text of the problem's cell, by which it is found; empty if it is found by name alone.
    """

    name: str
    checks: tuple[ExerciseCheck, ...]
    problem: str = ""

    def states(self, problem: str) -> bool:
        """Tell whether this is its problem, however the lines are broken."""
        return bool(self.problem) and self.problem.split() == problem.split()
