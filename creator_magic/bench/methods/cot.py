"""Chain of thought: prose that ends with the answer (Wei et al., arXiv 2201.11903)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from creator_magic.bench.methods.stated import stated

if TYPE_CHECKING:
    from creator_magic.bench.methods.task import Answered, Task


def cot(task: Task) -> Answered:
    """Ask for the reasoning, and the answer on its last line."""
    return stated(task, "cot")
