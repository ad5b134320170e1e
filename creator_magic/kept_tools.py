"""Kept tools: what a solve gets from the toolboxes, and what they get from its solution."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Event
from typing import TYPE_CHECKING

from creator_magic.build import Toolboxes
from creator_magic.kernel.notebook_functions import function_version, functions_spoken_of
from creator_magic.ports import Question

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from concurrent.futures import Future
    from pathlib import Path

    from creator_magic.build import Models
    from creator_magic.config import CreatorMagic
    from creator_magic.kernel.live import LiveKernel
    from creator_magic.options import Options
    from creator_magic.ports import Candidate, KeptTool, Stage
    from creator_magic.problem import Problem
    from creator_magic.project_store import ProjectStore
    from creator_magic.solution import Solution
    from creator_magic.toolbox.collection import Toolbox
    from creator_magic.toolbox.reuse import Kept, Offer

_FIRST: tuple[Stage, Stage] = ("reuse", "creation")
"""The stages that may ask first."""

_PAUSE = 0.1
"""Seconds before a tool is kept behind the person's back, so that the cell can end and be answered first."""


class KeptTools:
    """The toolboxes of one session.

    Parameters
    ----------
    settings : CreatorMagic
        Looked at anew at each use.
    project : Path
        The project's folder.
    models : Models
        Whose recorded replies say what was offered before.
    kernel : LiveKernel
        Whose names say which tools stand in the notebook.
    store : ProjectStore
        The project's file, with the trials of tools that were explored.
    """

    def __init__(
        self,
        settings: CreatorMagic,
        project: Path,
        models: Models,
        kernel: LiveKernel,
        store: ProjectStore,
    ) -> None:
        self._settings = settings
        self._store = store
        self._toolboxes = Toolboxes(settings, project)
        self._models = models
        self._kernel = kernel
        self._afterwards = ThreadPoolExecutor(max_workers=1, thread_name_prefix="creator-magic-toolbox")
        self._keeping: Future[None] | None = None
        self._waited_for = Event()

    @property
    def toolbox(self) -> Toolbox:
        """The project's toolbox with those beside it, when all that is being kept is in it."""
        self.settle()
        return self._toolboxes.current()

    def settle(self) -> None:
        """Wait until the last solution's tools are kept."""
        if self._keeping is not None:
            self._waited_for.set()
            self._keeping.result()
            self._keeping = None

    def close(self) -> None:
        """Close the files."""
        self._waited_for.set()
        self._afterwards.shutdown()
        self._toolboxes.close()

    def offer(self, problem: Problem, options: Options, owner: str) -> Offer:
        """Return the kept tools that a problem is offered, and the person's functions that it speaks of.

        A problem that was answered before, and whose replies are recorded, is offered what it was then.

        Parameters
        ----------
        problem : Problem
            What is stated.
        options : Options
            How to go about it.
        owner : str
            The solve; a tool that another one brought into the notebook needs no second cell.
        """
        from creator_magic.toolbox.demonstrations import likely_tools
        from creator_magic.toolbox.reuse import Offer, offer

        if not self._wanted(problem, options):
            return Offer()
        # Messages do not identify a question, so none are written for it.
        first = [Question(stage, 1, problem, ()) for stage in _FIRST]
        reused, created = self._models.recorded(first, options.model or "", fresh=options.fresh)
        if created is not None and (reused is None or reused.number < created.number):
            return Offer()
        functions, ownership = self._spoken_of(problem), self._kernel.ownership

        def stands(tool: KeptTool) -> str:
            placed = ownership.tool_of_another(owner, tool.name)
            return placed or (self._own([tool.name]).get(tool.name, "") if tool.shown else "")

        before = reused.candidates if reused else ()
        likely = () if before else likely_tools(problem, self._store)
        found = offer(problem, self.toolbox, functions, stands, before, likely)
        return replace(found, candidates=self._demonstrated(found.candidates, problem))

    def _demonstrated(self, candidates: tuple[Candidate, ...], problem: Problem) -> tuple[Candidate, ...]:
        """Return candidates with trials of those that were explored."""
        from creator_magic.toolbox.demonstrations import with_demonstrations

        functions = {
            each.name: self._kernel.namespace.get(each.name) for each in candidates if not each.tools
        }
        versions = {name: function_version(function) for name, function in functions.items()}
        budget = self._settings.demonstration_tokens
        return with_demonstrations(candidates, problem, self._store, versions, budget)

    def functions_sent(self, problem: Problem, options: Options) -> tuple[str, ...]:
        """Return the names of the person's functions that `offer` may tell a model of."""
        wanted = self._wanted(problem, options)
        return tuple(function.name for function in self._spoken_of(problem)) if wanted else ()

    def _wanted(self, problem: Problem, options: Options) -> bool:
        wanted = self._settings.reuse if options.reuse is None else options.reuse
        return wanted and problem.method not in ("entangled", "plan")

    def _spoken_of(self, problem: Problem) -> tuple[Candidate, ...]:
        return functions_spoken_of(problem, self._kernel.namespace, self._kernel.ownership.users_own())

    def keep(
        self,
        solution: Solution,
        notebook: str,
        redact: Callable[[str], str],
        done: Callable[[Kept], None],
        *,
        later: bool,
    ) -> bool:
        """Keep what a solution made, and count what it used.

        Parameters
        ----------
        solution : Solution
            The outcome of a solve.
        notebook : str
            The notebook it was made in.
        redact : callable
            Withholds what looks like a key.
        done : callable
            Told what became of it, unless there was nothing to do.
        later : bool
            Whether to do it in a thread, when the cell has ended: a tool is run again before it is kept,
            and nobody should wait for that but who next uses the toolbox.

        Returns
        -------
        bool
            Whether there is something to do, so that `done` is or will be called.
        """
        again = solution.from_notebook and solution.solved
        if not (self._settings.reuse and (solution.draft.reused or solution.draft.tools or again)):
            return False

        def work() -> None:
            from creator_magic.toolbox.reuse import Kept, keep, take_in
            from creator_magic.toolbox.tool import Provenance

            provenance = Provenance(model=_writer(solution), place=notebook)
            try:
                kept = (
                    take_in(solution, toolbox, notebook)
                    if solution.from_notebook
                    else keep(solution, toolbox, provenance, redact, functions)
                )
            except Exception as fault:  # noqa: BLE001 - the problem is solved, whatever happens here
                kept = Kept(lines=(f"Not kept in the toolbox, by a fault of creator-magic: {fault!r}",))
            done(kept)

        def work_afterwards() -> None:
            self._waited_for.wait(_PAUSE)
            work()

        toolbox, functions = self.toolbox, self._functions(solution)
        if later:
            self._waited_for.clear()
            self._keeping = self._afterwards.submit(work_afterwards)
        else:
            work()
        return True

    def _functions(self, solution: Solution) -> dict[str, str]:
        """Return the person's functions that tools of a solution call, as they are now."""
        from creator_magic.draft import free_names

        return self._own({name for tool in solution.draft.tools for name in free_names(tool.source)})

    def _own(self, names: Iterable[str]) -> dict[str, str]:
        """Return the sources of those names that are functions of the person's."""
        from creator_magic.toolbox.notebook_sources import sources_of

        return sources_of(names, self._kernel.namespace, self._kernel.ownership.users_own())


def _writer(solution: Solution) -> str:
    """Return the model that wrote the tool last; "scripted" where a person did."""
    replies = [exchange.reply for exchange in solution.exchanges if exchange.question.stage != "decision"]
    if not replies:
        return ""
    return "scripted" if replies[-1].origin == "scripted" else replies[-1].model
