"""The problems of one file or folder."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from creator_magic.bench.problem import BenchProblem


@dataclass(frozen=True, slots=True)
class ProblemSet:
    """The problems of one file or folder.

    Parameters
    ----------
    name : str
        What rows of results call the data.
    problems : tuple of BenchProblem
        In the order in which they are there.
    left_out : str
        What was left out and why, in a line; empty if nothing was.
    """

    name: str
    problems: tuple[BenchProblem, ...]
    left_out: str = ""
