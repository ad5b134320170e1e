"""What is told of polars' frames and series."""

from __future__ import annotations

from typing import Any

import polars as pl

from creator_magic.kernel.variables.form import Form, Part, column, dtype_name, is_a


def form_of(value: object, *, ranges: bool) -> Form | None:
    """Return the form of a value of polars', None for any other.

    Of a lazy frame the schema is asked for, which runs no query; it may read the head of a file.

    Parameters
    ----------
    value : object
        Anything.
    ranges : bool
        Whether the first and the last of its dates are told.
    """
    frame: Any = value
    if is_a(value, pl.DataFrame):
        dates = [_range(series) if ranges else "" for series in frame.get_columns()]
        items = (
            column(series.name, dtype_name(series.dtype), _missing(series), told)
            for series, told in zip(frame.get_columns(), dates, strict=True)
        )
        columns = Part("columns", tuple(items), "dtypes and missing counts")
        return Form("polars DataFrame", (columns,), size=f"{frame.height} rows", ranges=any(dates))
    if is_a(value, pl.LazyFrame):
        lazy = (column(name, dtype_name(dtype)) for name, dtype in frame.collect_schema().items())
        return Form("polars LazyFrame", (Part("columns", tuple(lazy), "dtypes"),))
    if is_a(value, pl.Series):
        told = _range(frame) if ranges else ""
        said = ", ".join(filter(None, (dtype_name(frame.dtype), _missing(frame), told)))
        return Form(f"polars Series, {len(frame)} values of {said}", ranges=bool(told))
    return None


def _missing(series: pl.Series) -> str:
    missing = series.null_count()
    return f"{missing} missing" if missing else ""


def _range(series: Any) -> str:
    """Return the first and the last of dates; empty for what is none."""
    if series.dtype not in (pl.Date, pl.Datetime) or series.null_count() == len(series):
        return ""
    return f"{series.min()} to {series.max()}"
