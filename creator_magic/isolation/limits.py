"""How far code may go in isolation."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class IsolationLimits:
    """Limits of one execution.

    Parameters
    ----------
    timeout : float or None
        Wall time of all cells together, in seconds; None for none. Code that nothing inside its process
        can stop is ended a second later.
    memory : int
        What it may take beyond what it was given, in MiB; 0 for no limit. A process of its own is held to
        it by the system, at the allocation; all its processes together are looked at ten times a second.
    processes : int
        Processes that it may have at a time.
    carried : int
        What the variables that it is given, and the answer that it gives back, may come to, each in MiB;
        0 for no limit.
    """

    timeout: float | None = 60.0
    memory: int = 4096
    processes: int = 128
    carried: int = 512
