"""Savers of pandas' objects; the one place that knows pandas' inside.

A frame is saved in a time that depends on its columns only: a shallow copy shares all data, and
pandas' copy on write sees to it that later writes leave the copy alone. What passes copy on write
by (`s.array[0] = 1`, the `.values` of an extension array, `.values` made writeable) is met by saving
the arrays themselves: of a small frame always, of a large one where the code speaks of such a way,
or where pandas does not copy on write. Whether all this holds for the pandas that is installed is
tried out once (`_holds`); if not, frames are told as unprotected.
"""

from __future__ import annotations

import functools
import warnings
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
from pandas.api.extensions import ExtensionArray, ExtensionDtype

from creator_magic.kernel.snapshot.containers import put_items, same_items, same_objects
from creator_magic.kernel.snapshot.limits import DEFAULT_LIMITS
from creator_magic.kernel.snapshot.memory import Allowance, told_already
from creator_magic.kernel.snapshot.saver import IMMUTABLE, Saver, Unprotected

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from creator_magic.kernel.snapshot.saver import Room

_SMALL = 4 << 20
"""Bytes up to which a frame's arrays are saved themselves whatever the code says."""

_PAST_COPY_ON_WRITE = frozenset(
    {
        "array", "values", "_values", "_mgr", "_data", "_ndarray", "_codes", "_mask", "writeable", "setflags",
        "__array_interface__", "ctypes", "memoryview", "njit", "jit", "cython",
    }
)  # fmt: skip
_OPENS_AN_INDEX = frozenset(
    {"asarray", "asanyarray", "ascontiguousarray", "asfortranarray", "ravel", "require", "asarray_chkfinite"}
)
"""Ways of NumPy's to an array that shares an index's labels, and may be written."""

_UNCHANGEABLE = frozenset(
    {
        "string", "bytes", "floating", "integer", "mixed-integer-float", "decimal", "complex", "boolean",
        "datetime64", "datetime", "date", "timedelta64", "timedelta", "time", "period", "interval", "empty",
    }
)  # fmt: skip
"""What pandas infers of cells that nothing can change."""


class _FrameState(NamedTuple):
    manager: Any
    axes: list[pd.Index]
    arrays: list[Any]
    own: dict[str, Any]
    attributes: dict[str, Any]
    duplicates: bool
    leads_to: list[object]


class _FrameSaver(Saver):
    """A frame or a series: a shallow copy of its data, its axes, `attrs`, flags and attributes."""

    def save(self, thing: Any, room: Room) -> _FrameState:
        own = object.__getattribute__(thing, "__dict__")
        manager = own["_mgr"]
        arrays = [block.values for block in manager.blocks]  # noqa: PD011 - of a block, not of a frame
        attributes = dict(own)
        leads_to = [*manager.axes, *(value for name, value in own.items() if name not in ("_mgr", "_flags"))]
        leads_to += [cell for array in arrays for cell in _changeable_cells(array)]
        small = sum(array.nbytes for array in arrays) <= _SMALL
        if small or not _copies_on_write() or not room.words.isdisjoint(_PAST_COPY_ON_WRITE):
            leads_to += arrays
        return _FrameState(
            manager.copy(deep=False),
            list(manager.axes),
            arrays,
            own,
            attributes,
            own["_flags"]._allows_duplicate_labels,  # noqa: SLF001 - the public one compares all labels
            leads_to,
        )

    def reached(self, state: _FrameState) -> Iterable[object]:
        return state.leads_to

    def restore(self, thing: Any, state: _FrameState) -> None:
        # The very same axes and arrays, in whose place a shallow copy has views of them.
        state.manager.axes = list(state.axes)
        for block, array in zip(state.manager.blocks, state.arrays, strict=True):
            block.values = array
        object.__setattr__(thing, "__dict__", state.own)
        put_items(state.own, {**state.attributes, "_mgr": state.manager})
        state.attributes["_flags"]._allows_duplicate_labels = state.duplicates  # noqa: SLF001 - as above

    def unchanged(self, thing: Any, state: _FrameState) -> bool:
        own = object.__getattribute__(thing, "__dict__")
        manager = own.get("_mgr")
        if own is not state.own or manager is None or not _same_but_data(own, state):
            return False
        if not _same_axes(manager, state):
            return False
        return manager is state.manager or _same_arrays(manager, state)

    def equal(self, thing: Any, state: _FrameState) -> bool:
        """Tell whether a frame is worth the same although pandas has put its data together anew."""
        own = object.__getattribute__(thing, "__dict__")
        manager = own["_mgr"]
        if own is not state.own or not _same_but_data(own, state):
            return False
        if len(manager.axes) != len(state.axes) or not all(map(_same_labels, manager.axes, state.axes)):
            return False
        # Cells of any type may have comparisons of their own.
        if any(block.dtype == object for block in (*manager.blocks, *state.manager.blocks)):
            return False
        return bool(manager.equals(state.manager))


