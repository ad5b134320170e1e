"""What running a notebook tells: each cell as it begins and ends, and what the run came to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from creator_magic.errors import NotebookError

if TYPE_CHECKING:
    from pathlib import Path

    from creator_magic.cells.generated import SolveSummary


@dataclass(frozen=True, slots=True)
class Progress:
    """A cell that begins or has ended.

    Parameters
    ----------
    number : int
        Which one, counted from 1 over the cells that run.
    total : int
        How many will run, as far as is known.
    title : str
        The cell's first line; for a magic cell its first line of text too.
    seconds : float or None
        How long it ran; None when it begins.
    failed : bool
        Whether it ended with an error.
    """

    number: int
    total: int
    title: str
    seconds: float | None = None
    failed: bool = False


@dataclass(frozen=True, slots=True)
class CellFailure:
    """A cell that failed.

    Parameters
    ----------
    number : int
        Which one, counted from 1 over the cells that ran.
    title : str
        As in `Progress`.
    reason : str
        The error's type and message, in one line.
    """

    number: int
    title: str
    reason: str

    def __str__(self) -> str:
        return f"cell {self.number} ({self.title}): {self.reason}"


@dataclass(frozen=True, slots=True)
class RunReport:
    """What running a notebook came to.

    Parameters
    ----------
    output : Path
        The file that was written.
    ran : int
        How many cells ran.
    total : int
        How many cells should have run.
    failures : tuple of CellFailure
        The cells that failed, apart from those tagged `raises-exception`.
    interrupted : bool
        Whether a person stopped the run.
    solves : tuple of SolveSummary
        What the records of this run say.
    seconds : float
        Wall time, with the start of the kernel.
    notices : tuple of str
        What the person should know, in a sentence each.
    """

    output: Path
    ran: int
    total: int
    failures: tuple[CellFailure, ...]
    interrupted: bool
    solves: tuple[SolveSummary, ...]
    seconds: float
    notices: tuple[str, ...]


class KernelDiedError(NotebookError):
    """The kernel ended in the middle of a run; what ran was written.

    Parameters
    ----------
    message : str
        Which cell it ended in.
    report : RunReport
        What the run came to until then.
    """

    def __init__(self, message: str, report: RunReport) -> None:
        super().__init__(message)
        self.report = report

    def __reduce__(self) -> tuple[type[KernelDiedError], tuple[str, RunReport]]:
        return type(self), (self.message, self.report)
