"""Generated cells while their solve goes on: in the notebook as soon as their code is complete.

Listens to the solver. The tool cell stands before the decision is asked for; outputs follow while
code runs, now and then; a rectification rewrites the same cells.
"""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from typing import TYPE_CHECKING, Any, cast

from creator_magic.events import Attempted, CellsWritten, OutputGrew
from creator_magic.ports import CellRun

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from creator_magic.cells.front_end import Place
    from creator_magic.cells.protocol import SyncedCell
    from creator_magic.cells.written import WrittenCells
    from creator_magic.events import Event
    from creator_magic.ports import CodeCell, Output

_PAUSE = 0.1
"""Seconds between two updates while code runs."""


class LiveCells:
    """Keeps the notebook's generated cells as the solver has them.

    Parameters
    ----------
    place : Place
        Where they go.
    written : WrittenCells
        What becomes of the cells of this solve.
    count : int or None
        The prompt number.
    known : dict of str to list of str
        Every source known of each slot; grows by what is written.
    """

    def __init__(
        self, place: Place, written: WrittenCells, count: int | None, known: dict[str, list[str]]
    ) -> None:
        self._place = place
        self._written = written
        self._count = count
        self._cells: tuple[CodeCell, ...] = ()
        self._outputs: dict[str, Callable[[], tuple[Output, ...]]] = {}
        self._tried: dict[str, list[str]] = defaultdict(list)
        self._known = known
        self._may_show_at = 0.0
        self._later: threading.Timer | None = None
        self._lock = threading.RLock()

    def __call__(self, event: Event) -> None:
        """Bring the cells up to date."""
        with self._lock:
            match event:
                case CellsWritten(_, cells, _):
                    self._cells, self._outputs = cells, {}
                    self._sync()
                case OutputGrew(key, outputs):
                    self._outputs[key] = outputs
                    if self._later is None:
                        self._show_outputs()
                case Attempted(attempt):
                    for cell in attempt.cells:
                        self._tried[cell.key].append(cell.source)
                    if not attempt.feedback.ok and self._outputs:
                        self._sync(ran=True)
                case _:
                    pass

    def _show_outputs(self) -> None:
        """Show the outputs now, or when the pause since the last time is over.

        Then a thread shows them: the code may print no more, and go on for long.
        """
        began = time.monotonic()
        if began < self._may_show_at:
            self._later = threading.Timer(self._may_show_at - began, self._show_later)
            self._later.daemon = True
            self._later.start()
        else:
            self._sync()
            # Outputs may be long: sending them takes at most a tenth of the time.
            self._may_show_at = began + max(_PAUSE, 10 * (time.monotonic() - began))

    def _show_later(self) -> None:
        with self._lock:
            if self._later is threading.current_thread():
                self._sync()

    def stop(self, message: str) -> None:  # noqa: ARG002 - the record shows it
        """Leave the cells as far as they got; they answer nothing, so the next run asks anew."""
        with self._lock:
            self._sync(ran=bool(self._outputs), over=True)

    def finish(self, cells: Sequence[dict[str, Any]], retired: Sequence[str]) -> int:
        """Bring the cells to their last state; return the number of that sync."""
        with self._lock:
            return self._send(cells, retired, over=True)

    def _sync(self, *, ran: bool = False, over: bool = False) -> None:
        runs = [CellRun(cell, self._outputs_of(cell.key)) for cell in self._cells]
        revisions = {
            cell.key: len(dict.fromkeys([*self._tried[cell.key], cell.source])) for cell in self._cells
        }
        count = self._count if ran else None
        self._send(self._written.cells(runs, revisions, count, answered=False), (), over=over)

    def _outputs_of(self, key: str) -> tuple[Output, ...]:
        outputs = self._outputs.get(key)
        return outputs() if outputs is not None else ()

    def _send(self, cells: Sequence[dict[str, Any]], retired: Sequence[str], *, over: bool) -> int:
        if self._later is not None:
            self._later.cancel()
            self._later = None
        synced = []
        for cell in cells:
            key = cell["metadata"]["creator_magic"]["key"]
            known = self._known[key]
            if cell["source"] not in known:
                known.append(cell["source"])
            synced.append(cast("SyncedCell", {**cell, "replaces": list(known)}))
        return self._place.sync(synced, {key: self._known[key] for key in retired}, over=over)
