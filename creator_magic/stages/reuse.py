"""Reuse: a problem with tools that were kept; one reply judges them and acts on the judgement.

In CREATOR (arXiv 2305.14318, section 5.2) a tool made for one problem serves others. The model may
call a kept tool, combine several, or build a new one on them (the paper's three kinds of tool: one
that wraps another, one that combines several, a hierarchy); where none serves it makes a new one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from creator_magic.ports import Question
from creator_magic.stages.prompt import render

if TYPE_CHECKING:
    from creator_magic.ports import Candidate
    from creator_magic.problem import Problem


def reuse(problem: Problem, candidates: tuple[Candidate, ...], *, may_create: bool = True) -> Question:
    """Ask for a decision that calls kept tools, or for a tool where none of them serves.

    Parameters
    ----------
    problem : Problem
        What is to be answered.
    candidates : tuple of Candidate
        The tools that may serve it, best first.
    may_create : bool
        Whether the one who is asked makes new tools too; if not, a reply without a decision says
        that none serves.
    """
    wants_decision = problem.method != "create"
    messages = render(
        "reuse",
        problem=problem,
        candidates=candidates,
        wants_decision=wants_decision,
        may_create=may_create or not wants_decision,
    )
    return Question("reuse", 1, problem, messages, candidates=candidates)
