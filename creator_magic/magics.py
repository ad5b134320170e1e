"""The magics: `%%solve`, `%%create`, `%rectify`, `%creator`. Arguments in, one call out."""

from __future__ import annotations

import argparse
import re
import shlex
from itertools import chain
from typing import TYPE_CHECKING, Any, cast

from IPython.core.completer import SimpleCompletion, context_matcher
from IPython.core.error import UsageError
from IPython.core.magic import (
    Magics,
    cell_magic,
    line_cell_magic,
    line_magic,
    magics_class,
    no_var_expand,
)
from IPython.core.magic_arguments import argument, magic_arguments

from creator_magic.config import MOST_RECTIFICATIONS, MOST_SAMPLES
from creator_magic.errors import InputError, Interrupted, meant
from creator_magic.policy.effects import EFFECTS

if TYPE_CHECKING:
    from IPython.core.completer import CompletionContext, SimpleMatcherResult
    from IPython.core.interactiveshell import InteractiveShell

    from creator_magic.explore_magic import ExploreMagics
    from creator_magic.policy.effects import Effect
    from creator_magic.session import Session


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


def effects(text: str) -> tuple[Effect, ...]:
    """Read the effects that a flag names, between commas."""
    for name in _names(text):
        if name not in EFFECTS:
            message = f"{name!r} is nothing to allow.{meant(name, EFFECTS, ' There is ')}"
            raise argparse.ArgumentTypeError(message)
    return cast("tuple[Effect, ...]", _names(text))


def _rectifications(text: str) -> int:
    number = int(text) if text.isdigit() else -1
    if not 0 <= number <= MOST_RECTIFICATIONS:
        message = f"{text!r} is no whole number from 0 to {MOST_RECTIFICATIONS}"
        raise argparse.ArgumentTypeError(message)
    return number


def _samples(text: str) -> int:
    number = int(text) if text.isdecimal() else 0
    if not 1 <= number <= MOST_SAMPLES:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1 to {MOST_SAMPLES}.")
    return number


def seconds(text: str) -> float:
    """Read a number of seconds."""
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0 < number < float("inf"):
        message = f"{text!r} is no number of seconds"
        raise argparse.ArgumentTypeError(message)
    return number


_SHARED = (
    argument("-h", "--help", action="store_true", help="show this help"),
    argument("--dry-run", action="store_true", help="show what would be sent first; send nothing"),
    argument("--fresh", action="store_true", help="ask anew, whatever stands below"),
    argument("--timeout", type=seconds, metavar="SECONDS", help="time limit of one attempt"),
    argument("--isolate", action="store_true", help="try code in a separate process first"),
    argument(
        "--max-rectifications",
        type=_rectifications,
        metavar="N",
        help="how often failed code may be rewritten (2)",
    ),
    argument(
        "--use",
        type=_names,
        action="append",
        metavar="NAMES",
        help="variables it may use; their form is sent",
    ),
    argument(
        "--share",
        type=_names,
        action="append",
        metavar="WHAT",
        help="send values too: df:3 for rows, or errors",
    ),
    argument("--hint", action="append", metavar="TEXT", help="advice for the model; may be repeated"),
    argument(
        "--allow",
        type=effects,
        action="append",
        metavar="EFFECTS",
        help="what code may do beyond computing, as in network",
    ),
    argument(
        "--check",
        action="append",
        metavar="CHECK",
        help='what must hold, as in "answer > 0"; may be repeated',
    ),
    argument("--ask", action="store_true", help="show code before it runs, and ask"),
    argument(
        "--help-level",
        type=int,
        choices=[1, 2, 3, 4],
        help="only help: 1 a question back, 2 a hint, 3 a tool's head, 4 the tool",
    ),
    argument("--no-reuse", action="store_true", help="do not look for tools that were kept"),
    argument("--model", help="ask this model, and not the one that is set"),
)
_SENDING = ("-h", "--dry-run", "--use", "--share", "--hint", "--model")
"""What says what is sent, and to whom: the flags that `%rectify` has too."""


def _shared(magic: Any) -> Any:
    for decorate in _SHARED:
        magic = decorate(magic)
    return magic


def _sending(magic: Any) -> Any:
    for decorate in _SHARED:
        if decorate.args[0] in _SENDING:
            magic = decorate(magic)
    return magic


