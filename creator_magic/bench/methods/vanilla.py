"""Vanilla: the answer at once (CREATOR, arXiv 2305.14318, section 4)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from creator_magic.bench.methods.stated import stated

if TYPE_CHECKING:
    from creator_magic.bench.methods.task import Answered, Task


def vanilla(task: Task) -> Answered:
    """Ask for the answer and nothing else."""
    return stated(task, "vanilla")
