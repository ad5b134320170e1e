"""The README's reference of every magic, command, flag and setting, made from the code.

python docs/reference.py            write it into the README
python docs/reference.py --check    fail if the README says anything else
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from IPython.core.magic_arguments import MagicArgumentParser
from traitlets import Bool, Dict, Enum, List, Unicode
from typer.main import get_command

from creator_magic.cli import app
from creator_magic.commands import HELP
from creator_magic.config import CreatorMagic
from creator_magic.explore_magic import ExploreMagics
from creator_magic.magics import CreatorMagics
from creator_magic.tools_command.register import COMMANDS

if TYPE_CHECKING:
    from argparse import Action
    from collections.abc import Iterable, Iterator

README = Path(__file__).parent.parent / "README.md"
BEGIN, END = "<!-- reference: made by docs/reference.py -->", "<!-- end of the reference -->"


def reference() -> str:
    """Return the reference in Markdown."""
    return "\n".join([*_magics(), *_creator(), *_tools(), *_commands(), *_settings()])


def _table(title: str, heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    yield from ("", f"**{title}**", "", f"| {' | '.join(heads)} |", f"|{'---|' * len(heads)}")
    for row in rows:
        yield f"| {' | '.join(' '.join(cell.split()).replace('|', chr(92) + '|') for cell in row)} |"


def _magics() -> Iterator[str]:
    flags: dict[str, tuple[str, list[str]]] = {}
    for name, magic in sorted({**vars(CreatorMagics), **vars(ExploreMagics)}.items()):
        parser = getattr(magic, "parser", None)
        if isinstance(parser, MagicArgumentParser):
            for action in parser._actions:  # noqa: SLF001 - argparse has no other list of them
                flag = f"`{_flag(action)}`"
                flags.setdefault(flag, (action.help or "", []))[1].append(_magic(name))
    rows = ((flag, help_, ", ".join(magics)) for flag, (help_, magics) in sorted(flags.items()))
    yield from _table("Flags of the magics", ("flag", "what it does", "of"), rows)


def _magic(name: str) -> str:
    line = {*CreatorMagics.magics["line"], *ExploreMagics.magics["line"]}
    return f"`%{name}`" if name in line else f"`%%{name}`"


def _flag(action: Action) -> str:
    name = max(action.option_strings, key=len, default=str(action.metavar or action.dest))
    if action.option_strings and action.nargs != 0:
        value = action.metavar or "|".join(map(str, action.choices or ())) or action.dest.upper()
        return f"{name} {value}"
    return name


def _creator() -> Iterator[str]:
    rows = ((f"`%creator {name}`", text) for name, text in HELP.items())
    yield from _table("`%creator`", ("command", "what it shows or does"), rows)


def _tools() -> Iterator[str]:
    def words(command: Any) -> str:
        return ", ".join(f"`{word.name}`: {word.help}" for word in command.words) or "none"

    rows = ((f"`{command.name}`", command.help, words(command)) for command in COMMANDS)
    title = "`%tools`, and `creator-magic tools` in a terminal"
    yield from _table(title, ("command", "what it does", "its words and flags"), rows)


def _named(group: Any, before: str = "creator-magic") -> Iterator[tuple[str, Any]]:
    """Yield the commands of a group, and of the groups in it, with their whole names."""
    for name, command in sorted(getattr(group, "commands", {}).items()):
        yield f"{before} {name}", command
        yield from _named(command, f"{before} {name}")


def _commands() -> Iterator[str]:
    def rows() -> Iterator[tuple[str, ...]]:
        for name, command in _named(get_command(app)):
            flags = ", ".join(
                f"`{max(p.opts, key=len)}`: {getattr(p, 'help', None) or p.name}" for p in command.params
            )
            about = (command.help or command.short_help or "").strip().partition("\n\n")[0]
            yield f"`{name}`", about, flags or "none"

    yield from _table("In a terminal", ("command", "what it does", "its words and flags"), rows())


def _settings() -> Iterator[str]:
    def rows() -> Iterator[tuple[str, ...]]:
        for name, trait in sorted(CreatorMagic.class_own_traits(config=True).items()):
            yield f"`{name}`", _values(trait), trait.help

    yield from _table(
        "Settings: `%config CreatorMagic.NAME = VALUE`, or in the environment `CREATOR_NAME`",
        ("setting", "values, the usual first", "what it says"),
        rows(),
    )


def _values(trait: Any) -> str:
    usual = trait.default_value
    if isinstance(trait, Enum):
        others = [value for value in trait.values if value != usual]
        return ", ".join(f"`{value}`" for value in (usual, *others))
    if isinstance(trait, Bool):
        return f"`{usual}`, `{not usual}`"
    if isinstance(trait, Unicode):
        return f"`{usual!r}`" if usual else "text"
    if isinstance(trait, Dict):
        return "a dict"
    return "a list" if isinstance(trait, List) else f"`{usual}`"


def written(readme: str) -> str:
    """Return the README's text with the reference as it is now."""
    before, _, rest = readme.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{reference()}\n\n{END}{after}"


def main() -> int:
    """Write the reference, or say that it is not what the code says."""
    text = README.read_text(encoding="utf-8")
    new = written(text)
    if "--check" not in sys.argv:
        README.write_text(new, encoding="utf-8")
    elif new != text:
        print("The README's reference is not what the code says. Run: python docs/reference.py")  # noqa: T201
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
