"""Savers of polars' objects: a clone shares all data, and what changes in place takes its own first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import polars as pl

from creator_magic.kernel.snapshot.containers import same_objects
from creator_magic.kernel.snapshot.saver import IMMUTABLE, Saver

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from creator_magic.kernel.snapshot.saver import Room


class _State(NamedTuple):
    clone: Any
    inner: Any
    cells: list[object]


class _FrameSaver(Saver):
    """A frame or a series: a clone, and the cells that are Python objects.

    Parameters
    ----------
    inside : str
        The attribute that holds what polars itself works on.
    """

    def __init__(self, inside: str) -> None:
        self._inside = inside

    def save(self, thing: Any, room: Room) -> _State:  # noqa: ARG002
        clone = thing.clone()
        return _State(clone, getattr(clone, self._inside), _object_cells(thing))

    def reached(self, state: _State) -> Iterable[object]:
        return state.cells

    def restore(self, thing: Any, state: _State) -> None:
        setattr(thing, self._inside, state.inner)

    def unchanged(self, thing: Any, state: _State) -> bool:
        # What stands inside may have changed and be the same object all the same.
        return getattr(thing, self._inside) is state.inner

    def equal(self, thing: Any, state: _State) -> bool:
        now, then = _columns(thing), _columns(state.clone)
        if [(column.name, column.dtype, len(column)) for column in now] != [
            (column.name, column.dtype, len(column)) for column in then
        ]:
            return False
        cells = _object_cells(thing)
        return (
            len(cells) == len(state.cells)
            and same_objects(cells, state.cells)
            and all(a.equals(b) for a, b in zip(now, then, strict=True) if a.dtype != pl.Object)
        )


def _columns(thing: pl.DataFrame | pl.Series) -> list[pl.Series]:
    return thing.get_columns() if isinstance(thing, pl.DataFrame) else [thing]


def _object_cells(thing: pl.DataFrame | pl.Series) -> list[object]:
    return [cell for column in _columns(thing) if column.dtype == pl.Object for cell in column.to_list()]


def savers() -> Mapping[type, Saver]:
    """Return the savers for polars' types."""
    return {
        pl.DataFrame: _FrameSaver("_df"),
        pl.Series: _FrameSaver("_s"),
        pl.LazyFrame: IMMUTABLE,
        pl.Expr: IMMUTABLE,
        pl.DataType: IMMUTABLE,
    }
