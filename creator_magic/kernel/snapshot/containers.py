"""Savers of Python's containers: what is in them, in order and by identity.

Always through the built-in type's own methods, so that a subclass that overrides one is not asked.
"""

from __future__ import annotations

import array
import gc
from collections import OrderedDict, defaultdict, deque
from itertools import chain, compress
from operator import is_
from typing import TYPE_CHECKING, Any

from creator_magic.kernel.snapshot.saver import Saver

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from creator_magic.kernel.snapshot.saver import Room

_POINTER = 8


def same_objects(some: Iterable[object], others: Iterable[object]) -> bool:
    """Tell whether two iterables of equal length hold the very same objects in the same order."""
    return all(map(is_, some, others))


def same_items(one: dict[Any, Any], other: dict[Any, Any]) -> bool:
    """Tell whether two dicts hold the very same keys and values in the same order."""
    return (
        len(one) == len(other)
        and same_objects(dict.keys(one), dict.keys(other))
        and same_objects(dict.values(one), dict.values(other))
    )


def put_items(target: dict[Any, Any], items: dict[Any, Any]) -> None:
    """Make `target` hold `items`, and nothing else."""
    dict.clear(target)
    # An empty dict takes over the whole table; no key is hashed or compared.
    dict.update(target, items)


class _Elements(Saver):
    """What several containers have in common: a copy of what is in them, compared by identity.

    Parameters
    ----------
    kind : type
        The built-in type.
    copy : callable
        Copies what is in one.
    put : callable
        Puts such a copy back.
    size : int
        Bytes that an element takes in a copy.
    """

    def __init__(
        self,
        kind: type,
        copy: Callable[[Any], Any],
        put: Callable[[Any, Any], object],
        size: int = _POINTER,
    ) -> None:
        self._length: Callable[[Any], int] = kind.__len__  # type: ignore[attr-defined]
        self._elements: Callable[[Any], Iterable[object]] = kind.__iter__  # type: ignore[attr-defined]
        self._copy = copy
        self._put = put
        self._size = size

    def save(self, thing: Any, room: Room) -> Any:
        room.take(self._size * self._length(thing))
        return self._copy(thing)

    def reached(self, state: Any) -> Iterable[object]:
        elements: Iterable[object] = state
        return elements

    def restore(self, thing: Any, state: Any) -> None:
        self._put(thing, state)

    def unchanged(self, thing: Any, state: Any) -> bool:
        return self._length(thing) == len(state) and same_objects(self._elements(thing), state)

    def save_all(self, things: Sequence[Any], room: Room) -> list[Any]:
        room.take(self._size * sum(map(self._length, things)))
        return list(map(self._copy, things))

    def reached_all(self, states: Sequence[Any]) -> Iterable[object]:
        # In C; of a dict it leaves out keys that are text, which lead nowhere.
        return gc.get_referents(*states)

    def all_unchanged(self, things: Sequence[Any], states: Sequence[Any]) -> bool:
        return list(map(self._length, things)) == list(map(len, states)) and same_objects(
            chain.from_iterable(map(self._elements, things)), chain.from_iterable(states)
        )


class _Items(_Elements):
    """Keys and values of a dict."""

    def __init__(self) -> None:
        super().__init__(dict, dict.copy, put_items, size=4 * _POINTER)

    def reached(self, state: dict[Any, Any]) -> Iterable[object]:
        return chain(state.keys(), state.values())

    def unchanged(self, thing: dict[Any, Any], state: dict[Any, Any]) -> bool:
        return same_items(thing, state)

    def save_all(self, things: Sequence[dict[Any, Any]], room: Room) -> list[dict[Any, Any]]:
        # Every function has a dict, most of which are empty: those share one copy.
        lengths = list(map(dict.__len__, things))
        copies = iter(super().save_all(list(compress(things, lengths)), room))
        empty: dict[Any, Any] = {}
        return [next(copies) if length else empty for length in lengths]

    def reached_all(self, states: Sequence[dict[Any, Any]]) -> Iterable[object]:
        # Keys that are text, which lead nowhere, are left out, all in C.
        return gc.get_referents(*states)

    def all_unchanged(self, things: Sequence[dict[Any, Any]], states: Sequence[dict[Any, Any]]) -> bool:
        lengths = list(map(dict.__len__, things))
        if lengths != list(map(len, states)):
            return False
        now, then = list(compress(things, lengths)), list(compress(states, lengths))
        return same_objects(
            chain.from_iterable(map(dict.keys, now)), chain.from_iterable(then)
        ) and same_objects(
            chain.from_iterable(map(dict.values, now)), chain.from_iterable(map(dict.values, then))
        )


