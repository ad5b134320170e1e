"""What is told of pandas' frames, series and indexes."""

from __future__ import annotations

from typing import Any

import pandas as pd

from creator_magic.kernel.variables.form import Form, Part, column, dtype_name, is_a

_COUNTED = 20_000_000
"""Cells up to which missing ones are counted: a fraction of a second."""


def form_of(value: object, *, ranges: bool) -> Form | None:
    """Return the form of a value of pandas', None for any other.

    Parameters
    ----------
    value : object
        Anything.
    ranges : bool
        Whether the first and the last of its dates are told.
    """
    if is_a(value, pd.DataFrame):
        # As a plain frame, past what a subclass may do when it is asked.
        return _frame(pd.DataFrame(value, copy=False), ranges=ranges)
    if is_a(value, pd.Series):
        series = pd.Series(value, copy=False)
        dates = _range(series) if ranges else ""
        said = ", ".join(filter(None, (_dtype_of(series), _missing(series), dates)))
        level, of_level = _named_levels(series.index, ranges=ranges)
        return Form(f"pandas Series, {len(series)} values of {said}", level, ranges=bool(dates or of_level))
    if is_a(value, pd.Index):
        index: Any = value
        dates = _range(index) if ranges else ""
        said = ", ".join(filter(None, (_dtype_of(index), dates)))
        return Form(f"pandas {type(index).__name__}, {len(index)} values of {said}", ranges=bool(dates))
    return None


def _frame(frame: Any, *, ranges: bool) -> Form:
    counted = frame.size <= _COUNTED
    missing = frame.isna().sum().tolist() if counted else [0] * frame.shape[1]
    dates = [_range(frame.iloc[:, n]) if ranges else "" for n in range(frame.shape[1])]
    items = (
        column(name, dtype_name(dtype), f"{number} missing" if number else "", told)
        for name, dtype, number, told in zip(frame.columns, frame.dtypes, missing, dates, strict=True)
    )
    size = f"{len(frame)} rows, index of type {type(frame.index).__name__}"
    if not counted:
        size += ", missing values not counted"
    levels, of_level = _named_levels(frame.index, ranges=ranges)
    columns = Part("columns", tuple(items), "dtypes and missing counts")
    return Form("pandas DataFrame", (columns, *levels), size=size, ranges=any(dates) or of_level)


def _named_levels(index: Any, *, ranges: bool) -> tuple[tuple[Part, ...], bool]:
    """Return the levels of an index that can be called by a name, and whether they tell dates."""
    items, dated = [], False
    for number, name in enumerate(index.names):
        if name is not None:
            level = index.get_level_values(number)
            dates = _range(level) if ranges else ""
            dated = dated or bool(dates)
            items.append(column(name, _dtype_of(level), dates))
    return (Part("index levels", tuple(items), "dtypes"),) if items else (), dated


def _dtype_of(values: Any) -> str:
    return dtype_name(values.dtype)


def _missing(values: Any) -> str:
    missing = int(values.isna().sum())
    return f"{missing} missing" if missing else ""


def _range(values: Any) -> str:
    """Return the first and the last of dates; empty for what is none."""
    if not pd.api.types.is_datetime64_any_dtype(values.dtype):
        return ""
    first, last = values.min(), values.max()
    return "" if first is pd.NaT else f"{first} to {last}"
