"""Program: from a problem to one program that answers it, and from a failed one to a better one.

Program of thought (Chen et al., arXiv 2211.12588). CREATOR (arXiv 2305.14318, section 4) compares with it,
and with "tool use", where the program may call tools that are there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from creator_magic.ports import Question
from creator_magic.stages.prompt import render

if TYPE_CHECKING:
    from creator_magic.ports import Candidate
    from creator_magic.problem import Problem


def program(
    problem: Problem,
    tools: tuple[Candidate, ...] = (),
    attempt: int = 1,
    *,
    failed: str | None = None,
    feedback: str = "",
) -> Question:
    """Ask for a program.

    Parameters
    ----------
    problem : Problem
        What is to be answered.
    tools : tuple of Candidate
        What it may call.
    attempt : int
        The number of the attempt that it is for, from 1.
    failed : str or None
        The program that failed; None where the reply before held none.
    feedback : str
        What execution, or the reading of the reply, said of it; empty at first.
    """
    messages = render("program", problem=problem, tools=tools, failed=failed, feedback=feedback)
    return Question("program", attempt, problem, messages, candidates=tools)
