"""One magic cell, from its text to generated cells, a record, and an answer or a failure.

A solved notebook runs again from itself: where the cells of an earlier solve stand under the
magic cell and the problem is unchanged, they run as they stand and no model is asked.
"""

from __future__ import annotations

import sys
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from creator_magic.cells.generated import CellMark, generated_cell, is_edited, solve_id_of, source_sha
from creator_magic.cells.next_input import offer_next_input
from creator_magic.cells.once_per_pass import show
from creator_magic.cells.record import DisplayRecord, display_under_cell
from creator_magic.cells.request import current_request
from creator_magic.cells.terminal import TerminalProgress
from creator_magic.errors import Interrupted, UnsolvedError
from creator_magic.kernel.interruption import uninterrupted
from creator_magic.kernel.live import prompt_number
from creator_magic.ports import CodeCell

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from IPython.core.interactiveshell import InteractiveShell

    from creator_magic.cells.request import Request, StandingCell
    from creator_magic.ports import CellRun, Role
    from creator_magic.problem import Problem
    from creator_magic.session import Options, Session
    from creator_magic.solution import Solution

_FAILED = ""
"""What cells of a failed solve carry as `asked`: they answer no problem."""

_TOO_LATE = "the problem had just been solved; what is shown stands."


def work_on_cell(
    shell: InteractiveShell, session: Session, text: str, options: Options, *, create: bool
) -> Solution:
    """Do what a `%%solve` or `%%create` cell asks.

    Parameters
    ----------
    shell : InteractiveShell
        The shell whose cell it is.
    session : Session
        The shell's session.
    text : str
        The cell's body.
    options : Options
        Its flags.
    create : bool
        Whether only a tool is wanted.

    Returns
    -------
    Solution
        Solved.

    Raises
    ------
    InputError
        If text or flags cannot be used; nothing was sent.
    ModelError
        If a model cannot be asked.
    UnsolvedError
        If no attempt worked; the record and the cells show the last one.
    """
    problem = session.problem(text, options, create=create)
    return _MagicCell(shell, session, current_request(shell), options, problem).work()


def why_unsolved(solution: Solution) -> str:
    """Say why a solve failed, and what a person can do."""
    last = solution.attempts[-1].feedback.summary.rstrip(".")
    if solution.from_notebook:
        return f"The cells failed as they stand: {last}. Mend the cell, or solve anew with --fresh."
    count = len(solution.attempts)
    if solution.exchanges and all(exchange.reply.origin != "called" for exchange in solution.exchanges):
        again = "All replies were recorded ones; --fresh asks the model anew."
        return f"Not solved; every variable is as it was. Last: {last}.\n{again}"
    tries = "the one attempt" if count == 1 else f"{count} attempts"
    ways = "Add a --hint, allow more with --max-rectifications, or mend the cell and run this one again."
    return f"Not solved in {tries}; every variable is as it was. Last: {last}.\n{ways}"


