"""What the kernel and the front-end half say to each other; every name of it is spelled here.

The other speaker is `labextension/static/notebook.js`. Three ways lead from one to the other:

- With every execute request the front end sends a `Marker` in the request's metadata, under
  `MARKER`. So the kernel knows, without asking, that somebody will place cells, and which cells
  stand under the magic cell.
- To the front end goes a `Sync`, a `Shown`, a `Failed`, an `Offered` or a `Restore`, as a comm message with
  the comm id `COMM_ID`, on iopub.
  No comm is opened: whoever does not know the id ignores the message.
- To a busy kernel goes a `Hello` or an `Ack`: a comm_info_request on the control channel, whose
  target is `HELLO` or `ACK` and whose content carries the message under `creator_magic`.

A speaker that meets another version than its own does as if the other were not there.
"""

from __future__ import annotations

from typing import Any, NotRequired, TypedDict

VERSION = 1

MARKER = "creator_magic_frontend"
COMM_ID = "creator_magic"
HELLO = "creator_magic:hello"
ACK = "creator_magic:ack"
OFFER = "creator_magic_offer"
"""In the metadata of a cell that the person edited: `{"source": "…", "mark": {…}}`, the new version
of it that a changed problem brought, with the mark that it would carry."""


class StandingCellData(TypedDict):
    """A generated cell as it stands in the notebook: `{"source": "…", "metadata": {…}}`."""

    source: str
    metadata: dict[str, Any]


class Marker(TypedDict):
    """Who sends an execute request.

    `{"v": 1, "client": "tab-…", "app": "JupyterLab", "app_version": "4.6.6", "path": "a.ipynb",
    "heard": 1764…, "fresh": false, "cells": […]}`

    `client` names the browser tab. `cells` are the generated cells of the cell that is executed.
    `heard` is the `seq` of the latest `Sync` that came before this request was sent, null if none
    did: it tells what was on the page then, whatever the clocks of page and kernel say. A page that says
    hello hears of the latest number, so that it is not taken for one that missed all of them. `fresh` asks
    for what `--fresh` asks for. `rectify`, if it is a text, asks to begin from the cells that stand, and
    is what the person says is wrong with them: nothing, if they do not say. `mended` is the id of the
    `Offered` with whose text the cell runs, since the person accepted it, null if there is none; who
    does not say it shows no `Offered`.
    """

    v: int
    client: str
    app: str
    app_version: str
    path: str
    cells: list[StandingCellData]
    heard: NotRequired[int | None]
    fresh: NotRequired[bool]
    rectify: NotRequired[str | None]
    mended: NotRequired[str | None]


class SyncedCell(TypedDict):
    """A generated cell as it shall stand: an nbformat code cell without an id.

    With `keep`, the person's own text stays where it is; if the metadata then hold an `OFFER`, the
    cell gets that. `replaces` holds every source that the kernel knows of this slot: a cell that
    holds anything else was edited meanwhile, and is left alone. `outputs` are null where the kernel
    does not know them: a cell whose text stays as it is keeps those it has.
    """

    cell_type: str
    source: str
    outputs: list[dict[str, Any]] | None
    execution_count: int | None
    metadata: dict[str, Any]
    replaces: NotRequired[list[str]]
    keep: NotRequired[bool]


class Sync(TypedDict):
    """How the generated cells of one magic cell shall be; the same again changes nothing.

    `{"v": 1, "op": "sync", "seq": 1764…, "client": "tab-…", "nonce": "…", "parent": "…",
    "cells": […], "remove": {"decision": ["…"]}, "record": null}`

    Only the tab named by `client` acts. `remove` names slots that are no more, with the sources
    that the kernel knows of them. `record` is an output that takes the place of the magic cell's
    display record, for a page that no longer knows it as a display. Whoever acts on a `nonce` sends
    it back in an `Ack`. A `Sync` that comes to a page in another's place has the `nonce` that it had there,
    and a later `seq`.
    """

    v: int
    op: str
    seq: int
    client: str
    nonce: str
    parent: str
    cells: list[SyncedCell]
    remove: dict[str, list[str]]
    record: dict[str, Any] | None


class Shown(TypedDict):
    """A queued generated cell has shown what its magic ran, and so has the magic's prompt number.

    `{"v": 1, "op": "shown", "client": "tab-…", "cell": "…", "count": 2}`
    """

    v: int
    op: str
    client: str
    cell: str
    count: int | None


class Failed(TypedDict):
    """A cell of the person's has failed, and can be mended: the page shows a button below its traceback.

    `{"v": 1, "op": "failed", "client": "tab-…", "cell": "…", "says": "…", "asks": false}`

    `says` tells what pressing it sends, and to whom. With `asks` the page shows these words too, and not
    the button alone.
    """

    v: int
    op: str
    client: str
    cell: str
    says: str
    asks: bool


class Offered(TypedDict):
    """What a model would change in a cell of the person's, for them to accept or to refuse.

    `{"v": 1, "op": "offered", "client": "tab-…", "id": "…", "cell": "…", "at": "…", "replaces": "…",
    "source": "…", "head": "…", "diagnosis": "…", "notes": ["…"], "diff": [["gone", "…"], …],
    "sent": "…", "asked": "…", "shown": false, "accepted": false}`

    `cell` is the cell that `source` is for, if it holds `replaces`; else `source` is for a new cell. `at`
    is the cell below which all this is shown; with `shown` an output of that cell shows it already, and
    only the choice is missing. A null `source` leaves nothing to choose. With `accepted` the person
    accepted it beforehand.
    """

    v: int
    op: str
    client: str
    id: str
    cell: str | None
    at: str
    replaces: str
    source: str | None
    head: str
    diagnosis: str
    notes: list[str]
    diff: list[list[str]]
    sent: str
    asked: str
    shown: bool
    accepted: bool


class Restore(TypedDict):
    """A cell that holds `replaces` shall hold `source` again.

    `{"v": 1, "op": "restore", "client": "tab-…", "cell": "…", "replaces": "…", "source": "…"}`
    """

    v: int
    op: str
    client: str
    cell: str
    replaces: str
    source: str


class Hello(TypedDict):
    """A page has (re)connected: `{"v": 1, "client": "tab-…", "path": "a.ipynb"}`."""

    v: int
    client: str
    path: str


class Ack(TypedDict):
    """A page has the cells of a `Sync`: `{"v": 1, "client": "tab-…", "nonce": "…"}`."""

    v: int
    client: str
    nonce: str
