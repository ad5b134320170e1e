"""Rectification: from failed code and its feedback to better code (CREATOR section 3.4)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from creator_magic.ports import Question
from creator_magic.stages.prompt import render

if TYPE_CHECKING:
    from creator_magic.draft import Draft
    from creator_magic.feedback import Feedback
    from creator_magic.ports import Beginning
    from creator_magic.problem import Problem


def rectification(
    problem: Problem,
    draft: Draft,
    feedback: Feedback,
    attempt: int,
    rejected: str | None = None,
    *,
    beginning: Beginning | None = None,
    wants_decision: bool = True,
) -> Question:
    """Ask for a diagnosis and a new tool, decision, or both.

    Parameters
    ----------
    problem : Problem
        What is to be answered.
    draft : Draft
        The code that failed.
    feedback : Feedback
        What execution, or the reading of the reply, said.
    attempt : int
        The number of the attempt that the reply is for, from 2.
    rejected : str or None
        Code of the last reply that never came to run, such as one with a syntax error.
    beginning : Beginning or None
        What stood in the notebook, where the person asked to have it rectified.
    wants_decision : bool
        Whether a decision is wanted beside the tool; it is not where the method makes none.
    """
    messages = render(
        "rectification",
        problem=problem,
        tool=draft.tool_text,
        decision=draft.decision,
        kept=[tool.kept_as for tool in draft.tools if tool.kept_as],
        functions=[c.shown for c in draft.candidates if c.name in draft.reused and not c.tools],
        rejected=rejected,
        feedback=feedback.for_model,
        wants_decision=wants_decision and problem.method != "create",
        remark=beginning.remark if beginning else "",
    )
    return Question("rectification", attempt, problem, messages, beginning)
