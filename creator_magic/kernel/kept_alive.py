"""While generated code runs: it cannot end the kernel, wait for a person, or leave Python's hooks changed."""

from __future__ import annotations

import builtins
import getpass
import io
import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_HOOKS = ("displayhook", "excepthook", "unraisablehook", "breakpointhook")
_NO_INPUT = "generated code may not ask for input; give the value in the problem"


@contextmanager
def kept_alive(namespace: dict[str, Any]) -> Iterator[None]:
    """Take from the code, inside the `with`, what would end the kernel or wait for ever.

    Parameters
    ----------
    namespace : dict
        Where it runs; the shell's own `exit` and `quit` stand there.
    """
    stand_ins: dict[str, Any] = {name: _leave for name in ("exit", "quit") if name in namespace}
    taken = {name: namespace[name] for name in stand_ins}
    hooks = {name: getattr(sys, name) for name in _HOOKS}
    recursion, tracing, profiling = sys.getrecursionlimit(), sys.gettrace(), sys.getprofile()
    replaced: list[tuple[Any, str, Any]] = [
        (builtins, "input", _no_input),
        (getpass, "getpass", _no_input),
        (sys, "stdin", _NoInput()),
        (os, "_exit", _leave_unless_forked(os._exit)),
        (os, "abort", _leave_unless_forked(os.abort)),
    ]
    real = [(place, name, getattr(place, name)) for place, name, _ in replaced]
    namespace.update(stand_ins)
    for place, name, stand_in in replaced:
        setattr(place, name, stand_in)
    # What follows a failure, here and in everybody's code, counts on the builtins.
    names, as_before = vars(builtins), dict(vars(builtins))
    try:
        yield
    except BaseException:
        names.update(as_before)
        raise
    finally:
        for place, name, value in real:
            setattr(place, name, value)
        for name, value in taken.items():
            if namespace.get(name) is _leave:
                namespace[name] = value
        for name, hook in hooks.items():
            setattr(sys, name, hook)
        sys.setrecursionlimit(recursion)
        # Only if changed: a debugger's or a coverage tool's must not be set anew.
        if sys.gettrace() is not tracing:
            sys.settrace(tracing)
        if sys.getprofile() is not profiling:
            sys.setprofile(profiling)


def _leave(code: object = None) -> NoReturn:
    raise SystemExit(code)


def _leave_unless_forked(real: Callable[..., NoReturn]) -> Callable[..., NoReturn]:
    process = os.getpid()

    def leave(*code: Any) -> NoReturn:
        # A child that the code forked must end this way, or it would go on as a second kernel.
        if os.getpid() != process:
            real(*code)
        raise SystemExit(*code)

    return leave


def _no_input(*_: object, **__: object) -> NoReturn:
    raise RuntimeError(_NO_INPUT)


class _NoInput(io.TextIOBase):
    """`sys.stdin` while generated code runs: the kernel's has no end, or nothing in it."""

    def readable(self) -> bool:
        return True

    def readline(self, _size: int | None = -1, /) -> NoReturn:
        _no_input()

    def read(self, _size: int | None = -1, /) -> NoReturn:
        _no_input()

    def __next__(self) -> NoReturn:
        _no_input()
