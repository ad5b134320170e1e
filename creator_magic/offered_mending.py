"""What a person is told when a cell of theirs has failed: that it can be mended, and what that sends.

In JupyterLab and Notebook 7 a button below the traceback says so. With `autofix` the words stand there too,
and other front ends show them; a terminal has the command typed already. Nothing is sent before they say so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from creator_magic.config import shown_endpoint
from creator_magic.policy.person import CannotAskError

if TYPE_CHECKING:
    from creator_magic.cells.request import Request
    from creator_magic.failed_cells import FailedCell
    from creator_magic.session import Session


def tell_failed(session: Session, request: Request, failed: FailedCell | None) -> None:
    """Tell the person, where a front end has a way to, that a cell of theirs failed and can be mended.

    Parameters
    ----------
    session : Session
        The shell's session.
    request : Request
        The cell's.
    failed : FailedCell or None
        How it failed; None if it did not.
    """
    if failed is None or not session.settings.course.opens("rectify"):
        session.front_end.forget_failed(request.cell_id)
        return
    asks = session.settings.autofix == "ask" and _somebody_is_there(session)
    settings = session.settings
    model = settings.model_name()
    to = f"{model} at {shown_endpoint(settings.endpoint())}" if model else "the model, once one is set"
    says = f"sends this cell and its error, values withheld, to {to}, and shows what it would change."
    if settings.share_errors:
        says = says.replace(", values withheld,", "")
    if request.shows_offers and request.cell_id is not None:
        session.front_end.tell_failed(says, asks=asks)
    elif asks and session.shell is not None:
        if not session.in_kernel:
            session.shell.set_next_input("%rectify")
        print(f"Rectify… `%rectify` {says}")  # noqa: T201 - below the traceback


def _somebody_is_there(session: Session) -> bool:
    try:
        session.person.check()
    except CannotAskError:
        return False
    return True
