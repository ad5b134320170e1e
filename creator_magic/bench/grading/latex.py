"""Answers in mathematics, and whether one is the right one.

What can be told from the text alone is told here: the same text but for how it is set, and plain numbers.
All else goes to `math-verify` (`algebra`), in a process of its own. It sets its time limit by a signal, which
only a main thread may do, and a power such as 9^(9^9) takes it for ever: a process can be ended.
"""

from __future__ import annotations

import importlib.util
import re
from typing import TYPE_CHECKING, Any

from creator_magic.bench.grading.number import numbers_in, same_number, whole_number
from creator_magic.bench.grading.text import same_text
from creator_magic.errors import InputError
from creator_magic.isolation import CallError, IsolationLimits, shared_executor

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from creator_magic.bench.grading.number import Number

LIMITS = IsolationLimits(timeout=10.0, memory=2048, processes=4, carried=1)
"""What a comparison is held to. One that takes longer or more finds no two answers equal."""

_INSTALL = 'Run: pip install "creator-magic[bench]"'
_ALGEBRA = "creator_magic.bench.grading.algebra"
_LONGEST = 2_000
_ALL_TEXT = re.compile(r"\\(?:text|textbf|textrm|mbox|mathrm)\s*\{([^{}]*)\}\.?")
_BASE = re.compile(r"(-?[0-9A-Z]+)_\{?(?:\\text\{)?([0-9]+|[a-z]+)\}{0,2}")
_BOXED = re.compile(r"\\boxed\s*\{")
_LEAD_IN = re.compile(r"\A.*(?:\banswer\b(?:\s+is)?|\bis\b|:)\s*", re.DOTALL)
_DOLLARS = re.compile(r"(?<!\\)\$([^$]+?)(?<!\\)\$")
_DROPPED = (
    (re.compile(r"\\left(?![a-z])|\\right(?![a-z])|\\displaystyle|(?<!\\)\\[!;:]|(?<!\\)\$"), ""),
    (re.compile(r"(?<!\\)\\[ ,]|~|\\quad|\s+"), " "),
    (re.compile(r",?(?:\s|\\text\s*\{\s*)(?:and|or)(?:\s|\s*\})\s*"), ", "),
    (re.compile("[\u2212\u2013]"), "-"),
    (re.compile(r"\\[dtc]frac"), r"\\frac"),
    (re.compile(r"\\frac\s*([0-9])\s*([0-9])"), r"\\frac{\1}{\2}"),
    (re.compile(r"\\frac\s*([0-9])\s*\{"), r"\\frac{\1}{"),
    (re.compile(r"\\sqrt\s*([0-9])"), r"\\sqrt{\1}"),
    (re.compile(r"\s*\^\s*(?:\{\s*\\circ\s*\}|\\circ)|°|\\degree\b|\bdegrees?\b"), ""),
    (re.compile(r"\\\$"), ""),
    (re.compile(r"\s*\\(?:text|mbox|mathrm|textrm)\s*\{[^{}]*\}(?:\^\{?[0-9]\}?)?\.?$"), ""),
    (re.compile(r"(?<=[0-9])\{,\}(?=[0-9]{3})"), ""),
    (re.compile(r"(?<![0-9}])\.$|(?<=[0-9}])\.$"), ""),
    (re.compile(r"(?<![0-9,])\s+|\s+(?![0-9])"), ""),
    (re.compile(r",\s*(?![0-9]{3}(?![0-9]))|,\s+"), ", "),
)


def require_math_verify() -> None:
    """See to it that `math-verify` is installed.

    Raises
    ------
    InputError
        If it is not.
    """
    if importlib.util.find_spec("math_verify") is None:
        raise InputError(f"Answers in LaTeX are compared by math-verify. {_INSTALL}")


def same_latex(right: str, given: str) -> bool:
    """Say whether an answer is mathematically the right one.

    Parameters
    ----------
    right : str
        The right one, in LaTeX.
    given : str
        The one to judge: LaTeX, Python's or SymPy's notation, or a sentence that ends with it.

    Raises
    ------
    InputError
        If it takes `math-verify` to tell, which is not installed.
    IsolationError
        If no process can be started.
    """
    told = told_by_text(right, given)
    if told is not None:
        return told
    stated = list(dict.fromkeys(map(undecorated, _stated(given))))
    return by_algebra(_equal, undecorated(right), stated)


