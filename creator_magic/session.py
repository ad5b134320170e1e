"""A session: what creator-magic keeps for one shell, and the way from options to a solution."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from creator_magic.accounts import Accounts
from creator_magic.asking import Asking
from creator_magic.build import Models
from creator_magic.cells.front_end import FrontEnd
from creator_magic.cells.next_input import offered_parts
from creator_magic.cells.once_per_pass import OncePerPass
from creator_magic.cells.person import PersonAtShell
from creator_magic.cells.request import current_request
from creator_magic.config import CreatorMagic
from creator_magic.course.in_force import course_in_force
from creator_magic.course.levels import SIGNATURE, TOOL
from creator_magic.course.steps import HelpSteps
from creator_magic.errors import CourseError, CreatorError, InputError, Interrupted, as_it_was
from creator_magic.events import Noticed
from creator_magic.failed_cells import FailedCells
from creator_magic.kept_tools import KeptTools
from creator_magic.kernel.answer_checks import check_readable
from creator_magic.kernel.interruption import uninterrupted, when_undisturbed
from creator_magic.kernel.live import LiveKernel
from creator_magic.kernel.ownership import assigned_names
from creator_magic.kernel.variables import describe, unstated
from creator_magic.model.money import money_for
from creator_magic.notebook_name import notebook_name
from creator_magic.offered_mending import tell_failed
from creator_magic.offers import Offers
from creator_magic.own_answers import OwnAnswers
from creator_magic.past_solves import PastMending, PastSolve, PastSolves
from creator_magic.policy.gate import CannotAskError, Gate, Nobody, forbidden
from creator_magic.problem import Problem
from creator_magic.project import STORE, kept_in, project_folder
from creator_magic.project_store import ProjectStore
from creator_magic.redaction import Redaction
from creator_magic.seals import Seals
from creator_magic.sharing import sharing_of
from creator_magic.spending import Ledger

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from IPython.core.interactiveshell import ExecutionInfo, ExecutionResult, InteractiveShell

    from creator_magic.events import Progress
    from creator_magic.options import Options
    from creator_magic.ports import Beginning, CodeCell, Kernel, Role
    from creator_magic.problem import Method
    from creator_magic.solution import Solution
    from creator_magic.toolbox.collection import Toolbox
    from creator_magic.working import Limits


_MORE_ROOM = "CreatorMagic.context_characters makes more room."


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
        self.store = ProjectStore(kept_in(self.project, STORE))
        self.accounts = Accounts(self.settings, self.store, _spent_in(shell))
        self.offers = Offers(self.store)
        self.seals = Seals(self.store)
        self.steps = HelpSteps(self.store)
        self.own_answers = OwnAnswers(shell)
        self.last_stated: tuple[str, Options] | None = None
        self.models = Models(self.settings, self.project)
        self.kernel = LiveKernel(shell, self.settings.snapshot_limits)
        self.kept_tools = KeptTools(self.settings, self.project, self.models, self.kernel, self.store)
        self.past = PastSolves()
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
        self.accounts.close()
        self.store.close()
        self.kept_tools.close()

    def _before_cell(self, info: ExecutionInfo) -> None:
        self._look_for_course()
        self.own_answers.begin(info.raw_cell or "")
        accepted = self.mendings.pop(current_request(self.shell).mended, None)
        if accepted is not None:
            self.past.add(accepted)
        if self.shell is not None and info.raw_cell and not self._generated(info.raw_cell):
            self.kernel.release_assigned(self.shell.transform_cell(info.raw_cell))

    def _look_for_course(self) -> None:
        """Hold to the course of the notebook whose cell runs, as soon as a front end tells which it is."""
        told = current_request(self.shell).path
        if told in self._told:
            return
        self._told.add(told)
        path = Path(told)
        file = path if path.is_absolute() else self.start / path.name
        try:
            self.settings.keep_within(course_in_force(file))
        except CourseError as error:
            # What cannot be understood opens nothing.
            self.settings.keep_within(replace(self.settings.course, doors=frozenset()))
            print(error.message, file=sys.stderr)  # noqa: T201 - before the cell's own output

    def _after_cell(self, result: ExecutionResult) -> None:
        # A generated cell that the person runs by hand binds its solve's names, not theirs.
        generated = self._generated(result.info.raw_cell if result.info else "")
        if not generated:
            self.own_answers.note(result)
        for role, owner, code in generated:
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

    def problem(self, text: str, options: Options, *, create: bool = False) -> Problem:
        """Put text and options into a problem.

        Raises
        ------
        InputError
            If there is no text, `into` is no name, `use` names what is not there, `share` what
            cannot be shared, or a check cannot be read.
        """
        if not text.strip():
            raise InputError(
                f"The problem is empty. State it in the lines below %%{'create' if create else 'solve'}."
            )
        if options.into is not None and not options.into.isidentifier():
            raise InputError(f"--into needs the name of a variable; {options.into!r} is none.")
        method: Method = "create" if create else options.method or self.settings.how()
        self._check_course(options, method)
        sharing = sharing_of(options.share, options.use, self.settings)
        said = "\n".join((text, *options.hints))
        variables = describe(
            (*options.use, *sharing.rows),
            self.kernel.namespace,
            sharing.rows,
            text=said,
            characters=self.settings.context_characters,
        )
        redact = self.redaction()
        hints = tuple(map(redact, options.hints))
        forbids = forbidden(self.settings.verdicts(), options.allow)
        for check in options.checks:
            check_readable(check)
        if options.review and self.settings.sharing == "forbidden":
            raise InputError("Sharing is forbidden here, and a review needs the output. Leave out --review.")
        checks = tuple(map(redact, options.checks))
        problem = Problem(redact(text), hints, variables, method, sharing.errors, forbids, checks)
        sent = {*(v.name for v in variables), *self.kept_tools.functions_sent(problem, options)}
        speaks_of = unstated(said, self.kernel.namespace, self.kernel.ownership.users_own(), sent)
        left_out = (f"{problem.left_out} {_MORE_ROOM}",) if problem.left_out else ()
        return replace(problem, notices=(*left_out, *speaks_of))

    def _check_course(self, options: Options, method: Method) -> None:
        """Refuse what a flag would open that the course keeps closed."""
        course = self.settings.course
        course.check_method(method)
        course.check_model(options.model or "")
        course.check_allowed(options.allow)
        course.check_limit("timeout", options.timeout)
        course.check_limit("max_rectifications", options.max_rectifications)
        course.check_limit("samples", options.samples)

    def redaction(self) -> Redaction:
        """Return what withholds keys, the endpoint's own and those of this process."""
        return Redaction.of(os.environ, self.settings.key())

    def solve(self, problem: Problem, options: Options, owner: str, progress: Progress) -> Solution:
        """Work on `problem` with the models that are set.

        Parameters
        ----------
        problem : Problem
            What is stated.
        options : Options
            How to go about it.
        owner : str
            What the names that are bound belong to.
        progress : callable
            Shows each step.

        Raises
        ------
        ModelError
            If a model cannot be asked.
        LimitError
            If a limit of calls, tokens or money is reached; every name is as before.
        Interrupted
            If the person interrupted; every name is as before.
        """
        from creator_magic.solver import solve

        if self._asks(options):
            self._check_person()
        kernel = self._kernel(options)
        account = self.accounts.begin(self.notebook)
        model = self.models.solving(account, options.model or "", fresh=options.fresh)
        creation_model = (
            None
            if problem.method == "entangled"
            else self.models.creating(account, options.model or "", fresh=options.fresh)
        )
        offer = self.kept_tools.offer(problem, options, owner)
        if notices := (*problem.notices, *offer.notices):
            progress(Noticed(notices))

        def work() -> Solution:
            solution = solve(
                problem,
                model,
                kernel,
                owner=owner,
                limits=self._limits(options),
                keep=frozenset({options.into} if options.into else ()),
                creation_model=creation_model,
                candidates=offer.candidates,
                redact=self.redaction(),
                emit=when_undisturbed(progress),
            )
            if options.help_level == SIGNATURE:
                kernel.take_back()
            return solution

        return self._watched(work, options, owner, progress)

    def rectify(
        self,
        problem: Problem,
        beginning: Beginning,
        options: Options,
        owner: str,
        progress: Progress,
    ) -> Solution:
        """Run cells as they stand in the notebook, and have them rectified; otherwise like `solve`.

        Parameters
        ----------
        problem : Problem
            What is stated.
        beginning : Beginning
            The cells, and what the person says is wrong with them.
        options, owner, progress
            As for `solve`.
        """
        from creator_magic.solver import rectify

        if self._asks(options):
            self._check_person()
        account = self.accounts.begin(self.notebook)
        model = self.models.solving(account, options.model or "", fresh=options.fresh)
        return self._watched(
            lambda: rectify(
                problem,
                beginning,
                model,
                self._kernel(options),
                owner=owner,
                limits=self._limits(options),
                keep=frozenset({options.into} if options.into else ()),
                redact=self.redaction(),
                emit=when_undisturbed(progress),
            ),
            options,
            owner,
            progress,
        )

    def run_standing(
        self,
        problem: Problem,
        cells: Sequence[CodeCell],
        options: Options,
        owner: str,
        progress: Progress,
        edited: frozenset[str] = frozenset(),
    ) -> Solution:
        """Run `cells` as they stand in the notebook, and ask no model; otherwise like `solve`.

        Those whose keys are in `edited` are the person's own code by now, which no policy judges.
        """
        from creator_magic.solver import run_standing

        kernel = self._kernel(options)
        self.accounts.begin(self.notebook)
        return self._watched(
            lambda: run_standing(
                problem,
                cells,
                kernel,
                owner=owner,
                limits=self._limits(options),
                edited=edited,
                emit=when_undisturbed(progress),
            ),
            options,
            owner,
            progress,
        )

    def _check_person(self) -> None:
        """Refuse to be told to ask where nobody can answer, before a model is called."""
        try:
            self.person.check()
        except CannotAskError as error:
            raise InputError(
                f"Code is to be shown and agreed to before it runs (--ask), and {error}. Nothing was sent. "
                "Run this cell by itself in a notebook that allows input, or leave --ask out."
            ) from error

    def _asks(self, options: Options) -> bool:
        # Nobody is asked about code that they are not shown; it is undone when it has run.
        return (options.ask or self.settings.ask) and options.help_level != SIGNATURE

    def _policy(self, options: Options) -> Gate:
        unseen = options.help_level == SIGNATURE
        return Gate(
            self.settings.verdicts(),
            options.allow,
            Nobody("at this level of help its code is not shown") if unseen else self.person,
            self.kernel.meanings,
            self.seals,
            ask_always=self._asks(options),
        )

    def _watched(
        self, work: Callable[[], Solution], options: Options, owner: str, progress: Progress
    ) -> Solution:
        try:
            solution = work()
            solution = replace(solution, money=money_for(self.accounts.solve, self.settings.prices))
            if options.into is not None and solution.solved:
                self.kernel.bind(options.into, solution.answer, owner)
            self.kernel.keep()
        except KeyboardInterrupt as stopped:
            # What it passed through holds on to what the attempt made.
            stopped.__traceback__ = None
            with suppress(KeyboardInterrupt), uninterrupted():
                self.kernel.take_back()
                progress.stop(f"Interrupted; {as_it_was(self.kernel.lost)}.")
            raise Interrupted(f"the solve was stopped; {as_it_was(self.kernel.lost)}.") from None
        except CreatorError as error:
            progress.stop(f"Stopped: {error.message}")
            raise
        except Exception:
            progress.stop("Stopped by a fault of creator-magic.")
            raise
        self.solves += 1
        return solution

    def keep_accounts(self, *, hurried: bool = False) -> None:
        """Write down what was spent, when its outcome has been shown, and say so if that fails.

        Parameters
        ----------
        hurried : bool
            Whether the person has stopped the solve and is waiting.
        """
        notice = self.accounts.keep(hurried=hurried)
        self.seals.keep(hurried=hurried)
        if notice:
            print(notice, file=sys.stderr)  # noqa: T201 - the record is finished by now

    def _kernel(self, options: Options) -> Kernel:
        """Return where code is to run, which is made ready while a model is being asked."""
        isolation = self.settings.isolation(options.isolate)
        if isolation == "off":
            return self.kernel
        from creator_magic.isolation import IsolationLimits, shared_executor
        from creator_magic.isolation.kernel import IsolatedKernel

        executor = shared_executor()
        executor.warm_up()
        memory = self.settings.isolate_memory
        limits = IsolationLimits(memory=memory, carried=memory)
        return IsolatedKernel(self.kernel, executor, limits, isolation == "if-possible")

    def _limits(self, options: Options) -> Limits:
        from creator_magic.working import Limits

        settings = self.settings
        return Limits(
            settings.max_rectifications if options.max_rectifications is None else options.max_rectifications,
            settings.timeout if options.timeout is None else options.timeout,
            self._policy(options),
            options.samples,
            options.review,
            tool_only=options.help_level in (SIGNATURE, TOOL),
        )


_sessions: WeakKeyDictionary[InteractiveShell, Session] = WeakKeyDictionary()
_spent: WeakKeyDictionary[InteractiveShell, Ledger] = WeakKeyDictionary()
_outside: list[Session] = []


def _spent_in(shell: InteractiveShell | None) -> Ledger:
    """Return what a shell has spent, which its session's limits hold over a reload of the extension too."""
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
