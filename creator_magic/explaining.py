"""`%creator explain`: a model puts the code of a solve into words; the code is sent, and no value."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from creator_magic.course.hints_only import without_code
from creator_magic.errors import InputError
from creator_magic.problem import Problem
from creator_magic.stages.explanation import explanation

if TYPE_CHECKING:
    from creator_magic.ports import Reply
    from creator_magic.session import Session

_NOTHING_LEFT = "The explanation consists of code, which is not shown here."
ANYBODY = "somebody who knows the subject and reads Python slowly"


def explain(session: Session, owner: str | None, reader: str = "") -> Reply:
    """Ask for an explanation of a solve's code.

    Parameters
    ----------
    session : Session
        The shell's session.
    owner : str or None
        The magic cell whose solve it is; None for the last solve of all.
    reader : str
        For whom it is meant; empty for anybody.

    Returns
    -------
    Reply
        Where a course leaves the decision to the student, without code, which might be one.

    Raises
    ------
    InputError
        If this kernel remembers no such solve, or it came to no code.
    ModelError
        If a model cannot be asked.
    """
    solve = session.past.last(owner)
    cells = tuple(cell for cell in solve.cells if cell.role != "plan")
    if not cells:
        raise InputError("That solve came to no code, so there is nothing to explain.")
    question = explanation(Problem(session.redaction()(solve.problem)), cells, reader or ANYBODY)
    model = session.models.solving(session.accounts.begin(session.notebook))
    try:
        reply = model.ask(session.redaction().of_question(question), lambda _: None)
    finally:
        session.keep_accounts()
    course = session.settings.course
    if course.gives_all:
        return reply
    hint = without_code(reply.text, course.hints_show or ())
    return replace(reply, text=hint.text or _NOTHING_LEFT)