class _OrderedItems(_Elements):
    """Pairs of an OrderedDict, whose order is not that of the dict underneath."""

    def __init__(self) -> None:
        super().__init__(OrderedDict, lambda it: list(OrderedDict.items(it)), self._put_pairs, 16 * _POINTER)

    @staticmethod
    def _put_pairs(target: OrderedDict[Any, Any], pairs: list[tuple[Any, Any]]) -> None:
        OrderedDict.clear(target)
        for key, value in pairs:
            OrderedDict.__setitem__(target, key, value)

    def unchanged(self, thing: OrderedDict[Any, Any], state: list[tuple[Any, Any]]) -> bool:
        now = OrderedDict.items(thing)
        return len(now) == len(state) and same_objects(chain.from_iterable(now), chain.from_iterable(state))

    def all_unchanged(self, things: Sequence[Any], states: Sequence[Any]) -> bool:
        return all(map(self.unchanged, things, states))


_DEFAULT: Any = vars(defaultdict)["default_factory"]


class _Factory(Saver):
    """What a defaultdict makes missing values with."""

    def save(self, thing: defaultdict[Any, Any], room: Room) -> object:  # noqa: ARG002
        return _DEFAULT.__get__(thing)

    def reached(self, state: object) -> Iterable[object]:
        return (state,)

    def restore(self, thing: defaultdict[Any, Any], state: object) -> None:
        _DEFAULT.__set__(thing, state)

    def unchanged(self, thing: defaultdict[Any, Any], state: object) -> bool:
        return _DEFAULT.__get__(thing) is state


class _Raw(_Elements):
    """Bytes and machine numbers: nothing is reached from them, and they are compared by value."""

    def reached_all(self, states: Sequence[Any]) -> Iterable[object]:  # noqa: ARG002
        return ()

    def unchanged(self, thing: Any, state: Any) -> bool:
        return memoryview(thing).tobytes() == memoryview(state).tobytes()

    def all_unchanged(self, things: Sequence[Any], states: Sequence[Any]) -> bool:
        return all(map(self.unchanged, things, states))


def _put_set(target: set[Any], elements: set[Any]) -> None:
    set.clear(target)
    set.update(target, elements)


def _put_deque(target: deque[Any], elements: list[Any]) -> None:
    deque.clear(target)
    deque.extend(target, elements)


_EVERYTHING = slice(None)

LIST = _Elements(list, list.copy, lambda it, state: list.__setitem__(it, _EVERYTHING, state))
TUPLE = _Elements(tuple, lambda it: it, lambda *_: None, size=0)
FROZENSET = _Elements(frozenset, lambda it: it, lambda *_: None, size=0)
SET = _Elements(set, set.copy, _put_set, size=4 * _POINTER)
DEQUE = _Elements(deque, list, _put_deque)
DICT = _Items()
ORDERED_DICT = _OrderedItems()
FACTORY = _Factory()
BYTEARRAY = _Raw(bytearray, bytes, lambda it, state: bytearray.__setitem__(it, _EVERYTHING, state), size=1)
ARRAY = _Raw(
    array.array,
    lambda it: array.array.__getitem__(it, _EVERYTHING),
    lambda it, state: array.array.__setitem__(it, _EVERYTHING, state),
)
