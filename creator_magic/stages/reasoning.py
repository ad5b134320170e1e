"""Reasoning: a stage's question, with prose asked for before the code (CREATOR section 4, "w/ CoT")."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from creator_magic.stages.prompt import render

if TYPE_CHECKING:
    from creator_magic.ports import Question


def with_reasoning(question: Question) -> Question:
    """Return a question whose reply reasons before it gives code."""
    head, tail = question.messages
    return replace(question, messages=render("reasoning", head=head.content, tail=tail.content))
