"""Review: a model reads problem, code and output, and says whether the output answers the problem.

Textual feedback beyond what execution says (Code as the wand, arXiv 2401.00812, section 4.2). It is
asked for only where the person wants it, since the output goes along.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from creator_magic.ports import Question
from creator_magic.stages.prompt import render

if TYPE_CHECKING:
    from creator_magic.problem import Problem


def review(problem: Problem, tool: str, decision: str, output: str, attempt: int) -> Question:
    """Ask whether an output answers `problem`.

    Parameters
    ----------
    problem : Problem
        What is to be answered.
    tool, decision : str
        The code that ran.
    output : str
        What it showed.
    attempt : int
        The number of the attempt, from 1.
    """
    messages = render("review", problem=problem, tool=tool, decision=decision, output=output)
    return Question("review", attempt, problem, messages)
