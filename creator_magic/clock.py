"""The machine's clock, which may be set at any moment, and how to know that it was."""

from __future__ import annotations

import time

_DRIFT = 60.0
"""Seconds by which two clocks may part in a session without one having been set."""


class ClockWatch:
    """Tells whether the clock was set since this was made.

    A machine that slept looks the same: nothing that matters should hang on it.
    """

    def __init__(self) -> None:
        self._apart = _apart()

    @property
    def was_set(self) -> bool:
        """Whether it was."""
        return abs(_apart() - self._apart) > _DRIFT


def _apart() -> float:
    return time.time() - time.monotonic()
