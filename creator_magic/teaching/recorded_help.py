"""The steps of help that a notebook's outputs record, read for a report.

An output that showed a step carries all steps of its problem so far:

    output.metadata.creator_magic = {"v": 1, "help": {"steps": [{"level": 2, "at": "…"}, …], …}}
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from creator_magic.cells.generated import KEY

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

LEVELS = ("check", "question", "hint", "signature", "tool", "solution")
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


def recorded_help(cell: Mapping[str, Any]) -> tuple[RecordedStep, ...]:
    """Return the steps that a cell's outputs record, oldest first; what is damaged is passed over.

    Parameters
    ----------
    cell : mapping
        A code cell of nbformat 4.5.
    """
    return tuple(sorted(set(_steps(cell))))


def _steps(cell: Mapping[str, Any]) -> Iterator[RecordedStep]:
    for output in cell.get("outputs", ()):
        told = output.get("metadata", {}).get(KEY)
        recorded = told.get("help") if isinstance(told, dict) else None
        steps = recorded.get("steps") if isinstance(recorded, dict) else None
        for step in steps if isinstance(steps, list) else ():
            level = step.get("level") if isinstance(step, dict) else None
            if type(level) is int and 0 <= level < len(LEVELS):
                yield RecordedStep(str(step.get("at") or ""), level)
