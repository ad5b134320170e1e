"""`%explore`: arguments in, one call out."""

from __future__ import annotations

import argparse
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, cast

from IPython.core.magic import Magics, line_magic, magics_class, no_var_expand
from IPython.core.magic_arguments import argument, magic_arguments

from creator_magic.errors import Interrupted
from creator_magic.magics import effects, parse, seconds

if TYPE_CHECKING:
    from collections.abc import Callable

    from IPython.core.interactiveshell import InteractiveShell

    from creator_magic.explore.command import Wish
    from creator_magic.session import Session
    from creator_magic.tools_command.page import Page


def _number(text: str) -> int:
    if not text.isdecimal() or not int(text):
        message = f"{text!r} is no whole number from 1"
        raise argparse.ArgumentTypeError(message)
    return int(text)


@magics_class
class ExploreMagics(Magics):
    """The magic that explores tools in one shell."""

    @property
    def session(self) -> Session:
        """The shell's session, begun at the first use."""
        from creator_magic.session import session_of

        return session_of(cast("InteractiveShell", self.shell))

    @no_var_expand
    @magic_arguments("%explore")
    @argument("-h", "--help", action="store_true", help="show this help")
    @argument("tools", nargs="*", metavar="TOOL", help="a kept tool, a function, or package.module:function")
    @argument("--episodes", type=_number, default=15, metavar="N", help="episodes of each tool (15)")
    @argument("--trials", type=_number, default=4, metavar="N", help="trials of an episode (4)")
    @argument("--turns", type=_number, default=4, metavar="N", help="calls of a trial at the most (4)")
    @argument("--model", default="", help="ask this model, and not the one that is set")
    @argument("--judge", default="", metavar="MODEL", help="have another model judge the trials")
    @argument("--calls", type=_number, default=0, metavar="N", help="end after so many calls of models")
    @argument("--tokens", type=_number, default=0, metavar="N", help="end after so many tokens")
    @argument("--money", type=seconds, default=0.0, metavar="AMOUNT", help="end at this cost, by your prices")
    @argument("--timeout", type=seconds, default=10.0, metavar="SECONDS", help="time limit of one attempt")
    @argument(
        "--allow",
        type=effects,
        action="append",
        metavar="EFFECTS",
        help="what code may do beyond computing, as in network",
    )
    @argument(
        "--without",
        choices=["execution", "short-term", "long-term", "reflection"],
        action="append",
        help="leave a part out, to see what it is worth",
    )
    @argument("--report", action="store_true", help="show what came of it; ask nothing")
    @argument(
        "--learn", action="store_true", help="rectify faults that trials showed, or better the docstring"
    )
    @argument("--yes", action="store_true", help="accept the change beforehand")
    @argument("--html", type=Path, metavar="FILE", help="write the report as a page too")
    @argument("--fresh", action="store_true", help="ask anew, whatever stands below")
    @argument("--dry-run", action="store_true", help="show what would be sent first; send nothing")
    @line_magic
    def explore(self, line: str) -> None:
        """Learn how tools are used by trial and error; the trials help later problems."""
        arguments = parse(self.explore, line, "%explore")
        if arguments.help:
            print(self.explore.parser.format_help())  # noqa: T201 - what -h is for
            return
        self.session.settings.course.check("explore")
        from creator_magic.explore.command import Wish
        from creator_magic.explore.trial import Extent
        from creator_magic.model.limited import Limit

        if arguments.report or arguments.html:
            self._report(arguments.tools, arguments.html)
            return
        without = frozenset(arguments.without or ())
        wish = Wish(
            tuple(arguments.tools),
            Extent(arguments.episodes, arguments.trials, arguments.turns, without),
            arguments.model,
            arguments.judge,
            Limit("exploration", arguments.calls, arguments.tokens, arguments.money),
            tuple(chain.from_iterable(arguments.allow or ())),
            arguments.fresh,
            arguments.timeout,
        )
        try:
            if arguments.learn:
                self._learn(wish, dry_run=arguments.dry_run, accepted=arguments.yes)
            else:
                self._explore(wish, dry_run=arguments.dry_run)
        except Interrupted:
            raise
        except KeyboardInterrupt:  # before a model was asked
            raise Interrupted("nothing was explored.") from None

    def _report(self, names: list[str], html: Path | None) -> None:
        from creator_magic.explore.command import reports, write_page

        page = reports(self.session, names)
        if html is not None:
            write_page(page, html.expanduser())
        self._show(page)

    def _learn(self, wish: Wish, *, dry_run: bool, accepted: bool) -> None:
        from creator_magic.explore.learn import learn, what_learning_would_ask

        for name in wish.tools:
            show = self._drawing()
            if dry_run:
                show(what_learning_would_ask(self.session, name, wish))
                continue
            page = learn(self.session, name, wish, show, accepted=accepted)
            if page.cell:
                cast("InteractiveShell", self.shell).set_next_input(page.cell, replace=False)

    def _show(self, page: Page) -> None:
        from creator_magic.tools_command.rendering import as_html, as_text, show_in_terminal

        if self.session.in_kernel:
            shell = cast("InteractiveShell", self.shell)
            shell.display_pub.publish({"text/plain": as_text(page), "text/html": as_html(page)})
        else:
            from rich.console import Console

            show_in_terminal(page, Console(highlight=False))

    def _explore(self, wish: Wish, *, dry_run: bool) -> None:
        session = self.session
        if not session.in_kernel:
            from creator_magic.explore.terminal import show_exploring

            show_exploring(session, wish, dry_run=dry_run)
            return
        from creator_magic.explore.command import explore_tools, what_would_be_asked

        show = self._drawing()
        if dry_run:
            show(what_would_be_asked(session, wish))
        else:
            explore_tools(session, wish, show)

    def _drawing(self) -> Callable[[Page], None]:
        """Return what draws a page in the place of the one before."""
        session = self.session
        if not session.in_kernel:
            from creator_magic.explore.terminal import drawing

            return drawing()
        from creator_magic.cells.record import display_under_cell
        from creator_magic.tools_command.rendering import as_html, as_text

        shell = cast("InteractiveShell", self.shell)
        display = display_under_cell(session.publisher or shell.display_pub)
        drawn = False

        def show(page: Page) -> None:
            nonlocal drawn
            display({"text/plain": as_text(page), "text/html": as_html(page)}, {}, drawn)
            drawn = True

        return show
