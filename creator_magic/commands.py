"""What `%creator WORD` does, a function a word."""

from __future__ import annotations

import argparse
import shlex
from typing import TYPE_CHECKING, NoReturn

from creator_magic.errors import InputError, meant
from creator_magic.status import cassette_text, settings_text, status_text

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
    command(session, words[1:])


class _Arguments(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise InputError(f"{self.prog}: {message}. {self.format_usage().strip()}")


def _parser(name: str) -> _Arguments:
    return _Arguments(prog=f"%creator {name}", add_help=False, allow_abbrev=False)


def _status(session: Session, words: Sequence[str]) -> None:
    _parser("status").parse_args(words)
    _say(status_text(session))


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


def _help(session: Session, words: Sequence[str]) -> None:  # noqa: ARG001 - every command has this form
    _say("\n".join(f"%creator {name:10}{text}" for name, text in _HELP.items()))


def _say(text: str) -> None:
    print(text)  # noqa: T201 - a line magic's output


_COMMANDS = {"status": _status, "settings": _settings, "cassette": _cassette, "help": _help}
_HELP = {
    "status": "the model, the endpoint, what the session spent",
    "settings": "every setting, with its value",
    "cassette": "[FILE] [--mode replay|auto|record|off]: where replies are recorded, and how they are used",
    "help": "this list",
}
