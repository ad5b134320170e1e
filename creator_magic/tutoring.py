"""Help that is no solution: a question back, a hint, or a tool's head and docstring, below a magic cell.

Words go through `creator_magic.course.hints_only`, whoever asks for them, and are shown only when they are
whole. A tool's head is that of the very tool a whole solve would show: it is made, run and rectified as
there, then everything is taken back.
"""

from __future__ import annotations

import sys
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, cast

from creator_magic.cells.help_shown import ShownHelp
from creator_magic.cells.record import DisplayRecord, display_under_cell
from creator_magic.cells.request import current_request
from creator_magic.course.course import GIVEN, HELP
from creator_magic.course.levels import NOTHING_LEFT, SIGNATURE, TOOL, level_given, what_comes_next
from creator_magic.course.steps import HelpStep, help_metadata, hints_id, problem_id
from creator_magic.errors import (
    CreatorError,
    InputError,
    Interrupted,
    LimitError,
    ReplayMissError,
    UnsolvedError,
)
from creator_magic.events import Asked, Awaited
from creator_magic.helped import Helped
from creator_magic.magic_cell import work_on_cell
from creator_magic.solution import Exchange, Solution
from creator_magic.stages.help import help_in_words, word_level

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from creator_magic.cells.terminal import TerminalProgress
    from creator_magic.events import Event
    from creator_magic.options import Options
    from creator_magic.ports import Reply
    from creator_magic.problem import Problem
    from creator_magic.session import Session
    from creator_magic.stages.help import WordLevel


@dataclass(frozen=True, slots=True)
class Words:
    """A question or a hint, without code.

    Parameters
    ----------
    text : str
        What may be shown.
    replies : tuple of Reply
        What was replied: one, or two where the first was code.
    withheld : int
        How many pieces of code were taken out.
    sent : str
        What left the machine, in a line; empty where nothing did.
    notices : tuple of str
        What else the person should know.
    """

    text: str
    replies: tuple[Reply, ...]
    withheld: int
    sent: str
    notices: tuple[str, ...]

    def step(self, level: int, *, hints: str = "", own: bool = False) -> HelpStep | None:
        """Return the step of help that it was; None if nothing of a reply is left to show."""
        if self.text == NOTHING_LEFT:
            return None
        return HelpStep(level, self.replies[-1].origin, self.withheld, own=own, hints=hints)

    @property
    def notes(self) -> tuple[str, ...]:
        """What the person should know, a line each."""
        reply = self.replies[-1]
        came = f"A {reply.origin} reply; nothing was sent."
        if self.sent:
            came = f"From {reply.model or 'the model'}. Sent: {self.sent}."
        return (*self.notices, *((left_out(self.withheld),) if self.withheld else ()), came)


def left_out(withheld: int) -> str:
    """Say how many pieces of code were taken out."""
    pieces, are = ("piece", "is") if withheld == 1 else ("pieces", "are")
    return f"{withheld} {pieces} of code in the model's reply {are} not shown."


class HelpProgress:
    """Shows that help is on its way, and nothing of what is written meanwhile.

    Parameters
    ----------
    shell : InteractiveShell
        The shell whose cell it is.
    session : Session
        The shell's session.
    """

    def __init__(self, shell: InteractiveShell, session: Session) -> None:
        self.record: DisplayRecord | TerminalProgress
        if getattr(shell, "kernel", None) is None:
            from creator_magic.cells.terminal import TerminalProgress

            self.record = TerminalProgress(sys.stdout, str)
        else:
            publisher = session.publisher or shell.display_pub
            self.record = DisplayRecord(display_under_cell(publisher))

    def __call__(self, event: Event) -> None:
        """Say that the model is at work."""
        if isinstance(event, Asked):
            self.record(Asked("help", 1))
            self.record(Awaited())

    def stop(self, message: str) -> None:
        """Show why there is no help."""
        self.record.stop(message)

    def end(self, shown: ShownHelp, help_: dict[str, Any], parent: str | None) -> None:
        """Show the help, with the steps that led to it in the output's metadata."""
        self.record.help = help_
        self.record.end(shown.as_html(), shown.as_text(), parent)


def work_at_level(
    shell: InteractiveShell, session: Session, text: str, options: Options, *, create: bool
) -> None:
    """Do what a `%%solve` or `%%create` cell asks, at the level of help that it is given.

    Parameters
    ----------
    shell, session, text, options, create
        As for `creator_magic.magic_cell.work_on_cell`.

    Raises
    ------
    CourseError
        If the course does not open that much help.
    InputError, ModelError, UnsolvedError
        As for `work_on_cell`.
    """
    session.last_stated = (text, options)
    says_level = options.help_level is not None
    options = at_level(session, text, options, create=create)
    level = options.help_level
    if level is None:
        work_on_cell(shell, session, text, options, create=create)
    elif level <= SIGNATURE:
        _Helping(shell, session, text, options, says_level, create).work()
    else:
        comes_next = what_comes_next(session.settings.course, level, says_level=says_level, create=create)
        exercise, hints = exercise_named(session, text), hints_id(options.hints)
        helped = Helped(problem_id(text), exercise, level, comes_next, hints=hints)
        work_on_cell(shell, session, text, options, create=create, helped=helped)


def at_level(session: Session, text: str, options: Options, *, create: bool) -> Options:
    """Return the options of a cell with the level that it is given, and what that level rules out.

    Where no course restricts and nothing is asked for, there is no level.

    Raises
    ------
    CourseError
        If the course does not open that much help.
    """
    course = session.settings.course
    if options.help_level is None and not course.restricts:
        return options
    taken = session.steps.taken(problem_id(text), hints_id(options.hints))
    stays = session.person.runs_many
    level = level_given(course, options.help_level, taken, create=create, stays=stays)
    if level in (SIGNATURE, TOOL):
        # One tool, made anew: the one that a whole solve by the usual method begins with.
        options = replace(options, samples=1, review=False, into=None, reuse=False)
    return replace(options, help_level=level)


