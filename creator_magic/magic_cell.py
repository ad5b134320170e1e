"""One magic cell, from its text to generated cells, a record, and an answer or a failure.

A solved notebook runs again from itself: where the cells of an earlier solve stand under the
magic cell and the problem is unchanged, they run as they stand and no model is asked.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from creator_magic.cells.generated import CellMark, generated_cell, is_edited, solve_id_of, source_sha
from creator_magic.cells.next_input import offer_next_input
from creator_magic.cells.once_per_pass import show
from creator_magic.cells.record import DisplayRecord, display_under_cell
from creator_magic.cells.request import current_request
from creator_magic.cells.terminal import TerminalProgress
from creator_magic.errors import UnsolvedError
from creator_magic.ports import CodeCell

if TYPE_CHECKING:
    from collections.abc import Sequence

    from IPython.core.interactiveshell import InteractiveShell

    from creator_magic.cells.request import Request, StandingCell
    from creator_magic.ports import CellRun
    from creator_magic.problem import Problem
    from creator_magic.session import Options, Session
    from creator_magic.solution import Solution


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
    request = current_request(shell)
    problem = session.problem(text, options, create=create)
    owner = request.cell_id or f"problem {problem.asked}"
    progress = _progress(shell)
    standing = () if options.fresh else _runnable(request.standing, problem)
    if standing:
        solution = session.run_standing(problem, _code(standing), options, owner, progress)
    else:
        solution = session.solve(problem, options, owner, progress)
    _show(shell, session, request, solution, progress, standing, fresh=options.fresh)
    if not solution.solved:
        raise UnsolvedError(why_unsolved(solution), solution)
    return solution


def _progress(shell: InteractiveShell) -> DisplayRecord | TerminalProgress:
    if getattr(shell, "kernel", None) is None:
        return TerminalProgress(sys.stdout, shell.pycolorize)
    return DisplayRecord(display_under_cell(shell))


def _runnable(standing: Sequence[StandingCell], problem: Problem) -> tuple[StandingCell, ...]:
    """Return the cells that answer `problem` as they stand, or none.

    Cells of a solve that failed answer nothing, unless the person has mended them.
    """
    wanted = {"tool"} if problem.method == "create" else {"tool", "decision"}
    if not wanted <= {cell.mark.role for cell in standing}:
        return ()
    if any(cell.mark.asked not in (problem.asked, _FAILED) for cell in standing):
        return ()
    failed = any(cell.mark.asked == _FAILED for cell in standing)
    if failed and not any(is_edited(cell.mark, cell.source) for cell in standing):
        return ()
    return tuple(standing)


_FAILED = ""


def _code(standing: Sequence[StandingCell]) -> list[CodeCell]:
    return [
        CodeCell("decision" if cell.mark.role == "decision" else "tool", cell.mark.key, cell.source) for cell in standing
    ]


def _show(
    shell: InteractiveShell,
    session: Session,
    request: Request,
    solution: Solution,
    progress: DisplayRecord | TerminalProgress,
    standing: Sequence[StandingCell],
    *,
    fresh: bool,
) -> None:
    """Show the outcome in whatever way this front end has."""
    parent = request.cell_id
    asked = solution.problem.asked if solution.solved or standing else _FAILED
    solve_id = solve_id_of(parent, solution.problem.asked)
    before = {cell.mark.key: cell.mark for cell in standing}
    kept = frozenset() if fresh or standing else _kept(request.standing, solution.runs)
    cells = []
    for run in solution.runs:
        stood = before.get(run.cell.key)
        mark = CellMark(
            role=run.cell.role,
            key=run.cell.key,
            parent=parent,
            solve_id=solve_id,
            revision=stood.revision if stood else _revision(solution, run.cell.key),
            sha=stood.sha if stood else source_sha(run.cell.source),
            asked=asked,
        )
        cell = generated_cell(mark, run.cell.source, run.outputs, shell.execution_count)
        cells.append({**cell, "keep": True} if run.cell.key in kept else cell)
    notes = [
        f"Your edited {key} cell was kept. Its new version is in this record; --fresh puts it in the cell's place."
        for key in sorted(kept)
    ]
    if isinstance(progress, TerminalProgress):
        progress.finish(solution, notes)
    else:
        shown = [run.cell for run in solution.runs if run.cell.key in kept or not request.places_cells]
        progress.finish(solution, cells, notes, shown, parent)
        if not request.places_cells:
            for output in (output for run in solution.runs for output in run.outputs if _is_rich(output)):
                show(shell, output)
    if parent is not None:
        session.once_per_pass.remember(parent, solution.runs)
    if not standing:
        _offer(shell, session, request, solution, solve_id)


def _kept(standing: Sequence[StandingCell], runs: Sequence[CellRun]) -> frozenset[str]:
    """Return the slots whose cell the person has edited, and into which other code would go."""
    written = {run.cell.key: run.cell.source for run in runs}
    return frozenset(
        cell.mark.key
        for cell in standing
        if is_edited(cell.mark, cell.source) and written.get(cell.mark.key, cell.source) != cell.source
    )


def _revision(solution: Solution, key: str) -> int:
    sources = [cell.source for attempt in solution.attempts for cell in attempt.cells if cell.key == key]
    return max(1, len(dict.fromkeys(sources)))


def _is_rich(output: dict[str, Any]) -> bool:
    return bool(set(output.get("data", ())) - {"text/plain"})


def _offer(
    shell: InteractiveShell, session: Session, request: Request, solution: Solution, solve_id: str
) -> None:
    """Offer the code as a new cell, once a magic cell, where nobody places generated cells."""
    if request.places_cells or not session.settings.next_input or not solution.solved:
        return
    in_terminal = getattr(shell, "kernel", None) is None
    slot = solve_id if in_terminal else request.cell_id
    # A request to a kernel that names no cell comes from no interactive front end.
    if slot is not None and slot not in session.offered:
        session.offered.add(slot)
        offer_next_input(shell, solution.runs, solve_id)


def why_unsolved(solution: Solution) -> str:
    """Say why a solve failed, and what a person can do."""
    last = solution.attempts[-1].feedback.summary.rstrip(".")
    if solution.from_notebook:
        return f"The cells failed as they stand: {last}. Mend the cell, or solve anew with --fresh."
    count = len(solution.attempts)
    tries = "the one attempt" if count == 1 else f"{count} attempts"
    ways = "Add a --hint, allow more with --max-rectifications, or mend the cell and run this one again."
    return f"Not solved in {tries}; every variable is as it was. Last: {last}.\n{ways}"