@dataclass(frozen=True, slots=True)
class _MagicCell:
    shell: InteractiveShell
    session: Session
    request: Request
    options: Options
    problem: Problem

    @property
    def owner(self) -> str:
        return self.request.cell_id or f"problem {self.problem.asked}"

    @property
    def in_terminal(self) -> bool:
        return getattr(self.shell, "kernel", None) is None

    def work(self) -> Solution:
        try:
            solution = self.answered()
        except BaseException as stopped:
            with suppress(KeyboardInterrupt):
                self.session.keep_accounts(hurried=isinstance(stopped, KeyboardInterrupt))
            raise
        try:
            self.session.keep_accounts()
        except KeyboardInterrupt:
            raise Interrupted(_TOO_LATE) from None
        return solution

    def answered(self) -> Solution:
        progress = self.progress()
        self.session.own(solve_id_of(self.request.cell_id, self.problem.asked), self.owner)
        standing = () if self.options.fresh else self.runnable()
        if standing:
            code = [CodeCell(_role(cell), cell.mark.key, cell.source) for cell in standing]
            solution = self.session.run_standing(self.problem, code, self.options, self.owner, progress)
        else:
            solution = self.session.solve(self.problem, self.options, self.owner, progress)
        late = False
        try:
            with uninterrupted():
                self.show(solution, progress, standing)
        except KeyboardInterrupt:
            late = True
        if not solution.solved:
            raise UnsolvedError(why_unsolved(solution), solution)
        if late:
            # The cells that wait behind this one must not run on.
            raise Interrupted(_TOO_LATE)
        return solution

    def progress(self) -> DisplayRecord | TerminalProgress:
        if self.in_terminal:
            return TerminalProgress(sys.stdout, lambda source: self.shell.pycolorize(source) or source)
        return DisplayRecord(display_under_cell(self.session.publisher or self.shell.display_pub))

    def runnable(self) -> tuple[StandingCell, ...]:
        """Return the cells that answer the problem as they stand, or none.

        Cells of a solve that failed answer nothing, unless the person has mended them.
        """
        standing = self.request.standing
        wanted = {"tool"} if self.problem.method == "create" else {"tool", "decision"}
        answers = {self.problem.asked, _FAILED}
        if not wanted <= {cell.mark.role for cell in standing}:
            return ()
        if any(cell.mark.asked not in answers for cell in standing):
            return ()
        failed = any(cell.mark.asked == _FAILED for cell in standing)
        if failed and not any(is_edited(cell.mark, cell.source) for cell in standing):
            return ()
        # Whatever order the person keeps them in, a decision needs its tool.
        return tuple(sorted(standing, key=lambda cell: cell.mark.role == "decision"))

    def show(
        self,
        solution: Solution,
        progress: DisplayRecord | TerminalProgress,
        standing: Sequence[StandingCell],
    ) -> None:
        """Show the outcome in whatever way this front end has."""
        parent = self.request.cell_id
        solve_id = solve_id_of(parent, self.problem.asked)
        kept = () if self.options.fresh or standing else self.kept(solution.runs)
        notes = [
            f"Your edited {key} cell was kept. Its new version is here; --fresh puts it in the cell's place."
            for key in kept
        ]
        if isinstance(progress, TerminalProgress):
            progress.finish(solution, notes)
        else:
            cells = self.generated_cells(solution, standing, solve_id, kept)
            unplaced = [run for run in solution.runs if run.cell.key in kept or not self.request.places_cells]
            progress.finish(solution, cells, notes, [run.cell for run in unplaced], parent)
            if not self.request.places_cells:
                self.show_rich_outputs(solution.runs)
        if parent is not None:
            self.session.once_per_pass.remember(parent, solution.runs)
        if solution.solved and not standing:
            self.offer(solution.runs, solve_id)

    def generated_cells(
        self, solution: Solution, standing: Sequence[StandingCell], solve_id: str, kept: Collection[str]
    ) -> list[dict[str, Any]]:
        """Return the cells as the notebook shall have them."""
        before = {cell.mark.key: cell for cell in standing}
        cells = []
        for run in solution.runs:
            stood = before.get(run.cell.key)
            mark = CellMark(
                role=run.cell.role,
                key=run.cell.key,
                parent=self.request.cell_id,
                solve_id=solve_id,
                revision=stood.mark.revision if stood else _revision(solution, run.cell.key),
                sha=stood.mark.sha
                if stood and is_edited(stood.mark, stood.source)
                else source_sha(run.cell.source),
                asked=self.problem.asked if solution.solved or standing else _FAILED,
            )
            cell = generated_cell(mark, run.cell.source, run.outputs, prompt_number(self.shell))
            cells.append({**cell, "keep": True} if run.cell.key in kept else cell)
        return cells

    def kept(self, runs: Sequence[CellRun]) -> list[str]:
        """Return the slots whose cell the person has edited, and into which other code would go."""
        written = {run.cell.key: run.cell.source for run in runs}
        return sorted(
            cell.mark.key
            for cell in self.request.standing
            if is_edited(cell.mark, cell.source) and written.get(cell.mark.key, cell.source) != cell.source
        )

    def show_rich_outputs(self, runs: Sequence[CellRun]) -> None:
        """Show figures and tables under the magic, where no cell of the notebook will hold them."""
        for run in runs:
            for output in run.outputs:
                if set(output.get("data", ())) - {"text/plain"}:
                    show(self.shell, output)

    def offer(self, runs: Sequence[CellRun], solve_id: str) -> None:
        """Offer the code as a new cell, once a magic cell, where nobody else places generated cells."""
        session = self.session
        if self.request.places_cells or not session.settings.next_input:
            return
        slot = solve_id if self.in_terminal else self.request.cell_id
        # A request to a kernel that names no cell comes from no interactive front end.
        if slot is not None and slot not in session.offered:
            session.offered.add(slot)
            offer_next_input(self.shell, runs, solve_id)


def _role(cell: StandingCell) -> Role:
    return "decision" if cell.mark.role == "decision" else "tool"


def _revision(solution: Solution, key: str) -> int:
    sources = [cell.source for attempt in solution.attempts for cell in attempt.cells if cell.key == key]
    return max(1, len(dict.fromkeys(sources)))
