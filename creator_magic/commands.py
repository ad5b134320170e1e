"""What `%creator WORD` does, a function a word."""

from __future__ import annotations

import argparse
import shlex
from typing import TYPE_CHECKING, Any, NoReturn

from creator_magic.cells.exchanges import SHOWN, exchange_text, log_html, log_text
from creator_magic.cells.request import current_request
from creator_magic.cost_report import cost_text
from creator_magic.errors import InputError, meant
from creator_magic.kernel.interruption import uninterrupted
from creator_magic.status import cassette_text, settings_text, status_text
from creator_magic.undo import undo_solve

if TYPE_CHECKING:
    from collections.abc import Sequence

    from creator_magic.session import Session


def run_command(session: Session, line: str) -> None:
    """Do what the line behind `%creator` says.

    Parameters
    ----------
    session : Session
        The shell's session.
    line : str
        A command's name and its arguments; nothing for the status.

    Raises
    ------
    InputError
        If there is no such command, or its arguments cannot be used; nothing was changed.
    """
    try:
        words = shlex.split(line) or ["status"]
    except ValueError as error:
        raise InputError(f"%creator: a quote is open: {line.strip()}") from error
    command = _COMMANDS.get(words[0])
    if command is None:
        raise InputError(
            f"%creator does not know {words[0]}.{meant(words[0], list(_COMMANDS), ' It knows: ')}"
        )
    if words[0] in _OF_PROBLEMS:
        session.settings.course.check_understood()
    command(session, words[1:])


