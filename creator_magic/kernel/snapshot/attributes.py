"""Savers of what user-made objects are made of: attributes, slots, classes, functions, exceptions."""

from __future__ import annotations

import sys
from itertools import chain, compress, repeat
from operator import attrgetter
from types import CellType, FunctionType, GetSetDescriptorType, MemberDescriptorType
from typing import TYPE_CHECKING, Any

from creator_magic.kernel.snapshot.columns import Columns
from creator_magic.kernel.snapshot.containers import put_items, same_items, same_objects
from creator_magic.kernel.snapshot.saver import Saver
from creator_magic.kernel.users_code import is_users

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from creator_magic.kernel.snapshot.saver import Room

_Attributes = tuple[dict[str, Any], dict[str, Any]]
_MISSING = object()
_PER_ATTRIBUTE = 32


class _AttributesSaver(Saver):
    """The `__dict__` of an object: which dict it is, and what is in it."""

    def save(self, thing: Any, room: Room) -> _Attributes:
        return self.save_all([thing], room)[0]

    def save_all(self, things: Sequence[Any], room: Room) -> list[_Attributes]:
        dicts = list(map(object.__getattribute__, things, repeat("__dict__")))
        room.take(_PER_ATTRIBUTE * sum(map(len, dicts)))
        return list(zip(dicts, map(dict.copy, dicts), strict=True))

    def reached(self, state: _Attributes) -> Iterable[object]:
        return state[1].values()

    def restore(self, thing: Any, state: _Attributes) -> None:
        own, saved = state
        if object.__getattribute__(thing, "__dict__") is not own:
            object.__setattr__(thing, "__dict__", own)
        if not same_items(own, saved):
            put_items(own, saved)

    def unchanged(self, thing: Any, state: _Attributes) -> bool:
        own, saved = state
        return object.__getattribute__(thing, "__dict__") is own and same_items(own, saved)


ATTRIBUTES = _AttributesSaver()


class Slots(Saver):
    """The slots of an object, past properties and `__setattr__`.

    Parameters
    ----------
    slots : sequence of member descriptors
        Those of the class and its bases.
    """

    def __init__(self, slots: Sequence[MemberDescriptorType]) -> None:
        self._slots = slots

    def save(self, thing: Any, room: Room) -> list[object]:
        room.take(_PER_ATTRIBUTE * len(self._slots))
        return [_value(slot, thing) for slot in self._slots]

    def reached(self, state: list[object]) -> Iterable[object]:
        return state

    def restore(self, thing: Any, state: list[object]) -> None:
        for slot, value in zip(self._slots, state, strict=True):
            if value is not _MISSING:
                slot.__set__(thing, value)
            elif _value(slot, thing) is not _MISSING:
                slot.__delete__(thing)

    def unchanged(self, thing: Any, state: list[object]) -> bool:
        return same_objects((_value(slot, thing) for slot in self._slots), state)


def _value(slot: MemberDescriptorType, thing: object) -> object:
    try:
        return slot.__get__(thing)
    except AttributeError:
        return _MISSING


def slots_of(kind: type) -> list[MemberDescriptorType]:
    """Return the descriptors of all slots that instances of `kind` have."""
    return [
        value
        for each in kind.__mro__
        if "__slots__" in vars(each)
        for value in vars(each).values()
        if isinstance(value, MemberDescriptorType)
    ]


_ClassState = tuple[dict[str, Any], tuple[type, ...]]


class _ClassSaver(Saver):
    """The attributes and the bases of a class, if it is the user's; those of libraries are passed over."""

    def save(self, thing: type, room: Room) -> _ClassState | None:
        if not is_users(type.__getattribute__(thing, "__module__")):
            return None
        room.take(_PER_ATTRIBUTE * len(vars(thing)))
        return _own(thing), thing.__bases__

    def reached(self, state: _ClassState | None) -> Iterable[object]:
        return () if state is None else chain(state[0].values(), state[1])

    def restore(self, thing: type, state: _ClassState | None) -> None:
        if state is None:
            return
        saved, bases = state
        if thing.__bases__ != bases:
            vars(type)["__bases__"].__set__(thing, bases)
        for name in _own(thing).keys() - saved.keys():
            type.__delattr__(thing, name)
        wrong = False
        for name in saved:
            value, now = saved[name], vars(thing).get(name, _MISSING)
            # Python's own names, such as `__doc__`, cannot be taken out, and so not be put in order.
            wrong = wrong or (now is _MISSING and not name.startswith("__"))
            if now is _MISSING or now is not value:
                type.__setattr__(thing, name, value)
            elif wrong and not name.startswith("__"):
                type.__delattr__(thing, name)
                type.__setattr__(thing, name, value)

    def unchanged(self, thing: type, state: _ClassState | None) -> bool:
        if state is None:
            return True
        saved, bases = state
        now = _own(thing)
        return (
            thing.__bases__ == bases
            and now.keys() == saved.keys()
            and all(now[name] is value for name, value in saved.items())
            and _given_names(now) == _given_names(saved)
        )


def _given_names(attributes: Mapping[str, Any]) -> list[str]:
    return [name for name in attributes if not name.startswith("__")]


def _own(kind: type) -> dict[str, Any]:
    """Return what a class was given: all but what Python made with it, the ways to `__dict__` and slots."""
    return {
        name: value
        for name, value in vars(kind).items()
        if not isinstance(value, GetSetDescriptorType | MemberDescriptorType)
    }


