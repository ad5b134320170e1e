"""One execution of cells in isolation, from the side that asked for it."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any, cast, get_args

from creator_magic.feedback import error_output
from creator_magic.isolation.answers import ForeignAnswerError, load_answer
from creator_magic.isolation.last_words import failure_of_ending
from creator_magic.isolation.supervised import Supervised
from creator_magic.ports import CellRun, Execution, Failure, FailureKind, Frame

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Mapping, Sequence

    from creator_magic.isolation.limits import IsolationLimits
    from creator_magic.ports import CodeCell, Output


class IsolatedExecution(Supervised[Execution]):
    """An execution that has been ordered.

    Parameters
    ----------
    cells : sequence of CodeCell
        What runs.
    on_output : callable
        Called when a cell's outputs changed, with its key and a function that returns them.
    limits, data, status
        As for `Supervised`.
    """

    def __init__(
        self,
        cells: Sequence[CodeCell],
        on_output: Callable[[str, Callable[[], tuple[Output, ...]]], None],
        limits: IsolationLimits,
        data: socket.socket,
        status: socket.socket,
    ) -> None:
        super().__init__(limits, data, status)
        self.cells = cells
        self.on_output = on_output
        self._outputs: dict[int, tuple[Output, ...]] = {}
        self._began = time.monotonic()

    def grown(self, told: bytearray) -> Callable[[], None]:
        """Take in the outputs of a cell so far."""
        grown, outputs = json.loads(told)
        number = range(len(self.cells))[grown]
        self._outputs[number] = tuple(outputs)
        return lambda: self.on_output(self.cells[number].key, lambda: self._outputs[number])

    def read(self, told: bytearray, pickled: bytes) -> Execution:
        """Read what the cells showed and came to."""
        said: dict[str, Any] = json.loads(told)
        runs = tuple(CellRun(self.cells[number], tuple(outputs)) for number, outputs in said["runs"])
        failure = _failure(said["failure"], self.cells)
        notices: tuple[str, ...] = ()
        answer = None
        if failure is None:
            try:
                answer = load_answer(pickled)
            except ForeignAnswerError:
                kind = str(said["answer"])[:100]
                notices = (
                    f"The answer, of type {kind}, cannot be brought back; its text is in the outputs.",
                )
        return Execution(runs, failure, answer, float(said["seconds"]), notices=notices)

    def broken_off(self, ending: Mapping[str, Any]) -> Execution:
        """Tell what the cells showed until their process ended, and how it ended."""
        last = max(self._outputs, default=0)
        failure = failure_of_ending(ending, self.limits, self.cells, self.cells[last])
        runs = [CellRun(self.cells[number], self._outputs.get(number, ())) for number in range(last + 1)]
        runs[last] = CellRun(self.cells[last], (*runs[last].outputs, error_output(failure)))
        return Execution(tuple(runs), failure, None, time.monotonic() - self._began)


def _failure(told: dict[str, Any] | None, cells: Sequence[CodeCell]) -> Failure | None:
    if told is None:
        return None
    keys = {cell.key for cell in cells}
    if told["kind"] not in get_args(FailureKind) or told["key"] not in keys:
        raise ValueError
    return Failure(
        kind=cast("FailureKind", told["kind"]),
        name=str(told["name"]),
        message=str(told["message"]),
        key=told["key"],
        frames=tuple(
            Frame(str(level["key"]), int(level["line"]), str(level["function"]), str(level["text"]))
            for level in told["frames"]
        ),
        traceback=tuple(map(str, told["traceback"])),
        of_library=bool(told["of_library"]),
        missing=tuple(map(str, told["missing"])),
        wrong=str(told["wrong"]),
        close=tuple(map(str, told["close"])),
    )
