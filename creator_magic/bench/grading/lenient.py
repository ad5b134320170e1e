r"""The rule of CREATOR's published grader, for comparison with ours.

It is that of `grader.py`, and of the scripts that call it, at https://github.com/qiancheng0/CREATOR. Of what
a program prints, the text behind "Final Answer:" is taken, else every match of `-?\d+\.?\d*`, and it is right
if any of them is. Two answers are the same if they are the same text once signs and units are taken off, or
if they, or the parts of two tuples, differ by less than 0.01. So `1,234` is the numbers 1 and 234, 0.004 is
0, and `2, 1` is not `1, 2`. The rule is theirs, the code is ours; where theirs has `eval`, this parses.
"""

from __future__ import annotations

import math
import re

from creator_magic.bench.grading.latex import by_algebra
from creator_magic.bench.grading.number import whole_number

TOLERANCE = 0.01
_FINAL = "Final Answer:"
_NUMBERS = re.compile(r"-?\d+\.?\d*")
_PERCENT = re.compile(r"(-?[0-9]*\.?[0-9]+)\s*\\?%")
_TAKEN_OFF = (
    (re.compile(r"\\text\s*\{(.+?)\}"), r"\1"),
    (re.compile(r"\\!|\\left|\\right|\\?\$|\\?%|\^\s*(?:\{\\circ\}|\\circ)|(?<=[0-9]),(?=\\!)"), ""),
    (re.compile(r"\\[dt]frac"), r"\\frac"),
    (re.compile(r"^[A-Za-z] ?= ?(?=[^=]+$)"), ""),
    (re.compile(r" (?:or|and) "), ","),
    (
        re.compile(
            r"(?:degree|cm|centimeter|meter|mile|second|minute|hour|day|week|month|year|foot|feet|inch|yard)"
            r"(?:es)?s? *(?:\^[0-9]+)?"
        ),
        "",
    ),
    (re.compile(r"(?<=[0-9]),(?=[0-9]{3}(?![0-9]))(?<![(\[][0-9],)"), ""),
    (re.compile(r"\s+"), ""),
)
_UNTRIED = re.compile(r"\^\(|\^[0-9]+\^|\^[0-9][0-9]")
_COMMAND = re.compile(r"\\(?!pi)[A-Za-z]+")
_BRACKETS = "()[]"
_MOST_LETTERS = 2
_MOST_CANDIDATES = 100
_LONGEST = 1_000


def lenient(right: str, shown: str, *, algebra: bool) -> bool:
    """Say whether an answer is right by the rule of CREATOR's published grader.

    Parameters
    ----------
    right : str
        The right answer.
    shown : str
        What was printed.
    algebra : bool
        Whether formulas are compared, as the rule has it, which takes `math-verify`; else only text and
        numbers are.

    Raises
    ------
    InputError, IsolationError
        As for `same_latex`, where it takes algebra.
    """
    _, final, behind = shown.partition(_FINAL)
    percent = _PERCENT.fullmatch(right.strip())
    wanted = str(float(percent[1]) / 100) if percent else right.strip()
    stated = behind.partition(_FINAL)[0].strip()[:_LONGEST]
    candidates = [stated] if final else list(dict.fromkeys(_NUMBERS.findall(shown)))
    number = whole_number(wanted)
    if number is not None:
        values = map(_value, map(taken_off, candidates) if final else candidates)
        near = any(abs(value - number.readings[0]) < TOLERANCE for value in values)
        if near or not final:
            return near
    texts = [taken_off(candidate) for candidate in candidates[-_MOST_CANDIDATES:]]
    return taken_off(wanted) in texts or (algebra and _by_parts(taken_off(wanted), texts))


def _value(text: str) -> float:
    above, _, below = text.partition("/")
    try:
        return float(above) / float(below or 1)
    except (ValueError, ZeroDivisionError):
        return math.nan


def taken_off(text: str) -> str:
    """Return an answer without the signs, units and spaces that the rule takes off it.

    Parameters
    ----------
    text : str
        An answer.
    """
    text = text.strip()
    for pattern, instead in _TAKEN_OFF:
        text = pattern.sub(instead, text)
    return (text[1:-1] if text.startswith("{") and text.endswith("}") else text).lower()


def _by_parts(right: str, texts: list[str]) -> bool:
    parts = _parts(right)
    tried = [each for each in map(_parts, texts) if _may_be_tried(parts, each)]
    return bool(tried) and by_algebra(_within, parts, tried)


def _parts(text: str) -> list[str]:
    """Return the parts of a tuple, between its brackets; of anything else, itself."""
    inner = text[1:-1]
    if inner and {text[0], text[-1]} <= set(_BRACKETS) and not set(inner) & set(_BRACKETS):
        return [text[0], *inner.split(","), text[-1]]
    return [text]


def _may_be_tried(right: list[str], given: list[str]) -> bool:
    """Say whether the rule tries two answers at all: not where they are formulas of many letters."""
    if len(right) != len(given) or _brackets(right) != _brackets(given):
        return False
    if not any(map(str.isalnum, "".join(given))):
        return False
    both = _COMMAND.sub("", "".join(right + given))
    return len(set(filter(str.isalpha, both))) <= _MOST_LETTERS and not _UNTRIED.search(both)


def _brackets(parts: list[str]) -> tuple[str, ...]:
    return (parts[0], parts[-1]) if len(parts) > 1 else ()


def _within(right: list[str], tried: list[list[str]]) -> bool:
    """Ask `algebra`, which is imported where this runs."""
    from creator_magic.bench.grading.algebra import differ_less

    pairs = (zip(right, given, strict=True) for given in tried)
    return any(
        all(one == other or differ_less(one, other, TOLERANCE) for one, other in each) for each in pairs
    )