def _same_but_data(own: dict[str, Any], state: _FrameState) -> bool:
    flags = own.get("_flags")
    return (
        same_items({**own, "_mgr": None}, {**state.attributes, "_mgr": None})
        and flags is not None
        and flags._allows_duplicate_labels == state.duplicates  # noqa: SLF001
    )


def _same_axes(manager: Any, state: _FrameState) -> bool:
    return len(manager.axes) == len(state.axes) and same_objects(manager.axes, state.axes)


def _same_labels(some: pd.Index, others: pd.Index) -> bool:
    # Labels of any type may have comparisons of their own.
    if some is others:
        return True
    return some.inferred_type in _UNCHANGEABLE and bool(some.identical(others))


def _same_arrays(manager: Any, state: _FrameState) -> bool:
    now, then = manager.blocks, state.manager.blocks
    return (
        len(now) == len(then)
        and same_objects((block.values for block in now), state.arrays)  # noqa: PD011 - as above
        and all((a.mgr_locs.as_array == b.mgr_locs.as_array).all() for a, b in zip(now, then, strict=True))
    )


def _changeable_cells(array: Any) -> list[object]:
    if array.dtype != object or isinstance(array, ExtensionArray):
        return []
    cells = array.ravel(order="K")
    if pd.api.types.infer_dtype(cells, skipna=True) in _UNCHANGEABLE:
        return []
    found: list[object] = cells.tolist()
    return found


@functools.cache
def _always_copies_on_write() -> bool:
    return int(pd.__version__.partition(".")[0]) >= 3  # noqa: PLR2004 - since pandas 3


def _copies_on_write() -> bool:
    return _always_copies_on_write() or pd.get_option("mode.copy_on_write") is True


class _IndexState(NamedTuple):
    attributes: dict[str, Any]
    worked_out: dict[str, Any] | None
    leads_to: list[object]


class _IndexSaver(Saver):
    """An index: its names and attributes, and what holds its labels as for a frame."""

    def save(self, thing: pd.Index, room: Room) -> _IndexState:
        attributes = _attributes(thing)
        leads_to = [value for name, value in attributes.items() if name not in ("_data", "_references")]
        small = getattr(attributes.get("_data"), "nbytes", 0) <= _SMALL
        if not small and room.words.isdisjoint(_PAST_COPY_ON_WRITE | _OPENS_AN_INDEX):
            return _IndexState(attributes, None, leads_to)
        worked_out = dict(vars(thing).get("_cache", {}))
        arrays = [value for value in worked_out.values() if isinstance(value, np.ndarray)]
        return _IndexState(attributes, worked_out, [*leads_to, attributes.get("_data"), *arrays])

    def reached(self, state: _IndexState) -> Iterable[object]:
        return state.leads_to

    def restore(self, thing: pd.Index, state: _IndexState) -> None:
        _put_attributes(thing, state.attributes)
        if state.worked_out is not None and "_cache" in vars(thing):
            put_items(vars(thing)["_cache"], state.worked_out)

    def unchanged(self, thing: pd.Index, state: _IndexState) -> bool:
        worked_out = state.worked_out
        return self.equal(thing, state) and (
            worked_out is None or same_items(vars(thing).get("_cache", {}), worked_out)
        )

    def equal(self, thing: pd.Index, state: _IndexState) -> bool:
        return _same_attributes(thing, state.attributes)


