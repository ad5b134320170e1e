"""Generated cells while their solve goes on: in the notebook as soon as their code is complete.

Listens to the solver. The tool cell stands before the decision is asked for; what comes after it follows
now and then, the outputs of running code too; a rectification rewrites the same cells.
"""

from __future__ import annotations

import time
from collections import defaultdict
from typing import TYPE_CHECKING, Any, cast

from creator_magic.cells.drawing_clock import Drawing
from creator_magic.cells.generated import slot_of
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
"""Seconds between two updates while the solve goes on."""


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
        self._ran = False
        self._took = 0.0
        self._drawing = Drawing(self._sync)

    def __call__(self, event: Event) -> None:
        """Bring the cells up to date, now or soon."""
        with self._drawing.lock:
            match event:
                case CellsWritten(_, cells, _):
                    self._cells, self._outputs, self._ran = cells, {}, False
                    self._drawing.soon(_PAUSE)
                case OutputGrew(key, outputs):
                    self._outputs[key] = outputs
                    # Outputs may be long: sending them takes at most a tenth of the time.
                    self._drawing.soon(max(_PAUSE, 10 * self._took))
                case Attempted(attempt):
                    for cell in attempt.cells:
                        self._tried[cell.key].append(cell.source)
                    if not attempt.feedback.ok and self._outputs:
                        self._ran = True
                        self._drawing.soon(_PAUSE)
                case _:
                    pass

    def stop(self, message: str) -> None:  # noqa: ARG002 - the record shows it
        """Leave the cells as far as they got; they answer nothing, so the next run asks anew."""
        with self._drawing.lock:
            self._ran = bool(self._outputs)
            self._sync(over=True)

    def finish(self, cells: Sequence[dict[str, Any]], retired: Sequence[str]) -> int:
        """Bring the cells to their last state; return the number of the last sync."""
        with self._drawing.lock:
            return self._send(cells, retired, over=True)

    def _sync(self, *, over: bool = False) -> None:
        began = time.monotonic()
        runs = [CellRun(cell, self._outputs_of(cell.key)) for cell in self._cells]
        revisions = {
            cell.key: len(dict.fromkeys([*self._tried[cell.key], cell.source])) for cell in self._cells
        }
        count = self._count if self._ran else None
        self._send(self._written.cells(runs, revisions, count, answered=False), (), over=over)
        self._drawing.drawn = began
        self._took = time.monotonic() - began

    def _outputs_of(self, key: str) -> tuple[Output, ...]:
        outputs = self._outputs.get(key)
        return outputs() if outputs is not None else ()

    def _send(self, cells: Sequence[dict[str, Any]], retired: Sequence[str], *, over: bool) -> int:
        self._drawing.begin()
        if not cells and not retired:
            return self._place.number  # what came from the run before may still be on its way
        synced = []
        for cell in cells:
            key = slot_of(cell)
            known = self._known[key]
            if cell["source"] not in known:
                known.append(cell["source"])
            synced.append(cast("SyncedCell", {**cell, "replaces": list(known)}))
        return self._place.sync(synced, {key: self._known[key] for key in retired}, over=over)
