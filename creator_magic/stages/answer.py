"""Answer: a problem's answer from the model's own text, as the baselines without code take it.

CREATOR (arXiv 2305.14318, section 4) compares with the answer at once ("vanilla") and with the answer
after a chain of thought (Wei et al., arXiv 2201.11903).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from creator_magic.ports import Question
from creator_magic.reply.reading import cleaned
from creator_magic.stages.prompt import render

if TYPE_CHECKING:
    from creator_magic.ports import AnswerStage
    from creator_magic.problem import Problem

_FINAL = re.compile(r"Answer:\s*(\S.*)")


def answer(problem: Problem, stage: AnswerStage) -> Question:
    """Ask for an answer on a line of its own, at once or behind the reasoning that leads to it."""
    return Question(stage, 1, problem, render(stage, problem=problem))


def read_answer(text: str, finish_reason: str | None) -> str:
    """Return the answer that a reply states on its last line; empty if it states none or was cut off.

    Nothing else counts: a number somewhere in the reasoning is no answer.
    """
    if finish_reason in (None, "length"):
        return ""
    lines = cleaned(text).split("\n")
    last = next((line.strip() for line in reversed(lines) if line.strip()), "")
    stated = _FINAL.fullmatch(last)
    return stated[1] if stated else ""
