"""The generated cells of one solve, as the notebook shall have them: marks, revisions, what is kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from creator_magic.cells.generated import CellMark, generated_cell, is_edited, solve_id_of, source_sha

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from creator_magic.cells.request import Request
    from creator_magic.ports import CellRun

NO_ANSWER = ""
"""What cells carry as `asked` while their solve goes on, and after it failed: they answer no problem."""


@dataclass(frozen=True, slots=True)
class WrittenCells:
    """What becomes of the cells under one magic cell.

    Parameters
    ----------
    request : Request
        The magic cell's request, with the cells that stand under it.
    asked : str
        Hash of the problem and of the options that matter.
    stand : bool
        Whether the cells run as they stand; then they keep their marks, and none is written anew.
    fresh : bool
        Whether the person wants all of them written anew, their own edits too.
    """

    request: Request
    asked: str
    stand: bool
    fresh: bool

    @property
    def solve_id(self) -> str:
        """The id of the solve."""
        return solve_id_of(self.request.cell_id, self.asked)

    def cells(
        self, runs: Sequence[CellRun], revisions: Mapping[str, int], count: int | None, *, answered: bool
    ) -> list[dict[str, Any]]:
        """Return the cells in nbformat's form; those with `keep` stay as the person edited them.

        Parameters
        ----------
        runs : sequence of CellRun
            The code, with the outputs that there are.
        revisions : mapping of str to int
            The revision of each slot.
        count : int or None
            The prompt number.
        answered : bool
            Whether the code answers the problem.
        """
        before = {cell.mark.key: cell for cell in self.request.standing} if self.stand else {}
        kept = self.kept(runs)
        cells = []
        for run in runs:
            stood = before.get(run.cell.key)
            mark = CellMark(
                role=run.cell.role,
                key=run.cell.key,
                parent=self.request.cell_id,
                solve_id=self.solve_id,
                revision=stood.mark.revision if stood else revisions[run.cell.key],
                sha=stood.mark.sha
                if stood and is_edited(stood.mark, stood.source)
                else source_sha(run.cell.source),
                asked=self.asked if answered or self.stand else NO_ANSWER,
            )
            cell = generated_cell(mark, run.cell.source, run.outputs, count)
            cells.append({**cell, "keep": True} if run.cell.key in kept else cell)
        return cells

    def kept(self, runs: Sequence[CellRun]) -> list[str]:
        """Return the slots whose cell the person has edited, and into which other code would go."""
        if self.fresh or self.stand:
            return []
        written = {run.cell.key: run.cell.source for run in runs}
        return sorted(
            cell.mark.key
            for cell in self.request.standing
            if is_edited(cell.mark, cell.source) and written.get(cell.mark.key, cell.source) != cell.source
        )

    def retired(self, runs: Sequence[CellRun]) -> list[str]:
        """Return the slots that this solution no longer has; cells that the person edited or tagged stay."""
        keys = {run.cell.key for run in runs}
        return [
            cell.mark.key
            for cell in self.request.standing
            if cell.mark.key not in keys and not is_edited(cell.mark, cell.source) and not cell.skipped
        ]
