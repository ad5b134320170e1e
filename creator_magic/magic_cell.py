"""One magic cell, from its text to generated cells, a record, and an answer or a failure.

A solved notebook runs again from itself: where the cells of an earlier solve stand under the
magic cell and the problem is unchanged, they run as they stand and no model is asked. If the
person asked to have them rectified, that run is the first attempt.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from creator_magic.cells.generated import is_edited, source_sha
from creator_magic.cells.live_cells import LiveCells
from creator_magic.cells.next_input import offer_next_input
from creator_magic.cells.notebook_beside import told_by_file
from creator_magic.cells.once_per_pass import show
from creator_magic.cells.record import DisplayRecord, display_under_cell
from creator_magic.cells.request import current_request
from creator_magic.cells.written import NO_ANSWER, WrittenCells
from creator_magic.course.levels import TOOL
from creator_magic.draft import called_names
from creator_magic.errors import InputError, Interrupted, UnsolvedError
from creator_magic.events import CellsWritten, ReplyGrew
from creator_magic.kernel.interruption import uninterrupted
from creator_magic.kernel.live import prompt_number
from creator_magic.past_solves import PastSolve
from creator_magic.ports import Beginning, CodeCell
from creator_magic.why_unsolved import why_unsolved

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from IPython.core.interactiveshell import InteractiveShell

    from creator_magic.cells.front_end import Place
    from creator_magic.cells.protocol import SyncedCell
    from creator_magic.cells.request import Request, StandingCell
    from creator_magic.cells.terminal import TerminalProgress
    from creator_magic.events import Event
    from creator_magic.helped import Helped
    from creator_magic.options import Options
    from creator_magic.ports import CellRun, Role
    from creator_magic.problem import Problem
    from creator_magic.session import Session
    from creator_magic.solution import Solution
    from creator_magic.toolbox.reuse import Kept

_NOTHING_TO_RECTIFY = (
    "There is nothing to rectify: the cells under this one do not answer it as it stands now. "
    "Run it, and they will."
)
_TOO_LATE = "the problem had just been solved; what is shown stands."


def work_on_cell(
    shell: InteractiveShell,
    session: Session,
    text: str,
    options: Options,
    *,
    create: bool,
    helped: Helped | None = None,
) -> Solution:
    """Do what a `%%solve` or `%%create` cell asks.

    Parameters
    ----------
    shell : InteractiveShell
        The shell whose cell it is.
    session : Session
        The shell's session.
    text : str
        The cell's body.
    options : Options
        Its flags.
    create : bool
        Whether only a tool is wanted.
    helped : Helped or None
        What it counts as, where help is counted.

    Returns
    -------
    Solution
        Solved.

    Raises
    ------
    InputError
        If text or flags cannot be used; nothing was sent.
    ModelError
        If a model cannot be asked.
    UnsolvedError
        If no attempt worked; the record and the cells show the last one.
    """
    problem = session.solving.problem(text, options, create=create)
    if options.help_level == TOOL:
        problem = problem.tool_alone()
    request = told_by_file(current_request(shell), session.start)
    if request.rectify is not None:
        session.settings.course.check("rectify")
    options = replace(options, fresh=(options.fresh or request.fresh) and request.rectify is None)
    problem = replace(problem, plan=_plan(request, problem, options))
    return _MagicCell(shell, session, request, options, problem, helped).work()


@dataclass(frozen=True, slots=True)
class _MagicCell:
    shell: InteractiveShell
    session: Session
    request: Request
    options: Options
    problem: Problem
    helped: Helped | None = None

    @property
    def tool_only(self) -> bool:
        """Whether the decision is the person's to write."""
        return self.problem.method == "create" or self.options.help_level == TOOL

    @property
    def owner(self) -> str:
        return self.request.place or f"problem {self.problem.asked}"

    @property
    def in_terminal(self) -> bool:
        return getattr(self.shell, "kernel", None) is None

    def work(self) -> Solution:
        try:
            return self.answered()
        except BaseException as stopped:
            with suppress(KeyboardInterrupt):
                self.session.keep_accounts(hurried=isinstance(stopped, KeyboardInterrupt))
            raise

    def answered(self) -> Solution:
        progress = self.progress()
        remark = self.request.rectify
        standing = () if self.options.fresh else self.runnable()
        if remark is not None and not standing:
            raise InputError(_NOTHING_TO_RECTIFY)
        stand = bool(standing) and remark is None
        place = self.session.front_end.place(self.request.cell_id)
        unheard = [cell.mark.key for cell in place.unheard] if place is not None else []
        written = WrittenCells(self.request, self.problem.asked, stand, self.options.fresh, unheard)
        self.session.own(written.solve_id, self.owner)
        # A run of the cells that stand belongs to the solve before.
        again = self.session.past.get(self.owner) if stand else None
        past = again or self.past(place)
        past.record = progress
        past.place = place
        live = None
        if place is not None:
            known = past.known if not stand else self.known_of_standing(past, place)
            live = LiveCells(place, written, prompt_number(self.shell), known)
        watcher = _Watchers(
            live,
            progress,
            lambda: again or self.session.begin(past),
            lambda cells: self.seal(cells, lasting=not stand),
            # A reply that is shown while it comes may hold what is not to be shown.
            whole_only=not self.session.settings.course.gives_all,
        )
        run = [cell for cell in standing if not cell.skipped and cell.mark.role != "plan"]
        code = [CodeCell(_role(cell), cell.mark.key, cell.source) for cell in run]
        edited = frozenset(cell.mark.key for cell in run if self.edited_here(cell))
        solving = self.session.solving
        if stand:
            solution = solving.run_standing(self.problem, code, self.options, self.owner, watcher, edited)
        elif remark is not None:
            beginning = Beginning(tuple(code), self.session.redaction()(remark), edited)
            solution = solving.rectify(self.problem, beginning, self.options, self.owner, watcher)
        else:
            solution = solving.solve(self.problem, self.options, self.owner, watcher)
        late = False
        try:
            with uninterrupted():
                past.cells = [run.cell for run in solution.runs]
                if past.cells and not solution.solved:
                    watcher.begin()
                    watcher.seal(past.cells)
                self.show(solution, progress, written, live)
            try:
                self.session.keep_accounts()
            finally:  # last: its thread takes a share of the time
                self.keep_tools(solution, past, progress)
        except KeyboardInterrupt:
            late = True
        if not solution.solved:
            raise UnsolvedError(why_unsolved(solution, self.session.settings.course), solution)
        if late:
            # The cells that wait behind this one must not run on.
            raise Interrupted(_TOO_LATE)
        return solution

    def keep_tools(
        self, solution: Solution, past: PastSolve, progress: DisplayRecord | TerminalProgress
    ) -> None:
        """Keep what the solve made, and say so in its record."""

        def done(kept: Kept) -> None:
            past.tools = kept.names
            progress.add(kept.lines)

        # A program that runs the notebook takes the record as it is when the cell ends.
        later = self.request.interactive and not self.in_terminal
        session = self.session
        if not session.kept_tools.keep(solution, session.notebook, session.redaction(), done, later=later):
            progress.add(())

    def seal(self, cells: Sequence[CodeCell], *, lasting: bool) -> None:
        """Let what is written into generated cells be known, so that an edit of it is one of the person's."""
        for cell in cells:
            parent = self.request.cell_id or ""
            self.session.seals.wrote(parent, cell.key, source_sha(cell.source), lasting=lasting)

    def edited_here(self, cell: StandingCell) -> bool:
        """Tell whether the person edited a cell that was written here.

        What a mark says proves nothing: a notebook may come from anybody, with marks by which code
        that nobody here has seen would pass for an edit.
        """
        mark = cell.mark
        edited = is_edited(mark, cell.source)
        return edited and self.session.seals.has_written(mark.parent or "", mark.key, mark.sha)

    def progress(self) -> DisplayRecord | TerminalProgress:
        if self.in_terminal:
            from creator_magic.cells.terminal import TerminalProgress

            return TerminalProgress(sys.stdout, lambda source: self.shell.pycolorize(source) or source)
        publisher = self.session.publisher or self.shell.display_pub
        return DisplayRecord(display_under_cell(publisher), beside_cells=self.request.places_cells)

    def past(self, place: Place | None) -> PastSolve:
        """Return what undoing will need to know of what stands now, or comes to stand yet."""
        past = PastSolve(self.owner, self.problem.text)
        unheard = place.unheard if place is not None else ()
        past.before = [self.stood(cell) for cell in (*self.request.standing, *unheard)]
        for cell in self.request.standing:
            past.known[cell.mark.key].append(cell.source)
        if place is not None:
            _add(past.known, place.sources)
        return past

    def stood(self, cell: StandingCell) -> SyncedCell:
        shown = self.session.once_per_pass.outputs_of(self.owner, cell.mark.key, cell.source)
        outputs, count = (None, None) if shown is None else (list(shown[0]), shown[1])
        return {
            "cell_type": "code",
            "source": cell.source,
            "outputs": outputs,
            "execution_count": count,
            "metadata": dict(cell.metadata),
        }

    def known_of_standing(self, past: PastSolve, place: Place) -> dict[str, list[str]]:
        """Return what this run knows of each slot; what the person has edited stays unknown to the solve."""
        known: dict[str, list[str]] = defaultdict(list)
        for cell in self.request.standing:
            found = past.known[cell.mark.key]
            known[cell.mark.key] = found if cell.source in found else [cell.source]
        _add(known, place.sources)
        return known

    def runnable(self) -> tuple[StandingCell, ...]:
        """Return the cells that answer the problem as they stand, or none.

        Cells of a solve that failed answer nothing, unless the person has mended them, or wants
        them rectified.
        """
        standing = self.request.standing
        if self.tool_only and self.helped is not None:
            standing = tuple(cell for cell in standing if cell.mark.role == "tool")
        wanted = {"tool"} if self.tool_only else {"tool", "decision"}
        answers = {self.problem.asked, NO_ANSWER}
        missing = wanted - {cell.mark.role for cell in standing}
        if missing and (missing != {"tool"} or not self.tools_stand_elsewhere()):
            return ()
        if any(cell.mark.asked not in answers for cell in standing):
            return ()
        if any(cell.mark.role == "plan" and is_edited(cell.mark, cell.source) for cell in standing):
            return ()  # the person wants it done another way
        failed = any(cell.mark.asked == NO_ANSWER for cell in standing)
        mended = any(is_edited(cell.mark, cell.source) for cell in standing)
        if failed and not mended and self.request.rectify is None:
            return ()
        # Whatever order the person keeps them in, a decision needs its tool.
        return tuple(sorted(standing, key=lambda cell: cell.mark.role == "decision"))

    def tools_stand_elsewhere(self) -> bool:
        """Tell whether a decision that stands alone has all that it calls: kept tools of other solves."""
        decisions = [cell.source for cell in self.request.standing if _role(cell) == "decision"]
        called = {name for source in decisions for name in called_names(source)}
        kernel = self.session.kernel
        return bool(called) and all(
            name in kernel.namespace and not kernel.ownership.owns(self.owner, name) for name in called
        )

    def show(
        self,
        solution: Solution,
        progress: DisplayRecord | TerminalProgress,
        written: WrittenCells,
        live: LiveCells | None,
    ) -> None:
        """Show the outcome in whatever way this front end has."""
        parent, runs = self.request.cell_id, solution.runs
        kept = written.kept(runs)
        retired = written.retired(runs) if solution.solved else []
        notes = [
            f"The {key} cell is locked, so it was kept. Its new version is here."
            if cell.fixed
            else f"Your edited {key} cell was kept. Its new version is here; "
            "--fresh puts it in the cell's place."
            for key, cell in kept.items()
        ]
        if self.request.rectify:
            notes.append(f"You said: {self.request.rectify}")
        elif self.request.rectify is not None and solution.from_notebook:
            notes.append("Nothing failed and nothing was said to be wrong, so nothing was sent.")
        if self.helped is not None and solution.runs:
            lines, progress.help = self.helped.count(solution, self.session.steps)
            notes += lines
        revisions = {run.cell.key: _revision(solution, run.cell.key) for run in runs}
        cells = written.cells(runs, revisions, prompt_number(self.shell), answered=solution.solved)
        sync = live.finish(cells, retired) if live is not None else None
        if not isinstance(progress, DisplayRecord):
            progress.finish(solution, notes)
        else:
            unplaced = [run for run in runs if run.cell.key in kept or not self.request.places_cells]
            progress.finish(solution, cells, notes, [run.cell for run in unplaced], parent)
            if not self.request.places_cells:
                self.show_rich_outputs(runs)
        if parent is not None:
            count, bare = prompt_number(self.shell), self.request.bare
            self.session.once_per_pass.remember(parent, runs, retired, sync, count, bare=bare)
        if solution.solved and not written.stand:
            self.offer(runs, written.solve_id)

    def show_rich_outputs(self, runs: Sequence[CellRun]) -> None:
        """Show figures and tables under the magic, where no cell of the notebook will hold them."""
        for run in runs:
            for output in run.outputs:
                if set(output.get("data", ())) - {"text/plain"}:
                    show(self.shell, output)

    def offer(self, runs: Sequence[CellRun], solve_id: str) -> None:
        """Offer the code as a new cell, once a problem, where nobody else places generated cells."""
        session, notebook, asked = self.session, self.session.notebook, self.problem.asked
        if not (self.in_terminal or self.request.interactive):
            return  # a program runs the notebook, and takes the cells from the record
        if not self.request.places_cells:
            if self.request.fixed:
                return  # a front end would put it between an answer and its tests
            if not session.settings.next_input or (
                session.offers.made(notebook, asked) and not self.options.fresh
            ):
                return
            offer_next_input(self.shell, runs, solve_id)
        # Cells that were placed count too: the same notebook may next be opened elsewhere.
        session.offers.add(notebook, asked, lasting=not self.in_terminal)


