"""A session: what creator-magic keeps for one shell, and the way from options to a solution."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from operator import add
from pathlib import Path
from typing import TYPE_CHECKING, Protocol
from weakref import WeakKeyDictionary

from creator_magic.build import Models
from creator_magic.cells.front_end import FrontEnd
from creator_magic.cells.next_input import offered_parts
from creator_magic.cells.once_per_pass import OncePerPass
from creator_magic.cells.request import current_request
from creator_magic.config import CreatorMagic
from creator_magic.errors import CreatorError, InputError, Interrupted
from creator_magic.kernel.live import LiveKernel
from creator_magic.kernel.ownership import assigned_names
from creator_magic.kernel.variables import describe
from creator_magic.ports import Usage
from creator_magic.problem import Problem
from creator_magic.project import project_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from IPython.core.interactiveshell import ExecutionInfo, ExecutionResult, InteractiveShell

    from creator_magic.events import Event
    from creator_magic.ports import CodeCell, Role
    from creator_magic.problem import Method
    from creator_magic.solution import Solution
    from creator_magic.solver import Limits


@dataclass(frozen=True, slots=True)
class Options:
    """What a magic's flags, or the arguments of `creator_magic.solve`, say; None takes the setting."""

    model: str | None = None
    hints: tuple[str, ...] = ()
    use: tuple[str, ...] = ()
    into: str | None = None
    method: Method | None = None
    max_rectifications: int | None = None
    timeout: float | None = None
    fresh: bool = False


class Progress(Protocol):
    """Whoever shows a solve while it goes on."""

    def __call__(self, event: Event) -> None:
        """Take note of a step."""

    def stop(self, message: str) -> None:
        """Show why the solve ended without a solution."""


