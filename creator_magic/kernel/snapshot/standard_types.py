"""What Python's own types need, and which of them nobody can put back."""

from __future__ import annotations

import array
import asyncio
import contextvars
import ctypes
import functools
import gc
import io
import itertools
import logging
import mmap
import random
import socket
import sys
import threading
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
from creator_magic.kernel.snapshot.saver import IMMUTABLE, Passage, Saver, Unprotected
from creator_magic.kernel.snapshot.users_code import is_users

if TYPE_CHECKING:
    from collections.abc import Iterable

    from creator_magic.kernel.snapshot.saver import Room


class _State(Saver):
    """An object that can tell its whole state as a value and take it back.

    Parameters
    ----------
    get, put : callable
        How.
    """

    def __init__(self, get: Any, put: Any) -> None:
        self._get = get
        self._put = put

    def save(self, thing: Any, room: Room) -> Any:
        room.take(sys.getsizeof(thing))
        return self._get(thing)

    def restore(self, thing: Any, state: Any) -> None:
        self._put(thing, state)

    def unchanged(self, thing: Any, state: Any) -> bool:
        return bool(self._get(thing) == state)


def referents(thing: object) -> Iterable[object]:
    """Return what an object refers to, as far as it may be the user's data."""
    return [each for each in gc.get_referents(thing) if not isinstance(each, type | types.ModuleType)]


def _progress_of(generator: Any) -> object:
    frame = getattr(generator, "gi_frame", None) or getattr(generator, "cr_frame", None)
    frame = frame or getattr(generator, "ag_frame", None)
    return "ended" if frame is None else frame.f_lasti


def _module(module: types.ModuleType) -> Iterable[object]:
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

_VALUES = (
    "_abc.", "typing.", "datetime.", "decimal.Decimal", "fractions.", "uuid.", "re.", "pathlib.",
    "zoneinfo.", "ipaddress.", "operator.", "weakref.Keyed", "weakref.Proxy", "enum.auto",
)  # fmt: skip
_THE_NOTEBOOK_S = ("IPython.", "ipykernel.", "traitlets.", "zmq.", "creator_magic.", "matplotlib_inline.")
_LIVING = {
    "asyncio.": Unprotected("an asyncio object", lambda it: isinstance(it, asyncio.Future) and it.done()),
    "_asyncio.": Unprotected("an asyncio task", lambda it: it.done() if hasattr(it, "done") else None),
    "tornado.": Unprotected("an event loop", lambda _: None),
    "jupyter_client.": Unprotected("a client of a kernel"),
    "concurrent.": Unprotected("a pool or a future"),
    "multiprocessing.": Unprotected("a process, or shared with one"),
    "subprocess.": Unprotected("a process", lambda it: it.returncode),
    "threading.Thread": Unprotected("a thread", lambda it: it.ident),
    "threading._": Unprotected("a thread", lambda it: it.ident),
    "logging.": Unprotected("a logger", lambda it: dict(vars(it)) if hasattr(it, "__dict__") else None),
    "sqlite3.": Unprotected("a database connection or cursor"),
    "_frozen_importlib": IMMUTABLE,
    "importlib.": IMMUTABLE,
    "selectors.": Unprotected("a selector"),
}


def saver_by_name(name: str) -> Saver | None:
    """Return what objects of a type of the standard library need whose full name is `name`."""
    if name.startswith(_VALUES) or name.startswith(_THE_NOTEBOOK_S):
        return IMMUTABLE
    return next((saver for prefix, saver in _LIVING.items() if name.startswith(prefix)), None)


_LOCK = Unprotected(
    "a lock", lambda it: it.locked() if hasattr(it, "locked") else repr(it).partition(" at ")[0]
)
_CTYPES = Unprotected("a ctypes object")
_FILES: type = io.IOBase.__base__  # type: ignore[assignment] # what files in C are derived from
_FILE = Unprotected("an open file")

BY_TYPE: dict[type, Saver] = {
    types.FunctionType: FUNCTION,
    types.CellType: CELL,
    types.ModuleType: Passage(_module),
    types.MethodType: Passage(lambda it: (it.__self__, it.__func__)),
    types.BuiltinFunctionType: Passage(lambda it: (it.__self__,)),
    types.MethodWrapperType: Passage(lambda it: (it.__self__,)),
    functools.cached_property: Passage(lambda it: (it.func,)),
    property: Passage(referents),
    staticmethod: Passage(referents),
    classmethod: Passage(referents),
    types.MappingProxyType: Passage(referents),
    memoryview: Passage(lambda it: (it.obj,)),
    weakref.ref: Passage(lambda it: (it(),)),
    types.GeneratorType: Unprotected("a generator", _progress_of, referents),
    types.CoroutineType: Unprotected("a coroutine", _progress_of, referents),
    types.AsyncGeneratorType: Unprotected("an asynchronous generator", _progress_of, referents),
    contextvars.ContextVar: Unprotected("a context variable", lambda it: id(it.get(it))),
    contextvars.Context: Unprotected("a context"),
    contextvars.Token: IMMUTABLE,
    type(threading.Lock()): _LOCK,
    type(threading.RLock()): _LOCK,
    threading.local: Unprotected("data of a thread"),
    mmap.mmap: Unprotected("a memory map"),
}
"""Savers for exactly these types."""

BY_BASE: dict[type, tuple[Saver, ...]] = {
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
    type: (CLASS,),
    BaseException: (EXCEPTION, ATTRIBUTES),
    functools.partial: (Passage(lambda it: (it.func, it.args, it.keywords)), ATTRIBUTES),
    functools._lru_cache_wrapper: (  # noqa: SLF001 - it has no other name
        Unprotected("a function that keeps its results", lambda it: it.cache_info()),
        ATTRIBUTES,
    ),
    random.SystemRandom: (ATTRIBUTES,),
    random.Random: (_State(random.Random.getstate, random.Random.setstate), ATTRIBUTES),
    io.StringIO: (_State(io.StringIO.__getstate__, io.StringIO.__setstate__),),  # type: ignore[attr-defined]
    io.BytesIO: (_State(io.BytesIO.__getstate__, io.BytesIO.__setstate__),),  # type: ignore[attr-defined]
    _FILES: (_FILE,),
    socket.socket: (Unprotected("a socket"),),
    logging.Handler: (Unprotected("a logger", lambda it: it.level),),
    ctypes._SimpleCData: (_CTYPES,),  # noqa: SLF001 - the bases of all ctypes objects
    ctypes.Structure: (_CTYPES,),
    ctypes.Union: (_CTYPES,),
    ctypes.Array: (_CTYPES,),
    ctypes._Pointer: (_CTYPES,),  # noqa: SLF001
    itertools.count: (Unprotected("an iterator", repr),),
    str: (),
    int: (),
    float: (),
    complex: (),
    bytes: (),
    weakref.ref: (Passage(lambda it: (it(),)),),
    types.ModuleType: (Passage(_module),),
}
"""Savers for these types and for what is derived from them, beside those of what a subclass adds."""
