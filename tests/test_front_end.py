"""The kernel's half of the protocol, without a browser; and what is shipped for the other half."""

from __future__ import annotations

import itertools
import json
import re
import runpy
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat

from creator_magic.cells import protocol
from creator_magic.cells.generated import KEY
from creator_magic.headless import run_notebook
from tests.conftest import environment
from tests.mistimed import in_time, may_be_mistimed
from tests.test_solve_live import BREAD, DECISION, TOOL

if TYPE_CHECKING:
    import pytest

    from tests.live_notebook import LiveNotebook
    from tests.model_server import ModelServer

EXTENSION = Path(__file__).parent.parent / "labextension"
FILES = sorted((EXTENSION / "static").iterdir())
SCRIPT = "\n".join(file.read_text("utf-8") for file in FILES)
PAUSE = 95
"""Milliseconds between two updates at least, as near as they are counted."""

SOLVE = f"%%solve\n{BREAD}"


def keys(sync: dict[str, Any]) -> list[str]:
    return [cell["metadata"][KEY]["key"] for cell in sync["cells"]]


def test_the_address_changes_with_the_file() -> None:
    package = json.loads((EXTENSION / "package.json").read_text("utf-8"))
    stamp = runpy.run_path(str(EXTENSION / "stamp.py"))
    assert package["jupyterlab"]["_build"]["load"] == stamp["address"](), "run `python labextension/stamp.py`"


def test_what_is_installed_is_what_stands_here() -> None:
    installed = Path(sys.prefix) / "share" / "jupyter" / "labextensions" / "creator-magic"
    for name in ("package.json", "install.json", *(f"static/{file.name}" for file in FILES)):
        same = (installed / name).read_bytes() == (EXTENSION / name).read_bytes()
        assert same, f"{name} was changed since the package was installed; install it again"


def test_both_halves_spell_the_protocol_alike() -> None:
    said = dict(re.findall(r'^(?:export )?const ([A-Z]+(?:_ID)?) = "?([\w:]+)"?;', SCRIPT, re.MULTILINE))
    assert said.pop("MARK") == KEY
    names = {"VERSION", "MARKER", "COMM_ID", "HELLO", "ACK", "OFFER"}
    assert {name: said[name] for name in names} == {name: str(getattr(protocol, name)) for name in names}
    marker = SCRIPT.partition("sent[MARKER] = {")[2].partition("};")[0]
    assert all(re.search(rf"\b{name}\b", marker) for name in protocol.Marker.__annotations__)


def test_numbers_go_on_from_what_the_page_has_heard_wherever_the_clock_was_set(
    server: ModelServer, notebook: LiveNotebook
) -> None:
    server.reply_with(TOOL, DECISION)
    heard = time.time_ns() // 1_000_000 + 3_600_000  # from a kernel before the clock was set back
    marker = {"v": 1, "client": "test", "path": "", "cells": [], "heard": heard}
    ran = notebook.run(SOLVE, "magic", metadata={protocol.MARKER: marker})
    assert ran.syncs
    assert all(sync["seq"] > heard for sync in ran.syncs)


def test_cells_are_told_as_soon_as_their_code_is_complete(
    server: ModelServer, notebook: LiveNotebook
) -> None:
    server.reply_with(TOOL, DECISION)
    ran = notebook.run(SOLVE, "magic", places_cells=True)
    first, *_, last = ran.syncs
    assert [keys(sync) for sync in (first, last)] == [["tool"], ["tool", "decision"]]
    assert {(sync["v"], sync["op"], sync["parent"], sync["client"]) for sync in ran.syncs} == {
        (protocol.VERSION, "sync", "magic", "test")
    }
    assert all(set(sync) == set(protocol.Sync.__annotations__) for sync in ran.syncs)
    assert sorted({sync["seq"] for sync in ran.syncs}) == [sync["seq"] for sync in ran.syncs]
    assert first["cells"][0]["metadata"][KEY]["asked"] == ""
    assert [{**cell, "replaces": []} for cell in last["cells"]] == [
        {**cell, "replaces": []} for cell in ran.cells
    ]
    assert last["cells"][0]["replaces"] == [ran.cell("tool")["source"]]


@may_be_mistimed
def test_what_changes_faster_than_it_can_be_followed_is_told_now_and_then_and_its_end_always(
    server: ModelServer, notebook: LiveNotebook
) -> None:
    decision = "import time\nfor n in range(400):\n    print(n)\n    time.sleep(0.001)\n1 / (n - 399)"
    server.reply_with(TOOL, f"```python decision\n{decision}\n```")
    ran = notebook.run(f"%%solve --max-rectifications 0\n{BREAD}", "magic", places_cells=True)
    assert ran.status == "error"
    # A sync is numbered by the millisecond in which it was sent.
    sent = [sync["seq"] for sync in ran.syncs]
    in_time(all(later - sooner >= PAUSE for sooner, later in itertools.pairwise(sent[:-1])), sent)
    assert ran.updates <= ran.seconds * 1000 / PAUSE + 2
    printed, failed = ran.syncs[-1]["cells"][-1]["outputs"]
    assert printed["text"].split() == [str(n) for n in range(400)]
    assert failed["ename"] == "ZeroDivisionError"


def test_without_a_front_end_half_nothing_is_sent(server: ModelServer, notebook: LiveNotebook) -> None:
    server.reply_with(TOOL, DECISION)
    assert notebook.run(SOLVE, "magic").syncs == []


