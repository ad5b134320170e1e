"""Cases: from a kept tool to calls of it that it was not made on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from creator_magic.ports import Question
from creator_magic.problem import Problem
from creator_magic.stages.prompt import render

if TYPE_CHECKING:
    from creator_magic.toolbox.tool import Tool


def cases(tool: Tool) -> Question:
    """Ask for cases that `tool` has not been shown; its source is what is sent, and what is asked about."""
    return Question("cases", 1, Problem(tool.source, method="create"), render("cases", tool=tool))
