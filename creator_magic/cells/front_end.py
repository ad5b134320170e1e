"""The kernel's end of the line to the front-end half: syncs go out, hellos and acks come in.

Each magic cell has a `Place`: the browser tab that ran it, and the last sync that was sent there.
The page may be reloaded, or closed and opened anew, while the kernel is busy. It then says hello,
and hears the last sync again, unless it is known to have it and the solve is over: then the page
is the person's to change.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from creator_magic.cells.generated import is_edited, slot_of
from creator_magic.cells.protocol import ACK, COMM_ID, HELLO, VERSION
from creator_magic.cells.request import current_request, standing_cell

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from IPython.core.interactiveshell import InteractiveShell

    from creator_magic.cells.protocol import Failed, Offered, Restore, Shown, Sync, SyncedCell
    from creator_magic.cells.request import StandingCell

_PATIENCE = 1.5
"""Seconds in which a tab that is still there has acknowledged a sync, also on a busy machine."""


class Place:
    """Where the generated cells of one magic cell go.

    Parameters
    ----------
    front_end : FrontEnd
        The line to it.
    parent : str
        The id of the magic cell.
    client, path : str
        The tab that ran the cell, and the notebook it shows.
    message : mapping
        The execute request, by its header.
    former : Place or None
        The place before it, if what went there may come to the page only now: a page that has just been
        opened is sent what another left, and a cell may be run twice before the first run has placed
        anything. What comes to stand there by that is no edit of the person's.
    standing : set of str
        The slots that stood when the request was sent.

    Attributes
    ----------
    number : int
        The number of the last sync; 0 if none was sent.
    unheard : tuple of StandingCell
        The cells of `former` that the request did not know of.
    sources : dict of str to list of str
        What was written into each slot, here and there; nothing that the person wrote.
    left : dict of str to StandingCell
        What the last sync left in each slot.
    """

    def __init__(
        self,
        front_end: FrontEnd,
        parent: str,
        client: str,
        path: str,
        message: Mapping[str, Any],
        *,
        former: Place | None = None,
        standing: AbstractSet[str] = frozenset(),
    ) -> None:
        self.parent = parent
        self.client = client
        self.path = path
        self.message = message
        self.over = False
        self.number = 0
        self.latest: Sync | None = None
        self.acknowledged = False
        self.carried: tuple[SyncedCell, ...] = ()  # cells of `former`, until the page has them
        self.unheard: tuple[StandingCell, ...] = ()
        self.sources: dict[str, list[str]] = {}
        if former is not None:
            self.unheard = tuple(cell for key, cell in former.left.items() if key not in standing)
            self.sources = {key: list(sources) for key, sources in former.sources.items()}
            if former.latest is not None and not former.acknowledged:
                cells = former.latest["cells"]
                self.carried = tuple(cell for cell in cells if slot_of(cell) not in standing)
        self.left: dict[str, StandingCell] = {cell.mark.key: cell for cell in self.unheard}
        self._front_end = front_end

    def sync(
        self,
        cells: Sequence[SyncedCell],
        remove: Mapping[str, list[str]] | None = None,
        record: dict[str, Any] | None = None,
        *,
        over: bool,
    ) -> int:
        """Let the tab make the generated cells be `cells`.

        Parameters
        ----------
        cells : sequence of dict
            All cells that there are by now.
        remove : mapping of str to list of str
            Slots that are no more, with the sources known of them.
        record : dict or None
            An output in the place of the display record.
        over : bool
            Whether this is the last sync of the solve.

        Returns
        -------
        int
            The number of the sync.
        """
        self.over = over
        removed, synced = remove or {}, {slot_of(cell) for cell in cells}
        cells = [*cells, *(cell for cell in self.carried if slot_of(cell) not in synced | removed.keys())]
        for key in removed:
            self.left.pop(key, None)
        for cell in cells:
            stands = standing_cell(cell, self.parent)
            if stands is None or cell.get("keep"):
                continue
            self.left[slot_of(cell)] = stands
            sources = self.sources.setdefault(slot_of(cell), [])
            if stands.source not in sources and not is_edited(stands.mark, stands.source):
                sources.append(stands.source)
        return self._front_end.send_sync(
            self,
            {
                "v": VERSION,
                "op": "sync",
                "seq": 0,
                "client": self.client,
                "nonce": uuid4().hex,
                "parent": self.parent,
                "cells": cells,
                "remove": dict(removed),
                "record": record,
            },
        )

    @property
    def settled(self) -> bool:
        """Whether the tab has all that it was to get."""
        return self.over and self.acknowledged


class FrontEnd:
    """The line between a kernel and the pages that show its notebook.

    Parameters
    ----------
    shell : InteractiveShell or None
        The kernel's shell; without a kernel there is nobody to talk to.
    """

    def __init__(self, shell: InteractiveShell | None) -> None:
        self._shell = shell
        self._kernel: Any = getattr(shell, "kernel", None)
        self._places: dict[str, Place] = {}  # until they are settled
        self._latest: dict[str, Place] = {}
        self._failed: dict[str, tuple[str, Failed]] = {}
        self._seq = 0
        # Hellos and acks arrive in the control channel's thread while the main thread works.
        self._lock = threading.RLock()
        self._answer: Any = None

    def install(self) -> None:
        """Begin to hear hellos and acks."""
        handlers = getattr(self._kernel, "control_handlers", None)
        if handlers is None or "comm_info_request" not in handlers:
            return
        self._answer = handlers["comm_info_request"]
        handlers["comm_info_request"] = self._hear

    def uninstall(self) -> None:
        """Undo `install`."""
        if self._answer is not None:
            self._kernel.control_handlers["comm_info_request"] = self._answer
            self._answer = None

    def place(self, parent: str | None) -> Place | None:
        """Return the place for the generated cells of `parent`, in the page that sent the request.

        Parameters
        ----------
        parent : str or None
            The id of the magic cell.

        Returns
        -------
        Place or None
            None if nobody places them.
        """
        request = current_request(self._shell)
        if not request.places_cells or parent is None:
            return None
        standing = {cell.mark.key for cell in request.standing}
        with self._lock:
            self._seq = max(self._seq, request.heard or 0)
            former = self._latest.get(parent)
            if former is not None and (
                former.path != request.path or (former.acknowledged and (request.heard or 0) >= former.number)
            ):
                former = None
        # As long as the solve can be undone; of the request nothing else is needed to answer it.
        asked = {"header": self._kernel.get_parent()["header"]}
        return Place(self, parent, request.client, request.path, asked, former=former, standing=standing)

    def tell_shown(self, count: int | None) -> None:
        """Tell the page that the cell it is executing shows what ran under the number `count`."""
        request = current_request(self._shell)
        if request.places_cells and request.cell_id is not None:
            shown: Shown = {
                "v": VERSION,
                "op": "shown",
                "client": request.client,
                "cell": request.cell_id,
                "count": count,
            }
            self._send(shown, self._kernel.get_parent())

    def tell_failed(self, says: str, *, asks: bool) -> None:
        """Tell the page that the cell it is executing has failed; arguments as in `Failed`."""
        request = current_request(self._shell)
        if request.cell_id is not None:
            failed: Failed = {
                "v": VERSION,
                "op": "failed",
                "client": request.client,
                "cell": request.cell_id,
                "says": says,
                "asks": asks,
            }
            with self._lock:
                self._failed[request.cell_id] = request.path, failed
                self._send(failed, self._kernel.get_parent())

    def forget_failed(self, cell_id: str | None) -> None:
        """Tell no page any more that this cell has failed: it ran anew."""
        with self._lock:
            self._failed.pop(cell_id or "", None)

    def tell(self, said: Offered | Restore) -> None:
        """Send the page whose request is being executed what is for it."""
        self._send(said, self._kernel.get_parent())

    def send_sync(self, place: Place, sync: Sync) -> int:
        """Give a sync its number and send it; return the number."""
        with self._lock:
            sync["seq"] = place.number = self._next()
            self._places[place.parent] = self._latest[place.parent] = place
            place.latest, place.acknowledged = sync, False
            self._send(sync, place.message)
            return self._seq

    def _next(self) -> int:
        # By the clock, so that a kernel that was restarted goes on counting; and where the clock was
        # set back meanwhile, from what the page has heard.
        self._seq = max(self._seq + 1, time.time_ns() // 1_000_000)
        return self._seq

    def _send(self, data: Mapping[str, Any], parent: Mapping[str, Any]) -> None:
        content = {"comm_id": COMM_ID, "data": data}
        self._kernel.session.send(
            self._kernel.iopub_socket,
            "comm_msg",
            content,
            parent=parent,
            ident=f"comm-{COMM_ID}".encode(),
        )

    def _hear(self, stream: Any, ident: Any, message: Mapping[str, Any]) -> Any:
        """Take what a page says, and let the kernel answer the request as always."""
        content = message.get("content") or {}
        said = content.get("creator_magic")
        if isinstance(said, dict) and said.get("v") == VERSION:
            if content.get("target_name") == ACK:
                self._acknowledged(str(said.get("nonce")))
            elif content.get("target_name") == HELLO:
                self._welcome(str(said.get("client")), str(said.get("path")), message)
        return self._answer(stream, ident, message)

    def _acknowledged(self, nonce: str) -> None:
        with self._lock:
            for place in list(self._places.values()):
                if place.latest is not None and place.latest["nonce"] == nonce:
                    place.acknowledged, place.carried = True, ()
                    if place.settled:
                        place.latest = None
                        del self._places[place.parent]

    def _welcome(self, client: str, path: str, message: Mapping[str, Any]) -> None:
        """Tell a page what it may have missed."""
        with self._lock:
            self._send({"v": VERSION, "op": "heard", "seq": self._seq}, message)
            for shown_in, failed in self._failed.values():
                if shown_in == path:
                    self._send({**failed, "client": client}, message)
            for place in list(self._places.values()):
                if place.client == client:
                    self._repeat(place, message)
                elif place.path == path:
                    # Another tab shows the same notebook. Only one may place the cells: the old
                    # one, if it is still there to acknowledge.
                    place.acknowledged = False
                    self._repeat(place, message)
                    heir = threading.Timer(_PATIENCE, self._hand_over, (place, client, message))
                    heir.daemon = True
                    heir.start()

    def _hand_over(self, place: Place, client: str, message: Mapping[str, Any]) -> None:
        with self._lock:
            if not place.acknowledged and self._places.get(place.parent) is place:
                place.client = client
                if place.latest is not None:
                    # What its page has sent by now, it sent without these cells: they have a later number.
                    place.latest["seq"] = place.number = self._next()
                self._repeat(place, message)

    def _repeat(self, place: Place, message: Mapping[str, Any]) -> None:
        if place.latest is not None:
            place.latest["client"] = place.client
            self._send(place.latest, message)
