"""Mending: from a cell of the person's own, and what execution said of it, to a better one.

As rectification (CREATOR, arXiv 2305.14318, section 3.4), but of code that no model wrote: what is not
wrong with it is the person's, and stays.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from creator_magic.ports import Beginning, CodeCell, Question
from creator_magic.redaction import WITHHELD
from creator_magic.stages.prompt import render

if TYPE_CHECKING:
    from creator_magic.problem import Problem

CELL = "notebook"
"""The key of the person's cell, as reports name it: "the notebook cell"."""


def mending(problem: Problem, cell: str, said: str, attempt: int = 1, rejected: str = "") -> Question:
    """Ask for a diagnosis and the whole new text of a cell.

    Parameters
    ----------
    problem : Problem
        What is wanted of the cell, with hints and the variables that were stated.
    cell : str
        The cell's source, with nothing in it that looks like a key.
    said : str
        What execution said; empty where it did not fail.
    attempt : int
        1, or 2 where the first reply could not be used.
    rejected : str
        Why it could not.
    """
    ticks = max((len(run) for run in re.findall(r"`+", cell)), default=0)
    messages = render(
        "mending",
        problem=problem,
        cell=cell,
        fence="`" * max(3, ticks + 1),
        withheld=WITHHELD if WITHHELD in cell else "",
        said=said,
        rejected=rejected,
    )
    beginning = Beginning((CodeCell("decision", CELL, cell),), "")
    return Question("mending", attempt, problem, messages, beginning, said=said)
