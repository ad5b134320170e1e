"""What grading says of an answer."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Grade:
    """What grading says of an answer.

    Parameters
    ----------
    correct : bool
        Whether it is right: of numbers, the last in it.
    any : bool
        Whether any number in it is right; as `correct` where no numbers are compared.
    lenient : bool
        Whether it is right by the rule of CREATOR's published grader.
    answered : bool
        Whether it holds anything that could be compared.
    """

    correct: bool
    any: bool
    lenient: bool
    answered: bool
