"""Stopping code: the person's interrupt and the time limit, told apart from the code's own doing.

Both arrive as SIGINT in the main thread, so that they stop a Python loop, a sleep and whatever else
a plain interrupt stops. Code that swallows the first one is stopped with more force: a volley of
exceptions, each raised as soon as the one before was swallowed, gets out of loops whose handlers
catch everything. What runs in C without looking for signals ends when it returns, and no sooner:
it holds the interpreter, so nothing in this process can stop it and let it live.
"""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Self

from creator_magic.kernel.signals import SignalsGuard, set_handler

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import TracebackType

_AGAIN = 0.4
"""Seconds after which code that was stopped, and still runs, is stopped again."""

_VOLLEY = 32
"""Exceptions in a volley, as many as CPython keeps pending: so many nested handlers it gets out of."""


class TimeUp(KeyboardInterrupt):
    """The time limit was reached."""


class Interruption:
    """While entered and armed, an interrupt or the end of the time limit raises in the main thread.

    Parameters
    ----------
    timeout : float or None
        Time limit in seconds; None for none.

    Attributes
    ----------
    armed : bool
        Whether generated code runs now. Set it as the last thing before and the first thing after:
        an assignment is never interrupted itself. What arrives in between is only noted.
    interrupted : bool
        Whether the person interrupted.
    timed_out : bool
        Whether the time limit was reached.
    """

    def __init__(self, timeout: float | None) -> None:
        self.timeout = timeout
        self.armed = False
        self.interrupted = False
        self.timed_out = False
        self._began = time.monotonic()
        self._active = False
        self._lock = threading.Lock()
        # A signal handler may put into this kind of queue whatever the main thread was doing.
        self._orders: queue.SimpleQueue[bool] = queue.SimpleQueue()
        self._outer: Interruption | None = None
        self._guard = SignalsGuard(self._on_signal, lambda: self.armed)
        # Only the main thread can receive signals; elsewhere (a subshell) code runs without.
        self._can_signal = threading.current_thread() is threading.main_thread()

    def __enter__(self) -> Self:
        if self._can_signal:
            self._active = True
            self._guard.enter()
            self._outer, _volley.target = _volley.target, self
            # Which waits until it runs: code in C that holds the interpreter must not be before it.
            threading.Thread(target=self._watch, name="creator-magic time limit", daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.armed = False
        if self._can_signal:
            with self._lock:
                self._active = False
            self._orders.put(False)
            _volley.target = self._outer
            self._guard.leave()

    @property
    def stopped(self) -> bool:
        """Whether the code is to end, or should have ended."""
        return self.interrupted or self.timed_out

    def check(self) -> None:
        """Raise what arrived while nothing was armed."""
        if self.stopped:
            raise self._reason()

    def told(self) -> str:
        """Say when the time limit struck, and by how much it was missed."""
        spent = time.monotonic() - self._began
        limit = self.timeout or 0.0
        if spent <= limit + 1.0:
            return f"stopped after {limit:g} s"
        return f"stopped after {spent:.1f} s, since what ran could not be interrupted at {limit:g} s"

    def _reason(self) -> type[KeyboardInterrupt]:
        return TimeUp if self.timed_out else KeyboardInterrupt

    def _on_signal(self, number: int, frame: object) -> None:  # noqa: ARG002 - Python's signature
        if not self.timed_out and not self.interrupted:
            self.interrupted = True
            self._orders.put(True)
        if self.armed:
            raise self._reason()

    def _watch(self) -> None:
        """Stop the code when its time is up, and again until it has ended."""
        wait, again = self.timeout, False
        while True:
            try:
                if not self._orders.get(timeout=wait):
                    return
                # The person interrupted, which has raised once already.
                again = True
            except queue.Empty:
                with self._lock:
                    if not self._active:
                        return
                    self.timed_out = self.timed_out or not self.interrupted
                    if again and self.armed:
                        _volley.fire()
                    _wake_main_thread()
                again = True
            wait = _AGAIN


class _Volley:
    """Many exceptions in a row, raised in the main thread between two steps of the interpreter.

    CPython keeps a list of calls that its main thread makes when it comes by; one that fails raises
    there, and the rest stay on the list for the next chance, which comes when the exception has
    been swallowed. What is called here is this object's truth value.
    """

    target: Interruption | None = None

    def __bool__(self) -> bool:
        target = self.target
        if target is not None and target.armed:
            target.check()
        return False

    def fire(self) -> None:
        # Other Pythons have no such list; there a plain interrupt is repeated.
        with contextlib.suppress(ImportError, AttributeError):
            import ctypes

            add = ctypes.pythonapi.Py_AddPendingCall
            add.argtypes, add.restype = [ctypes.c_void_p, ctypes.c_void_p], ctypes.c_int
            ask_truth = ctypes.cast(ctypes.pythonapi.PyObject_IsTrue, ctypes.c_void_p)
            for _ in range(_VOLLEY):
                add(ask_truth, id(self))


_volley = _Volley()


def _wake_main_thread() -> None:
    if os.name == "posix":
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
    else:
        signal.raise_signal(signal.SIGINT)


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Let an interrupt wait until the block has ended: what is half drawn would stay so."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    running = _volley.target
    if running is not None:
        armed, running.armed = running.armed, False
        try:
            yield
        finally:
            running.armed = armed
            if armed:
                running.check()
        return
    arrived: list[int] = []
    before = set_handler(signal.SIGINT, lambda number, _: arrived.append(number))
    try:
        yield
    finally:
        set_handler(signal.SIGINT, signal.default_int_handler if before is None else before)
        if arrived:
            signal.raise_signal(signal.SIGINT)


def when_undisturbed(act: Callable[[Any], None]) -> Callable[[Any], None]:
    """Return `act` as a function that an interrupt does not stop halfway."""

    def whole(subject: Any) -> None:
        with uninterrupted():
            act(subject)

    return whole
