"""Entangled creation: tool and decision in one reply (CREATOR, arXiv 2305.14318, section 4)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from creator_magic.bench.methods.worked import worked

if TYPE_CHECKING:
    from creator_magic.bench.methods.task import Answered, Task


def entangled(task: Task) -> Answered:
    """Ask for both at once."""
    return worked(replace(task, problem=replace(task.problem, method="entangled")))