class Session:
    """Everything that lives as long as the extension is loaded into a shell.

    Parameters
    ----------
    shell : InteractiveShell or None
        The shell; None outside IPython, where code runs in a namespace of its own.
    """

    def __init__(self, shell: InteractiveShell | None) -> None:
        self.shell = shell
        self.settings = CreatorMagic(parent=shell)
        self.project = project_folder(Path.cwd())
        self.models = Models(self.settings, self.project)
        self.kernel = LiveKernel(shell)
        self.once_per_pass = OncePerPass(shell)
        self.front_end = FrontEnd(shell)
        self.offered: set[str] = set()
        self.owners: dict[str, str] = {}
        self.spent: dict[str, Usage] = {}
        self.solves = 0

    @property
    def usage(self) -> Usage:
        """What the session's calls came to, over all models."""
        return reduce(add, self.spent.values(), Usage())

    def install(self) -> None:
        """Begin to watch the shell's cells."""
        if self.shell is not None:
            self.once_per_pass.install()
            self.front_end.install()
            self.shell.events.register("pre_run_cell", self._before_cell)
            self.shell.events.register("post_run_cell", self._after_cell)
            self.shell.configurables.append(self.settings)  # type: ignore[arg-type]

    def uninstall(self) -> None:
        """Undo `install`."""
        if self.shell is not None:
            self.once_per_pass.uninstall()
            self.front_end.uninstall()
            self.shell.events.unregister("pre_run_cell", self._before_cell)
            self.shell.events.unregister("post_run_cell", self._after_cell)
            self.shell.configurables.remove(self.settings)  # type: ignore[arg-type]

    def _before_cell(self, info: ExecutionInfo) -> None:
        if info.raw_cell and not self._generated(info.raw_cell):
            self.kernel.ownership.release_assigned(info.raw_cell)

    def _after_cell(self, result: ExecutionResult) -> None:
        # A generated cell that the person runs by hand binds its solve's names, not theirs.
        for role, owner, code in self._generated(result.info.raw_cell if result.info else ""):
            self.kernel.ownership.claim(assigned_names(code), owner, role)

    def _generated(self, source: str) -> list[tuple[Role, str, str]]:
        """Return the parts of a generated cell with their owners; none for a cell of the person's."""
        mark = current_request(self.shell).mark
        if mark is not None and mark.parent is not None:
            return [("decision" if mark.role == "decision" else "tool", mark.parent, source)]
        return [
            (role, self.owners[solve_id], code)
            for role, solve_id, code in offered_parts(source)
            if solve_id in self.owners
        ]

    def problem(self, text: str, options: Options, *, create: bool = False) -> Problem:
        """Put text and options into a problem.

        Raises
        ------
        InputError
            If there is no text, `into` is no name, or `use` names what is not there.
        """
        if not text.strip():
            raise InputError(
                f"The problem is empty. State it in the lines below %%{'create' if create else 'solve'}."
            )
        if options.into is not None and not options.into.isidentifier():
            raise InputError(f"--into needs the name of a variable; {options.into!r} is none.")
        method: Method = "create" if create else options.method or self.settings.how()
        return Problem(text, options.hints, describe(options.use, self.kernel.namespace), method)

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
        Interrupted
            If the person interrupted; every name is as before.
        """
        from creator_magic.solver import solve

        model = self.models.solving(options.model or "", fresh=options.fresh)
        creation_model = self.models.creating(options.model or "", fresh=options.fresh)
        return self._watched(
            lambda: solve(
                problem,
                model,
                self.kernel,
                owner=owner,
                limits=self._limits(options),
                keep=frozenset({options.into} if options.into else ()),
                creation_model=creation_model,
                emit=progress,
            ),
            options,
            progress,
        )

    def run_standing(
        self, problem: Problem, cells: Sequence[CodeCell], options: Options, owner: str, progress: Progress
    ) -> Solution:
        """Run `cells` as they stand in the notebook, and ask no model; otherwise like `solve`."""
        from creator_magic.solver import run_standing

        return self._watched(
            lambda: run_standing(
                problem, cells, self.kernel, owner=owner, limits=self._limits(options), emit=progress
            ),
            options,
            progress,
        )

    def _watched(self, work: Callable[[], Solution], options: Options, progress: Progress) -> Solution:
        try:
            solution = work()
        except KeyboardInterrupt:
            progress.stop("Interrupted; every variable is as it was.")
            raise Interrupted from None
        except CreatorError as error:
            progress.stop(f"Stopped: {error.message}")
            raise
        for exchange in solution.exchanges:
            reply = exchange.reply
            self.spent[reply.model] = self.spent.get(reply.model, Usage()) + reply.usage
        self.solves += 1
        if options.into is not None and solution.solved:
            self.kernel.bind(options.into, solution.answer)
        return solution

    def cost(self) -> float | None:
        """Return what the session's calls cost by the user's prices, or None where none fit."""
        from creator_magic.model.prices import cost

        costs = [cost(usage, model, self.settings.prices) for model, usage in self.spent.items()]
        priced = [money for money in costs if money is not None]
        return sum(priced) if priced else None

    def _limits(self, options: Options) -> Limits:
        from creator_magic.solver import Limits

        settings = self.settings
        return Limits(
            settings.max_rectifications if options.max_rectifications is None else options.max_rectifications,
            settings.timeout if options.timeout is None else options.timeout,
        )


_sessions: WeakKeyDictionary[InteractiveShell, Session] = WeakKeyDictionary()
_outside: list[Session] = []


def session_of(shell: InteractiveShell | None) -> Session:
    """Return the session of `shell`, begun if there is none yet.

    Parameters
    ----------
    shell : InteractiveShell or None
        None for the one session outside IPython.
    """
    if shell is None:
        if not _outside:
            _outside.append(Session(None))
        return _outside[0]
    if shell not in _sessions:
        session = Session(shell)
        session.install()
        _sessions[shell] = session
    return _sessions[shell]


def end_session(shell: InteractiveShell) -> None:
    """End the session of `shell`: nothing of ours watches it any more."""
    session = _sessions.pop(shell, None)
    if session is not None:
        session.uninstall()
