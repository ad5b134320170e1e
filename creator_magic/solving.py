"""The way from options to a solution, in a session."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from creator_magic.course.levels import SIGNATURE, TOOL
from creator_magic.errors import CreatorError, InputError, Interrupted, as_it_was
from creator_magic.events import Noticed
from creator_magic.kernel.interruption import uninterrupted, when_undisturbed
from creator_magic.kernel.variables import describe, unstated
from creator_magic.model.money import money_for
from creator_magic.policy.gate import Gate, forbidden
from creator_magic.policy.person import CannotAskError, Nobody
from creator_magic.problem import Problem
from creator_magic.sharing import sharing_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from creator_magic.events import Progress
    from creator_magic.options import Options
    from creator_magic.ports import Beginning, CodeCell, Kernel
    from creator_magic.problem import Method
    from creator_magic.session import Session
    from creator_magic.solution import Solution
    from creator_magic.working import Limits


_MORE_ROOM = "CreatorMagic.context_characters makes more room."


class Solving:
    """Works on problems with what a session keeps.

    Parameters
    ----------
    session : Session
        The session.
    """

    def __init__(self, session: Session) -> None:
        self._session = session

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
        method: Method = "create" if create else options.method or self._session.settings.how()
        self._check_course(options, method)
        sharing = sharing_of(options.share, options.use, self._session.settings)
        said = "\n".join((text, *options.hints))
        variables = describe(
            (*options.use, *sharing.rows),
            self._session.kernel.namespace,
            sharing.rows,
            text=said,
            characters=self._session.settings.context_characters,
        )
        redact = self._session.redaction()
        hints = tuple(map(redact, options.hints))
        forbids = forbidden(self._session.settings.verdicts(), options.allow)
        if options.checks:
            from creator_magic.kernel.answer_checks import check_readable

            for check in options.checks:
                check_readable(check)
        if options.review and self._session.settings.sharing == "forbidden":
            raise InputError("Sharing is forbidden here, and a review needs the output. Leave out --review.")
        checks = tuple(map(redact, options.checks))
        problem = Problem(redact(text), hints, variables, method, sharing.errors, forbids, checks)
        sent = {*(v.name for v in variables), *self._session.kept_tools.functions_sent(problem, options)}
        speaks_of = unstated(
            said, self._session.kernel.namespace, self._session.kernel.ownership.users_own(), sent
        )
        left_out = (f"{problem.left_out} {_MORE_ROOM}",) if problem.left_out else ()
        return replace(problem, notices=(*left_out, *speaks_of))

    def _check_course(self, options: Options, method: Method) -> None:
        """Refuse what a flag would open that the course keeps closed."""
        course = self._session.settings.course
        course.check_method(method)
        course.check_model(options.model or "")
        course.check_allowed(options.allow)
        course.check_limit("timeout", options.timeout)
        course.check_limit("max_rectifications", options.max_rectifications)
        course.check_limit("samples", options.samples)

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
        account = self._session.accounts.begin(self._session.notebook)
        model = self._session.models.solving(account, options.model or "", fresh=options.fresh)
        creation_model = (
            None
            if problem.method == "entangled"
            else self._session.models.creating(account, options.model or "", fresh=options.fresh)
        )
        offer = self._session.kept_tools.offer(problem, options, owner)
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
                redact=self._session.redaction(),
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
        account = self._session.accounts.begin(self._session.notebook)
        model = self._session.models.solving(account, options.model or "", fresh=options.fresh)
        return self._watched(
            lambda: rectify(
                problem,
                beginning,
                model,
                self._kernel(options),
                owner=owner,
                limits=self._limits(options),
                keep=frozenset({options.into} if options.into else ()),
                redact=self._session.redaction(),
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
        self._session.accounts.begin(self._session.notebook)
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
            self._session.person.check()
        except CannotAskError as error:
            raise InputError(
                f"Code is to be shown and agreed to before it runs (--ask), and {error}. Nothing was sent. "
                "Run this cell by itself in a notebook that allows input, or leave --ask out."
            ) from error

    def _asks(self, options: Options) -> bool:
        # Nobody is asked about code that they are not shown; it is undone when it has run.
        return (options.ask or self._session.settings.ask) and options.help_level != SIGNATURE

    def _policy(self, options: Options) -> Gate:
        unseen = options.help_level == SIGNATURE
        return Gate(
            self._session.settings.verdicts(),
            options.allow,
            Nobody("at this level of help its code is not shown") if unseen else self._session.person,
            self._session.kernel.meanings,
            self._session.seals,
            ask_always=self._asks(options),
        )

    def _watched(
        self, work: Callable[[], Solution], options: Options, owner: str, progress: Progress
    ) -> Solution:
        try:
            solution = work()
            solution = replace(
                solution, money=money_for(self._session.accounts.solve, self._session.settings.prices)
            )
            if options.into is not None and solution.solved:
                self._session.kernel.bind(options.into, solution.answer, owner)
            self._session.kernel.keep()
        except KeyboardInterrupt as stopped:
            # What it passed through holds on to what the attempt made.
            stopped.__traceback__ = None
            with suppress(KeyboardInterrupt), uninterrupted():
                self._session.kernel.take_back()
                progress.stop(f"Interrupted; {as_it_was(self._session.kernel.lost)}.")
            raise Interrupted(f"the solve was stopped; {as_it_was(self._session.kernel.lost)}.") from None
        except CreatorError as error:
            progress.stop(f"Stopped: {error.message}")
            raise
        except Exception:
            progress.stop("Stopped by a fault of creator-magic.")
            raise
        self._session.solves += 1
        return solution

    def _kernel(self, options: Options) -> Kernel:
        """Return where code is to run, which is made ready while a model is being asked."""
        isolation = self._session.settings.isolation(options.isolate)
        if isolation == "off":
            return self._session.kernel
        from creator_magic.isolation import IsolationLimits, shared_executor
        from creator_magic.isolation.kernel import IsolatedKernel

        executor = shared_executor()
        executor.warm_up()
        memory = self._session.settings.isolate_memory
        limits = IsolationLimits(memory=memory, carried=memory)
        return IsolatedKernel(self._session.kernel, executor, limits, isolation == "if-possible")

    def _limits(self, options: Options) -> Limits:
        from creator_magic.working import Limits

        settings = self._session.settings
        return Limits(
            settings.max_rectifications if options.max_rectifications is None else options.max_rectifications,
            settings.timeout if options.timeout is None else options.timeout,
            self._policy(options),
            options.samples,
            options.review,
            tool_only=options.help_level in (SIGNATURE, TOOL),
        )
