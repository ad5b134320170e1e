"""What objects of Python's own types need to be saved and put back."""

from __future__ import annotations

import array
import functools
import io
import random
import sys
import types
import weakref
from collections import OrderedDict, defaultdict, deque
from typing import TYPE_CHECKING, Any

from creator_magic.kernel.snapshot.attributes import ATTRIBUTES, CELL, CLASS, EXCEPTION, FUNCTION
from creator_magic.kernel.snapshot.containers import (
    ARRAY,
    BYTEARRAY,
    DEQUE,
    DICT,
    FACTORY,
    FROZENSET,
    LIST,
    ORDERED_DICT,
    SET,
    TUPLE,
)
from creator_magic.kernel.snapshot.saver import Passage, Saver
from creator_magic.kernel.snapshot.unprotected_types import UNPROTECTED_BY_TYPE, referents
from creator_magic.kernel.users_code import is_users

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from creator_magic.kernel.snapshot.saver import Room


class _State(Saver):
    """An object that can tell its whole state as a value and take it back.

    Parameters
    ----------
    get, put : callable
        How.
    """

    def __init__(self, get: Callable[[Any], Any], put: Callable[[Any, Any], object]) -> None:
        self._get = get
        self._put = put

    def save(self, thing: Any, room: Room) -> Any:
        room.take(sys.getsizeof(thing))
        return self._get(thing)

    def restore(self, thing: Any, state: Any) -> None:
        self._put(thing, state)

    def unchanged(self, thing: Any, state: Any) -> bool:
        return bool(self._get(thing) == state)


def _of_module(module: types.ModuleType) -> Iterable[object]:
    return (vars(module),) if is_users(module.__name__) else ()


ATOMS = frozenset(
    {
        int, float, complex, bool, str, bytes, object, range, slice, type(None), type(...),
        type(NotImplemented), types.CodeType, types.MemberDescriptorType, types.GetSetDescriptorType,
        types.FrameType, types.TracebackType, types.WrapperDescriptorType, types.MethodDescriptorType,
        types.ClassMethodDescriptorType, types.GenericAlias, types.UnionType,
    }
)  # fmt: skip
"""Types of which nothing can be changed and that lead nowhere."""

_PASSED_OVER = (
    # Values, whatever C code keeps in them.
    "_abc.", "typing.", "datetime.", "decimal.Decimal", "fractions.", "uuid.", "re.", "pathlib.",
    "zoneinfo.", "ipaddress.", "operator.", "enum.auto", "weakref.Keyed", "weakref.Proxy",
    "_contextvars.Token",
    # What keeps the notebook going: to put it back would do harm.
    "IPython.", "ipykernel.", "traitlets.", "zmq.", "tornado.", "jupyter_client.", "matplotlib_inline.",
    "creator_magic.", "selectors.", "importlib.", "_frozen_importlib",
)  # fmt: skip


def is_passed_over(name: str) -> bool:
    """Tell whether objects of a type are left alone; `name` is its module and its name."""
    return name.startswith(_PASSED_OVER)


BY_TYPE: dict[type, tuple[Saver, ...]] = {
    **UNPROTECTED_BY_TYPE,
    OrderedDict: (ORDERED_DICT, ATTRIBUTES),
    defaultdict: (DICT, FACTORY),
    dict: (DICT,),
    list: (LIST,),
    set: (SET,),
    deque: (DEQUE,),
    bytearray: (BYTEARRAY,),
    array.array: (ARRAY,),
    tuple: (TUPLE,),
    frozenset: (FROZENSET,),
    str: (),
    int: (),
    float: (),
    complex: (),
    bytes: (),
    type: (CLASS,),
    types.FunctionType: (FUNCTION,),
    types.CellType: (CELL,),
    types.ModuleType: (Passage(_of_module),),
    types.MethodType: (Passage(lambda it: (it.__self__, it.__func__)),),
    types.BuiltinFunctionType: (Passage(lambda it: (it.__self__,)),),
    types.MethodWrapperType: (Passage(lambda it: (it.__self__,)),),
    types.MappingProxyType: (Passage(referents),),
    functools.partial: (Passage(lambda it: (it.func, it.args, it.keywords)), ATTRIBUTES),
    functools.cached_property: (Passage(lambda it: (it.func,)),),
    property: (Passage(referents),),
    staticmethod: (Passage(referents),),
    classmethod: (Passage(referents),),
    memoryview: (Passage(lambda it: (it.obj,)),),
    weakref.ref: (Passage(lambda it: (it(),)),),
    BaseException: (EXCEPTION, ATTRIBUTES),
    random.SystemRandom: (ATTRIBUTES,),
    random.Random: (_State(random.Random.getstate, random.Random.setstate), ATTRIBUTES),
    io.StringIO: (_State(io.StringIO.__getstate__, io.StringIO.__setstate__),),  # type: ignore[attr-defined]
    io.BytesIO: (_State(io.BytesIO.__getstate__, io.BytesIO.__setstate__),),  # type: ignore[attr-defined]
}
"""Savers for these types and for what is derived from them, beside those of what a subclass adds."""
