"""A session: what creator-magic keeps for one shell.

It begins when the extension is loaded, and watches every cell from then on. What only a solve needs is
made, and imported, when it is first asked for.
"""

from __future__ import annotations

import os
import sys
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from creator_magic.cells.front_end import FrontEnd
from creator_magic.cells.next_input import offered_parts
from creator_magic.cells.once_per_pass import OncePerPass
from creator_magic.cells.person import PersonAtShell
from creator_magic.cells.request import current_request
from creator_magic.config import CreatorMagic
from creator_magic.course.in_force import course_in_force
from creator_magic.errors import CourseError
from creator_magic.failed_cells import FailedCells
from creator_magic.notebook_name import notebook_name
from creator_magic.offered_mending import tell_failed
from creator_magic.own_answers import OwnAnswers
from creator_magic.project import STORE, kept_in, project_folder

if TYPE_CHECKING:
    from IPython.core.interactiveshell import ExecutionInfo, ExecutionResult, InteractiveShell

    from creator_magic.accounts import Accounts
    from creator_magic.asking import Asking
    from creator_magic.build import Models
    from creator_magic.course.steps import HelpSteps
    from creator_magic.kept_tools import KeptTools
    from creator_magic.kernel.live import LiveKernel
    from creator_magic.offers import Offers
    from creator_magic.options import Options
    from creator_magic.past_solves import PastMending, PastSolve, PastSolves
    from creator_magic.ports import Role
    from creator_magic.project_store import ProjectStore
    from creator_magic.redaction import Redaction
    from creator_magic.seals import Seals
    from creator_magic.solving import Solving
    from creator_magic.spending import Ledger
    from creator_magic.toolbox.collection import Toolbox


