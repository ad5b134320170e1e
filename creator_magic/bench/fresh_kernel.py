"""The `Kernel` of a benchmark: each execution in a process, a namespace and a folder of its own."""

from __future__ import annotations

import re
import tempfile
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from creator_magic.engines.turns import code_runs
from creator_magic.isolation.orders import WARM
from creator_magic.isolation.surroundings import elsewhere
from creator_magic.kernel.missing_imports import refused_for_imports
from creator_magic.ports import Checked, Hygiene

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from creator_magic.isolation import IsolatedExecutor, IsolationLimits
    from creator_magic.ports import CodeCell, Execution, Output

_IMPORTED = re.compile(r"^\s*(?:import|from)\s+(\w+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class FreshKernel:
    """Runs each attempt in a namespace that nothing was run in before.

    Parameters
    ----------
    executor : IsolatedExecutor
        Whose processes are used.
    limits : IsolationLimits
        What an attempt is held to; its time limit is the solve's.
    """

    executor: IsolatedExecutor
    limits: IsolationLimits

    def keep_apart(
        self,
        cells: Sequence[CodeCell],
        owner: str,  # noqa: ARG002 - the port's
        keep: frozenset[str] = frozenset(),  # noqa: ARG002 - likewise
    ) -> Hygiene:
        """Leave the code as it is: there are no names that it could overwrite."""
        return Hygiene(tuple(cells))

    def execute(
        self,
        cells: Sequence[CodeCell],
        owner: str,  # noqa: ARG002 - the port's
        timeout: float | None,
        on_output: Callable[[str, Callable[[], tuple[Output, ...]]], None],  # noqa: ARG002 - nobody watches
        on_notice: Callable[[tuple[str, ...]], None],  # noqa: ARG002 - likewise
    ) -> Execution:
        """Run `cells` in an empty folder, which is removed afterwards."""
        refused = refused_for_imports(cells, ())
        if refused is not None:
            return refused
        imported = {name for cell in cells for name in _IMPORTED.findall(cell.source)}
        folder = tempfile.TemporaryDirectory(prefix="creator-", ignore_cleanup_errors=True)
        with code_runs(), folder as name:
            return self.executor.run(
                cells,
                limits=replace(self.limits, timeout=timeout),
                surroundings=elsewhere(name),
                warm=sorted(imported.intersection(WARM)),
            )

    def check(
        self,
        checks: Sequence[str],  # noqa: ARG002 - the port's
        answer: object,  # noqa: ARG002 - likewise
        owner: str,  # noqa: ARG002 - likewise
        timeout: float | None,  # noqa: ARG002 - likewise
    ) -> Checked:
        """Check nothing: the problems of a benchmark are stated without checks, and graded afterwards."""
        return Checked(0)

    def take_back(self) -> None:
        """Do nothing: what ran is gone."""
