"""What may be rectified: a tool of the toolbox, or a function of the notebook, and how each is tried."""

from __future__ import annotations

import inspect
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

from creator_magic.errors import InputError
from creator_magic.toolbox.admission import Admission, examine, with_cases
from creator_magic.toolbox.executor import Job
from creator_magic.toolbox.notebook_sources import sources_of
from creator_magic.toolbox.proposal import run_cases
from creator_magic.toolbox.reading import describe

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from typing import Any

    from creator_magic.toolbox.collection import Toolbox
    from creator_magic.toolbox.tool import Case


class Subject(Protocol):
    """A tool that may be rectified."""

    @property
    def source(self) -> str:
        """Its code, as a model may see and rewrite it."""
        ...

    @property
    def job(self) -> Job:
        """What has to be run to run it as it stands."""
        ...

    def rewritten(self, source: str) -> Job:
        """Return what has to be run to run another source in its place.

        Raises
        ------
        InputError
            If that does not define it.
        """
        ...

    def examine(self, source: str, more: Sequence[Case]) -> Admission:
        """Run another source in its place, with every earlier case and more; nothing is kept."""
        ...


class KeptTool:
    """A tool of the project's toolbox.

    Parameters
    ----------
    name : str
        The tool.
    toolbox : Toolbox
        The toolbox.

    Raises
    ------
    InputError
        If the toolbox of the project has none of that name, or it may not be run to try cases.
    """

    def __init__(self, name: str, toolbox: Toolbox) -> None:
        tool = toolbox.own.get(name)
        if tool.provenance.foreign:
            raise InputError(f"{name} came from elsewhere and has not passed its cases: %tools check {name}")
        if tool.provenance.origin == "notebook":
            raise InputError(f"{name} is your own function, kept with a tool that calls it. Change it there.")
        self._toolbox = toolbox
        self.source = tool.source
        self.job = toolbox.job(tool)

    def rewritten(self, source: str) -> Job:
        """See `Subject`; the tools that it calls are those that it called."""
        return replace(
            self.job, tool=replace(describe(source, self.job.tool.name), calls=self.job.tool.calls)
        )

    def examine(self, source: str, more: Sequence[Case]) -> Admission:
        """See `Subject`; the tools that call it are tried with it too."""
        return self._toolbox.examine_rectified(self.job.tool.name, source, more)


class NotebookFunction:
    """A function of the notebook. Its definition alone is shown; what it needs of the notebook comes along.

    Parameters
    ----------
    name : str
        The function.
    namespace : mapping
        The notebook's names.
    own : collection of str
        Those of them that are the person's.
    toolbox : Toolbox
        Where it runs.

    Raises
    ------
    InputError
        If it cannot run outside of the notebook.
    """

    def __init__(
        self, name: str, namespace: Mapping[str, Any], own: Collection[str], toolbox: Toolbox
    ) -> None:
        self._executor = toolbox.executor
        self._whole = sources_of([name], namespace, own).get(name, "")
        try:
            self.source = inspect.getsource(namespace[name]).strip("\n")
        except OSError:
            self.source = ""
        if not self.source or self.source not in self._whole:
            raise InputError(
                f"{name} needs more of the notebook than functions, imports and short constants, so it "
                "cannot be tried apart from it. --report shows what its trials found."
            )
        self._name = name

    @cached_property
    def job(self) -> Job:
        """See `Subject`; its cases are those examples of its docstring that it passes."""
        job = self.rewritten(self.source)
        outcomes = run_cases(job, job.tool.cases, self._executor)
        passed = tuple(outcome.case for outcome in outcomes if outcome.passed)
        return replace(job, tool=replace(job.tool, cases=passed))

    def rewritten(self, source: str) -> Job:
        """See `Subject`."""
        return Job(describe(self._whole.replace(self.source, source), self._name))

    def examine(self, source: str, more: Sequence[Case]) -> Admission:
        """See `Subject`."""
        tool = self.rewritten(source).tool
        job = Job(replace(tool, cases=with_cases(self.job.tool.cases, more)))
        (admission,) = examine([job], self._executor)
        return admission
