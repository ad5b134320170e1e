"""How much a snapshot may take."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

_CGROUP = Path("/sys/fs/cgroup")


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a snapshot may take.

    Parameters
    ----------
    objects : int
        Objects that are saved.
    copied : int
        Bytes that are copied; never more than a fifth of the memory that is free.
    seconds : float
        Time of a processor that it may take.
    """

    objects: int = 200_000
    copied: int = 256 << 20
    seconds: float = 0.3

    @property
    def told_objects(self) -> str:
        """Say that there are too many objects."""
        return f"more than {self.objects:,} objects, the limit of a snapshot"

    @property
    def told_copied(self) -> str:
        """Say that there is too much to copy."""
        return f"more than a snapshot may copy ({self.copied >> 20:,} MiB, or a fifth of the free memory)"

    @property
    def told_seconds(self) -> str:
        """Say that the time was over."""
        return f"more than a snapshot gets through in {self.seconds:g} s"


DEFAULT_LIMITS = Limits()


def free_memory() -> int:
    """Return how many bytes this process could still take, also inside a container with a limit."""
    import psutil

    free = int(psutil.virtual_memory().available)
    try:
        limit = int((_CGROUP / "memory.max").read_text())
        free = min(free, limit - int((_CGROUP / "memory.current").read_text()))
    except (OSError, ValueError):
        # No such limit: on other systems, or "max".
        pass
    return max(0, free)
