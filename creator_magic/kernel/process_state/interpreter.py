"""Hooks, limits and switches of the interpreter itself."""

from __future__ import annotations

import faulthandler
import gc
import sys
import threading
import tracemalloc
from typing import TYPE_CHECKING, Any

from creator_magic.kernel.process_state.saver import saver

if TYPE_CHECKING:
    from collections.abc import Callable

    from creator_magic.kernel.process_state.saver import Restore

_STREAMS_AND_HOOKS = (
    *("stdin", "stdout", "stderr", "displayhook", "excepthook", "unraisablehook", "breakpointhook"),
    *("dont_write_bytecode", "tracebacklimit", "pycache_prefix"),
)


@saver("`sys.stdin`, `sys.stdout`, `sys.stderr`, and the hooks of `sys` and `threading`")
def hooks() -> Restore:
    """Save the attributes that Python itself looks up."""
    places: list[tuple[Any, str]] = [(sys, name) for name in _STREAMS_AND_HOOKS]
    places.append((threading, "excepthook"))
    return bindings(places)


def bindings(places: list[tuple[Any, str]]) -> Restore:
    """Return what binds attributes to what they are bound to now, or deletes those that are not there."""
    missing = object()
    saved = [(place, name, getattr(place, name, missing)) for place, name in places]

    def restore() -> None:
        for place, name, value in saved:
            if getattr(place, name, missing) is value:
                continue
            if value is missing:
                delattr(place, name)
            else:
                setattr(place, name, value)

    return restore


@saver("trace and profile functions, also of threads")
def tracing() -> Restore:
    """Save what is called at each line or call."""
    return settings(
        (sys.gettrace, sys.settrace),
        (sys.getprofile, sys.setprofile),
        (threading.gettrace, threading.settrace),
        (threading.getprofile, threading.setprofile),
    )


@saver("recursion limit, longest integer that is turned into text, switch interval, stack size of threads")
def limits() -> Restore:
    """Save the limits that Python sets itself."""
    return settings(
        (sys.getrecursionlimit, sys.setrecursionlimit),
        (sys.get_int_max_str_digits, sys.set_int_max_str_digits),
        (sys.getswitchinterval, sys.setswitchinterval),
        (threading.stack_size, threading.stack_size),
    )


@saver("garbage collection: on or off, thresholds, debugging")
def garbage_collection() -> Restore:
    """Save how garbage is collected."""
    return settings(
        (gc.isenabled, lambda on: gc.enable() if on else gc.disable()),
        (gc.get_threshold, lambda thresholds: gc.set_threshold(*thresholds)),
        (gc.get_debug, gc.set_debug),
        (lambda: gc.get_freeze_count() > 0, lambda frozen: gc.freeze() if frozen else gc.unfreeze()),
    )


@saver("`faulthandler` and `tracemalloc`: on or off")
def diagnosis() -> Restore:
    """Save what watches for crashes and counts memory."""
    return settings(
        (faulthandler.is_enabled, lambda on: faulthandler.enable() if on else faulthandler.disable()),
        (tracemalloc.is_tracing, lambda on: tracemalloc.start() if on else tracemalloc.stop()),
    )


def settings(*pairs: tuple[Callable[[], Any], Callable[[Any], Any]]) -> Restore:
    """Return what sets values, each with its second function, to what its first function says now.

    A value that was not changed is not set, as setting it anew may mean something: to a debugger,
    or as a warning that an option is old.
    """
    saved = [(get, put, get()) for get, put in pairs]

    def restore() -> None:
        for get, put, value in saved:
            now = get()
            if now is not value and now != value:
                put(value)

    return restore