def exercise_named(session: Session, text: str) -> str:
    """Return the name of the course's exercise with this problem; empty if there is none."""
    exercise = session.settings.course.exercise_of(text)
    return exercise.name if exercise is not None else ""


def words_of_help(
    session: Session,
    problem: Problem,
    level: WordLevel,
    options: Options,
    *,
    own: str = "",
    said: str = "",
) -> Words:
    """Ask for a question back or a hint, once more if the first reply is code, and take code out of it.

    Parameters
    ----------
    session : Session
        The shell's session.
    problem : Problem
        What the student works on.
    level : {1, 2}
        A question, or a hint.
    options : Options
        Which model is asked, and whether anew.
    own, said : str
        As for `creator_magic.stages.help.help_in_words`.

    Raises
    ------
    ModelError
        If the model cannot be asked.
    LimitError
        If a limit is reached before the first reply.
    """
    from creator_magic.course.hints_only import without_code

    allowed = session.settings.course.hints_show or ()
    model = session.models.solving(
        session.accounts.begin(session.notebook), options.model or "", fresh=options.fresh
    )
    exchanges: list[Exchange] = []
    withheld, text = 0, ""
    for again in (False, True):
        question = help_in_words(problem, level, own=own, said=said, allowed=allowed, again=again)
        safe = session.redaction().of_question(question)
        try:
            reply = model.ask(safe, lambda _: None)
        except (LimitError, ReplayMissError):
            if not again:
                raise
            break
        exchanges.append(Exchange(safe, reply))
        hint = without_code(reply.text, allowed)
        withheld += hint.withheld
        text = "" if hint.is_refused else hint.text.strip()
        if text:
            break
    asked = Solution(problem, solved=False, answer=None, runs=(), attempts=(), exchanges=tuple(exchanges))
    replies = tuple(exchange.reply for exchange in exchanges)
    sent = f"{asked.sent}, your cell, what the checks said" if own and asked.sent else asked.sent
    return Words(text or NOTHING_LEFT, replies, withheld, sent, asked.notices)


@dataclass(frozen=True, slots=True)
class _Helping:
    shell: InteractiveShell
    session: Session
    text: str
    options: Options
    says_level: bool
    create: bool

    @property
    def level(self) -> int:
        return cast("int", self.options.help_level)

    @property
    def hints(self) -> str:
        return hints_id(self.options.hints)

    def work(self) -> None:
        """Give the help, show it and record it.

        Raises
        ------
        CreatorError
            If there is none; what is said quotes no code.
        """
        session, request = self.session, current_request(self.shell)
        if request.rectify is not None:
            raise InputError("At this level of help there is no code to rectify.")
        problem = session.solving.problem(self.text, self.options, create=self.create)
        options = replace(self.options, fresh=self.options.fresh or request.fresh)
        progress = HelpProgress(self.shell, session)
        try:
            step: HelpStep | None
            if self.level == SIGNATURE:
                shown, step = self.head(problem, options, progress)
            else:
                shown, step = self.words(problem, options, progress)
        finally:
            with suppress(KeyboardInterrupt):
                session.keep_accounts()
        asked = problem_id(self.text)
        steps = session.steps.add(asked, step) if step is not None else session.steps.of(asked)
        named = exercise_named(session, self.text)
        progress.end(shown, help_metadata(asked, named, steps), request.cell_id)

    def words(
        self, problem: Problem, options: Options, progress: HelpProgress
    ) -> tuple[ShownHelp, HelpStep | None]:
        level = word_level(self.level)
        progress(Asked("help", level))
        try:
            words = words_of_help(self.session, problem, level, options)
        except KeyboardInterrupt:
            progress.stop("Interrupted.")
            raise Interrupted("the question to the model was stopped.") from None
        except CreatorError as error:
            progress.stop(f"No help: {error.message}")
            raise
        step = words.step(self.level, hints=self.hints)
        notes = (*words.notes, self.comes_next() if step is not None else "")
        return ShownHelp(self.headline(), words.text, notes=tuple(filter(None, notes))), step

    def head(self, problem: Problem, options: Options, progress: HelpProgress) -> tuple[ShownHelp, HelpStep]:
        from creator_magic.course.head_only import head_without_code

        problem = problem.tool_alone()
        owner = current_request(self.shell).place or f"problem {problem.asked}"
        solution = self.session.solving.solve(problem, options, owner, progress)
        allowed = self.session.settings.course.hints_show or ()
        head, withheld = head_without_code((solution.solved and solution.tool) or "", allowed)
        if not head:
            progress.stop("No working tool was found.")
            raise UnsolvedError(
                "No working tool was found for this problem; every variable is as it was. State the problem "
                "more exactly, or ask your teacher."
            )
        sent = f"Sent: {solution.sent}." if solution.sent else f"A {solution.origin} reply; nothing was sent."
        notes = (
            *problem.notices,
            *([left_out(withheld)] if withheld else ()),
            "Write the function yourself: its first line says what goes in and what comes out.",
            sent,
            self.comes_next(),
        )
        step = HelpStep(self.level, solution.origin, withheld, hints=self.hints)
        return ShownHelp(self.headline(), code=head, notes=tuple(filter(None, notes))), step

    def headline(self) -> str:
        gives = GIVEN[HELP[self.level - 1]]
        return f"{gives[0].upper()}{gives[1:]} (help level {self.level})"

    def comes_next(self) -> str:
        course = self.session.settings.course
        return what_comes_next(course, self.level, says_level=self.says_level, create=self.create)
