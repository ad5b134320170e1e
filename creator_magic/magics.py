"""The magics: `%%solve`, `%%create`, `%creator`. Arguments in, one call out."""

from __future__ import annotations

import argparse
import shlex
from itertools import chain
from typing import TYPE_CHECKING, Any, cast

from IPython.core.completer import SimpleCompletion, context_matcher
from IPython.core.error import UsageError
from IPython.core.magic import Magics, cell_magic, line_magic, magics_class, no_var_expand
from IPython.core.magic_arguments import argument, magic_arguments

from creator_magic.config import MOST_RECTIFICATIONS, shown_endpoint
from creator_magic.errors import InputError, Interrupted, meant
from creator_magic.policy.effects import EFFECTS

if TYPE_CHECKING:
    from IPython.core.completer import CompletionContext, SimpleMatcherResult
    from IPython.core.interactiveshell import InteractiveShell

    from creator_magic.policy.effects import Effect
    from creator_magic.problem import Problem
    from creator_magic.session import Options, Session


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


def _effects(text: str) -> tuple[Effect, ...]:
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


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < float("inf"):
        message = f"{text!r} is no number of seconds"
        raise argparse.ArgumentTypeError(message)
    return seconds


_SHARED = (
    argument("-h", "--help", action="store_true", help="show this help"),
    argument(
        "--dry-run", action="store_true", help="show exactly what would be sent first, and send nothing"
    ),
    argument("--fresh", action="store_true", help="ask anew although the cells below answer this problem"),
    argument("--timeout", type=_seconds, metavar="SECONDS", help="time limit of one attempt's execution"),
    argument("--isolate", action="store_true", help="run code in a separate process first, with limits"),
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
        help="variables the model may use: their form is sent, no values; may be given several times",
    ),
    argument(
        "--share",
        type=_names,
        action="append",
        metavar="WHAT",
        help="also send values: NAME:ROWS, such as df:3, or errors for the text of errors; may be given "
        "several times",
    ),
    argument(
        "--hint", action="append", metavar="TEXT", help="advice for the model; may be given several times"
    ),
    argument(
        "--allow",
        type=_effects,
        action="append",
        metavar="EFFECTS",
        help=f"what the code may do beyond computing: {', '.join(EFFECTS)}; may be given several times",
    ),
    argument("--ask", action="store_true", help="show the code before it runs, and ask"),
    argument("--model", help="the model to ask, instead of the one that is set"),
)


def _shared(magic: Any) -> Any:
    for decorate in _SHARED:
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
    @argument("--method", choices=["creator", "entangled"], help="tool and decision apart, or in one reply")
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
        from creator_magic.magic_cell import work_on_cell
        from creator_magic.session import Options

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
        )
        # IPython ends every cell with a line end that the person did not write.
        text = cell.removesuffix("\n")
        if arguments.dry_run:
            self._dry_run(text, options, create=create)
        else:
            work_on_cell(self._shell, self.session, text, options, create=create)

    def _dry_run(self, text: str, options: Options, *, create: bool) -> None:
        from creator_magic.stages.creation import creation
        from creator_magic.stages.entangled import entangled

        problem = self.session.problem(text, options, create=create)
        ask = entangled if problem.method == "entangled" else creation
        print(f"This would be sent first, to {self._asked(options, problem)}; nothing was sent.")  # noqa: T201
        for message in self.session.redaction().of_question(ask(problem)).messages:
            print(f"\n[{message.role}]\n{message.content}")  # noqa: T201

    def _asked(self, options: Options, problem: Problem) -> str:
        """Name the model that a solve asks first, and where it is; never a key."""
        settings = self.session.settings
        creating = "" if problem.method == "entangled" else settings.creation_model_name()
        name = options.model or creating or settings.model_name()
        return f"{name} at {shown_endpoint(settings.endpoint())}" if name else "nobody: no model is set"


def parse(magic: Any, line: str) -> argparse.Namespace:
    """Read a magic's flags.

    Parameters
    ----------
    magic : method
        The magic, with its parser.
    line : str
        The rest of the magic's line.

    Raises
    ------
    InputError
        If a flag is unknown, or its value cannot be used; close matches are named.
    """
    parser = magic.parser
    parser.allow_abbrev = False
    name = f"%%{magic.__name__}"
    try:
        arguments, unknown = parser.parse_known_args(shlex.split(line))
    except UsageError as error:
        raise InputError(f"{name}: {error}. See {name} -h.") from error
    except ValueError as error:
        raise InputError(f"{name}: a quote is open in its first line: {line.strip()}") from error
    if unknown:
        raise InputError(
            f"{name} does not know {unknown[0]}.{meant(unknown[0], flags(magic), f' See {name} -h: ')}"
        )
    return cast("argparse.Namespace", arguments)


def flags(magic: Any) -> list[str]:
    """Return the flags of a magic."""
    return [o for action in magic.parser._actions for o in action.option_strings if o.startswith("--")]  # noqa: SLF001


class FlagCompleter:
    """Completes the flags of the cell magics, and offers nothing else where a flag is typed.

    Parameters
    ----------
    magics : CreatorMagics
        The magics of the shell.
    """

    def __init__(self, magics: CreatorMagics) -> None:
        self._flags = {"%%solve": flags(magics.solve), "%%create": flags(magics.create)}

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
