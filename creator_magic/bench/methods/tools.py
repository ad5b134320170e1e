"""Tool use: a program that calls tools which are there (CREATOR, arXiv 2305.14318, section 4)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from creator_magic.bench.methods.pot import ProgramWork
from creator_magic.bench.methods.worked import worked
from creator_magic.errors import InputError
from creator_magic.toolbox.collection import Candidate as Found
from creator_magic.toolbox.collection import is_offered
from creator_magic.toolbox.reuse import candidate_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from creator_magic.bench.methods.task import Answered, Task
    from creator_magic.ports import Candidate
    from creator_magic.toolbox.collection import Toolbox


def tools(task: Task) -> Answered:
    """Ask for a program, and show it the tools; the source of those that it calls is run before it."""
    return worked(task, ProgramWork)


def named_tools(names: Sequence[str], toolbox: Toolbox) -> tuple[Candidate, ...]:
    """Return tools of a toolbox, as a model is offered them.

    Raises
    ------
    InputError
        If there is no such tool, or it is from elsewhere and was never checked here.
    """
    found = []
    for name in names:
        place, tool = toolbox.find(name)
        if not is_offered(tool):
            raise InputError(
                f"{name} is from elsewhere, and nobody has run it here: `creator-magic tools check {name}`."
            )
        found.append(candidate_of(Found(tool, toolbox.helpers(tool, place), place, 0.0, ())))
    return tuple(found)
