"""The cells of the person's that failed, as they ran: what `%rectify` mends.

A cell is known by what tells it from the others as long as its notebook is open. Only what stands in the
cell's own text and in its error is kept; nothing is sent from here, and nothing saved.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from creator_magic.cells.request import current_request
from creator_magic.errors import CreatorError, UnsolvedError

if TYPE_CHECKING:
    from collections.abc import Callable

    from IPython.core.interactiveshell import ExecutionInfo, ExecutionResult, InteractiveShell

    from creator_magic.cells.request import Request
    from creator_magic.mending import Ailment

_KEPT = 50


@dataclass(frozen=True, slots=True)
class FailedCell:
    """A cell of the person's that failed.

    Parameters
    ----------
    ailment : Ailment
        The cell and its error.
    place : str or None
        What tells the cell from the others; None where the front end does not say.
    count : int or None
        Its prompt number.
    """

    ailment: Ailment
    place: str | None
    count: int | None


class FailedCells:
    """Remembers, for each cell of the person's, how its last run failed.

    Parameters
    ----------
    shell : InteractiveShell or None
        The shell whose cells are watched.
    is_generated : callable
        Tells of a cell's source whether it is a generated cell that is running.
    told : callable
        Told of each change: the request of the cell, and how it failed; None if it did not.
    """

    def __init__(
        self,
        shell: InteractiveShell | None,
        is_generated: Callable[[str], bool],
        told: Callable[[Request, FailedCell | None], None],
    ) -> None:
        self._shell = shell
        self._is_generated = is_generated
        self._told = told
        self._by_place: dict[str | None, FailedCell] = {}
        self._depth = 0
        self.generated_failed_last = False
        self.fixed_failed_last = False

    def install(self) -> None:
        """Begin to watch."""
        if self._shell is not None:
            self._shell.events.register("pre_run_cell", self._before_cell)
            self._shell.events.register("post_run_cell", self._after_cell)

    def uninstall(self) -> None:
        """Undo `install`."""
        if self._shell is not None:
            self._shell.events.unregister("pre_run_cell", self._before_cell)
            self._shell.events.unregister("post_run_cell", self._after_cell)

    @property
    def last(self) -> FailedCell | None:
        """The cell that failed last, of those that have not run well since."""
        return next(reversed(self._by_place.values()), None)

    def at(self, place: str | None) -> FailedCell | None:
        """Return how the cell in `place` failed when it ran last; None if it did not."""
        return self._by_place.get(place) if place is not None else None

    def forget(self, failed: FailedCell | None) -> None:
        """Let a failed cell be one that was mended."""
        if failed is not None and self._by_place.get(failed.place) is failed:
            del self._by_place[failed.place]

    def _before_cell(self, info: ExecutionInfo) -> None:  # noqa: ARG002 - IPython's signature
        self._depth += 1

    def _after_cell(self, result: ExecutionResult) -> None:
        # A magic such as `%%capture` runs the rest of its cell as a cell within; the whole is what counts.
        # An empty cell ends without having begun.
        self._depth = max(0, self._depth - 1)
        if self._depth == 0:
            self.note(result)

    def note(self, result: ExecutionResult) -> None:
        """Take note of how a cell ended.

        Parameters
        ----------
        result : ExecutionResult
            What IPython says of it.
        """
        source = (result.info.raw_cell or "") if result.info else ""
        request = current_request(self._shell)
        error = result.error_before_exec or result.error_in_exec
        generated = self._is_generated(source)
        if isinstance(error, CreatorError) or generated:
            if isinstance(error, UnsolvedError) or (generated and error is not None):
                self.generated_failed_last, self.fixed_failed_last = True, False
            return
        failed = None
        if error is not None or request.place is not None or self._is_last(source):
            self._by_place.pop(request.place, None)
        if isinstance(error, Exception):
            self.generated_failed_last, self.fixed_failed_last = False, request.fixed
        if isinstance(error, Exception) and not request.fixed:
            from creator_magic.ailment import ailment_of

            failed = FailedCell(ailment_of(self._shell, source, error), request.place, result.execution_count)
            self._by_place[request.place] = failed
            if len(self._by_place) > _KEPT:
                del self._by_place[next(iter(self._by_place))]
        self._told(request, failed)

    def _is_last(self, source: str) -> bool:
        # Where cells cannot be told apart, another one that runs well says nothing of the one that failed.
        return self.last is not None and self.last.ailment.source == source
