"""What an execute request says about the cell it comes from, and about the cells under it.

JupyterLab sends a cell's id and metadata with every request; our front-end half and the headless
runner add `creator_magic_frontend`, with the generated cells that stand under the magic cell.
Plain nbclient sends nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from creator_magic.cells.generated import CellMark
from creator_magic.cells.protocol import MARKER, VERSION

if TYPE_CHECKING:
    from collections.abc import Mapping

    from IPython.core.interactiveshell import InteractiveShell


@dataclass(frozen=True, slots=True)
class StandingCell:
    """A generated cell that stands in the notebook, with its source and metadata as they are now."""

    mark: CellMark
    source: str
    metadata: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Request:
    """What one execute request says.

    Parameters
    ----------
    cell_id : str or None
        The id of the cell, where the front end tells it.
    mark : CellMark or None
        The cell's own mark, if it is a generated cell.
    places_cells : bool
        Whether whoever sent it puts generated cells into the notebook.
    standing : tuple of StandingCell
        The generated cells under this cell, in the notebook's order.
    sent : datetime or None
        When it was sent, by the sender's clock.
    client, path : str
        The browser tab that sent it, and the notebook it shows; empty if none did.
    heard : int or None
        The latest sync that had come to whoever sent it.
    fresh : bool
        Whether the person chose to solve afresh.
    rectify : str or None
        What the person says is wrong with the standing cells, which is to be mended; empty if they
        do not say, None if they did not ask for that.
    """

    cell_id: str | None = None
    mark: CellMark | None = None
    places_cells: bool = False
    standing: tuple[StandingCell, ...] = ()
    sent: datetime | None = field(default=None)
    client: str = ""
    path: str = ""
    heard: int | None = None
    fresh: bool = False
    rectify: str | None = None


def current_request(shell: InteractiveShell | None) -> Request:
    """Return what the request that is being executed says; an empty one outside a kernel."""
    kernel = getattr(shell, "kernel", None)
    parent: Mapping[str, Any] = kernel.get_parent() if kernel is not None else {}
    metadata = parent.get("metadata") or {}
    marker = metadata.get(MARKER) or {}
    if marker.get("v") != VERSION:
        marker = {}
    cell_id = metadata.get("cellId") or None
    standing = []
    for cell in marker.get("cells") or ():
        mark = CellMark.from_metadata(cell.get("metadata") or {})
        if mark is not None and mark.parent == cell_id:
            standing.append(StandingCell(mark, cell.get("source") or "", cell["metadata"]))
    return Request(
        cell_id=cell_id,
        mark=CellMark.from_metadata(metadata),
        places_cells=bool(marker),
        standing=tuple(standing),
        sent=_moment((parent.get("header") or {}).get("date")),
        client=str(marker.get("client") or ""),
        path=str(marker.get("path") or ""),
        heard=marker.get("heard"),
        fresh=marker.get("fresh") is True,
        rectify=marker["rectify"].strip() if isinstance(marker.get("rectify"), str) else None,
    )


def _moment(date: object) -> datetime | None:
    if isinstance(date, str):
        try:
            date = datetime.fromisoformat(date)
        except ValueError:
            return None
    if not isinstance(date, datetime):
        return None
    return date if date.tzinfo is not None else date.replace(tzinfo=UTC)
