"""Undoing a solve: its names, its cells, and what its record says."""

from __future__ import annotations

from textwrap import shorten
from typing import TYPE_CHECKING

from creator_magic.cells.generated import slot_of
from creator_magic.cells.protocol import VERSION
from creator_magic.cells.request import current_request
from creator_magic.errors import CreatorError
from creator_magic.past_solves import PastMending

if TYPE_CHECKING:
    from creator_magic.cells.protocol import Restore
    from creator_magic.kernel.solved_names import Undone
    from creator_magic.past_solves import PastSolve
    from creator_magic.session import Session


def undo_solve(session: Session, cell_id: str | None) -> list[str]:
    """Take back a solve, as far as nobody has built on it since.

    Parameters
    ----------
    session : Session
        The shell's session.
    cell_id : str or None
        The magic cell whose last solve it is; None for the last solve of all.

    Returns
    -------
    list of str
        What was taken back and what was left, in a line each.

    Raises
    ------
    InputError
        If there is nothing to undo.
    """
    session.kept_tools.settle()
    solve = session.past.take(cell_id)
    if isinstance(solve, PastMending):
        return _undo_mending(session, solve)
    lines = [_headline(solve), *_names(session.kernel.undo(solve.owner))]
    # A cell of it that is queued by now runs as the ordinary cell it is.
    session.once_per_pass.forget(solve.owner)
    request = current_request(session.shell)
    if request.cell_id == solve.owner:
        lines += [f"Your edited {key} cell stays." for key in solve.edited(request.standing)]
    lines += _tools(session, solve)
    record = solve.record.undone(lines, solve.cells) if solve.record else None
    if solve.place is not None:
        place = session.front_end.place(solve.owner) or solve.place
        stood = {slot_of(cell): cell for cell in solve.before}
        place.sync(
            [{**cell, "replaces": solve.known[key]} for key, cell in stood.items()],
            {key: known for key, known in solve.known.items() if key not in stood},
            record,
            over=True,
        )
    return lines


def _undo_mending(session: Session, past: PastMending) -> list[str]:
    request = current_request(session.shell)
    if past.placed and request.shows_offers:
        restore: Restore = {
            "v": VERSION,
            "op": "restore",
            "client": request.client,
            "cell": past.owner,
            "replaces": past.mended,
            "source": past.original,
        }
        session.front_end.tell(restore)
        where = "The cell that was mended is as it was, unless you edited it since."
    else:
        if session.shell is not None:
            session.shell.set_next_input(past.original, replace=False)
        where = "The cell that was mended stands below as it was."
    return [where, "What running it changed stays."]


def _tools(session: Session, solve: PastSolve) -> list[str]:
    if not solve.tools:
        return []
    names = ", ".join(solve.tools)
    try:
        session.toolbox.own.forget(solve.tools)
    except CreatorError as error:
        return [f"Still in the toolbox: {names}. {error.message}"]
    return [f"Forgotten by the toolbox: {names}; `%tools restore` brings a tool back."]


def _headline(solve: PastSolve) -> str:
    first = next((line.strip() for line in solve.problem.splitlines() if line.strip()), "")
    return f"Undone: {shorten(first, 60, placeholder=' …')}"


def _names(undone: Undone) -> list[str]:
    said = [
        ("Names that are gone", undone.removed),
        ("Names that mean again what they meant before", undone.restored),
        ("Names left alone, since they were bound anew or deleted meanwhile", undone.left),
        ("Changed in place, and as before again", undone.put_back),
        (
            "Changed in place, and left so, since they changed again or were too large to keep",
            undone.not_put_back,
        ),
    ]
    return [f"{what}: {', '.join(names)}." for what, names in said if names]
