"""What is said of a worker's end, where that was not its own."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from creator_magic.isolation.limits import IsolationLimits
    from creator_magic.ports import FailureKind


def in_words(ending: Mapping[str, Any], limits: IsolationLimits) -> tuple[FailureKind, str, str]:
    """Return the kind of failure that an ending is, a name for it, and a sentence on it.

    Parameters
    ----------
    ending : mapping
        What its supervisor told: why it was stopped, and its exit code.
    limits : IsolationLimits
        What it was held to.
    """
    stopped, code = str(ending.get("stopped")), int(ending.get("code", 0))
    told: dict[str, tuple[FailureKind, str, str]] = {
        "timeout": (
            "timeout",
            "TimeLimit",
            f"stopped after {limits.timeout or 0:g} s, by ending its process",
        ),
        "loading": ("timeout", "TimeLimit", "its variables could not be loaded in time"),
        "memory": ("memory", "MemoryLimit", f"its processes took more than {limits.memory:,} MiB together"),
        "processes": ("crash", "ProcessLimit", f"it started more than {limits.processes} processes"),
        "lost": ("crash", "ProcessCrashed", "it ended the process that watches over it"),
        "garbled": ("crash", "ProcessEnded", "it wrote into the line by which its outputs come"),
        "order": ("crash", "ProcessEnded", "its process was ended from outside"),
    }
    if stopped in told:
        return told[stopped]
    if code < 0:
        return "crash", *_by_signal(-code)
    return "crash", "ProcessEnded", f"it ended its process, with exit code {code}"


def _by_signal(number: int) -> tuple[str, str]:
    try:
        name = signal.Signals(number).name
    except ValueError:
        name = f"signal {number}"
    what = (signal.strsignal(number) or "").lower()
    said = f"it ended its process by {name}{f' ({what})' if what else ''}"
    if number == signal.SIGKILL:
        said += "; the system does so too where memory runs out"
    return "ProcessCrashed", said
