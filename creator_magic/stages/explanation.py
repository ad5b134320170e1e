"""Explanation: the code of a solve in words, for somebody who reads it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from creator_magic.ports import Beginning, Question
from creator_magic.stages.prompt import render

if TYPE_CHECKING:
    from collections.abc import Sequence

    from creator_magic.ports import CodeCell
    from creator_magic.problem import Problem


def explanation(problem: Problem, cells: Sequence[CodeCell], reader: str) -> Question:
    """Ask for an explanation of generated cells.

    Parameters
    ----------
    problem : Problem
        What they solve.
    cells : sequence of CodeCell
        The cells as they stand.
    reader : str
        For whom it is meant.
    """
    messages = render("explanation", problem=problem, cells=cells, reader=reader)
    return Question("explanation", 1, problem, messages, Beginning(tuple(cells), reader))
