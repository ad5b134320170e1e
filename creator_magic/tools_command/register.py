"""The commands, each with its words and flags; both faces read this and nothing else."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn

from creator_magic.errors import InputError, meant
from creator_magic.tools_command import commands
from creator_magic.tools_command.page import Page, Text

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from creator_magic.asking import Answer
    from creator_magic.policy.person import Person
    from creator_magic.ports import Question
    from creator_magic.toolbox.collection import Toolbox


@dataclass(frozen=True, slots=True)
class Word:
    """A word or a flag of a command, as `argparse` takes it."""

    name: str
    help: str
    nargs: str | None = None
    kind: Callable[[str], object] = str
    choices: tuple[str, ...] | None = None
    default: object = None
    switch: bool = False


@dataclass(frozen=True, slots=True)
class Command:
    """A command.

    Parameters
    ----------
    name, help : str
        What it is called, and what it does.
    run : callable
        Takes the toolbox and the arguments; returns a page.
    words : tuple of Word
        Its arguments.
    names : bool
        Whether its words are names of tools, so that these complete.
    """

    name: str
    help: str
    run: Callable[[Toolbox, argparse.Namespace], Page]
    words: tuple[Word, ...] = ()
    names: bool = True


_NAME = Word("name", "a tool")
_NAMES = Word("names", "tools", nargs="+")
_ALLOW = Word("--allow", "foreign: run what came from elsewhere for the first time", choices=("foreign",))
_ANY = Word("names", "tools; without, all of the project's", nargs="*")


def _number(text: str) -> int:
    number = int(text) if text.isdigit() else 0
    if not number:
        message = f"{text!r} is no number from 1"
        raise argparse.ArgumentTypeError(message)
    return number


COMMANDS = (
    Command(
        "list",
        "the tools at hand",
        commands.list_tools,
        (Word("--forgotten", "those that were forgotten", switch=True),),
        names=False,
    ),
    Command(
        "search",
        "tools that fit a problem or some words",
        commands.search,
        (
            Word("words", "what is looked for", nargs="+"),
            Word("--limit", "how many", kind=_number, default=5),
        ),
        names=False,
    ),
    Command(
        "show",
        "a tool: code, cases, what it was admitted on, history",
        commands.show,
        (
            _NAME,
            Word("--revision", "as it stood then", kind=_number),
            Word("--diff", "what its last change changed", switch=True),
        ),
    ),
    Command("use", "a tool into the notebook, as a cell", commands.use, (_NAME,)),
    Command(
        "edit",
        "change a tool; it must still pass its cases",
        commands.edit,
        (_NAME, Word("--anyway", "take it although a case fails", switch=True), _ALLOW),
    ),
    Command(
        "check",
        "run the cases again, in a process of their own",
        commands.check,
        (
            _ANY,
            Word("--alike", "also tell which tools behave alike", switch=True),
            Word("--propose", "have the model think of cases; those that pass are kept", switch=True),
            Word("--accept", "keep these proposals, which the tool fails", nargs="+", kind=_number),
            _ALLOW,
        ),
    ),
    Command("keep", "tools into your personal toolbox, for every project", commands.keep, (_NAMES,)),
    Command("forget", "tools out of the way; they can be restored", commands.forget, (_NAMES,)),
    Command("restore", "a tool that was forgotten", commands.restore, (_NAME,)),
    Command(
        "trim",
        "forget the tools that are hardly ever used",
        commands.trim,
        (Word("--dry-run", "only say which", switch=True),),
        names=False,
    ),
    Command(
        "export",
        "tools into a folder that needs nothing of creator-magic",
        commands.export,
        (
            Word("folder", "a new folder"),
            _ANY,
            Word(
                "--as",
                "an importable package with tests, or a skill for agents",
                choices=("package", "skill"),
                default="package",
            ),
        ),
    ),
    Command(
        "import",
        "tools from an export, a .py file or a notebook; nothing of it is run",
        commands.import_tools,
        (Word("path", "the folder or the file"),),
        names=False,
    ),
)


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise InputError(f"{self.prog}: {message}. {' '.join(self.format_usage().split())}")


def run(
    toolbox: Toolbox,
    words: Sequence[str],
    prog: str,
    source: str | None = None,
    person: Person | None = None,
    ask: Callable[[Question], Answer] | None = None,
) -> tuple[Page, bool]:
    """Do what the words say.

    Parameters
    ----------
    toolbox : Toolbox
        The toolbox.
    words : sequence of str
        A command and its arguments; none for `list`.
    prog : str
        How the person calls it: `%tools` or `creator-magic tools`.
    source : str or None
        The source that `edit` takes; None where there is none yet.
    person : Person or None
        Who is asked before a foreign tool runs for the first time.
    ask : callable or None
        Asks the model.

    Returns
    -------
    Page
        What to show.
    bool
        Whether it is wanted as JSON.

    Raises
    ------
    InputError
        If there is no such command, or its arguments cannot be used; nothing was changed.
    """
    words = list(words) or ["list"]
    if words[0] in {"help", "-h", "--help"}:
        return _help(prog), False
    if words[0].startswith("-"):
        words = ["list", *words]
    command = find(words[0])
    if command is None:
        known = [each.name for each in COMMANDS]
        raise InputError(f"{prog} does not know {words[0]}.{meant(words[0], known, ' It knows: ')}")
    parser = _parser(command, prog)
    if "-h" in words or "--help" in words:
        return Page((Text(parser.format_help().strip()),)), False
    arguments = parser.parse_args(words[1:])
    arguments.source = source
    arguments.prog, arguments.command = prog, command.name
    arguments.person, arguments.ask = person, ask
    return command.run(toolbox, arguments), arguments.json


def find(name: str) -> Command | None:
    """Return the command of that name."""
    return next((command for command in COMMANDS if command.name == name), None)


def flags(command: Command) -> list[str]:
    """Return the flags of a command."""
    return ["--json", *(word.name for word in command.words if word.name.startswith("--"))]


def _parser(command: Command, prog: str) -> argparse.ArgumentParser:
    parser = _Parser(
        prog=f"{prog} {command.name}", description=command.help, add_help=False, allow_abbrev=False
    )
    parser.add_argument("--json", action="store_true", help="as JSON, for programs")
    for word in command.words:
        if word.switch:
            parser.add_argument(word.name, action="store_true", help=word.help)
            continue
        parser.add_argument(
            word.name,
            help=word.help,
            type=word.kind,
            default=word.default,
            choices=word.choices,
            # argparse has no way to say "as an argument without it says".
            **({} if word.nargs is None else {"nargs": word.nargs}),  # type: ignore[arg-type]
        )
    return parser


def _help(prog: str) -> Page:
    lines = [f"{prog} {command.name:8}  {command.help}" for command in COMMANDS]
    return Page(
        (Text("\n".join([*lines, f"{prog} COMMAND -h tells its arguments; --json is for programs."])),)
    )
