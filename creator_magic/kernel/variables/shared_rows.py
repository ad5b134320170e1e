"""The first rows of a variable as text, for a person who shares them with the model."""

from __future__ import annotations

import sys
from itertools import islice
from typing import TYPE_CHECKING, Any

from creator_magic.errors import InputError
from creator_magic.kernel.variables.form import column

if TYPE_CHECKING:
    from collections.abc import Container, Iterable

_CELL = 200
"""Characters of one value that are sent."""


def shared_rows(name: str, value: Any, rows: int, columns: Container[str]) -> str:
    """Return the first `rows` rows of `value`.

    Parameters
    ----------
    name : str
        The variable's name, for the message.
    value : object
        A frame or a series (pandas, polars), an array, or a collection.
    rows : int
        How many rows or items.
    columns : container of str
        The columns of a frame that the model is told of; no others are shared.

    Returns
    -------
    str
        A header and a line a row, values separated by commas; or a line an item.

    Raises
    ------
    InputError
        If the variable has no rows.
    """
    pandas, polars, numpy = (sys.modules.get(library) for library in ("pandas", "polars", "numpy"))
    if pandas is not None and isinstance(value, pandas.DataFrame):
        head = pandas.DataFrame(value, copy=False).head(rows)
        head = head.loc[:, [column(name, "").name in columns for name in head.columns]]
        return _table(head.columns, head.itertuples(index=False, name=None))
    if polars is not None and isinstance(value, polars.DataFrame):
        head = value.head(rows).select([name for name in value.columns if name in columns])
        return _table(head.columns, head.rows())
    if (pandas is not None and isinstance(value, pandas.Series | pandas.Index)) or (
        polars is not None and isinstance(value, polars.Series)
    ):
        return _lines(value[:rows])
    if numpy is not None and isinstance(value, numpy.ndarray) and value.ndim:
        return _lines(value[:rows].tolist())
    if isinstance(value, dict):
        return _lines(f"{_said(key)}: {_said(item)}" for key, item in islice(value.items(), rows))
    if isinstance(value, list | tuple | set | frozenset):
        return _lines(islice(value, rows))
    raise InputError(
        f"--share {name}:{rows} cannot be done: {name} is a {type(value).__name__}, which has no rows."
    )


def _table(columns: Iterable[Any], rows: Iterable[Iterable[Any]]) -> str:
    return "\n".join(", ".join(map(_said, row)) for row in (columns, *rows))


def _lines(items: Iterable[Any]) -> str:
    return "\n".join(map(_said, items))


def _said(value: Any) -> str:
    text = value if isinstance(value, str) else repr(value) if isinstance(value, bytes) else str(value)
    return text if len(text) <= _CELL else f"{text[:_CELL]} …"
