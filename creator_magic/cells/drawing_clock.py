"""The clock by which what is shown is drawn later.

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


clock = DrawingClock()
"""The one of this process."""
