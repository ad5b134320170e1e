"""Stopping code: the person's interrupt and the time limit, told apart from the code's own doing.

Both arrive as SIGINT in the main thread, so that they stop a Python loop, a sleep and whatever
else a plain interrupt stops. Code that swallows the first one is interrupted again.
"""

from __future__ import annotations

import os
import signal
import threading
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from types import FrameType, TracebackType

_AGAIN = 0.5


class TimeUp(KeyboardInterrupt):
    """The time limit was reached."""


class Interruption:
    """While entered, an interrupt or the end of the time limit raises in the main thread.

    Parameters
    ----------
    timeout : float or None
        Time limit in seconds; None for none.

    Attributes
    ----------
    interrupted : bool
        Whether the person interrupted.
    timed_out : bool
        Whether the time limit was reached.
    """

    def __init__(self, timeout: float | None) -> None:
        self.timeout = timeout
        self.interrupted = False
        self.timed_out = False
        self._held = False
        self._active = False
        self._lock = threading.Lock()
        self._timer: threading.Timer | None = None
        self._before: Any = None
        # Only the main thread can receive signals; elsewhere (a subshell) code runs without.
        self._can_signal = threading.current_thread() is threading.main_thread()

    def __enter__(self) -> Self:
        if self._can_signal:
            self._active = True
            self._before = signal.signal(signal.SIGINT, self._on_signal)
            if self.timeout is not None:
                self._start_timer(self.timeout)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.hold()
        if self._can_signal:
            signal.signal(
                signal.SIGINT, self._before if self._before is not None else signal.default_int_handler
            )

    def hold(self) -> None:
        """Raise no more: what follows, such as putting names back, must run to its end."""
        self._held = True
        with self._lock:
            self._active = False
            if self._timer is not None:
                self._timer.cancel()

    def _start_timer(self, seconds: float) -> None:
        self._timer = threading.Timer(seconds, self._on_time)
        self._timer.daemon = True
        self._timer.start()

    def _on_time(self) -> None:
        with self._lock:
            if not self._active:
                return
            self.timed_out = True
            if os.name == "posix":
                signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
            else:
                signal.raise_signal(signal.SIGINT)
            self._start_timer(_AGAIN)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002 - Python's signature
        if not self.timed_out:
            self.interrupted = True
        if self._held:
            return
        raise TimeUp if self.timed_out else KeyboardInterrupt
