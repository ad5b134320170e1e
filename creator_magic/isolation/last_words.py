"""What is said of cells whose worker did not live to say it itself."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from creator_magic.inert import inert
from creator_magic.isolation.endings import in_words
from creator_magic.kernel.outcome import filename_of
from creator_magic.ports import Failure, Frame

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from creator_magic.isolation.limits import IsolationLimits
    from creator_magic.ports import CodeCell

_LEVEL = re.compile(
    r'^  File "(?P<file><creator [^"]+>)", line (?P<line>\d+) in (?P<function>.+)$', re.MULTILINE
)


def failure_of_ending(
    ending: Mapping[str, Any], limits: IsolationLimits, cells: Sequence[CodeCell], running: CodeCell
) -> Failure:
    """Describe how a worker ended.

    Parameters
    ----------
    ending : mapping
        What its supervisor told: why it was stopped, its exit code, and the stack that it left.
    limits : IsolationLimits
        What it was held to.
    cells : sequence of CodeCell
        What it was to run.
    running : CodeCell
        The cell that was running.
    """
    kind, name, said = in_words(ending, limits)
    levels = _levels(str(ending.get("stack")), cells)
    at = [f"  {level.key} cell, line {level.line}, in {level.function}\n    {level.text}" for level in levels]
    lines = (*(["Where it was (most recent call last):", *at] if at else []), f"{name}: {said}")
    return Failure(kind, name, said, running.key, levels, tuple("\n".join(lines).splitlines()))


def _levels(stack: str, cells: Sequence[CodeCell]) -> tuple[Frame, ...]:
    """Find the levels in generated cells in what `faulthandler` wrote, outermost first."""
    written = {filename_of(cell): cell for cell in cells}
    levels = []
    for level in reversed(list(_LEVEL.finditer(stack))):
        cell = written.get(level["file"])
        if cell is not None:
            number = int(level["line"])
            text = cell.source.splitlines()[number - 1 : number]
            levels.append(Frame(cell.key, number, level["function"], inert("".join(text)).strip()))
    return tuple(levels)
