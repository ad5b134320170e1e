"""What is shown while it changes: drawn now and then, by a clock that draws it later.

It is one thread for all that is drawn: to start a thread takes longer than most drawings.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class DrawingClock:
    """Makes calls when they are due, one after the other, in a thread that begins with the first of them."""

    def __init__(self) -> None:
        self._due: dict[Callable[[], None], float] = {}
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._asleep_until = 0.0

    def call_at(self, due: float, call: Callable[[], None]) -> None:
        """Make a call at a time of `time.monotonic`, and not when it was due before."""
        with self._changed:
            self._due[call] = due
            if self._thread is None or not self._thread.is_alive():
                # A call that fails ends the thread, which tells why.
                self._thread = threading.Thread(target=self._run, name="creator-magic clock", daemon=True)
                self._thread.start()
            elif due < self._asleep_until:
                self._changed.notify()

    def forget(self, call: Callable[[], None]) -> None:
        """Do not make a call any more; one that has begun goes on."""
        with self._changed:
            self._due.pop(call, None)

    def _run(self) -> None:
        while True:
            with self._changed:
                call = self._wait()
            call()
            del call  # a solve is not kept by what showed it

    def _wait(self) -> Callable[[], None]:
        """Return the next call, when it is due."""
        while True:
            call, due = min(self._due.items(), key=lambda each: each[1], default=(None, float("inf")))
            pause = due - time.monotonic()
            if call is not None and pause <= 0:
                del self._due[call]
                return call
            self._asleep_until = due
            self._changed.wait(None if call is None else pause)
            self._asleep_until = 0.0


_clock = DrawingClock()


class Drawing:
    """Something that is drawn again and again: now and then, and when it is due.

    Nothing more may come for long after what is to be drawn, from a slow model or from silent code, so
    that a clock draws it.

    Parameters
    ----------
    draw : callable
        Draws it; it calls `begin` before, and sets `drawn` after.

    Attributes
    ----------
    lock : RLock
        Held while it is drawn, and to be held by whoever changes what is drawn.
    drawn : float
        When it was drawn last, as `time.monotonic` has it.
    """

    def __init__(self, draw: Callable[[], None]) -> None:
        self.lock = threading.RLock()
        self.drawn = float("-inf")
        self._draw = draw
        self._due: float | None = None

    def soon(self, pause: float) -> None:
        """Draw it now, or when it is so many seconds since the last time."""
        due = self.drawn + pause
        if time.monotonic() >= due:
            self._draw()
        elif self._due is None or due < self._due:
            self.at(due)

    def at(self, due: float) -> None:
        """Draw it at a time of `time.monotonic`, and not when it was due before."""
        self._due = due
        _clock.call_at(due, self._draw_later)

    def begin(self) -> None:
        """Know that it is being drawn, so that it is not due any more."""
        self._due = None
        _clock.forget(self._draw_later)

    def _draw_later(self) -> None:
        with self.lock:
            if self._due is not None and time.monotonic() >= self._due:
                self._draw()
