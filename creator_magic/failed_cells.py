"""The cells of the person's that failed, as they ran: what `%rectify` mends.

A cell is known by what tells it from the others as long as its notebook is open. Only what stands in the
cell's own text and in its error is kept; nothing is sent from here, and nothing saved.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from traceback import walk_tb
from typing import TYPE_CHECKING

from creator_magic.cells.request import current_request
from creator_magic.errors import CreatorError, UnsolvedError
from creator_magic.kernel.traceback import failure_of
from creator_magic.mending import Ailment
from creator_magic.ports import CodeCell, Failure, Frame
from creator_magic.stages.mending import CELL

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from IPython.core.interactiveshell import ExecutionInfo, ExecutionResult, InteractiveShell

    from creator_magic.cells.request import Request

_KEPT = 50
_TIMED = "<timed exec>"
"""The name under which `%%time` compiles the rest of its cell."""


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
            failed = FailedCell(_ailment(self._shell, source, error), request.place, result.execution_count)
            self._by_place[request.place] = failed
            if len(self._by_place) > _KEPT:
                del self._by_place[next(iter(self._by_place))]
        self._told(request, failed)

    def _is_last(self, source: str) -> bool:
        # Where cells cannot be told apart, another one that runs well says nothing of the one that failed.
        return self.last is not None and self.last.ailment.source == source


def syntax_ailment(source: str, said: str) -> Ailment:
    """Return what ails a cell that is no Python.

    Parameters
    ----------
    source : str
        The cell.
    said : str
        What is wrong, as the end of a sentence.
    """
    return Ailment(source, Failure("syntax", "SyntaxError", f"The cell {said}", CELL))


def _ailment(shell: InteractiveShell | None, source: str, error: Exception) -> Ailment:
    cell = CodeCell("decision", CELL, source)
    if isinstance(error, SyntaxError) and not _ran(shell, error):
        line = error.lineno or 0
        lines = source.splitlines()
        reads = f": {lines[line - 1].strip()}" if 0 < line <= len(lines) else ""
        said = f"is not Python: {error.msg}, in line {line}{reads}" if line else f"is not Python: {error.msg}"
        return syntax_ailment(source, said)
    file = _file_of(shell, error)
    failure = failure_of(error, "error", cell, {file: CELL} if file else {})
    frames = tuple(_frames(source, error, file))
    missing = (error.name.partition(".")[0],) if isinstance(error, ModuleNotFoundError) and error.name else ()
    failure = replace(failure, frames=frames, missing=missing)
    return Ailment(source, failure, frames[0].line if frames else 0)


def _frames(source: str, error: Exception, file: str | None) -> Iterator[Frame]:
    """Yield the levels of a traceback that lie in the cell, with the lines that they have in it."""
    lines = source.split("\n")
    # IPython drops the empty lines at a cell's beginning, and `%%time` its own line.
    skipped = {file: len(source) - len(source.lstrip("\n"))}
    skipped[_TIMED] = skipped[file] + 1
    levels = [(frame.f_code, line) for frame, line in walk_tb(error.__traceback__)]
    found = [(code, line) for code, line in levels if code.co_filename in skipped]
    timed = any(code.co_filename == _TIMED for code, _ in found)
    for code, number in found:
        if not (timed and code.co_filename == file):
            line = number + skipped[code.co_filename]
            yield Frame(CELL, line, code.co_name, _text(lines, line))


def _text(lines: list[str], number: int) -> str:
    return lines[number - 1].strip() if 0 < number <= len(lines) else ""


def _ran(shell: InteractiveShell | None, error: Exception) -> bool:
    """Tell whether code of the cell ran: it may have parsed, and raised a SyntaxError itself."""
    return _file_of(shell, error) is not None


def _file_of(shell: InteractiveShell | None, error: Exception) -> str | None:
    """Return the name under which IPython compiled the cell that raised `error`."""
    trace = error.__traceback__
    while trace is not None:
        if shell is not None and trace.tb_frame.f_globals is shell.user_global_ns:
            return trace.tb_frame.f_code.co_filename
        trace = trace.tb_next
    return None
