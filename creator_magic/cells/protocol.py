"""What the kernel and the front-end half say to each other; every name of it is spelled here.

The other speaker is `labextension/static/remoteEntry.js`. Three ways lead from one to the other:

- With every execute request the front end sends a `Marker` in the request's metadata, under
  `MARKER`. So the kernel knows, without asking, that somebody will place cells, and which cells
  stand under the magic cell.
- To the front end goes a `Sync`, as a comm message with the comm id `COMM_ID`, on iopub. No comm
  is opened: whoever does not know the id ignores the message.
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
    did: it tells what was on the page then, whatever the clocks of page and kernel say. `fresh` asks
    for what `--fresh` asks for.
    """

    v: int
    client: str
    app: str
    app_version: str
    path: str
    cells: list[StandingCellData]
    heard: NotRequired[int | None]
    fresh: NotRequired[bool]


class SyncedCell(TypedDict):
    """A generated cell as it shall stand: an nbformat code cell without an id.

    With `keep`, the person's own text stays where it is. `replaces` holds every source that the
    kernel knows of this slot: a cell that holds anything else was edited meanwhile, and is left
    alone.
    """

    cell_type: str
    source: str
    outputs: list[dict[str, Any]]
    execution_count: int | None
    metadata: dict[str, Any]
    replaces: NotRequired[list[str]]
    keep: NotRequired[bool]


class Sync(TypedDict):
    """How the generated cells of one magic cell shall be; the same again changes nothing.

    `{"v": 1, "op": "sync", "seq": 1764…, "client": "tab-…", "nonce": "…", "parent": "…",
    "cells": […], "remove": {"decision": ["…"]}}`

    Only the tab named by `client` acts. `remove` names slots that are no more, with the sources
    that the kernel knows of them. Whoever acts on a `nonce` sends it back in an `Ack`.
    """

    v: int
    op: str
    seq: int
    client: str
    nonce: str
    parent: str
    cells: list[SyncedCell]
    remove: dict[str, list[str]]


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
