"""The program of a worker that runs cells: in a namespace of its own, with the variables it was given."""

from __future__ import annotations

import json
import pickle
import sys
import time
from dataclasses import asdict, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from creator_magic.feedback import error_output
from creator_magic.isolation import frames
from creator_magic.isolation.carrying import LoadingError, load
from creator_magic.isolation.own_process import only_its_own
from creator_magic.isolation.worker import MEBIBYTE, free_reserve, too_much
from creator_magic.kernel.interruption import Interruption
from creator_magic.kernel.outcome import filename_of, outcome
from creator_magic.kernel.outputs import Outputs
from creator_magic.ports import Failure

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from creator_magic.isolation.limits import IsolationLimits
    from creator_magic.isolation.worker import Worker
    from creator_magic.ports import CodeCell, Output

_PAUSE = 0.1


def prepared() -> Callable[[Worker], None]:
    """Make a fresh shell, and return the program that runs cells in its namespace."""
    quiet = Config()
    # No history: it would be the person's own file, and a thread.
    quiet.HistoryManager.enabled = False
    quiet.HistoryManager.hist_file = ":memory:"
    quiet.InteractiveShell.colors = "NoColor"
    return partial(run_cells, InteractiveShell.instance(config=quiet))


def run_cells(shell: InteractiveShell, worker: Worker) -> None:
    """Run the cells of a job, and tell what they came to.

    Parameters
    ----------
    shell : InteractiveShell
        Fresh; what is run finds its namespace.
    worker : Worker
        Whose job it is.
    """
    told, stream, *buffers = worker.prepare()
    cells, names = pickle.loads(told)  # noqa: S301 - from the process that started ours
    try:
        with shell.builtin_trap:
            load(names, bytes(stream), buffers, shell.user_ns)
            worker.begin()
            run = _Run(shell, worker, cells)
            try:
                run.run()
            except MemoryError as error:
                free_reserve(error)
                run.give_up_for_memory()
    except LoadingError as error:
        lost = error.uncarried
        failure = Failure("isolation", "NotCarried", f"`{lost.name}`: {lost.reason}", cells[0].key)
        worker.tell(frames.DONE, _told([(0, [error_output(failure)])], failure, 0.0, ""), b"")


class _Run:
    def __init__(self, shell: InteractiveShell, worker: Worker, cells: Sequence[CodeCell]) -> None:
        self.shell = shell
        self.worker = worker
        self.cells = cells
        self._grown = 0.0
        self._number = 0

    def run(self) -> None:
        """Run the cells, and tell what they came to."""
        began = time.monotonic()
        files = {filename_of(cell): cell.key for cell in self.cells}
        runs: list[tuple[int, tuple[Output, ...]]] = []
        answer: Any = None
        failure: Failure | None = None
        with only_its_own(), Interruption(self.worker.limits.timeout) as interruption:
            for number, cell in enumerate(self.cells):
                self._number = number
                outputs = Outputs(lambda now, number=number: self._grow(number, now))  # type: ignore[misc]
                self._tell_growth(number, outputs.now)
                answer, failure = outcome(
                    cell,
                    outputs,
                    files,
                    interruption,
                    namespace=self.shell.user_ns,
                    shell=self.shell,
                    count=None,
                    on_error=free_reserve,
                )
                shown = outputs.now()
                if failure is not None and failure.name in ("MemoryError", "_ArrayMemoryError"):
                    failure = replace(
                        failure, kind="memory", message=too_much(failure.message, self.worker.limits)
                    )
                    shown = (*shown[:-1], error_output(failure))
                runs.append((number, shown))
                if failure is not None:
                    break
        seconds = time.monotonic() - began
        pickled, kind = _pickled(answer, self.worker.limits) if failure is None else (b"", "")
        self.worker.tell(frames.DONE, _told(runs, failure, seconds, kind), pickled)

    def give_up_for_memory(self) -> None:
        """Tell that what the code left does not even allow to tell more."""
        said = too_much("", self.worker.limits)
        failure = Failure("memory", "MemoryError", said, self.cells[self._number].key)
        before: list[Any] = [[] for _ in range(self._number)]
        runs = list(enumerate([*before, [error_output(failure)]]))
        self.worker.tell(frames.DONE, _told(runs, failure, 0.0, ""), b"")

    def _grow(self, number: int, outputs: Callable[[], tuple[Output, ...]]) -> None:
        # A message for each print would cost more than the printing.
        if time.monotonic() - self._grown >= _PAUSE:
            self._tell_growth(number, outputs)
            self._grown = time.monotonic()

    def _tell_growth(self, number: int, outputs: Callable[[], tuple[Output, ...]]) -> None:
        self.worker.tell(frames.GROWTH, json.dumps([number, outputs()]).encode())


def _told(runs: list[Any], failure: Failure | None, seconds: float, answer: str) -> bytes:
    """Put into JSON what an execution came to: whoever reads it must not trust us."""
    said = asdict(failure) if failure is not None else None
    return json.dumps({"runs": runs, "failure": said, "seconds": seconds, "answer": answer}).encode()


def _pickled(answer: Any, limits: IsolationLimits) -> tuple[bytes, str]:
    """Return the answer as a pickle, empty if it has none, and the name of its type."""
    kind = type(answer).__qualname__
    try:
        pickled = pickle.dumps(answer, pickle.HIGHEST_PROTOCOL)
    except BaseException:  # noqa: BLE001 - whatever the answer's own code raises
        return b"", kind
    room = limits.carried * MEBIBYTE or sys.maxsize
    return (pickled if len(pickled) <= room else b""), kind
