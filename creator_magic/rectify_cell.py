"""`%rectify`: the last cell of the person's that failed, or the cell that it stands in, is mended.

A diagnosis and a diff come first. The cell is replaced when the person accepts: by the page, where our
front-end half is there to show the choice; elsewhere they are asked, and the text goes back as the next
input, which replaces the cell that asked. Refusing leaves everything as it was.
"""

from __future__ import annotations

import asyncio
import sys
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from creator_magic.ailment import syntax_ailment
from creator_magic.cells.mending_record import as_html, as_offered, as_text
from creator_magic.cells.record import DisplayRecord, display_under_cell
from creator_magic.cells.request import current_request
from creator_magic.dry_run import sending
from creator_magic.errors import CreatorError, InputError, Interrupted, MendedCellError
from creator_magic.kernel.interruption import when_undisturbed
from creator_magic.mending import MEND, Ailment, first_question, mend
from creator_magic.model.money import money_for
from creator_magic.past_solves import PastMending
from creator_magic.policy.person import CannotAskError
from creator_magic.reply.whole_cell import python_fault

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from creator_magic.cells.request import Request
    from creator_magic.events import Event
    from creator_magic.failed_cells import FailedCell, FailedCells
    from creator_magic.mending import Mending
    from creator_magic.options import Options
    from creator_magic.problem import Problem
    from creator_magic.session import Session

_NOTHING_FAILED = (
    "No cell of yours has failed, so there is nothing to mend. To have a cell changed, put "
    "`%%rectify` and what you want above its code."
)
_GENERATED = (
    "What failed last is code of a `%%solve`, which is rectified with its problem: use Rectify This Cell… in "
    "the cell's toolbar, or run the `%%solve` again with a --hint."
)
_FIXED = (
    "`%rectify` changes no cell that is locked, a test, or an answer to be graded, and the one that failed "
    "last is such a cell. Its error says what is not right yet; a cell of your own can be mended."
)
_FIXED_HERE = (
    "`%%rectify` changes no cell that is locked, a test, or an answer to be graded, and this is such a cell. "
    "A cell of your own can be mended."
)
_NOTHING_SAID = (
    "`%%rectify` knows of nothing wrong with this cell. Say what to change behind it, as in "
    "`%%rectify make it robust to missing values`, or run the cell without it first."
)
_NO_CODE = (
    "`%%rectify` changes the code below it, and there is none. `%rectify` mends the cell that failed last."
)
_PROSE = (
    "Below `%%rectify` stands the code of the cell, and this looks like prose. Say what you want behind "
    "it: `%%rectify TEXT`; or `%rectify TEXT` for the cell that failed last."
)


@dataclass(frozen=True, slots=True)
class Wish:
    """What a `%rectify` asks.

    Parameters
    ----------
    text : str
        What the person says; empty if they do not.
    cell : str or None
        The code below `%%rectify`; None for `%rectify`.
    accepted : bool
        Whether the person accepts whatever comes.
    """

    text: str
    cell: str | None
    accepted: bool


def rectify_cell(shell: InteractiveShell, session: Session, wish: Wish, options: Options) -> None:
    """Have a cell mended, show how, and replace it if the person accepts.

    Parameters
    ----------
    shell : InteractiveShell
        The shell.
    session : Session
        Its session.
    wish : Wish
        What is asked.
    options : Options
        How to go about it.

    Raises
    ------
    InputError
        If there is nothing to mend, or an option cannot be used; nothing was sent.
    ModelError
        If the model cannot be asked, or gives no cell that can be used; nothing was changed.
    MendedCellError
        If the mended cell ran here, and failed.
    """
    _Rectify(shell, session, current_request(shell), wish, options).work()


def what_rectify_would_send(session: Session, wish: Wish, options: Options) -> str:
    """Return the messages of the first call, and whom they would go to; arguments as for `rectify_cell`."""
    ailment, _ = _target(session, current_request(session.shell), wish)
    problem = _problem(session, wish, options)
    return sending(session, options, first_question(ailment, problem, session.redaction()))


def _target(session: Session, request: Request, wish: Wish) -> tuple[Ailment, FailedCell | None]:
    """Return what is to be mended, and the failed cell that it is, if the code does not stand here."""
    failed = session.failed_cells
    if wish.cell is None:
        found = _failed(failed, request)
        return found.ailment, found
    if request.fixed:
        raise InputError(_FIXED_HERE)
    if not wish.cell.strip():
        raise InputError(_NO_CODE)
    known = failed.at(request.place) or failed.last
    if known is not None and known.ailment.source.strip() == wish.cell.strip():
        return replace(known.ailment, source=wish.cell), None
    fault = python_fault(wish.cell)
    if fault and not wish.text and _is_prose(wish.cell):
        raise InputError(_PROSE)
    if fault:
        return syntax_ailment(wish.cell, fault), None
    if not wish.text:
        raise InputError(_NOTHING_SAID)
    return Ailment(wish.cell), None


def _failed(failed: FailedCells, request: Request) -> FailedCell:
    pressed = failed.at(request.place) if request.silent else None
    if pressed is not None:
        return pressed
    if failed.generated_failed_last:
        raise InputError(_GENERATED)
    if failed.fixed_failed_last:
        raise InputError(_FIXED)
    if failed.last is None:
        raise InputError(_NOTHING_FAILED)
    return failed.last


def _is_prose(text: str) -> bool:
    words = text.split()
    plain = [word for word in words if word.strip(".,;:!?'\"()-").replace("'", "").replace("-", "").isalpha()]
    return len(words) > 2 and len(plain) > 0.8 * len(words)  # noqa: PLR2004 - hardly any code is


