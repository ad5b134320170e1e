"""A cell that states a problem, taken apart as IPython does: blank lines may stand before its magic."""

from __future__ import annotations

import re
from dataclasses import dataclass

_STATES = re.compile(r"\s*%%(?P<magic>solve|create)(?!\S)(?P<flags>[^\n]*)\n?(?P<text>.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class StatedProblem:
    """What stands in the cell.

    Parameters
    ----------
    magic : {"solve", "create"}
        Its magic.
    flags : str
        The rest of the magic's line.
    text : str
        The problem.
    """

    magic: str
    flags: str
    text: str


def stated_problem(source: str) -> StatedProblem | None:
    """Return what a cell states; None if it is no cell of `%%solve` or `%%create`."""
    found = _STATES.fullmatch(source)
    return StatedProblem(**found.groupdict()) if found else None