class Session:
    """Everything that lives as long as the extension is loaded into a shell.

    Parameters
    ----------
    shell : InteractiveShell or None
        The shell; None outside IPython, where code runs in a namespace of its own.
    project : Path or None
        The project's folder; None for the one that the kernel works in.
    """

    def __init__(self, shell: InteractiveShell | None, project: Path | None = None) -> None:
        self.shell = shell
        self.settings = CreatorMagic(parent=shell)
        self.start = Path.cwd()
        self.project = project or project_folder(self.start)
        self.own_answers = OwnAnswers(shell)
        self.last_stated: tuple[str, Options] | None = None
        self.once_per_pass = OncePerPass(shell)
        self.front_end = FrontEnd(shell)
        self.person = PersonAtShell(shell, lambda: self.once_per_pass.behind)
        # The front end's own, past whatever captures outputs for a while, such as `%%capture`.
        self.publisher = shell.display_pub if shell is not None else None
        self.owners: dict[str, str] = {}
        self.solves = 0
        self._told = {""}
        self.mendings: dict[str, PastMending] = {}
        self.failed_cells = FailedCells(
            shell, lambda source: bool(self._generated(source)), lambda *how: tell_failed(self, *how)
        )

    @cached_property
    def store(self) -> ProjectStore:
        """The project's file."""
        from creator_magic.project_store import ProjectStore

        return ProjectStore(kept_in(self.project, STORE))

    @cached_property
    def accounts(self) -> Accounts:
        """What was spent."""
        from creator_magic.accounts import Accounts

        return Accounts(self.settings, self.store, _spent_in(self.shell), (self.seals, self.offers))

    @cached_property
    def offers(self) -> Offers:
        """The cells that were offered as next input."""
        from creator_magic.offers import Offers

        return Offers(self.store)

    @cached_property
    def seals(self) -> Seals:
        """What tells code that was written here from code that was not."""
        from creator_magic.seals import Seals

        return Seals(self.store)

    @cached_property
    def steps(self) -> HelpSteps:
        """The help that was given."""
        from creator_magic.course.steps import HelpSteps

        return HelpSteps(self.store, self.settings.course.name)

    @cached_property
    def models(self) -> Models:
        """The models that the settings describe."""
        from creator_magic.build import Models

        return Models(self.settings, self.project)

    @cached_property
    def kernel(self) -> LiveKernel:
        """Where code runs."""
        from creator_magic.kernel.live import LiveKernel

        return LiveKernel(self.shell, self.settings.snapshot_limits)

    @cached_property
    def kept_tools(self) -> KeptTools:
        """The tools that are kept."""
        from creator_magic.kept_tools import KeptTools

        return KeptTools(self.settings, self.project, self.models, self.kernel, self.store)

    @cached_property
    def past(self) -> PastSolves:
        """The solves that can be undone."""
        from creator_magic.past_solves import PastSolves

        return PastSolves()

    @cached_property
    def solving(self) -> Solving:
        """The way from options to a solution."""
        from creator_magic.solving import Solving

        return Solving(self)

    @property
    def in_kernel(self) -> bool:
        """Whether there is a kernel, and so a front end that sends requests."""
        return getattr(self.shell, "kernel", None) is not None

    @property
    def notebook(self) -> str:
        """The name of the notebook whose cell is running."""
        told = current_request(self.shell).path
        return notebook_name(told, os.environ, self.start, self.project)

    @property
    def toolbox(self) -> Toolbox:
        """The project's toolbox, with those beside it that the settings name."""
        return self.kept_tools.toolbox

    @property
    def asking(self) -> Asking:
        """What asks the model outside of a solve."""
        from creator_magic.asking import Asking

        return Asking(self.settings, self.models, self.accounts, lambda: self.notebook)

    def install(self) -> None:
        """Begin to watch the shell's cells."""
        if self.shell is not None:
            self.once_per_pass.install()
            self.front_end.install()
            self.person.install()
            self.failed_cells.install()
            self.shell.events.register("pre_run_cell", self._before_cell)
            self.shell.events.register("post_run_cell", self._after_cell)
            self.shell.configurables.append(self.settings)  # type: ignore[arg-type]

    def uninstall(self) -> None:
        """Undo `install`."""
        if self.shell is not None:
            self.once_per_pass.uninstall()
            self.front_end.uninstall()
            self.person.uninstall()
            self.failed_cells.uninstall()
            self.shell.events.unregister("pre_run_cell", self._before_cell)
            self.shell.events.unregister("post_run_cell", self._after_cell)
            self.shell.configurables.remove(self.settings)  # type: ignore[arg-type]
        for made in ("accounts", "store", "kept_tools"):
            if made in self.__dict__:
                getattr(self, made).close()

    def _before_cell(self, info: ExecutionInfo) -> None:
        self._look_for_course()
        self.own_answers.begin(info.raw_cell or "")
        accepted = self.mendings.pop(current_request(self.shell).mended, None)
        if accepted is not None:
            self.past.add(accepted)
        # Before there is a kernel of ours, nothing is claimed that a cell could take back.
        may_claim, source = "kernel" in self.__dict__, info.raw_cell
        if may_claim and self.shell is not None and source and not self._generated(source):
            # Newer IPython says what it makes of the cell.
            made = getattr(info, "transformed_cell", None)
            self.kernel.release_assigned(made or self.shell.transform_cell(source))

    def _look_for_course(self) -> None:
        """Hold to the course of the notebook whose cell runs, as soon as a front end tells which it is."""
        told = current_request(self.shell).path
        if told in self._told:
            return
        try:
            begun_in = Path(getattr(self.shell, "starting_dir", self.start))
            self.settings.keep_within(course_in_force(Path(told), begun_in))
        except CourseError as error:
            # What is not understood opens nothing; it is read again with the next cell.
            self.settings.course_fault = error.message
        else:
            self._told.add(told)
            self.settings.course_fault = ""

    def _after_cell(self, result: ExecutionResult) -> None:
        # A generated cell that the person runs by hand binds its solve's names, not theirs.
        generated = self._generated(result.info.raw_cell if result.info else "")
        if not generated:
            self.own_answers.note(result)
        for role, owner, code in generated:
            from creator_magic.kernel.ownership import assigned_names

            self.kernel.ownership.claim(assigned_names(code), owner, role, code)

    def _generated(self, source: str) -> list[tuple[Role, str, str]]:
        """Return the parts of a generated cell with their owners; none for a cell of the person's."""
        mark = current_request(self.shell).mark
        if mark is not None and mark.parent is not None:
            return [("decision" if mark.role == "decision" else "tool", mark.parent, source)]
        return [
            (part.role, self.owners.get(part.solve_id, f"solve {part.solve_id}"), part.source)
            for part in offered_parts(source)
        ]

    def begin(self, solve: PastSolve) -> PastSolve:
        """Let undoing lead back to this moment, before `solve`."""
        self.kernel.begin(solve.owner)
        return self.past.begin(solve)

    def own(self, solve_id: str, owner: str) -> None:
        """Record that cells which name `solve_id` belong to `owner`, also those that ran before."""
        self.owners[solve_id] = owner
        self.kernel.ownership.adopt(owner, f"solve {solve_id}")

    def redaction(self) -> Redaction:
        """Return what withholds keys, the endpoint's own and those of this process."""
        from creator_magic.redaction import Redaction

        return Redaction.of(os.environ, self.settings.key())

    def keep_accounts(self, *, hurried: bool = False) -> None:
        """Write down what was spent and made, when its outcome has been shown, and say so if that fails.

        Parameters
        ----------
        hurried : bool
            Whether the person has stopped the solve and is waiting.
        """
        notice = self.accounts.keep(hurried=hurried)
        if notice:
            print(notice, file=sys.stderr)  # noqa: T201 - the record is finished by now


_sessions: WeakKeyDictionary[InteractiveShell, Session] = WeakKeyDictionary()
_spent: WeakKeyDictionary[InteractiveShell, Ledger] = WeakKeyDictionary()
_outside: list[Session] = []


def _spent_in(shell: InteractiveShell | None) -> Ledger:
    """Return what a shell has spent, which its session's limits hold over a reload of the extension too."""
    from creator_magic.spending import Ledger

    return Ledger() if shell is None else _spent.setdefault(shell, Ledger())


def session_of(shell: InteractiveShell | None, project: Path | None = None) -> Session:
    """Return the session of `shell`, begun if there is none yet.

    Parameters
    ----------
    shell : InteractiveShell or None
        None for the one session outside IPython.
    project : Path or None
        The project's folder for a session that begins; None for the one that the kernel works in.
    """
    if shell is None:
        if not _outside:
            _outside.append(Session(None))
        return _outside[0]
    if shell not in _sessions:
        session = Session(shell, project)
        session.install()
        _sessions[shell] = session
    return _sessions[shell]


def end_session(shell: InteractiveShell) -> None:
    """End the session of `shell`: nothing of ours watches it any more."""
    session = _sessions.pop(shell, None)
    if session is not None:
        session.uninstall()
