"""What undoing a solve needs to know, for each magic cell's last solve."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from creator_magic.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from creator_magic.cells.front_end import Place
    from creator_magic.cells.protocol import SyncedCell
    from creator_magic.cells.request import StandingCell
    from creator_magic.ports import CodeCell


class UndoneRecord(Protocol):
    """Whoever showed a solve, and can show that it was undone."""

    def undone(self, lines: Sequence[str], cells: Sequence[CodeCell]) -> dict[str, Any] | None:
        """Show it; return the output that says so, if there is one."""


@dataclass(slots=True)
class PastSolve:
    """A solve that can be undone.

    Parameters
    ----------
    owner : str
        What its names belong to: the id of its magic cell, where that is known.
    problem : str
        The problem's text.
    before : sequence of dict
        The cells that stood under the magic cell before it, as a `Sync` carries them.
    known : dict of str to list of str
        Every source that the solve found or wrote, or that the run before it may have left, by slot; any
        other is the person's.
    place : Place or None
        Where its cells went.
    record : UndoneRecord or None
        What shows it.
    cells : sequence of CodeCell
        Its code, as far as it came.
    tools : sequence of str
        The tools that came into the toolbox with it.
    """

    owner: str
    problem: str
    before: Sequence[SyncedCell] = ()
    known: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    place: Place | None = None
    record: UndoneRecord | None = None
    cells: Sequence[CodeCell] = ()
    tools: Sequence[str] = ()

    def edited(self, standing: Sequence[StandingCell]) -> list[str]:
        """Return the slots whose cell the person has edited since."""
        return [cell.mark.key for cell in standing if cell.source not in self.known.get(cell.mark.key, ())]


@dataclass(frozen=True, slots=True)
class PastMending:
    """A cell of the person's that was mended, and can be as it was.

    Parameters
    ----------
    owner : str
        What tells the cell from the others.
    original, mended : str
        Its text before and after.
    placed : bool
        Whether a page put the text into the cell, and can put the old one back.
    """

    owner: str
    original: str
    mended: str
    placed: bool


class PastSolves:
    """The last solve of each magic cell, the last mending of each of the person's, the latest last."""

    def __init__(self) -> None:
        self._solves: dict[str, PastSolve | PastMending] = {}

    def begin(self, solve: PastSolve) -> PastSolve:
        """Remember `solve` as the last one of its magic cell."""
        self.add(solve)
        return solve

    def add(self, past: PastSolve | PastMending) -> None:
        """Remember what can be undone, as the last thing that was done to its cell."""
        self._solves.pop(past.owner, None)
        self._solves[past.owner] = past

    def get(self, owner: str) -> PastSolve | None:
        """Return the last solve of `owner`, unless there is none or it was undone."""
        past = self._solves.get(owner)
        return past if isinstance(past, PastSolve) else None

    def take(self, owner: str | None) -> PastSolve | PastMending:
        """Return what was last done to `owner`, or to any, and forget it.

        Raises
        ------
        InputError
            If there is none, or it was undone already.
        """
        if owner is None and self._solves:
            owner = next(reversed(self._solves))
        found = self._solves.pop(owner or "", None)
        if found is None:
            raise InputError(_nothing("undo", owner))
        return found

    def last(self, owner: str | None) -> PastSolve:
        """Return the last solve of `owner`, or of all.

        Raises
        ------
        InputError
            If there is none, or it was undone.
        """
        solves = [each for each in self._solves.values() if isinstance(each, PastSolve)]
        found = [each for each in solves if owner in (None, each.owner)]
        if not found:
            raise InputError(_nothing("explain", owner))
        return found[-1]


def _nothing(to_do: str, owner: str | None) -> str:
    where = " in this cell" if owner else ""
    return f"There is nothing to {to_do}: nothing was solved{where} since the kernel started."