def by_algebra(comparison: Callable[..., bool], *answers: Any) -> bool:
    """Make a comparison that takes `algebra`, in a process of its own.

    Parameters
    ----------
    comparison : callable
        Of a module that imports nothing heavy.
    answers
        What it is called with.

    Returns
    -------
    bool
        What it says; False if it fails, takes too long or takes too much.

    Raises
    ------
    InputError
        If `math-verify` is not installed, or cannot be imported.
    IsolationError
        If no process can be started.
    """
    require_math_verify()
    try:
        return bool(shared_executor().call(comparison, *answers, limits=LIMITS, warm=(_ALGEBRA,)))
    except CallError as error:
        if error.name in ("ImportError", "ModuleNotFoundError"):
            raise InputError(f"math-verify cannot be imported: {error.said}. {_INSTALL}") from error
        return False


def told_by_text(right: str, given: str) -> bool | None:
    """Say what can be said without algebra; None if nothing can.

    Parameters
    ----------
    right, given : str
        As for `same_latex`.
    """
    words = _ALL_TEXT.fullmatch(right.strip())
    number = whole_number(right)
    if words and number is None:
        shown = [_ALL_TEXT.sub(r"\1", each) for each in _stated(given)]
        return any(same_text(words[1].strip("() "), each.strip("() "))[0] for each in shown)
    stated = _stated(given)
    wanted = undecorated(right)
    if any(undecorated(each) == wanted for each in stated):
        return True
    if base := _BASE.fullmatch(wanted):
        return any(undecorated(each) == base[1] for each in stated)
    if number is not None:
        return _told_by_numbers(number, stated, given)
    return False if not given.strip() or len(given) > _LONGEST else None


def _told_by_numbers(right: Number, stated: Sequence[str], given: str) -> bool | None:
    plain = [number for number in map(whole_number, stated) if number is not None]
    if plain:
        return any(same_number(right, number, exact=True) for number in plain)
    numbers = numbers_in(given)
    if len(given) <= _LONGEST and _may_be_formula(stated[-1]):
        return None
    return bool(numbers and numbers[-1].alone and same_number(right, numbers[-1], exact=True))


def _may_be_formula(text: str) -> bool:
    """Say whether a text could be a formula, since it is not words throughout."""
    return not re.search(r"(?<![\\A-Za-z])[A-Za-z]{2,}\s+[A-Za-z]{2,}", text)


def undecorated(text: str) -> str:
    r"""Return LaTeX without what does not change its meaning as an answer.

    That is how it is set (`\left`, `\dfrac`, spaces), and currencies, degrees and units.

    Parameters
    ----------
    text : str
        LaTeX.
    """
    text = text.strip()
    for pattern, instead in _DROPPED:
        text = pattern.sub(instead, text)
    return text.strip()


def _stated(text: str) -> list[str]:
    """Return what may be the answer in a text, from the whole to the end of its last line."""
    text = text.strip()[-_LONGEST:]
    boxed = [match.end() for match in _BOXED.finditer(text)]
    if boxed:
        return [_braced(text[boxed[-1] :])]
    last = text.rpartition("\n")[2].strip()
    in_dollars = _DOLLARS.findall(text)
    behind = _LEAD_IN.sub("", last).rstrip(".")
    found = [text, last, *in_dollars[-1:], behind, behind.rpartition("=")[2].strip()]
    return list(dict.fromkeys(each for each in found if each)) or [""]


def _braced(text: str) -> str:
    """Return a text up to the brace that closes one that stood before it."""
    depth = 1
    for place, sign in enumerate(text):
        depth += {"{": 1, "}": -1}.get(sign, 0)
        if not depth:
            return text[:place]
    return text


def _equal(right: str, stated: Sequence[str]) -> bool:
    """Ask `algebra`, which is imported where this runs."""
    from creator_magic.bench.grading.algebra import equal

    return any(equal(right, each) for each in stated)
