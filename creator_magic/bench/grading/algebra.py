"""Whether two answers are mathematically equal, by `math-verify`: the part that runs in isolation.

Imported only there, and once: the process that comparisons are forked from has read this module, and has
compared something, which builds the parser's tables.
"""

from __future__ import annotations

from typing import Any

import sympy
from math_verify import parse, verify
from math_verify.parser import LatexExtractionConfig

from creator_magic.bench.grading.expression import Notation, UnreadableError
from creator_magic.bench.grading.number import Number, numbers_in, same_number

_CONFIG = (LatexExtractionConfig(),)
_DIGITS = 30
_OWN_NAME = (
    *("sqrt", "cbrt", "exp", "log", "ln", "factorial", "binomial", "Abs"),
    *("sin", "cos", "tan", "cot", "sec", "csc", "asin", "acos", "atan", "sinh", "cosh", "tanh"),
    *("Integer", "Rational", "Float", "Symbol", "Interval", "FiniteSet", "Union", "Eq"),
    *("Matrix", "ImmutableMatrix", "ImmutableDenseMatrix"),
)
_OTHER_NAME = {
    "Fraction": "Rational",
    "Decimal": "Rational",
    "arcsin": "asin",
    "abs": "Abs",
    "arccos": "acos",
    "arctan": "atan",
    "MutableDenseMatrix": "Matrix",
}
_NAMES = {letter: sympy.Symbol(letter, real=True) for letter in "abcdfghklmnpqrstuvwxyz"} | {
    "pi": sympy.pi,
    "E": sympy.E,
    "e": sympy.E,
    "I": sympy.I,
    "i": sympy.I,
    "oo": sympy.oo,
    "inf": sympy.oo,
    "EmptySet": sympy.EmptySet,
}
_FUNCTIONS = {
    **{name: getattr(sympy, name) for name in _OWN_NAME},
    **{name: getattr(sympy, other) for name, other in _OTHER_NAME.items()},
    **{f"Interval.{end}": getattr(sympy.Interval, end) for end in ("open", "Lopen", "Ropen")},
    **dict.fromkeys(("array", "float64", "float32", "int64", "int32", "complex128"), lambda given: given),
}


def equal(right: str, given: str) -> bool:
    """Say whether two answers are mathematically equal.

    Parameters
    ----------
    right : str
        The right one, in LaTeX.
    given : str
        The one to judge, in LaTeX or in Python's notation. Decimals in it may differ by what numbers may.
    """
    wanted = from_latex(right)
    if wanted is None:
        return False
    readings = (_from_python(given, wanted), from_latex(given))
    return any(_equal(wanted, reading) for reading in readings if reading is not None)


def _equal(wanted: Any, given: Any) -> bool:
    try:
        return _verified(wanted, given) or _close(wanted, given)
    except Exception:  # noqa: BLE001 - SymPy fails in many ways on what it cannot compare
        return False


def differ_less(right: str, given: str, tolerance: float) -> bool:
    """Say whether two answers are equal but for a difference.

    Parameters
    ----------
    right, given : str
        The answers, in LaTeX or in Python's notation.
    tolerance : float
        What the difference must be less than.
    """
    one, other = (from_latex(text) if "\\" in text else _from_python(text, None) for text in (right, given))
    one, other = (from_latex(text) if each is None else each for each, text in ((one, right), (other, given)))
    if not isinstance(one, sympy.Expr) or not isinstance(other, sympy.Expr):
        return False
    difference = sympy.simplify(one.doit() - other.doit())
    return bool(difference == 0 or (difference.is_real and abs(float(difference.evalf())) < tolerance))


def from_latex(text: str) -> Any:
    """Return the SymPy object that LaTeX stands for; None if it stands for none."""
    found = parse(f"${text}$", _CONFIG, fallback_mode="no_fallback", parsing_timeout=None)
    if not found:
        return None
    alone = {symbol.name for symbol in found[0].free_symbols} == {"i"}
    return found[0].subs(dict.fromkeys(found[0].free_symbols, sympy.I)) if alone else found[0]


def _from_python(text: str, wanted: Any) -> Any:
    """Return what an expression in Python's notation stands for, where `wanted` says what kind is meant."""

    def collection(kind: str, parts: list[Any]) -> Any:
        if isinstance(wanted, sympy.MatrixBase):
            rows = all(isinstance(part, list | sympy.Tuple) for part in parts)
            return sympy.Matrix(parts) if rows else parts
        if isinstance(wanted, sympy.Interval) and kind != "set" and len(parts) == _ENDS:
            return sympy.Interval(*parts, left_open=kind == "tuple", right_open=kind == "tuple")
        if isinstance(wanted, sympy.FiniteSet) or kind == "set":
            return sympy.FiniteSet(*parts)
        return parts if kind == "list" and not isinstance(wanted, sympy.Tuple) else sympy.Tuple(*parts)

    try:
        found = Notation(_NAMES, _FUNCTIONS, sympy.sympify, collection).value_of(text)
    except (UnreadableError, AttributeError, NotImplementedError):
        return None
    if isinstance(found, list):
        return sympy.Matrix(found) if isinstance(wanted, sympy.MatrixBase) else sympy.Tuple(*found)
    return found


def _verified(wanted: Any, given: Any) -> bool:
    return bool(verify(wanted, given, float_rounding=_DIGITS, timeout_seconds=None))


def _close(wanted: Any, given: Any) -> bool:
    """Say whether two answers agree number by number, one of them in decimals."""
    ones, others = _parts(wanted), _parts(given)
    if not ones or not others or len(ones) != len(others):
        return _close_numbers(wanted, given)
    return all(_close(one, other) for one, other in zip(ones, others, strict=True))


def _parts(found: Any) -> list[Any]:
    """Return what kind of thing holds parts, and the parts: of a set by value, of others in order."""
    if isinstance(found, sympy.FiniteSet):
        return ["set", *sorted(found.args, key=lambda part: sympy.default_sort_key(part.evalf()))]
    if isinstance(found, sympy.MatrixBase):
        return [found.shape, *found.flat()]
    kinds = sympy.Tuple, sympy.Interval, sympy.Union
    return next(([kind, *found.args] for kind in kinds if isinstance(found, kind)), [])


def _close_numbers(wanted: Any, given: Any) -> bool:
    if wanted == given:
        return True
    if not all(isinstance(each, sympy.Expr) and not each.free_symbols for each in (wanted, given)):
        return False
    if not (wanted.has(sympy.Float) or given.has(sympy.Float)):
        return False
    one, other = complex(wanted.evalf(_DIGITS)), complex(given.evalf(_DIGITS))
    parts = (one.real, other.real), (one.imag, other.imag)
    return all(same_number(_as_written(right), _as_written(part), exact=True) for right, part in parts)


def _as_written(value: float) -> Number:
    """Return a number with the decimals that the shortest text for it has."""
    return numbers_in(repr(value))[0]


_ENDS = 2

equal(r"\frac{\sqrt{2}}{3}+x^2", "x^2+0.1")
