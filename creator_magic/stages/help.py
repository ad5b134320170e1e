"""Help: a question back, or a hint, for a student who is to find the solution alone.

The first levels of help, before a tool's signature and the tool itself. What is replied is shown only
after `creator_magic.course.hints_only` has taken code out of it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from creator_magic.ports import Beginning, CodeCell, Question
from creator_magic.stages.mending import CELL
from creator_magic.stages.prompt import render

if TYPE_CHECKING:
    from creator_magic.problem import Problem

WordLevel = Literal[1, 2]
"""The levels of help that are words: 1 a question back, 2 a hint."""


def word_level(level: int) -> WordLevel:
    """Return a level of help as one of those that are words."""
    return 1 if level == 1 else 2


def help_in_words(
    problem: Problem,
    level: WordLevel,
    *,
    own: str = "",
    said: str = "",
    allowed: tuple[str, ...] = (),
    again: bool = False,
) -> Question:
    """Ask for a question back, or for a hint.

    Parameters
    ----------
    problem : Problem
        What the student works on. Its method, checks and plan do not matter, so that one recording serves
        whichever of them is used.
    level : {1, 2}
        Which of the two; it is the question's attempt, so that each level is recorded by itself.
    own : str
        The source of the student's own cell, where help with that is wanted.
    said : str
        What was found about that cell, in the teacher's words.
    allowed : tuple of str
        Expressions that the teacher lets a hint show.
    again : bool
        Whether the first reply was code; it is then the question's second sample.
    """
    problem = replace(problem, method="creator", shares_errors=False, checks=(), plan="")
    messages = render("help", problem=problem, level=level, own=own, said=said, allowed=allowed, again=again)
    cell = Beginning((CodeCell("decision", CELL, own),), "") if own else None
    return Question("help", level, problem, messages, cell, sample=2 if again else 1, said=said)
