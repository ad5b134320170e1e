"""The steps of help that a notebook's outputs record, read for a report.

An output that showed a step carries all steps of its problem so far:

    output.metadata.creator_magic = {"v": 1, "help": {"problem": "3f…", "steps": [{"level": 2, "at": "…"}]}}
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from creator_magic.cells.generated import KEY
from creator_magic.course.course import HELP

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

LEVELS = ("check", *HELP)
"""What each level gives; the first is a check of the student's own answer, which gives nothing away."""


@dataclass(frozen=True, slots=True, order=True)
class RecordedStep:
    """One step of help.

    Parameters
    ----------
    at : str
        When, in ISO 8601; empty if it is not said.
    level : int
        An index into `LEVELS`.
    """

    at: str
    level: int

    def __str__(self) -> str:
        return LEVELS[self.level]


def recorded_help(cells: Iterable[Mapping[str, Any]]) -> dict[str, tuple[RecordedStep, ...]]:
    """Return the steps that the outputs of cells record, by problem; what is damaged is passed over.

    Parameters
    ----------
    cells : iterable of mapping
        Code cells of nbformat 4.5.

    Returns
    -------
    dict of str to tuple of RecordedStep
        By `creator_magic.course.steps.problem_id`, or by the cell where it is not told, in the order in which
        the cells show them; the steps of the output that holds most of them, oldest first.
    """
    found: dict[str, tuple[RecordedStep, ...]] = {}
    for cell in cells:
        for problem, steps in _recorded(cell):
            found[problem] = max(found.get(problem, ()), steps, key=len)
    return found


def _recorded(cell: Mapping[str, Any]) -> Iterator[tuple[str, tuple[RecordedStep, ...]]]:
    for output in cell.get("outputs", ()):
        told = output.get("metadata", {}).get(KEY)
        recorded = told.get("help") if isinstance(told, dict) else None
        if isinstance(recorded, dict) and isinstance(recorded.get("steps"), list):
            yield str(recorded.get("problem") or cell["id"]), tuple(sorted(_steps(recorded["steps"])))


def _steps(recorded: Iterable[Any]) -> Iterator[RecordedStep]:
    for step in recorded:
        level = step.get("level") if isinstance(step, dict) else None
        if type(level) is int and 0 <= level < len(LEVELS):
            yield RecordedStep(str(step.get("at") or ""), level)
