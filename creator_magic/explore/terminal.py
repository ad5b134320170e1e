"""An exploration in a terminal: a table that is drawn in place, or a line for each trial in a log."""

from __future__ import annotations

import sys
from contextlib import contextmanager, nullcontext
from difflib import SequenceMatcher
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.live import Live
from rich.text import Text

from creator_magic.explore.command import explore_tools, reports, what_would_be_asked, write_page
from creator_magic.explore.export import export_trials
from creator_magic.explore.learn import learn, what_learning_would_ask
from creator_magic.explore.memory import LongTermMemory
from creator_magic.explore.paraphrases import Paraphraser
from creator_magic.policy.person import CannotAskError
from creator_magic.session import session_of
from creator_magic.tools_command.register import run
from creator_magic.tools_command.rendering import as_text, show_in_terminal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from creator_magic.explore.command import Wish
    from creator_magic.session import Session
    from creator_magic.tools_command.page import Page


def explore_here(wish: Wish, *, dry_run: bool) -> None:
    """Explore in the project that this folder belongs to; arguments as for `show_exploring`."""
    with _session_here() as session:
        show_exploring(session, wish, dry_run=dry_run)


def learn_here(wish: Wish, *, dry_run: bool, accepted: bool) -> bool:
    """Show what exploring taught of tools, and take over what the person agrees to.

    Parameters
    ----------
    wish : Wish
        The tools, whom to ask, and within which limit.
    dry_run : bool
        Whether to show only what would be asked.
    accepted : bool
        Whether the person agrees beforehand.

    Returns
    -------
    bool
        Whether something they agreed to could not be taken over.
    """
    failed = False
    with _session_here() as session:
        for name in wish.tools:
            show = drawing()
            if dry_run:
                show(what_learning_would_ask(session, name, wish))
                continue
            offered = learn(session, name, wish, show, accepted=accepted).cell
            if offered and (accepted or _agrees(session, name)):
                source = offered.partition("\n")[2]
                taken, _ = run(session.toolbox, ["edit", name], "creator-magic tools", source, session.person)
                show(taken)
                failed = failed or taken.failed
    return failed


def _agrees(session: Session, name: str) -> bool:
    try:
        agreed = session.person.agrees(f"Take over what was learnt of {name}? [y/N] ")
    except CannotAskError as error:
        print(f"Not taken: it needs your yes, and {error}. --yes accepts beforehand.")  # noqa: T201
        return False
    if not agreed:
        print("Refused: nothing was changed.")  # noqa: T201
    return agreed


def report_here(names: Sequence[str], html: Path | None) -> None:
    """Show what came of exploring tools; write it as a page too, where `html` says where."""
    with _session_here() as session:
        page = reports(session, names)
        if html is not None:
            write_page(page, html)
    show_in_terminal(page, Console(highlight=False))


def export_here(
    folder: Path, rounds: Sequence[Sequence[str]], held_out: Sequence[str], rehearsal: float, paraphrases: int
) -> None:
    """Export the trials of the project that this folder belongs to; arguments as for `export_trials`."""
    with _session_here() as session:
        model = session.settings.model_name() or "the model"

        def begin(calls: int) -> None:
            queries = "1 query" if calls == 1 else f"{calls} queries"
            of_model = f"{calls} call{'' if calls == 1 else 's'} of {model}"
            print(f"{queries} to be paraphrased, {paraphrases} times at the most each, by {of_model}.")  # noqa: T201

        asking, memory = session.asking, LongTermMemory(session.store)
        paraphraser = Paraphraser(lambda question: asking(question).reply, paraphrases, begin)
        worded = paraphraser if paraphrases else None
        exported = export_trials(memory, folder, rounds, held_out, rehearsal, worded)
    for name, number in exported.files.items():
        print(f"{folder / name}: {number} samples")  # noqa: T201
    if exported.repeated:
        print(f"{exported.repeated} trials repeat a query and were left out.")  # noqa: T201
    if paraphrases:
        print(f"{exported.paraphrases} paraphrases; {exported.dropped} were dropped.")  # noqa: T201


@contextmanager
def _session_here() -> Iterator[Session]:
    # A module that lies in this folder can be named, as with `python -m`.
    sys.path.insert(0, str(Path.cwd()))
    session = session_of(None)
    session.settings.course.check("explore")
    try:
        yield session
    finally:
        session.uninstall()


def show_exploring(session: Session, wish: Wish, *, dry_run: bool) -> None:
    """Explore tools, and show that in a terminal.

    Parameters
    ----------
    session : Session
        The session.
    wish : Wish
        What is wanted.
    dry_run : bool
        Whether to show only what would be asked.
    """
    console = Console(highlight=False)
    if dry_run:
        show_in_terminal(what_would_be_asked(session, wish), console)
        return
    live = Live(console=console, auto_refresh=False) if console.is_terminal else None
    with live or nullcontext():
        explore_tools(session, wish, drawing(console, live))


def drawing(console: Console | None = None, live: Live | None = None) -> Callable[[Page], None]:
    """Return what draws a page in the place of the one before; in a log, and where one is asked, what is new.

    Parameters
    ----------
    console : Console or None
        Where; None for the usual one.
    live : Live or None
        What draws in place; None to draw line by line.
    """
    console = console or Console(highlight=False)
    last: list[str] = []

    def show(page: Page) -> None:
        nonlocal last
        if live is not None:
            drawn = StringIO()
            apart = Console(file=drawn, width=console.width, force_terminal=True, highlight=False)
            show_in_terminal(page, apart)
            live.update(Text.from_ansi(drawn.getvalue()), refresh=True)
            return
        lines = as_text(page).splitlines()
        for step, _, _, first, end in SequenceMatcher(None, last, lines, autojunk=False).get_opcodes():
            if step in ("insert", "replace"):
                console.print(Text("\n".join(lines[first:end])), soft_wrap=True)
        last = lines

    return show
