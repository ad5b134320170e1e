"""Plan: from a problem to the tools that it takes, from the bottom up (CREATOR section 5.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from creator_magic.ports import Question
from creator_magic.stages.prompt import render

if TYPE_CHECKING:
    from creator_magic.problem import Problem


def plan(problem: Problem) -> Question:
    """Ask for the steps of a problem, each a tool."""
    return Question("plan", 1, problem, render("plan", problem=problem))
