"""Answers that ran and still deserve a second look: empty, missing, constant, absurdly large."""

from __future__ import annotations

import math
import sys
from typing import Any

_LARGE = 1e15
_FEW = 3
"""Values of which it says nothing that they are equal."""


def odd_answer(answer: Any) -> str:
    """Say what is odd about an answer, as a sentence; nothing if nothing is.

    Parameters
    ----------
    answer : object
        Whatever a decision ended with. Nothing of it is changed.
    """
    try:
        odd = _odd(answer)
    except Exception:  # noqa: BLE001 - an object may refuse every question
        return ""
    return f"Look twice: the answer {odd}." if odd else ""


def _odd(answer: Any) -> str:
    pandas, numpy, polars = (sys.modules.get(name) for name in ("pandas", "numpy", "polars"))
    if pandas is not None and isinstance(answer, pandas.DataFrame | pandas.Series):
        return _odd_table(answer.size, bool(answer.isna().to_numpy().all()), _constant(answer))
    if polars is not None and isinstance(answer, polars.DataFrame | polars.Series):
        frame = answer if isinstance(answer, polars.DataFrame) else answer.to_frame()
        missing = all(column.null_count() == len(column) for column in frame)
        constant = frame.height >= _FEW and all(column.n_unique() == 1 for column in frame)
        return _odd_table(frame.height * frame.width, missing, constant)
    if numpy is not None and isinstance(answer, numpy.ndarray):
        numbers = answer.ravel() if answer.dtype.kind in "biuf" else answer.ravel()[:0]
        missing = bool(numbers.size) and bool(numpy.isnan(numbers).all())
        constant = numbers.size >= _FEW and bool((numbers == numbers[0]).all())
        return _odd_table(answer.size, missing, constant)
    numbers_of = (int, float) if numpy is None else (int, float, numpy.floating, numpy.integer)
    if isinstance(answer, numbers_of) and not isinstance(answer, bool):
        return _odd_number(float(answer))
    empty = isinstance(answer, list | tuple | set | dict | str) and not answer
    return "is empty" if empty else ""


def _odd_number(answer: float) -> str:
    if math.isnan(answer):
        return "is not a number (NaN)"
    if math.isinf(answer):
        return "is infinite"
    return f"is very large ({answer:.1e})" if abs(answer) >= _LARGE else ""


def _odd_table(size: int, missing: bool, constant: bool) -> str:
    if not size:
        return "is empty"
    if missing:
        return "has nothing but missing values"
    return "has the same value throughout" if constant else ""


def _constant(answer: Any) -> bool:
    columns = [answer[name] for name in answer.columns] if hasattr(answer, "columns") else [answer]
    return len(answer) >= _FEW and all(column.nunique(dropna=False) == 1 for column in columns)
