"""Entangled creation: tool and decision asked for in one reply (CREATOR section 4, a baseline)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from creator_magic.ports import Question
from creator_magic.stages.prompt import render

if TYPE_CHECKING:
    from creator_magic.problem import Problem


def entangled(problem: Problem) -> Question:
    """Ask for a tool and its decision at once."""
    return Question("entangled", 1, problem, render("entangled", problem=problem))