_WORKED_OUT = frozenset({"_cache", "_id"})
"""What an index or an array finds out when it is asked, and keeps."""


def _attributes(thing: Any) -> dict[str, Any]:
    return {name: value for name, value in _vars(thing).items() if name not in _WORKED_OUT}


def _put_attributes(thing: Any, attributes: dict[str, Any]) -> None:
    now = _vars(thing)
    for name in now.keys() - attributes.keys() - _WORKED_OUT:
        del now[name]
    now.update(attributes)


def _same_attributes(thing: Any, attributes: dict[str, Any]) -> bool:
    now = _attributes(thing)
    return now.keys() == attributes.keys() and all(now[name] is value for name, value in attributes.items())


def _vars(thing: Any) -> dict[str, Any]:
    found: dict[str, Any] = getattr(thing, "__dict__", {})
    return found


class _ExtensionArraySaver(Saver):
    """An extension array: its attributes, and the way to the arrays that it is made of."""

    def save(self, thing: ExtensionArray, room: Room) -> tuple[dict[str, Any], list[object]]:  # noqa: ARG002
        attributes = _attributes(thing)
        return attributes, [*attributes.values(), getattr(thing, "_ndarray", None)]

    def reached(self, state: tuple[dict[str, Any], list[object]]) -> Iterable[object]:
        return state[1]

    def restore(self, thing: ExtensionArray, state: tuple[dict[str, Any], list[object]]) -> None:
        _put_attributes(thing, state[0])

    def unchanged(self, thing: ExtensionArray, state: tuple[dict[str, Any], list[object]]) -> bool:
        return _same_attributes(thing, state[0])


def _holds() -> bool:
    """Try out what this module takes for granted of pandas' inside."""
    saver = _FrameSaver()
    room = Allowance(DEFAULT_LIMITS, frozenset(), told_already)
    copying = nullcontext() if _always_copies_on_write() else pd.option_context("mode.copy_on_write", True)
    with copying, warnings.catch_warnings():
        # A later pandas may advise against a way that this one has.
        warnings.simplefilter("ignore")
        frame = pd.DataFrame({"a": [3, 1, 2], "b": [0.5, 1.5, 2.5], "c": list("xyz")}, index=[5, 6, 7])
        as_it_was, axes = frame.copy(), (frame.index, frame.columns)
        column = frame["a"]
        try:
            state, column_state = saver.save(frame, room), saver.save(column, room)
            frame.iloc[0, 0] = 9
            column.iloc[1] = 9
            frame.insert(0, "new", 1)
            del frame["b"]
            frame.columns = ["p", "q", "r"]
            frame.sort_values("q", inplace=True)  # noqa: PD002 - this very way is tried
            frame.attrs["k"] = 1
            changed = not saver.unchanged(frame, state)
            saver.restore(frame, state)
            saver.restore(column, column_state)
        except (AttributeError, KeyError, TypeError, ValueError):
            return False
        same_axes = frame.index is axes[0] and frame.columns is axes[1]
        whole = frame.equals(as_it_was) and column.tolist() == [3, 1, 2] and saver.unchanged(frame, state)
    return changed and same_axes and whole


def savers() -> Mapping[type, Saver]:
    """Return the savers for pandas' types."""
    frame: Saver = _FrameSaver()
    if not _holds():
        frame = Unprotected(
            f"a frame of pandas {pd.__version__}, which works in a way that is not known here"
        )
    values = (
        pd.Timestamp,
        pd.Timedelta,
        pd.Period,
        pd.Interval,
        type(pd.NaT),
        type(pd.NA),
        pd.offsets.BaseOffset,
    )
    return {
        pd.DataFrame: frame,
        pd.Series: frame,
        pd.Index: _IndexSaver(),
        ExtensionArray: _ExtensionArraySaver(),
        ExtensionDtype: IMMUTABLE,
        **dict.fromkeys(values, IMMUTABLE),
    }