@dataclass(frozen=True, slots=True)
class _Watchers:
    """Those who watch one solve.

    `begin` is called when it has code, and so can be undone, `seal` with the code that it writes. With
    `whole_only` a reply is shown by what is made of it, and not while it comes.
    """

    cells: LiveCells | None
    progress: DisplayRecord | TerminalProgress
    begin: Callable[[], object]
    seal: Callable[[Sequence[CodeCell]], None]
    whole_only: bool = False

    def __call__(self, event: Event) -> None:
        if self.whole_only and isinstance(event, ReplyGrew):
            return
        if isinstance(event, CellsWritten):
            self.begin()
            self.seal(event.cells)
        if self.cells is not None:
            self.cells(event)
        self.progress(event)

    def stop(self, message: str) -> None:
        if self.cells is not None:
            self.cells.stop(message)
        self.progress.stop(message)


def _add(known: dict[str, list[str]], sources: Mapping[str, Sequence[str]]) -> None:
    for key, more in sources.items():
        known[key] += [source for source in more if source not in known[key]]


def _role(cell: StandingCell) -> Role:
    return "decision" if cell.mark.role == "decision" else "tool"


def _revision(solution: Solution, key: str) -> int:
    sources = [cell.source for attempt in solution.attempts for cell in attempt.cells if cell.key == key]
    return max(1, len(dict.fromkeys(sources)))


def _plan(request: Request, problem: Problem, options: Options) -> str:
    """Return the plan to go by: the one that stands, unless another is wanted; a person's edit counts."""
    plan = next((cell for cell in request.standing if cell.mark.role == "plan"), None)
    if plan is None or problem.method != "plan" or options.fresh:
        return ""
    from creator_magic.planning import read_steps

    edited = is_edited(plan.mark, plan.source)
    if edited and not read_steps(plan.source):
        raise InputError(
            "The plan has no steps. Write each as an item of a list, or delete the cell to plan anew."
        )
    return plan.source if edited or plan.mark.asked in (problem.asked, NO_ANSWER) else ""