def test_a_front_end_half_of_another_version_is_as_none(server: ModelServer, notebook: LiveNotebook) -> None:
    server.reply_with(TOOL, DECISION)
    other = {protocol.MARKER: {"v": 2, "client": "test", "cells": []}}
    ran = notebook.run(SOLVE, "magic", metadata=other, interactive=True)
    assert ran.syncs == []
    assert "break_even" in ran.html
    assert ran.payload


def test_an_edited_cell_is_marked_to_be_kept(server: ModelServer, notebook: LiveNotebook) -> None:
    server.reply_with(TOOL, DECISION, TOOL, DECISION)
    tool, decision = notebook.run(SOLVE, "magic", places_cells=True).cells
    edited = {**tool, "source": f"{tool['source']}\n# mine"}
    ran = notebook.run(f"{SOLVE} Now.", "magic", places_cells=True, standing=[edited, decision])
    assert [cell.get("keep", False) for cell in ran.syncs[-1]["cells"]] == [True, False]
    assert decision["source"] in ran.syncs[-1]["cells"][1]["replaces"]


def test_a_slot_that_is_no_more_is_removed_and_does_not_run(
    server: ModelServer, notebook: LiveNotebook
) -> None:
    server.reply_with(TOOL, DECISION, TOOL)
    standing = notebook.run(SOLVE, "magic", places_cells=True).cells
    with notebook.at_once():
        sent = [notebook.send(f"%%create\n{BREAD}", "magic", standing=standing, places_cells=True)]
        sent += [notebook.send(c["source"], f"id-{n}", c["metadata"]) for n, c in enumerate(standing)]
    rans = notebook.gather_all(sent)
    assert [sync["remove"] for sync in rans[0].syncs][-1] == {"decision": [standing[1]["source"]]}
    assert [ran.status for ran in rans] == ["ok"] * 3
    assert rans[2].text == ""


def test_what_the_page_had_heard_tells_what_was_queued_whatever_the_clocks_say(
    server: ModelServer, notebook: LiveNotebook
) -> None:
    notebook.run("rows = []")
    tool = "```python tool\ndef add(rows):\n    rows.append(1)\n    return len(rows)\n```"
    server.reply_with(tool, "```python\nadd(rows)\n```")
    ran = notebook.run(SOLVE, "magic", places_cells=True)
    decision = ran.cell("decision")
    marker = {"v": 1, "client": "test", "cells": []}
    for heard, expected in ((ran.syncs[0]["seq"], "1"), (ran.syncs[-1]["seq"], "2")):
        sent = {**decision["metadata"], protocol.MARKER: {**marker, "heard": heard}}
        assert notebook.run(decision["source"], "id", metadata=sent).text == expected


def test_a_page_that_missed_the_end_hears_it_again_and_one_that_has_it_does_not(
    server: ModelServer, notebook: LiveNotebook
) -> None:
    server.reply_with(TOOL, DECISION)
    last = notebook.run(SOLVE, "magic", places_cells=True).syncs[-1]
    hello = {"v": 1, "client": "test", "path": ""}
    assert [said["op"] for said in notebook.tell(protocol.HELLO, hello)] == ["heard", "sync"]
    notebook.tell(protocol.ACK, {"v": 1, "client": "test", "nonce": last["nonce"]})
    assert notebook.tell(protocol.HELLO, hello) == [{"v": 1, "op": "heard", "seq": last["seq"]}]


@may_be_mistimed
def test_a_busy_kernel_hears_a_page_that_was_loaded_anew(server: ModelServer, notebook: LiveNotebook) -> None:
    server.reply_with(TOOL, "```python\nimport time\ntime.sleep(3)\nbreak_even(3, 1, 10)\n```")
    sent = notebook.send(SOLVE, "magic", places_cells=True)
    while len(server.calls) < 2:
        time.sleep(0.05)
    time.sleep(0.5)
    began = time.monotonic()
    said = notebook.tell(protocol.HELLO, {"v": 1, "client": "test", "path": ""}, busy=True)
    in_time((took := time.monotonic() - began) < 1.2, took)
    assert said[-1]["op"] == "sync"
    notebook.gather(sent)


def test_unloading_gives_the_control_channel_back(notebook: LiveNotebook) -> None:
    handler = "get_ipython().kernel.control_handlers['comm_info_request'].__module__"
    assert notebook.value(handler).startswith("'creator_magic")
    notebook.run("%unload_ext creator_magic")
    assert not notebook.value(handler).startswith("'creator_magic")


def test_the_file_runner_is_not_disturbed(
    server: ModelServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    for name, value in environment(server).items():
        monkeypatch.setenv(name, value)
    server.reply_with(TOOL, DECISION)
    cells = [nbformat.v4.new_code_cell(source) for source in ("%load_ext creator_magic", SOLVE)]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), tmp_path / "a.ipynb")
    report = run_notebook(tmp_path / "a.ipynb")
    assert report.failures == ()
    assert [record.getMessage() for record in caplog.records if "comm" in record.getMessage()] == []
    solved = nbformat.read(tmp_path / "a.ipynb", as_version=4)
    assert [cell.metadata.get(KEY, {}).get("key") for cell in solved.cells] == [
        None,
        None,
        "tool",
        "decision",
    ]
