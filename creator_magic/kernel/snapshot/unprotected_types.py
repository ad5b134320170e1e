"""What nobody can put back, of Python's own: known by its type, so that it can be told."""

from __future__ import annotations

import asyncio
import contextvars
import ctypes
import functools
import gc
import io
import itertools
import logging
import mmap
import socket
import threading
import types
from typing import TYPE_CHECKING, Any

from creator_magic.kernel.snapshot.attributes import ATTRIBUTES
from creator_magic.kernel.snapshot.saver import Unprotected

if TYPE_CHECKING:
    from collections.abc import Iterable

    from creator_magic.kernel.snapshot.saver import Saver


def referents(thing: object) -> Iterable[object]:
    """Return what an object refers to, as far as it may be the user's data."""
    return [each for each in gc.get_referents(thing) if not isinstance(each, type | types.ModuleType)]


def _progress(generator: Any) -> object:
    frames = (getattr(generator, name, None) for name in ("gi_frame", "cr_frame", "ag_frame"))
    frame = next(filter(None, frames), None)
    return "ended" if frame is None else frame.f_lasti


def _lock_is_held(lock: Any) -> object:
    # Before 3.14 only its text tells it of a lock that one thread may take twice.
    return lock.locked() if hasattr(lock, "locked") else repr(lock).partition(" object")[0]


_GENERATOR = Unprotected("a generator", _progress, referents)
_COROUTINE = Unprotected("a coroutine", _progress, referents)
_ASYNCHRONOUS_GENERATOR = Unprotected("an asynchronous generator", _progress, referents)
_COUNT = Unprotected("an iterator", repr)
_FILE = Unprotected("an open file")
_SOCKET = Unprotected("a socket")
_DATABASE = Unprotected("a database connection or cursor")
_LOCK = Unprotected("a lock", _lock_is_held)
_CONTEXT_VARIABLE = Unprotected("a context variable", lambda it: id(it.get(it)))
_CACHING = Unprotected("a function that keeps its results", lambda it: it.cache_info())
_CTYPES = Unprotected("a ctypes object")
_MAP = Unprotected("a memory map")
_THREAD = Unprotected("a thread", lambda it: getattr(it, "ident", None))
_LOCAL = Unprotected("a thread's own data")
_PROCESS = Unprotected("a process", lambda it: getattr(it, "returncode", None))
_TASK = Unprotected("an asyncio object", lambda it: isinstance(it, asyncio.Future) and it.done())
_POOL = Unprotected("a pool or a future")

UNPROTECTED_KINDS = tuple(
    kind.what
    for kind in (
        _GENERATOR, _COROUTINE, _ASYNCHRONOUS_GENERATOR, _COUNT, _FILE, _SOCKET, _DATABASE, _LOCK,
        _CONTEXT_VARIABLE, _CACHING, _CTYPES, _MAP, _THREAD, _LOCAL, _PROCESS, _TASK, _POOL,
    )
)  # fmt: skip
"""What the user is told that something is."""

UNPROTECTED_BY_TYPE: dict[type, tuple[Saver, ...]] = {
    types.GeneratorType: (_GENERATOR,),
    types.CoroutineType: (_COROUTINE,),
    types.AsyncGeneratorType: (_ASYNCHRONOUS_GENERATOR,),
    itertools.count: (_COUNT,),
    # What files in C are derived from.
    io.IOBase.__base__: (_FILE,),  # type: ignore[dict-item]
    socket.socket: (_SOCKET,),
    type(threading.Lock()): (_LOCK,),
    type(threading.RLock()): (_LOCK,),
    contextvars.ContextVar: (_CONTEXT_VARIABLE,),
    functools._lru_cache_wrapper: (_CACHING, ATTRIBUTES),  # noqa: SLF001 - it has no other name
    ctypes._SimpleCData: (_CTYPES,),  # noqa: SLF001 - the bases of all ctypes objects
    ctypes._Pointer: (_CTYPES,),  # noqa: SLF001 - as above
    ctypes.Structure: (_CTYPES,),
    ctypes.Union: (_CTYPES,),
    ctypes.Array: (_CTYPES,),
    mmap.mmap: (_MAP,),
    threading.local: (_LOCAL,),
    # The state of the process has them.
    logging.Handler: (),
    logging.Filterer: (),
    logging.Manager: (),
}
"""By type, also for what is derived from one."""

_BY_NAME = {
    "asyncio.": _TASK,
    "_asyncio.": _TASK,
    "concurrent.": _POOL,
    "multiprocessing.": _PROCESS,
    "subprocess.": _PROCESS,
    "threading.Thread": _THREAD,
    "threading._": _THREAD,
    "sqlite3.": _DATABASE,
    "_duckdb.": _DATABASE,
    "duckdb.": _DATABASE,
    "sqlalchemy.engine.": _DATABASE,
    "sqlalchemy.pool.": _DATABASE,
    "sqlalchemy.orm.session.": _DATABASE,
}


def unprotected_by_name(name: str) -> Unprotected | None:
    """Return what objects of a type are told to be; `name` is its module and its name."""
    return next((kind for prefix, kind in _BY_NAME.items() if name.startswith(prefix)), None)
