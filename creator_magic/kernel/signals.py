"""What a process does on signals: noted before generated code runs, and put back after it.

A handler or a timer that the code leaves behind would strike later: a forgotten alarm whose handler
is gone ends the process.
"""

from __future__ import annotations

import _signal  # type: ignore[import-not-found] # known to every CPython, to no typeshed
import os
import signal
import threading
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

set_handler = signal.signal
"""The real one, whatever generated code finds under its name."""

_SIGNALS = tuple(map(int, signal.valid_signals()))
_handler_of = _signal.getsignal
"""As C has it: to make an enumeration of what it says of 64 signals takes longer than all the rest."""

_TIMERS = {"SIGALRM": "ITIMER_REAL", "SIGVTALRM": "ITIMER_VIRTUAL", "SIGPROF": "ITIMER_PROF"}


class SignalsGuard:
    """While entered, SIGINT stays with `on_interrupt`, and an alarm that nobody handles ends nothing.

    Only for the main thread, as everything that sets handlers.

    Parameters
    ----------
    on_interrupt : callable
        The handler of SIGINT.
    may_raise : callable
        Tells whether generated code is running, so that an alarm may raise in it.
    """

    def __init__(self, on_interrupt: Callable[[int, Any], None], may_raise: Callable[[], bool]) -> None:
        self._on_interrupt = on_interrupt
        self._may_raise = may_raise
        self._process = os.getpid()
        self._wanted: Any = None
        self._entered = False

    def enter(self) -> None:
        """Note what there is, and take over."""
        self._handlers = {number: _handler_of(number) for number in _SIGNALS}
        self._clocks = [getattr(signal, clock) for clock in _TIMERS.values() if hasattr(signal, clock)]
        self._running = {clock: at for clock in self._clocks if (at := signal.getitimer(clock))[0]}
        self._began = time.monotonic()
        if hasattr(signal, "pthread_sigmask"):
            self._mask = signal.pthread_sigmask(signal.SIG_BLOCK, ())
        self._wanted = set_handler(signal.SIGINT, self._on_interrupt)
        for name in _TIMERS:
            number = getattr(signal, name, None)
            if number is not None and self._handlers[number] == signal.SIG_DFL:
                set_handler(number, self._on_alarm)
        self._entered = True
        signal.signal = self._set_handler  # type: ignore[assignment]

    def leave(self) -> None:
        """Put back what was noted, stop the clocks that the code started, start those it stopped."""
        self._entered = False
        signal.signal = set_handler
        for clock in self._clocks:
            if clock not in self._running:
                signal.setitimer(clock, 0)
        if hasattr(signal, "pthread_sigmask"):
            signal.pthread_sigmask(signal.SIG_SETMASK, self._mask)
        for number, handler in self._handlers.items():
            if _handler_of(number) is not handler:
                # None stands for a handler that was not set from Python; SIGINT's can only be Python's.
                set_handler(number, signal.default_int_handler if handler is None else handler)
        for clock, (left, interval) in self._running.items():
            now = signal.getitimer(clock)
            if not 0 < now[0] <= max(left, interval) or now[1] != interval:
                spent = time.monotonic() - self._began
                signal.setitimer(clock, max(left - spent, 0.001), interval)

    def _set_handler(self, number: int, handler: Any) -> Any:
        """Stand in for `signal.signal`: the interrupt is the person's, not the code's to take away."""
        ours = self._entered and number == signal.SIGINT and os.getpid() == self._process
        if not ours or threading.current_thread() is not threading.main_thread():
            return set_handler(number, handler)
        wanted, self._wanted = self._wanted, handler
        return wanted

    def _on_alarm(self, number: int, frame: object) -> None:  # noqa: ARG002 - Python's signature
        if self._may_raise():
            message = f"{signal.Signals(number).name} arrived, and the code handles no such alarm"
            raise RuntimeError(message)
