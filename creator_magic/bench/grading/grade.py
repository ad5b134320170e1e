"""What grading says of an answer."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from creator_magic.bench.grading.check import holds
from creator_magic.bench.grading.expression import Notation, UnreadableError
from creator_magic.bench.grading.latex import require_math_verify, same_latex
from creator_magic.bench.grading.lenient import lenient
from creator_magic.bench.grading.number import Number, numbers_in, same_number
from creator_magic.bench.grading.text import same_text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from creator_magic.bench.problem import BenchProblem


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


def grade(problem: BenchProblem, shown: str, value: object = None) -> Grade:
    """Grade an answer.

    Parameters
    ----------
    problem : BenchProblem
        With the right answer, and how an answer is compared with it.
    shown : str
        The text that the decision showed; for methods without code, what the model replied. Of more than
        100,000 characters the last ones are read.
    value : object
        What the answer is, where that is known: for a check, and where nothing was shown.

    Raises
    ------
    InputError
        If it takes `math-verify` to tell, which is not installed.
    IsolationError
        If it takes a process of its own to tell, and none can be started.
    """
    if not shown.strip() and value is not None:
        shown = str(value)
    shown = shown[-_LONGEST:]
    if problem.graded_by == "number":
        return _by_numbers(problem.answer, shown)
    answered = bool(shown.strip())
    if problem.graded_by == "check":
        right = answered and holds(problem.answer, shown, value)
        return Grade(right, right, right, answered)
    if problem.graded_by == "latex":
        right = answered and same_latex(problem.answer, shown)
        return Grade(right, right, answered and lenient(problem.answer, shown, algebra=True), answered)
    right, named = same_text(problem.answer, shown, problem.choices)
    return Grade(right, named, lenient(problem.answer, shown, algebra=False), answered)


def require_for(problems: Iterable[BenchProblem]) -> None:
    """See to it that what grading some problems takes is installed, before anything is spent on them.

    Parameters
    ----------
    problems : iterable of BenchProblem
        The problems.

    Raises
    ------
    InputError
        If it is not; it says what to run.
    """
    if any(problem.graded_by == "latex" for problem in problems):
        require_math_verify()


def _by_numbers(answer: str, shown: str) -> Grade:
    if exponent := _EXPONENT.fullmatch(answer):  # of a unit: it counts only for such an answer
        right = Number((float(exponent[1]),))
        given = [Number((float(each),)) for each in _EXPONENTS_TOO.findall(shown)]
    else:
        right, given = (_numbers(answer) or [Number(())])[-1], _numbers(shown)
    matches = [same_number(right, number) for number in given]
    last = bool(matches and matches[-1])
    return Grade(last, any(matches), lenient(answer.removeprefix("^"), shown, algebra=False), bool(matches))


def _numbers(text: str) -> list[Number]:
    """Return the numbers in a text; of a text that is a formula in Python's notation, its value."""
    if len(text) <= _LONGEST_FORMULA and _FORMULA.search(text):
        try:
            return [Number((float(_NOTATION.value_of(text)),))]
        except (UnreadableError, TypeError):
            pass
    return numbers_in(text)


def _ratio(above: float | str, below: float = 1.0) -> float:
    return float(Fraction(above)) / below


_EXPONENT = re.compile(r"\^([0-9]+)")
_EXPONENTS_TOO = re.compile(r"-?[0-9]+\.?[0-9]*")
_LONGEST, _LONGEST_FORMULA = 100_000, 200
_FORMULA = re.compile(r"\b(?:Fraction|Rational|Decimal|sqrt|exp|log|sin|cos|tan|pi)\b")
_FUNCTIONS: dict[str, Any] = {
    **{name: getattr(math, name) for name in ("sqrt", "exp", "log", "sin", "cos", "tan")},
    "Fraction": _ratio,
    "Rational": _ratio,
    "Decimal": float,
}
_NOTATION = Notation({"pi": math.pi, "E": math.e}, _FUNCTIONS, float)
