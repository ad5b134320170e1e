"""Creation: from a problem to a tool, the abstract half of the reasoning (CREATOR section 3.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from creator_magic.ports import Question
from creator_magic.stages.prompt import render

if TYPE_CHECKING:
    from creator_magic.problem import Problem


def creation(problem: Problem) -> Question:
    """Ask for a general, documented, typed tool that solves problems like `problem`."""
    return Question("creation", 1, problem, render("creation", problem=problem))
