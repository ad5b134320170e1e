"""A picture of everything that names reach, to compare what was with what is.

It shares no code with what it checks. Each object is a node: which object it is, its type, its own
data, and which nodes it leads to, in order. Two equal pictures mean the same values, types, order
and identities, whatever cycles and aliases there are.
"""

from __future__ import annotations

import array
import random
import types
from collections import OrderedDict, deque
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import polars as pl

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_NUMBERS = (int, float, complex, np.generic)
_ATOMS = (*_NUMBERS, str, bytes, type(None), types.ModuleType, types.BuiltinFunctionType)
Node = tuple[Any, ...]


class Picture:
    """What `names` reach now.

    Parameters
    ----------
    names : mapping of str to object
        The names.
    """

    def __init__(self, names: Mapping[str, Any]) -> None:
        self.nodes: dict[int, Node] = {}
        # As long as it is alive, no other object takes an id of this picture.
        self.alive: list[object] = []
        waiting = [value for name, value in names.items() if name != "__builtins__"]
        self.names = [(name, id(value)) for name, value in names.items() if name != "__builtins__"]
        while waiting:
            thing = waiting.pop()
            if id(thing) not in self.nodes:
                self.alive.append(thing)
                data, leads_to = _look(thing)
                self.nodes[id(thing)] = (type(thing), data, tuple(map(id, leads_to)))
                waiting += leads_to

    def differences(self, before: Picture) -> list[str]:
        """Say where this picture differs from one that was taken before."""
        found = [] if self.names == before.names else [f"names: {before.names} != {self.names}"]
        for key, node in before.nodes.items():
            now = self.nodes.get(key)
            if now is None:
                found.append(f"gone: {node}")
            elif now != node:
                found.append(f"was {node}, is {now}")
        return found


def _look(thing: Any) -> tuple[Any, list[Any]]:
    """Return an object's own data, and the objects that it leads to."""
    for kind, look in _LOOKS.items():
        if isinstance(thing, kind):
            data, leads_to = look(thing)
            more, further = _attributes(thing)
            return (data, more), [*leads_to, *further]
    return _attributes(thing)


def _attributes(thing: Any) -> tuple[Any, list[Any]]:
    package = type(thing).__module__.removesuffix(".core")
    if package not in ("__main__", "numpy.ma", "collections") or isinstance(thing, type):
        return (), []
    own = getattr(thing, "__dict__", None)
    slots = [
        name
        for kind in type(thing).__mro__
        for name in getattr(kind, "__slots__", ())
        if hasattr(thing, name) and name not in ("__dict__", "__weakref__")
    ]
    values = [getattr(thing, name) for name in slots]
    if isinstance(own, dict):
        return (id(own), tuple(own), tuple(slots)), [*own.values(), *values]
    return tuple(slots), values


def _atom(thing: Any) -> tuple[Any, list[Any]]:
    return (repr(thing) if not isinstance(thing, types.ModuleType) else thing.__name__), []


def _mapping(thing: Any) -> tuple[Any, list[Any]]:
    keys = list(OrderedDict.keys(thing) if isinstance(thing, OrderedDict) else dict.keys(thing))
    values = [dict.__getitem__(thing, key) for key in keys]
    return (tuple(map(repr, keys)), id(getattr(thing, "default_factory", None))), [*keys, *values]


def _sequence(thing: Any) -> tuple[Any, list[Any]]:
    return getattr(thing, "maxlen", None), list(thing)


def _set(thing: Any) -> tuple[Any, list[Any]]:
    return frozenset(map(id, thing)), list(thing)


def _array(thing: np.ndarray[Any, Any]) -> tuple[Any, list[Any]]:
    form = (str(thing.dtype), thing.dtype.descr, thing.shape, thing.strides, thing.flags.writeable)
    base = [] if thing.base is None else [thing.base]
    if thing.dtype == object:
        return form, [*base, *np.asarray(thing).ravel().tolist()]
    return (*form, np.asarray(thing).tobytes()), base if isinstance(thing.base, np.ndarray) else []


def _frame(thing: Any) -> tuple[Any, list[Any]]:
    columns = [thing.iloc[:, i] for i in range(thing.shape[1])] if thing.ndim == 2 else [thing]
    data: list[Any] = []
    leads_to = [thing.index, thing.attrs]
    if thing.ndim == 2:
        leads_to.append(thing.columns)
    else:
        data.append(repr(thing.name))
    for column in columns:
        if column.dtype == object:
            leads_to += column.tolist()
        of_numpy = isinstance(column.dtype, np.dtype)
        place = _place(column.to_numpy()) if of_numpy else None
        data.append((str(column.dtype), repr(column.tolist()) if column.dtype != object else "", place))
    added = [(name, id(value)) for name, value in vars(thing).items() if not name.startswith("_")]
    return (data, thing.flags.allows_duplicate_labels, added), leads_to


def _place(view: np.ndarray[Any, Any]) -> tuple[int, int]:
    """Return which array's memory a view shows, and from where on."""
    owner = view
    while isinstance(owner.base, np.ndarray):
        owner = owner.base
    start, end = (each.__array_interface__["data"][0] for each in (owner, view))
    return id(owner), end - start


def _index(thing: pd.Index) -> tuple[Any, list[Any]]:
    return (repr(list(thing)), str(thing.dtype), repr(list(thing.names))), []


def _function(thing: types.FunctionType) -> tuple[Any, list[Any]]:
    cells = [cell.cell_contents for cell in thing.__closure__ or ()]
    data = (id(thing.__code__), id(thing.__defaults__), thing.__name__, tuple(vars(thing)))
    return data, [*(thing.__defaults__ or ()), *cells, *vars(thing).values()]


def _class(thing: type) -> tuple[Any, list[Any]]:
    if thing.__module__ != "__main__":
        return (), []
    own = {name: value for name, value in vars(thing).items() if not name.startswith("__")}
    return (tuple(own), thing.__bases__), list(own.values())


def _polars(thing: Any) -> tuple[Any, list[Any]]:
    columns = thing.get_columns() if isinstance(thing, pl.DataFrame) else [thing]
    return [(column.name, str(column.dtype), repr(column.to_list())) for column in columns], []


_LOOKS: dict[Any, Callable[[Any], tuple[Any, list[Any]]]] = {
    _ATOMS: _atom,
    np.ndarray: _array,
    (pd.DataFrame, pd.Series): _frame,
    pd.Index: _index,
    (pl.DataFrame, pl.Series): _polars,
    dict: _mapping,
    (list, tuple, deque): _sequence,
    (set, frozenset): _set,
    (bytearray, array.array): lambda it: (bytes(it), []),
    types.FunctionType: _function,
    type: _class,
    BaseException: lambda it: (id(it.__traceback__), [it.args]),
    np.random.Generator: lambda it: (repr(it.bit_generator.state), []),
    random.Random: lambda it: (it.getstate(), []),
}
