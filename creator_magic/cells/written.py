"""The generated cells of one solve, as the notebook shall have them: marks, revisions, what is kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from creator_magic.cells.generated import KEY, CellMark, generated_cell, is_edited, solve_id_of, source_sha
from creator_magic.cells.protocol import OFFER

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from creator_magic.cells.request import Request, StandingCell
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
    unheard : sequence of str
        The slots of former cells that the request did not know of.
    """

    request: Request
    asked: str
    stand: bool
    fresh: bool
    unheard: Sequence[str] = ()

    @property
    def rectify(self) -> bool:
        """Whether the solve began with the cells that stand, and may rewrite them all."""
        return self.request.rectify is not None

    @property
    def solve_id(self) -> str:
        """The id of the solve."""
        return solve_id_of(self.request.cell_id, self.asked)

    def cells(
        self, runs: Sequence[CellRun], revisions: Mapping[str, int], count: int | None, *, answered: bool
    ) -> list[dict[str, Any]]:
        """Return the cells in nbformat's form; those with `keep` stay as the person edited them.

        A cell that is kept is offered the code that answers the problem.

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
        begun = self.stand or self.rectify
        before = {cell.mark.key: cell for cell in self.request.standing} if begun else {}
        untouched = [key for key, cell in before.items() if self.stand or _holds(runs, key, cell.source)]
        kept = self.kept(runs)
        cells = []
        for run in runs:
            stood = before.get(run.cell.key)
            stands = run.cell.key in untouched
            rewritten = 0 if stands else revisions[run.cell.key] - 1
            asked = self.asked if answered or self.stand else NO_ANSWER
            if stood is not None and not answered and len(untouched) == len(runs):
                asked = stood.mark.asked
            mark = CellMark(
                role=run.cell.role,
                key=run.cell.key,
                parent=self.request.cell_id,
                solve_id=self.solve_id,
                revision=revisions[run.cell.key] if stood is None else stood.mark.revision + rewritten,
                sha=stood.mark.sha
                if stood and stands and is_edited(stood.mark, stood.source)
                else source_sha(run.cell.source),
                asked=asked,
            )
            cell = generated_cell(mark, run.cell.source, run.outputs, count)
            if run.cell.key in kept:
                cell["keep"] = True
                if answered and not kept[run.cell.key].fixed:
                    cell["metadata"][OFFER] = {"source": run.cell.source, "mark": cell["metadata"][KEY]}
            cells.append(cell)
        return cells

    def kept(self, runs: Sequence[CellRun]) -> dict[str, StandingCell]:
        """Return the cells, by slot, that are fixed or edited, and into which other code would go."""
        anew = self.fresh or self.stand or self.rectify
        written = {run.cell.key: run.cell.source for run in runs}
        kept = {
            cell.mark.key: cell
            for cell in self.request.standing
            if (cell.fixed or (is_edited(cell.mark, cell.source) and not anew))
            and written.get(cell.mark.key, cell.source) != cell.source
        }
        return dict(sorted(kept.items()))

    def retired(self, runs: Sequence[CellRun]) -> list[str]:
        """Return the slots that this solution no longer has; fixed, edited and tagged cells stay."""
        written = {run.cell.key for run in runs}
        theirs = {
            cell.mark.key
            for cell in self.request.standing
            if is_edited(cell.mark, cell.source) or cell.skipped or cell.fixed
        }
        before = dict.fromkeys([*(cell.mark.key for cell in self.request.standing), *self.unheard])
        return [key for key in before if key not in written | theirs]


def _holds(runs: Sequence[CellRun], key: str, source: str) -> bool:
    return any(run.cell.key == key and run.cell.source == source for run in runs)
