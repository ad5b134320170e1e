"""Savers of NumPy's objects: arrays and what describes them, scalars that are views, random generators."""

from __future__ import annotations

import array
import pickle
import warnings
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from creator_magic.kernel.snapshot.array_struct import (
    data_address,
    put_data_address,
    put_strides,
    put_writeable,
)
from creator_magic.kernel.snapshot.saver import IMMUTABLE, Passage, Saver

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from creator_magic.kernel.snapshot.memory import Memory
    from creator_magic.kernel.snapshot.saver import Room

_SHAPE, _STRIDES, _DTYPE = (vars(np.ndarray)[name] for name in ("shape", "strides", "dtype"))
_KNOWN_OWNERS = (np.ndarray, memoryview, bytearray, array.array)
_ALL_OBJECTS = np.dtype(object)


class _ArrayState(NamedTuple):
    """How an array looks at its memory, where that of a view begins, and an owner's memory itself."""

    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    strides: tuple[int, ...]
    writeable: bool
    offset: int
    memory: Memory | None
    leads_to: tuple[object, ...]


class _ArraySaver(Saver):
    """An array. The bytes are saved once, with the array that owns them; views lead to it."""

    def save(self, thing: np.ndarray[Any, Any], room: Room) -> _ArrayState:
        base = thing.base
        owned = base is None or not isinstance(base, np.ndarray)
        # What others may not write either, such as an Arrow buffer, nobody will.
        fixed = base is not None and not thing.flags.writeable
        memory = room.keep(thing) if owned and not fixed and thing.nbytes else None
        # What else lends its memory, such as a file's map, is saved as this array.
        leads_to: Iterable[object] = (base,) if isinstance(base, _KNOWN_OWNERS) else ()
        if owned and thing.dtype.hasobject:
            leads_to = (*leads_to, *_objects(thing))
        return _ArrayState(*_form(thing), memory, tuple(leads_to))

    def reached(self, state: _ArrayState) -> Iterable[object]:
        return state.leads_to

    def restore(self, thing: np.ndarray[Any, Any], state: _ArrayState) -> None:
        if state.memory is not None:
            if thing.base is None and not thing.flags.forc:
                # All of its memory, in one piece, is what the rest can be done with.
                put_strides(thing, _of_one_piece(thing))
            size = state.dtype.itemsize * int(np.prod(state.shape))
            if thing.nbytes != size:
                thing.resize(-(-size // thing.itemsize), refcheck=False)
            _reform(thing, state)
            _make_writeable(thing)
            if not state.memory.same(thing):
                state.memory.write_back(thing)
        else:
            _reform(thing, state)
            if state.writeable:
                _make_writeable(thing)
        if thing.flags.writeable and not state.writeable:
            thing.flags.writeable = False

    def unchanged(self, thing: np.ndarray[Any, Any], state: _ArrayState) -> bool:
        return state.memory is None and _form(thing) == state[:5]

    def equal(self, thing: np.ndarray[Any, Any], state: _ArrayState) -> bool:
        memory = state.memory
        return _form(thing) == state[:5] and (
            memory is None or not memory.worth_comparing or memory.same(thing)
        )


_Form = tuple[np.dtype[Any], tuple[int, ...], tuple[int, ...], bool, int]


def _form(thing: np.ndarray[Any, Any]) -> _Form:
    base = thing.base
    return (
        _DTYPE.__get__(thing),
        _SHAPE.__get__(thing),
        _STRIDES.__get__(thing),
        thing.flags.writeable,
        data_address(thing) - data_address(base) if isinstance(base, np.ndarray) else 0,
    )


def _reform(thing: np.ndarray[Any, Any], state: _ArrayState) -> None:
    base = thing.base
    if isinstance(base, np.ndarray) and data_address(thing) - data_address(base) != state.offset:
        put_data_address(thing, data_address(base) + state.offset)
    if _form(thing)[:3] == state[:3]:
        return
    with warnings.catch_warnings():
        # NumPy advises against setting these, which is what is undone here.
        warnings.simplefilter("ignore")
        if _DTYPE.__get__(thing) != state.dtype:
            if thing.flags.c_contiguous:
                _SHAPE.__set__(thing, (-1,))
            _DTYPE.__set__(thing, state.dtype)
        if thing.flags.c_contiguous:
            _SHAPE.__set__(thing, state.shape)
            _STRIDES.__set__(thing, state.strides)
        else:
            if _SHAPE.__get__(thing) != state.shape:
                _SHAPE.__set__(thing, state.shape)
            try:
                _STRIDES.__set__(thing, state.strides)
            except ValueError:
                # Once its strides are smaller, an array counts as one of less memory.
                put_strides(thing, state.strides)


def _make_writeable(thing: np.ndarray[Any, Any]) -> None:
    if not thing.flags.writeable:
        try:
            thing.flags.writeable = True
        except ValueError:
            # NumPy does not ask the library that the memory belongs to; but it was so before.
            put_writeable(thing)


def _of_one_piece(thing: np.ndarray[Any, Any]) -> tuple[int, ...]:
    sizes = [thing.itemsize]
    for length in reversed(thing.shape[1:]):
        sizes.insert(0, sizes[0] * length)
    return tuple(sizes)


def _objects(thing: np.ndarray[Any, Any]) -> Iterable[object]:
    if thing.dtype == _ALL_OBJECTS:
        return np.asarray(thing).ravel(order="K").tolist()
    # A structured array, some of whose fields are objects.
    names = thing.dtype.names or ()
    return [each for name in names if thing.dtype[name].hasobject for each in _objects(thing[name])]


class _RecordSaver(Saver):
    """A structured scalar: a view of one element of an array, or of memory of its own."""

    def save(self, thing: np.void, room: Room) -> tuple[object, object]:
        room.take(thing.nbytes)
        return thing.base, thing.copy()

    def reached(self, state: tuple[object, object]) -> Iterable[object]:
        return (state[0],)

    def restore(self, thing: np.void, state: tuple[object, Any]) -> None:
        for name in thing.dtype.names or ():
            thing[name] = state[1][name]

    def unchanged(self, thing: np.void, state: tuple[object, Any]) -> bool:
        return bool(thing.tobytes() == state[1].tobytes())


class _RandomSaver(Saver):
    """A random generator: the state of its bits."""

    def save(self, thing: Any, room: Room) -> bytes:  # noqa: ARG002
        return pickle.dumps(_bits(thing))

    def restore(self, thing: Any, state: bytes) -> None:
        bits = pickle.loads(state)  # noqa: S301 - pickled above
        if isinstance(thing, np.random.RandomState):
            thing.set_state(bits)
        else:
            getattr(thing, "bit_generator", thing).state = bits

    def unchanged(self, thing: Any, state: bytes) -> bool:
        return pickle.dumps(_bits(thing)) == state


def _bits(generator: Any) -> Any:
    if isinstance(generator, np.random.RandomState):
        return generator.get_state(legacy=False)
    return getattr(generator, "bit_generator", generator).state


def savers() -> Mapping[type, Saver]:
    """Return the savers for NumPy's types."""
    of_arrays, random = _ArraySaver(), _RandomSaver()
    return {
        np.ndarray: of_arrays,
        # It has attributes of its own, which lead to the map.
        np.memmap: of_arrays,
        np.void: _RecordSaver(),
        np.generic: IMMUTABLE,
        np.dtype: IMMUTABLE,
        np.ufunc: IMMUTABLE,
        np.flatiter: Passage(lambda it: (it.base,)),
        np.random.Generator: random,
        np.random.RandomState: random,
        np.random.BitGenerator: random,
        type(np.sum): IMMUTABLE,
        type(np.zeros(0).flags): IMMUTABLE,
    }