class _Arguments(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise InputError(f"{self.prog}: {message}. {self.format_usage().strip()}")


def _parser(name: str) -> _Arguments:
    return _Arguments(prog=f"%creator {name}", add_help=False, allow_abbrev=False)


def _status(session: Session, words: Sequence[str]) -> None:
    _parser("status").parse_args(words)
    _say(status_text(session))


def _doctor(session: Session, words: Sequence[str]) -> None:
    from creator_magic.doctor import check_lines, checks_in_notebook

    _parser("doctor").parse_args(words)
    for check in checks_in_notebook(session):
        _say("\n".join(check_lines(check)))


def _settings(session: Session, words: Sequence[str]) -> None:
    _parser("settings").parse_args(words)
    _say(settings_text(session))


def _cassette(session: Session, words: Sequence[str]) -> None:
    parser = _parser("cassette")
    parser.add_argument("file", nargs="?", metavar="FILE")
    parser.add_argument("--mode", choices=["replay", "auto", "record", "off"])
    arguments = parser.parse_args(words)
    if arguments.file is not None:
        session.settings.cassette = arguments.file
    if arguments.mode is not None:
        session.settings.cassette_mode = arguments.mode
    _say(cassette_text(session))


def _cost(session: Session, words: Sequence[str]) -> None:
    _parser("cost").parse_args(words)
    _say(cost_text(session))


def _log(session: Session, words: Sequence[str]) -> None:
    parser = _parser("log")
    parser.add_argument("number", nargs="?", type=int, metavar="N")
    parser.add_argument("--all", action="store_true")
    arguments = parser.parse_args(words)
    number: int | None = arguments.number
    if arguments.all:
        found = session.accounts.kept_exchanges(SHOWN + 1, number)
    else:
        found = [e for e in session.accounts.log.all() if number in (None, e.number)]
    # A course may have come to hold since they were made.
    found = [exchange.within(session.settings.course) for exchange in found]
    again = f"%creator log {'--all ' if arguments.all else ''}N"
    if not found:
        _say(_nothing_logged(session, number, across=arguments.all))
    elif number is not None:
        _show(session, exchange_text(found[0], dated=arguments.all), log_html(found, dated=arguments.all))
    else:
        notes = [f"{again} shows one whole."]
        if len(found) > SHOWN:
            notes.append(f"These are the last {SHOWN}; earlier ones have lower numbers.")
        last = found[-SHOWN:]
        _show(
            session,
            log_text(last, notes, dated=arguments.all),
            log_html(last, notes, dated=arguments.all),
        )


def _autofix(session: Session, words: Sequence[str]) -> None:
    parser = _parser("autofix")
    parser.add_argument("mode", nargs="?", choices=["ask", "off"])
    mode = parser.parse_args(words).mode
    if mode is not None:
        session.settings.autofix = mode
    if session.settings.autofix == "ask":
        _say("A cell of yours that fails is offered for mending. Nothing is sent before you say so.")
    else:
        mends = "; `%rectify` mends the last one" if session.settings.course.opens("rectify") else ""
        _say(f"Cells that fail are left alone{mends}.")


def _undo(session: Session, words: Sequence[str]) -> None:
    parser = _parser("undo")
    parser.add_argument("cell", nargs="?", metavar="CELL")
    cell = parser.parse_args(words).cell
    with uninterrupted():
        lines = undo_solve(session, cell)
    _say("\n".join(lines))


def _check(session: Session, words: Sequence[str]) -> None:
    from creator_magic.answer_checking import check_answer
    from creator_magic.cells.generated import KEY, VERSION
    from creator_magic.course.steps import help_metadata

    parser = _parser("check")
    parser.add_argument("exercise", nargs="?", metavar="NAME")
    parser.add_argument("--check", action="append", default=[], metavar="CHECK")
    parser.add_argument("--help-level", type=int, choices=[1, 2])
    parser.add_argument("--fresh", action="store_true")
    arguments = parser.parse_args(words)
    checked = check_answer(
        session, arguments.exercise, tuple(arguments.check), arguments.help_level, fresh=arguments.fresh
    )
    taken = help_metadata(checked.problem, checked.exercise, checked.steps)
    mark = {"v": VERSION, "parent": current_request(session.shell).cell_id, "help": taken}
    _show(session, checked.shown.as_text(), checked.shown.as_html(), {KEY: mark})


def _reveal(session: Session, words: Sequence[str]) -> None:
    from creator_magic.revealing import reveal

    _parser("reveal").parse_args(words)
    reveal(session)


def _explain(session: Session, words: Sequence[str]) -> None:
    from creator_magic.cells.paragraphs import as_html, as_text
    from creator_magic.explaining import explain

    session.settings.course.check("explain")
    parser = _parser("explain")
    parser.add_argument("cell", nargs="?", metavar="CELL")
    parser.add_argument("--for", dest="reader", default="", metavar="WHO")
    arguments = parser.parse_args(words)
    reply = explain(session, arguments.cell, arguments.reader)
    _show(session, as_text(reply), as_html(reply))


def _nothing_logged(session: Session, number: int | None, *, across: bool) -> str:
    if number is not None:
        return f"The log holds no exchange {number}."
    if not across:
        return "No model was asked in this session."
    if session.settings.full_log:
        return "The full log is on, and empty so far."
    return (
        "The full log is off: across sessions only counts are kept (%creator cost). "
        "To keep every prompt and reply: %config CreatorMagic.full_log = True"
    )


def _help(session: Session, words: Sequence[str]) -> None:  # noqa: ARG001 - every command has this form
    _say("\n".join(f"%creator {name:10}{text}" for name, text in HELP.items()))


def _show(session: Session, text: str, html: str, metadata: dict[str, Any] | None = None) -> None:
    if getattr(session.shell, "kernel", None) is None or session.shell is None:
        _say(text)
    else:
        session.shell.display_pub.publish({"text/plain": text, "text/html": html}, metadata)


def _say(text: str) -> None:
    print(text)  # noqa: T201 - a line magic's output


_COMMANDS = {
    "status": _status,
    "doctor": _doctor,
    "cost": _cost,
    "log": _log,
    "undo": _undo,
    "explain": _explain,
    "check": _check,
    "reveal": _reveal,
    "autofix": _autofix,
    "settings": _settings,
    "cassette": _cassette,
    "help": _help,
}
_OF_PROBLEMS = frozenset({"check", "reveal", "explain", "log"})
"""What is closed with everything else where a course file is not understood."""

HELP = {
    "status": "the model, the endpoint, what the session spent, what the page does",
    "doctor": "whether the page, the packages and the model are as they should be, and what to do",
    "cost": "what this cell, notebook, project and day came to, by model",
    "log": "[N] [--all]: the exchanges with models in this session; --all: of every session, if kept",
    "undo": "[CELL]: take back the last solve or mending, or that of the cell with this id",
    "explain": "[CELL] [--for WHO]: have the model explain the code of a solve in words; the code is sent",
    "check": "[NAME] [--check CHECK] [--help-level 1|2] [--fresh]: check your own answer, that of your last "
    "cell; with --help-level the model looks at that cell, which is sent",
    "reveal": "show the whole solution of the last problem, where the course opens it",
    "autofix": "[ask|off]: whether a cell of yours that fails is offered for mending",
    "settings": "every setting, with its value",
    "cassette": "[FILE] [--mode replay|auto|record|off]: where replies are recorded, and how they are used",
    "help": "this list",
}