CLASS = _ClassSaver()

# From 3.14 on annotations are made when they are first asked for.
LAZY_ANNOTATIONS = sys.version_info >= (3, 14)
_LEAD_NOWHERE = ("__code__", "__name__", "__qualname__")
_LEAD_ON = ("__defaults__", "__kwdefaults__", "__dict__", "__doc__", "__module__")
_FUNCTION_PARTS = _LEAD_NOWHERE + _LEAD_ON + (() if LAZY_ANNOTATIONS else ("__annotations__",))

_TEXT = frozenset({str, type(None)})
_PARTS_OF = tuple(map(attrgetter, (*_FUNCTION_PARTS, "__closure__", "__globals__")))

_FunctionState = tuple[Any, ...]
"""The parts of a function, each None if it is a library's; what it closes over, and its module's names."""


class _FunctionSaver(Saver):
    """A function: its code, defaults and attributes, and the way to what it uses and closes over.

    Of a library's function only what it closes over, such as a function of the user's.
    """

    def save(self, thing: FunctionType, room: Room) -> _FunctionState:
        return self.save_all([thing], room)[0]

    def save_all(self, things: Sequence[FunctionType], room: Room) -> Columns:
        *parts, closures, modules = (list(map(part_of, things)) for part_of in _PARTS_OF)
        if same_objects(modules, repeat(modules[0])):
            users = [is_users(modules[0].get("__name__"))] * len(things)
        else:
            users = [is_users(names.get("__name__")) for names in modules]
        room.take(_PER_ATTRIBUTE * len(_FUNCTION_PARTS) * sum(users))
        if not all(users):
            parts = [_where(users, part) for part in parts]
            modules = _where(users, modules)
        return Columns((*parts, closures, modules))

    def reached(self, state: _FunctionState) -> Iterable[object]:
        return state[len(_LEAD_NOWHERE) :]

    def reached_all(self, states: Sequence[_FunctionState]) -> Iterable[object]:
        # Most functions have the same nothing in most of their parts.
        return chain.from_iterable(
            column[:1] if same_objects(column, repeat(column[0])) else column
            for column in _columns(states)[len(_LEAD_NOWHERE) :]
            if not _TEXT.issuperset(map(type, column))
        )

    def restore(self, thing: FunctionType, state: _FunctionState) -> None:
        if not self.unchanged(thing, state):
            for name, part_of, value in zip(_FUNCTION_PARTS, _PARTS_OF, state, strict=False):
                if part_of(thing) is not value:
                    setattr(thing, name, value)

    def unchanged(self, thing: FunctionType, state: _FunctionState) -> bool:
        return self.all_unchanged([thing], [state])

    def all_unchanged(self, things: Sequence[FunctionType], states: Sequence[_FunctionState]) -> bool:
        # What has no code was a library's.
        users, *_ = columns = _columns(states)
        if not all(users):
            things = list(compress(things, users))
            columns = [list(compress(column, users)) for column in columns]
        return all(
            same_objects(map(part_of, things), column)
            for _, part_of, column in zip(_FUNCTION_PARTS, _PARTS_OF, columns, strict=False)
        )


def _where(users: Sequence[bool], part: Sequence[Any]) -> list[Any]:
    return [value if own else None for value, own in zip(part, users, strict=True)]


def _columns(states: Sequence[_FunctionState]) -> Sequence[Sequence[Any]]:
    return states.columns if isinstance(states, Columns) else list(zip(*states, strict=True))


FUNCTION = _FunctionSaver()


class _CellSaver(Saver):
    """A variable that functions close over."""

    def save(self, thing: CellType, room: Room) -> tuple[object, ...]:  # noqa: ARG002
        return self._now(thing)

    def reached(self, state: tuple[object, ...]) -> Iterable[object]:
        return state

    def restore(self, thing: CellType, state: tuple[object, ...]) -> None:
        if state:
            thing.cell_contents = state[0]
        elif self._now(thing):
            del thing.cell_contents

    def unchanged(self, thing: CellType, state: tuple[object, ...]) -> bool:
        now = self._now(thing)
        return len(now) == len(state) and same_objects(now, state)

    def _now(self, thing: CellType) -> tuple[object, ...]:
        try:
            return (thing.cell_contents,)
        except ValueError:
            return ()


CELL = _CellSaver()


class _ExceptionSaver(Saver):
    """An exception's arguments, and where it was raised: raising it again changes that."""

    _parts = ("args", "__traceback__", "__context__", "__cause__", "__suppress_context__")

    def save(self, thing: BaseException, room: Room) -> list[object]:  # noqa: ARG002
        return [vars(BaseException)[name].__get__(thing) for name in self._parts]

    def reached(self, state: list[object]) -> Iterable[object]:
        return [state[0], state[2], state[3]]

    def restore(self, thing: BaseException, state: list[object]) -> None:
        for name, value in zip(self._parts, state, strict=True):
            vars(BaseException)[name].__set__(thing, value)

    def unchanged(self, thing: BaseException, state: list[object]) -> bool:
        now = [vars(BaseException)[name].__get__(thing) for name in self._parts]
        return same_objects(now, state)


EXCEPTION = _ExceptionSaver()