def _problem(session: Session, wish: Wish, options: Options) -> Problem:
    # What the person accepts is theirs, and no policy judges it: the diff says what it would do.
    return replace(session.solving.problem(wish.text or MEND, options), forbids="")


@dataclass(frozen=True, slots=True)
class _Rectify:
    shell: InteractiveShell
    session: Session
    request: Request
    wish: Wish
    options: Options

    @property
    def in_terminal(self) -> bool:
        return not self.session.in_kernel

    def work(self) -> None:
        try:
            mending, failed, record = self.mending()
        except KeyboardInterrupt:
            raise Interrupted("nothing was mended, and nothing was changed.") from None
        finally:
            with suppress(KeyboardInterrupt):
                self.session.keep_accounts()
        if self.request.shows_offers and self.request.cell_id is not None:
            self.offer_on_page(mending, failed, record)
        else:
            self.ask_here(mending, failed, record)

    def mending(self) -> tuple[Mending, FailedCell | None, DisplayRecord | None]:
        session = self.session
        ailment, failed = _target(session, self.request, self.wish)
        problem = _problem(session, self.wish, self.options)
        account = session.accounts.begin(session.notebook)
        model = session.models.solving(account, self.options.model or "", fresh=self.options.fresh)
        record = None
        if not (self.in_terminal or self.request.silent):
            record = DisplayRecord(display_under_cell(session.publisher or self.shell.display_pub))

        def emit(event: Event) -> None:
            if record is not None:
                record(event)

        try:
            mending = mend(
                ailment,
                problem,
                model,
                redact=session.redaction(),
                meanings=session.kernel.meanings,
                emit=when_undisturbed(emit),
            )
        except BaseException as stopped:
            if record is not None:
                said = stopped.message if isinstance(stopped, CreatorError) else "nothing was changed"
                record.stop(f"Stopped: {said}")
            raise
        mending = replace(mending, money=money_for(session.accounts.solve, session.settings.prices))
        return mending, failed, record

    def offer_on_page(
        self, mending: Mending, failed: FailedCell | None, record: DisplayRecord | None
    ) -> None:
        """Let the page show the choice; what is accepted runs there, as any cell does."""
        cell, replaces = self.request.cell_id, self.request.source
        if failed is not None and failed.place != cell:
            cell, replaces = failed.place, failed.ailment.source
        elif failed is not None and self.request.silent:
            replaces = failed.ailment.source
        if record is not None:
            ended = "Accepted by --yes." if self.wish.accepted and mending.source is not None else ""
            record.end(as_html(mending, ended), as_text(mending, ended))
        if mending.source is not None:
            self.session.mendings[mending.id] = PastMending(
                cell or mending.id, replaces, mending.source, placed=cell is not None
            )
        self.session.front_end.tell(
            as_offered(
                mending,
                self.request.client,
                cell,
                self.request.cell_id or "",
                replaces,
                shown=record is not None,
                accepted=self.wish.accepted,
            )
        )

    def ask_here(self, mending: Mending, failed: FailedCell | None, record: DisplayRecord | None) -> None:
        """Ask the person, where no page shows the choice; what they accept runs here."""
        if record is None:
            colours = sys.stdout.isatty()
            print(as_text(mending, colours=colours))  # noqa: T201 - the terminal's display
        else:
            record.end(as_html(mending), as_text(mending))
        if mending.source is None:
            return
        agreed, ended = self.agreed()
        if agreed and self.replaces:
            self.shell.set_next_input(mending.source, replace=True)
        elif agreed and record is not None:
            ended += f" Nothing replaces a cell here; its text is:\n{mending.source}"
        if record is None:
            print(ended)  # noqa: T201 - likewise
        else:
            record.end(as_html(mending, ended), as_text(mending, ended))
        if agreed:
            session = self.session
            owner = (failed.place if failed else self.request.place) or "the cell that was mended"
            original = failed.ailment.source if failed else mending.ailment.source
            session.past.add(PastMending(owner, original, mending.source, placed=False))
            self.run(mending.source)
            session.failed_cells.forget(failed)

    @property
    def replaces(self) -> bool:
        """Whether the front end lets a cell's text be replaced when the cell is done."""
        request = self.request
        return not (self.in_terminal or request.fixed or request.app == "Colab") and request.interactive

    def agreed(self) -> tuple[bool, str]:
        """Return whether the person accepts, and the line that says so."""
        here = "ran, and takes this cell's place" if self.replaces else "ran"
        if self.wish.accepted:
            return True, f"Accepted by --yes: the mended cell {here}."
        try:
            if self.session.person.agrees("Replace the cell with this, and run it? [y/N] "):
                return True, f"Accepted: the mended cell {here}."
        except CannotAskError as error:
            return False, f"Not applied: it needs your yes, and {error}. --yes accepts beforehand."
        return False, "Refused: nothing was changed."

    def run(self, source: str) -> None:
        # What runs here is a cell within a cell: its own loop must not be in the way of its `await`.
        running = asyncio._get_running_loop()  # noqa: SLF001 - documented for event loops, which this is about
        asyncio._set_running_loop(None)  # noqa: SLF001
        try:
            result = self.shell.run_cell(source, store_history=False)
        finally:
            asyncio._set_running_loop(running)  # noqa: SLF001
        self.session.failed_cells.note(result)
        if not result.success:
            error = result.error_before_exec or result.error_in_exec
            raise MendedCellError(
                f"The mended cell failed too: {type(error).__name__}. `%rectify` mends it further; "
                "`%creator undo` brings back the cell as it was."
            )
