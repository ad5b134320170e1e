"""`--dry-run`: exactly what a solve would send first, and nothing sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from creator_magic.cells.request import current_request
from creator_magic.config import shown_endpoint

if TYPE_CHECKING:
    from creator_magic.options import Options
    from creator_magic.ports import Question
    from creator_magic.session import Session


def what_would_be_sent(session: Session, text: str, options: Options, *, create: bool) -> str:
    """Return the messages of the first call, and whom they would go to.

    Parameters
    ----------
    session : Session
        The shell's session.
    text : str
        The problem.
    options : Options
        How to go about it.
    create : bool
        Whether only a tool is wanted.

    Raises
    ------
    InputError
        If text or options cannot be used.
    """
    from creator_magic.course.levels import HINT, QUESTION, SIGNATURE, TOOL
    from creator_magic.stages.help import help_in_words, word_level
    from creator_magic.tutoring import at_level
    from creator_magic.working import first_question

    options = at_level(session, text, options, create=create)
    problem = session.solving.problem(text, options, create=create)
    if options.help_level in (QUESTION, HINT):
        allowed = session.settings.course.hints_show or ()
        asked = help_in_words(problem, word_level(options.help_level), allowed=allowed)
        return sending(session, options, session.redaction().of_question(asked))
    if options.help_level in (SIGNATURE, TOOL):
        problem = problem.tool_alone()
    offer = session.kept_tools.offer(problem, options, current_request(session.shell).place or "")
    creating = session.models.creating_name(options.model or "")
    question = first_question(problem, offer.candidates, may_create=not creating)
    return sending(session, options, session.redaction().of_question(question))


def sending(session: Session, options: Options, question: Question) -> str:
    """Return the messages of a question, and whom they would go to.

    Parameters
    ----------
    session : Session
        The shell's session.
    options : Options
        They may name another model.
    question : Question
        What would be asked, with nothing in it that looks like a key.
    """
    shown = [f"[{message.role}]\n{message.content}" for message in question.messages]
    asked = _asked(session, options, question)
    head = "\n".join([f"This would be sent first, to {asked}; nothing was sent.", *question.problem.notices])
    return "\n\n".join([head, *shown])


def _asked(session: Session, options: Options, question: Question) -> str:
    """Name the model that is asked, and where it is; never a key."""
    from creator_magic.working import makes_tool

    settings, name = session.settings, options.model or ""
    creating = session.models.creating_name(name) if makes_tool(question) else ""
    name = name or creating or settings.model_name()
    return f"{name} at {shown_endpoint(settings.endpoint())}" if name else "nobody: no model is set"