@magics_class
class CreatorMagics(Magics):
    """The magics of one shell."""

    @property
    def session(self) -> Session:
        """The shell's session, begun at the first use."""
        from creator_magic.session import session_of

        return session_of(self._shell)

    @property
    def _shell(self) -> InteractiveShell:
        return cast("InteractiveShell", self.shell)

    @no_var_expand
    @magic_arguments("%solve")
    @_shared
    @argument(
        "--method",
        choices=["creator", "entangled", "plan"],
        help="apart, in one reply, or step by step",
    )
    @argument("--samples", type=_samples, metavar="N", default=1, help="try N solutions, take the best")
    @argument("--review", action="store_true", help="have the model judge the output; it is sent")
    @argument("--into", metavar="NAME", help="bind the answer to this variable")
    @cell_magic
    def solve(self, line: str, cell: str) -> None:
        """Solve the problem in the cell: a tool cell, a decision cell, and the answer."""
        self._work_or_stop(self.solve, line, cell, create=False)

    @no_var_expand
    @magic_arguments("%create")
    @_shared
    @cell_magic
    def create(self, line: str, cell: str) -> None:
        """Create a tool for the kind of problem in the cell: a tool cell, ready to be called."""
        self._work_or_stop(self.create, line, cell, create=True)

    @no_var_expand
    @magic_arguments("%rectify")
    @_sending
    @argument("--fresh", action="store_true", help="ask anew although a reply is recorded")
    @argument("--yes", action="store_true", help="accept the change beforehand")
    @line_cell_magic
    def rectify(self, line: str, cell: str | None = None) -> None:
        """Mend the cell that failed last, or (%%rectify) change the code below. Other words say how."""
        try:
            self._rectify(line, cell)
        except Interrupted:
            raise
        except KeyboardInterrupt:  # before a model was asked
            raise Interrupted("nothing was mended, and nothing was changed.") from None

    def _rectify(self, line: str, cell: str | None) -> None:
        arguments, words = parse_with_words(self.rectify, line)
        if arguments.help:
            print(self.rectify.parser.format_help())  # noqa: T201 - what -h is for
            return
        self.session.settings.course.check("rectify")
        from creator_magic.options import Options
        from creator_magic.rectify_cell import Wish, rectify_cell, what_rectify_would_send

        options = Options(
            model=arguments.model,
            hints=tuple(arguments.hint or ()),
            use=tuple(chain.from_iterable(arguments.use or ())),
            share=tuple(chain.from_iterable(arguments.share or ())),
            fresh=arguments.fresh,
        )
        code = None if cell is None else cell.removesuffix("\n")
        wish = Wish(words, code, accepted=arguments.yes)
        if arguments.dry_run:
            print(what_rectify_would_send(self.session, wish, options))  # noqa: T201
        else:
            rectify_cell(self._shell, self.session, wish, options)

    @no_var_expand
    @line_magic
    def creator(self, line: str) -> None:
        """Show the status, or see to what the first word names; `%creator help` lists them."""
        from creator_magic.commands import run_command

        run_command(self.session, line)

    def _work_or_stop(self, magic: Any, line: str, cell: str, *, create: bool) -> None:
        try:
            self._work(magic, line, cell, create=create)
        except Interrupted:
            raise
        except KeyboardInterrupt:  # before the solve began, such as while variables were described
            raise Interrupted from None

    def _work(self, magic: Any, line: str, cell: str, *, create: bool) -> None:
        arguments = parse(magic, line)
        if arguments.help:
            print(magic.parser.format_help())  # noqa: T201 - what -h is for
            return
        self.session.settings.course.check("create" if create else "solve")
        from creator_magic.options import Options
        from creator_magic.tutoring import work_at_level

        options = Options(
            model=arguments.model,
            hints=tuple(arguments.hint or ()),
            use=tuple(chain.from_iterable(arguments.use or ())),
            into=None if create else arguments.into,
            method=None if create else arguments.method,
            max_rectifications=arguments.max_rectifications,
            timeout=arguments.timeout,
            share=tuple(chain.from_iterable(arguments.share or ())),
            fresh=arguments.fresh,
            isolate=arguments.isolate or None,
            allow=tuple(chain.from_iterable(arguments.allow or ())),
            ask=arguments.ask,
            reuse=False if arguments.no_reuse else None,
            checks=tuple(arguments.check or ()),
            samples=1 if create else arguments.samples,
            review=not create and arguments.review,
            help_level=arguments.help_level,
        )
        # IPython ends every cell with a line end that the person did not write.
        text = cell.removesuffix("\n")
        if arguments.dry_run:
            from creator_magic.dry_run import what_would_be_sent

            print(what_would_be_sent(self.session, text, options, create=create))  # noqa: T201
        else:
            work_at_level(self._shell, self.session, text, options, create=create)


