"""What an execute request says about the cell it comes from, and about the cells under it.

JupyterLab and Notebook 7 send a cell's id and metadata with every request; our front-end half and the
file runners add `creator_magic_frontend`, with the generated cells that stand under the magic cell.
VS Code sends the cell's metadata and, for an id, the address of its editor; Colab an id under `colab`.
nbclassic and plain nbclient send nothing, but a page can be asked for input, and nbclient cannot;
what it does not say, `notebook_beside` reads.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from creator_magic.cells.fixed_cells import is_fixed
from creator_magic.cells.generated import SKIP, CellMark
from creator_magic.cells.protocol import MARKER, VERSION

if TYPE_CHECKING:
    from collections.abc import Mapping

    from IPython.core.interactiveshell import InteractiveShell


_VS_CODE = "vscode-notebook-cell"
"""The scheme of the addresses that VS Code gives to cells."""


@dataclass(frozen=True, slots=True)
class StandingCell:
    """A generated cell that stands in the notebook, with its source and metadata as they are now."""

    mark: CellMark
    source: str
    metadata: Mapping[str, Any] = field(default_factory=dict)

    @property
    def skipped(self) -> bool:
        """Whether the person tagged it not to be run with the others."""
        return SKIP in (self.metadata.get("tags") or ())

    @property
    def fixed(self) -> bool:
        """Whether it must stay as it is."""
        return is_fixed(self.metadata)


@dataclass(frozen=True, slots=True)
class Request:
    """What one execute request says.

    Parameters
    ----------
    cell_id : str or None
        The id of the cell in its notebook, where the front end tells it.
    place : str or None
        What tells the cell from the others as long as the notebook is open; often `cell_id`.
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
    app, app_version : str
        What sent it, as far as the request tells; empty if it does not.
    protocol : int or None
        The version of our protocol that the sender speaks; None if it speaks none.
    interactive : bool
        Whether somebody can be asked for input: a person sits before it.
    heard : int or None
        The latest sync that had come to whoever sent it.
    fresh : bool
        Whether the person chose to solve afresh.
    rectify : str or None
        What the person says is wrong with the standing cells, which is to be mended; empty if they
        do not say, None if they did not ask for that.
    shows_offers : bool
        Whether whoever sent it shows what would be changed in a cell, for the person to accept.
    mended : str
        The id of the offer that brought the cell the text with which it runs now; empty if none did.
    source : str
        What is executed, as it was sent; empty outside a kernel.
    silent : bool
        Whether it stands for a button that was pressed, and no cell is to show it.
    fixed : bool
        Whether the cell must stay as it is: it is graded, an answer or locked.
    """

    cell_id: str | None = None
    place: str | None = None
    mark: CellMark | None = None
    places_cells: bool = False
    standing: tuple[StandingCell, ...] = ()
    sent: datetime | None = field(default=None)
    client: str = ""
    path: str = ""
    app: str = ""
    app_version: str = ""
    protocol: int | None = None
    interactive: bool = False
    heard: int | None = None
    fresh: bool = False
    rectify: str | None = None
    shows_offers: bool = False
    mended: str = ""
    source: str = ""
    silent: bool = False
    fixed: bool = False

    @property
    def bare(self) -> bool:
        """Whether a program runs a notebook, and says nothing of its cells."""
        return bool(self.source) and self.place is None and not self.interactive and not self.silent


_last: tuple[Mapping[str, Any] | None, Request] = None, Request()
"""The request that was read last, with the message that it is; kept together, since threads ask too."""


def current_request(shell: InteractiveShell | None) -> Request:
    """Return what the request that is being executed says; an empty one outside a kernel."""
    global _last  # noqa: PLW0603 - many ask for one request
    kernel = getattr(shell, "kernel", None)
    parent: Mapping[str, Any] = kernel.get_parent() if kernel is not None else {}
    of, request = _last
    if of is not parent:
        request = _read(parent)
        _last = parent, request
    return request


def _read(parent: Mapping[str, Any]) -> Request:
    """Return what an execute request says."""
    metadata = parent.get("metadata") or {}
    told = metadata.get(MARKER) or {}
    marker = told if told.get("v") == VERSION else {}
    sender = _sender(metadata, told)
    cell_id = sender.cell_id
    standing = (standing_cell(cell, cell_id) for cell in marker.get("cells") or ())
    return replace(
        sender,
        mark=CellMark.from_metadata(metadata),
        places_cells=bool(marker),
        standing=tuple(cell for cell in standing if cell is not None),
        sent=_moment((parent.get("header") or {}).get("date")),
        client=str(marker.get("client") or ""),
        interactive=(parent.get("content") or {}).get("allow_stdin") is True,
        heard=marker.get("heard"),
        fresh=marker.get("fresh") is True,
        rectify=marker["rectify"].strip() if isinstance(marker.get("rectify"), str) else None,
        shows_offers="mended" in marker,
        mended=str(marker.get("mended") or ""),
        source=str((parent.get("content") or {}).get("code") or ""),
        silent=(parent.get("content") or {}).get("silent") is True,
        fixed=is_fixed(metadata),
    )


def standing_cell(cell: Mapping[str, Any], parent: str | None) -> StandingCell | None:
    """Return a cell as one that stands under `parent`; None if it does not say so."""
    mark = CellMark.from_metadata(cell.get("metadata") or {})
    if mark is None or mark.parent != parent:
        return None
    return StandingCell(mark, cell.get("source") or "", cell["metadata"])


def _sender(metadata: Mapping[str, Any], told: Mapping[str, Any]) -> Request:
    """Return who sent a request, and from where, as it says itself."""
    cell_id = metadata.get("cellId") or None
    if told:
        return Request(
            cell_id,
            cell_id,
            path=str(told.get("path") or ""),
            app=str(told.get("app") or ""),
            app_version=str(told.get("app_version") or ""),
            protocol=told.get("v"),
        )
    if isinstance(cell_id, str) and cell_id.startswith(f"{_VS_CODE}:"):
        # An address is no id: it is another one when the notebook is opened again, and it tells
        # where the file lies, which is nobody's business who is later given the notebook.
        return Request(None, cell_id, path=_file_of(cell_id), app="VS Code")
    colab = metadata.get("colab")
    if isinstance(colab, dict):
        return Request(None, colab.get("cell_id"), app="Colab")
    return Request(cell_id, cell_id)


def _file_of(address: str) -> str:
    """Return the notebook's path from the address of one of its cells; empty if it has no file."""
    path = unquote(urlsplit(address).path)
    if re.match(r"/[A-Za-z]:", path):
        path = path[1:]
    return path if path.startswith("/") or path[1:2] == ":" else ""


def _moment(date: object) -> datetime | None:
    if isinstance(date, str):
        try:
            date = datetime.fromisoformat(date)
        except ValueError:
            return None
    if not isinstance(date, datetime):
        return None
    return date if date.tzinfo is not None else date.replace(tzinfo=UTC)
