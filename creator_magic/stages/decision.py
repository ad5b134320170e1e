"""Decision: from a problem and a tool to the calls that answer it (CREATOR section 3.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from creator_magic.ports import Question
from creator_magic.stages.prompt import render

if TYPE_CHECKING:
    from collections.abc import Sequence

    from creator_magic.ports import Demonstration
    from creator_magic.problem import Problem


def decision(
    problem: Problem, tool: str, attempt: int, demonstrations: Sequence[Demonstration] = ()
) -> Question:
    """Ask for the calls of `tool` that answer `problem`.

    Parameters
    ----------
    problem : Problem
        What is to be answered.
    tool : str
        Source of the tool cell.
    attempt : int
        The number of the attempt that the decision is for, from 1.
    demonstrations : sequence of Demonstration
        How kept tools that the tool is made of were called for other problems.
    """
    messages = render("decision", problem=problem, tool=tool, demonstrations=demonstrations)
    return Question("decision", attempt, problem, messages)
