"""The `Kernel` for `--isolate`: what works in a separate process is then run in the living kernel."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from creator_magic.isolation.carrying import carry
from creator_magic.isolation.executor import not_carried
from creator_magic.isolation.mentions import mentioned
from creator_magic.kernel.missing_imports import refused_for_imports

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from creator_magic.isolation.executor import IsolatedExecutor
    from creator_magic.isolation.limits import IsolationLimits
    from creator_magic.kernel.live import LiveKernel
    from creator_magic.ports import Checked, CodeCell, Execution, Hygiene, Output

WORKED_APART = "Ran in a separate process first, then here."
FAILED_APART = "What failed ran in a separate process; here it was not run."


@dataclass(frozen=True, slots=True)
class IsolatedKernel:
    """A living kernel whose attempts must first work apart from it.

    Parameters
    ----------
    live : LiveKernel
        Where names are kept apart, and where the transaction is.
    executor : IsolatedExecutor
        Runs the attempt first.
    limits : IsolationLimits
        What that is held to; the time limit is the attempt's.
    if_possible : bool
        Whether an attempt that needs what cannot be carried over is run in the living kernel alone. If
        not, it has failed.
    """

    live: LiveKernel
    executor: IsolatedExecutor
    limits: IsolationLimits
    if_possible: bool = False

    def keep_apart(
        self, cells: Sequence[CodeCell], owner: str, keep: frozenset[str] = frozenset()
    ) -> Hygiene:
        """Rename as the living kernel does, where the names will be bound."""
        return self.live.keep_apart(cells, owner, keep)

    def check(self, checks: Sequence[str], answer: object, owner: str, timeout: float | None) -> Checked:
        """Say whether an answer of the living kernel passes the person's checks."""
        return self.live.check(checks, answer, owner, timeout)

    def take_back(self) -> None:
        """Undo what ran last in the living kernel."""
        self.live.take_back()

    def execute(
        self,
        cells: Sequence[CodeCell],
        owner: str,
        timeout: float | None,
        on_output: Callable[[str, Callable[[], tuple[Output, ...]]], None],
        on_notice: Callable[[tuple[str, ...]], None],
    ) -> Execution:
        """Run `cells` in isolation, then, if they worked there, as one transaction in the living kernel.

        The time limit holds for each of the two.
        """
        refused = refused_for_imports(cells, self.live.namespace)
        if refused is not None:
            return refused
        names = mentioned(cells, self.live.namespace)
        carried = carry(names, self.live.namespace, self.limits.carried)
        if carried.uncarried and not self.if_possible:
            return not_carried(cells, carried)
        if carried.uncarried:
            named = "; ".join(map(str, carried.uncarried))
            said = (
                f"Not run in a separate process first, since it needs what cannot be carried there: {named}"
            )
            here = self.live.execute(cells, owner, timeout, on_output, on_notice)
            return replace(here, notices=(*here.notices, said))
        apart = self.executor.run(cells, carried, replace(self.limits, timeout=timeout), on_output)
        if apart.failure is not None:
            return replace(apart, notices=(FAILED_APART,))
        here = self.live.execute(cells, owner, timeout, on_output, on_notice)
        return replace(here, seconds=apart.seconds + here.seconds, notices=(*here.notices, WORKED_APART))
