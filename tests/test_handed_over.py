"""Cells that come to a page only after it has sent its next request: they are no edits, and none is lost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from creator_magic.cells import protocol
from creator_magic.cells.generated import KEY
from tests.test_solve_live import BREAD, DECISION, TOOL

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.live_notebook import LiveNotebook
    from tests.model_server import ModelServer

SOLVE = f"%%solve\n{BREAD}"
OTHER = "```python decision\nbreak_even(4, 2, 20)\n```"


def marker(cells: Sequence[dict[str, Any]], heard: int, client: str = "test") -> dict[str, Any]:
    """What a page sends that has these cells, and has heard of syncs up to `heard`."""
    said = {"v": 1, "client": client, "path": "", "cells": list(cells), "heard": heard}
    return {protocol.MARKER: said}


def acknowledge(notebook: LiveNotebook, sync: dict[str, Any], client: str = "test") -> None:
    notebook.tell(protocol.ACK, {"v": 1, "client": client, "nonce": sync["nonce"]})


def sources(sync: dict[str, Any]) -> dict[str, str]:
    return {cell["metadata"][KEY]["key"]: cell["source"] for cell in sync["cells"]}


def test_what_a_page_had_not_heard_when_it_sent_a_request_is_no_edit(
    server: ModelServer, notebook: LiveNotebook
) -> None:
    server.reply_with(TOOL, DECISION, TOOL, OTHER, TOOL, TOOL)
    standing = notebook.run(SOLVE, "magic", places_cells=True).cells
    former = standing[1]["source"]
    # It is not told that the page has them, which therefore sends none.
    ran = notebook.run(f"{SOLVE} Now.", "magic", places_cells=True)
    assert all(former in sync["cells"][1]["replaces"] for sync in ran.syncs[1:])

    last = ran.syncs[-1]
    acknowledge(notebook, last)
    # It has them now, but had not when it sent this.
    ran = notebook.run(f"%%create\n{BREAD}", "magic", metadata=marker([], last["seq"] - 1))
    assert ran.syncs[-1]["remove"] == {"decision": [former, last["cells"][1]["source"]]}

    last = ran.syncs[-1]
    acknowledge(notebook, last)
    ran = notebook.run(f"%%create\n{BREAD} Now.", "magic", metadata=marker([], last["seq"]))
    assert ran.syncs[-1]["remove"] == {}
    assert ran.syncs[-1]["cells"][0]["replaces"] == [ran.cell("tool")["source"]]


def test_what_is_handed_over_to_a_page_is_no_edit_in_what_that_has_sent_before(
    server: ModelServer, notebook: LiveNotebook
) -> None:
    server.reply_with(TOOL, DECISION, TOOL)
    written = [cell["source"] for cell in notebook.run(SOLVE, "magic", places_cells=True).cells]
    heard, repeated = notebook.tell(protocol.HELLO, {"v": 1, "client": "other", "path": ""})
    assert repeated["client"] == "test"  # which is not there to answer
    handed = notebook.client.get_iopub_msg(timeout=10)["content"]["data"]
    assert [handed["client"], *(cell["source"] for cell in handed["cells"])] == ["other", *written]
    acknowledge(notebook, handed, "other")
    ran = notebook.run(f"%%create\n{BREAD}", "magic", metadata=marker([], heard["seq"], "other"))
    assert ran.syncs[-1]["remove"] == {"decision": [written[1]]}
    assert written[0] in ran.syncs[-1]["cells"][0]["replaces"]


def test_what_the_person_wrote_and_undoing_brought_back_is_theirs_to_a_run_that_was_queued(
    server: ModelServer, notebook: LiveNotebook
) -> None:
    server.reply_with(TOOL, DECISION)
    last = notebook.run(SOLVE, "magic", places_cells=True).syncs[-1]
    acknowledge(notebook, last)
    tool, decision = last["cells"]
    edited = {**tool, "source": f"{tool['source']}\n# mine"}
    server.reply_with(TOOL.replace("Return", "Give"), DECISION)
    stands = marker([edited, decision], last["seq"])
    ran = notebook.run(f"%%solve --fresh\n{BREAD}", "magic", metadata=stands)
    fresh = ran.syncs[-1]
    acknowledge(notebook, fresh)
    assert sources(fresh)["tool"] != edited["source"]
    # The page sends both at once.
    queued = marker(fresh["cells"], fresh["seq"])
    undone = notebook.run("%creator undo magic", "magic", metadata=queued).syncs[-1]
    assert sources(undone)["tool"] == edited["source"]
    ran = notebook.run(SOLVE, "magic", metadata=queued)
    assert ran.status == "ok"
    for sync in ran.syncs:
        assert all(edited["source"] not in cell["replaces"] for cell in sync["cells"])


def test_undoing_brings_back_the_cells_of_a_run_that_the_undone_one_did_not_know_of(
    server: ModelServer, notebook: LiveNotebook
) -> None:
    server.reply_with(TOOL, DECISION, TOOL, OTHER)
    first = notebook.run(SOLVE, "magic", places_cells=True).syncs[-1]
    ran = notebook.run(f"{SOLVE} Now.", "magic", places_cells=True)
    assert sources(ran.syncs[-1]) != sources(first)
    undone = notebook.run("%creator undo magic", "magic", places_cells=True, standing=ran.syncs[-1]["cells"])
    assert sources(undone.syncs[-1]) == sources(first)
    assert undone.syncs[-1]["remove"] == {}


def test_a_run_that_fails_keeps_nothing_back_that_was_to_be_handed_over(
    server: ModelServer, notebook: LiveNotebook
) -> None:
    server.reply_with(TOOL, DECISION)
    solved = notebook.run(SOLVE, "magic", places_cells=True).syncs[-1]
    first = len(server.calls)
    notebook.run("import creator_magic.cells.front_end as _front_end; _front_end._PATIENCE = 6.0")
    heard, _ = notebook.tell(protocol.HELLO, {"v": 1, "client": "other", "path": ""})
    server.fault(first, "401")
    ran = notebook.run(f"{SOLVE} Now.", "magic", metadata=marker([], heard["seq"], "other"))
    assert (ran.status, ran.syncs) == ("error", [])
    handed = notebook.client.get_iopub_msg(timeout=30)["content"]["data"]
    assert (handed["client"], sources(handed)) == ("other", sources(solved))

    # It has not said that it has them when the next run fails behind its tool.
    server.fault(first + 2, "401")
    server.reply_with(TOOL.replace("Return", "Give"))
    ran = notebook.run(f"{SOLVE} Now.", "magic", metadata=marker([], heard["seq"], "other"))
    assert ran.status == "error"
    assert sources(ran.syncs[-1])["decision"] == sources(solved)["decision"]
    assert sources(ran.syncs[-1])["tool"] != sources(solved)["tool"]