def parse(magic: Any, line: str, name: str = "") -> argparse.Namespace:
    """Read a magic's flags.

    Parameters
    ----------
    magic : method
        The magic, with its parser.
    line : str
        The rest of the magic's line.
    name : str
        As it is typed; empty for a cell magic's.

    Raises
    ------
    InputError
        If a flag is unknown, or its value cannot be used; close matches are named.
    """
    name = name or f"%%{magic.__name__}"
    try:
        arguments, unknown = _parsed(magic, name, shlex.split(line))
    except ValueError as error:
        raise InputError(f"{name}: a quote is open in its first line: {line.strip()}") from error
    if unknown:
        raise _unknown(magic, name, unknown[0])
    return arguments


def parse_with_words(magic: Any, line: str) -> tuple[argparse.Namespace, str]:
    """Read a magic's flags, and what else the person says between and behind them.

    Parameters
    ----------
    magic, line
        As for `parse`. Quotes count only around a whole value, so that words may have apostrophes.

    Returns
    -------
    Namespace
        The flags.
    str
        The other words.
    """
    name = f"%{magic.__name__}"
    words = [_unquoted(word) for word in _WORD.findall(line)]
    arguments, others = _parsed(magic, name, words)
    for word in others:
        if word.startswith("--"):
            raise _unknown(magic, name, word)
    return arguments, " ".join(others)


_WORD = re.compile(r"""(?:--[\w-]+=)?(?:"[^"]*"|'[^']*')(?!\S)|\S+""")


def _unquoted(word: str) -> str:
    flag, equals, value = word.partition("=") if word.startswith("--") else ("", "", word)
    return f"{flag}{equals}{value[1:-1]}" if value[:1] in ("'", '"') and value[-1] == value[0] else word


def _parsed(magic: Any, name: str, words: list[str]) -> tuple[argparse.Namespace, list[str]]:
    parser = magic.parser
    parser.allow_abbrev = False
    try:
        return cast("tuple[argparse.Namespace, list[str]]", parser.parse_known_args(words))
    except UsageError as error:
        raise InputError(f"{name}: {error}. See {name} -h.") from error


def _unknown(magic: Any, name: str, word: str) -> InputError:
    return InputError(f"{name} does not know {word}.{meant(word, flags(magic), f' See {name} -h: ')}")


def flags(magic: Any) -> list[str]:
    """Return the flags of a magic."""
    return [o for action in magic.parser._actions for o in action.option_strings if o.startswith("--")]  # noqa: SLF001


class FlagCompleter:
    """Completes the flags of the cell magics, and offers nothing else where a flag is typed.

    Parameters
    ----------
    magics : CreatorMagics
        The magics of the shell.
    exploring : ExploreMagics
        The one that explores.
    """

    def __init__(self, magics: CreatorMagics, exploring: ExploreMagics) -> None:
        self._flags = {
            "%%solve": flags(magics.solve),
            "%%create": flags(magics.create),
            "%%rectify": flags(magics.rectify),
            "%rectify": flags(magics.rectify),
            "%explore": flags(exploring.explore),
        }

        @context_matcher(identifier="creator_magic.flags")
        def match(context: CompletionContext) -> SimpleMatcherResult:
            return self._match(context)

        self._matcher = match

    def _match(self, context: CompletionContext) -> SimpleMatcherResult:
        typed = context.line_with_cursor[: context.cursor_position]
        magic, word = typed.split(" ", 1)[0], typed.rsplit(" ", 1)[-1]
        known = self._flags.get(magic, []) if context.cursor_line == 0 and word.startswith("-") else []
        fitting = [flag for flag in known if flag.startswith(word)]
        completions = [SimpleCompletion(flag, type="flag") for flag in fitting]
        return {"completions": completions, "suppress": bool(known), "matched_fragment": word}

    def install(self, shell: InteractiveShell) -> None:
        """Complete in `shell`."""
        shell.Completer.custom_matchers.append(self._matcher)

    def uninstall(self, shell: InteractiveShell) -> None:
        """Undo `install`."""
        shell.Completer.custom_matchers.remove(self._matcher)
