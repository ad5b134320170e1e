"""Tests of what takes so many seconds, on processors that other tests use as well."""

from __future__ import annotations

import pytest


class MistimedError(AssertionError):
    """Something took too long, or came too soon."""


may_be_mistimed = pytest.mark.flaky(reruns=2, only_rerun="MistimedError")
"""Runs a test again, twice at the most, where only the time was wrong: another may have had the processor."""


def in_time(holds: bool, what: object) -> None:
    """Assert what is said about time; `what` tells the times if it does not hold.

    Raises
    ------
    MistimedError
        If it does not hold.
    """
    if not holds:
        raise MistimedError(what)
