"""CREATOR: a tool, then the decision that calls it, then execution and rectification (section 3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from creator_magic.bench.methods.worked import worked

if TYPE_CHECKING:
    from creator_magic.bench.methods.task import Answered, Task


def creator(task: Task) -> Answered:
    """Ask for the tool and the decision apart; where tools were kept, one call judges them first."""
    return worked(task)
