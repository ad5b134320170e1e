"""Undoing a solve: every name as before it, the cells that stood before it, and a record that says so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import nbformat

from creator_magic.cells import protocol
from creator_magic.cells.generated import KEY
from creator_magic.headless import run_notebook
from creator_magic.kernel.live import LiveKernel
from creator_magic.kernel.solved_names import Undone
from creator_magic.ports import CodeCell
from tests.conftest import environment
from tests.test_solve_live import BREAD, DECISION, TOOL

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from tests.live_notebook import LiveNotebook, Ran
    from tests.model_server import ModelServer

SOLVE = f"%%solve\n{BREAD}"
OTHER_DECISION = DECISION.replace("500", "700")


def undo(notebook: LiveNotebook, standing: list[dict[str, Any]], cell: str = "m") -> Ran:
    """What the front end's command sends, but for its silence."""
    return notebook.run(f"%creator undo {cell}", cell, places_cells=True, standing=standing)


def test_names_go_or_mean_again_what_they_meant(server: ModelServer, notebook: LiveNotebook) -> None:
    notebook.run("mine = answer = 'before'")
    before = notebook.names()
    server.reply_with(TOOL, DECISION)
    notebook.run(f"%%solve --into answer\n{BREAD}", "m")
    assert notebook.value("answer, loaves") == "(250, 250)"
    ran = notebook.run("%creator undo")
    assert ran.status == "ok", ran.error
    assert "Names that are gone: break_even, loaves, math." in ran.text
    assert "Names that mean again what they meant before: answer." in ran.text
    assert notebook.names() == before
    assert notebook.value("answer, mine") == "('before', 'before')"
    # They are free again: what comes next need not keep apart from them.
    server.reply_with(TOOL, DECISION)
    assert "def break_even(" in notebook.run(SOLVE, "other").cell("tool")["source"]


def test_a_name_that_the_person_has_bound_since_is_left_and_said(
    server: ModelServer, notebook: LiveNotebook
) -> None:
    server.reply_with(TOOL, DECISION)
    notebook.run(SOLVE, "m")
    notebook.run("loaves = loaves")
    ran = notebook.run("%creator undo")
    assert "left alone, since they were bound anew or deleted meanwhile: loaves." in ran.text
    assert notebook.names() == {"loaves"}


def test_undoing_twice_says_that_there_is_nothing_to_undo(
    server: ModelServer, notebook: LiveNotebook
) -> None:
    server.reply_with(TOOL, DECISION)
    cells = notebook.run(SOLVE, "m", places_cells=True).cells
    assert undo(notebook, cells).status == "ok"
    for command in ("%creator undo", "%creator undo m", "%creator undo unknown"):
        again = notebook.run(command)
        assert again.status == "error"
        assert "There is nothing to undo" in again.error


def test_what_stood_comes_back_with_outputs_and_what_is_new_goes(
    server: ModelServer, notebook: LiveNotebook
) -> None:
    server.reply_with(TOOL, DECISION, TOOL, OTHER_DECISION)
    first = notebook.run(SOLVE, "m", places_cells=True).cells
    second = notebook.run(f"{SOLVE} Dearer.", "m", places_cells=True, standing=first).cells
    assert notebook.value("loaves") == "350"
    sync = undo(notebook, second).syncs[-1]
    assert sync["remove"] == {}
    assert [{**cell, "replaces": 0} for cell in sync["cells"]] == [{**cell, "replaces": 0} for cell in first]
    assert second[1]["source"] in sync["cells"][1]["replaces"]
    assert notebook.value("loaves") == "250"

    again = undo(notebook, first)
    assert again.status == "error"


def test_a_new_solve_s_cells_go_and_an_edited_one_is_left(
    server: ModelServer, notebook: LiveNotebook
) -> None:
    server.reply_with(TOOL, DECISION)
    tool, decision = notebook.run(SOLVE, "m", places_cells=True).cells
    ran = undo(notebook, [tool, {**decision, "source": "1  # mine"}])
    sync = ran.syncs[-1]
    assert sync["cells"] == []
    assert sync["remove"] == {"tool": [tool["source"]], "decision": [decision["source"]]}
    assert "Your edited decision cell stays." in ran.text
    assert KEY not in sync["record"]["metadata"]
    assert "Undone: A loaf sells at 3.20" in sync["record"]["data"]["text/html"]
    assert "Your edited decision cell stays." in sync["record"]["data"]["text/html"]


def test_running_the_cells_again_still_leads_back_to_before_the_solve(
    server: ModelServer, notebook: LiveNotebook
) -> None:
    server.reply_with(TOOL, DECISION)
    cells = notebook.run(SOLVE, "m", places_cells=True).cells
    notebook.run(SOLVE, "m", places_cells=True, standing=cells)
    edited = [cells[0], {**cells[1], "source": "more = break_even(4, 2, 9)"}]
    notebook.run(SOLVE, "m", places_cells=True, standing=edited)
    notebook.run(cells[0]["source"], "tool by hand", metadata=cells[0]["metadata"])
    ran = undo(notebook, edited)
    assert set(ran.syncs[-1]["remove"]) == {"tool", "decision"}
    assert edited[1]["source"] not in ran.syncs[-1]["remove"]["decision"]
    assert "Your edited decision cell stays." in ran.text
    assert notebook.names() == set()


def test_a_failed_solve_can_be_undone(server: ModelServer, notebook: LiveNotebook) -> None:
    server.reply_with(TOOL, DECISION, TOOL, "```python\n1 / 0\n```")
    first = notebook.run(SOLVE, "m", places_cells=True).cells
    failing = f"%%solve --max-rectifications 0\n{BREAD} Now."
    failed = notebook.run(failing, "m", places_cells=True, standing=first)
    assert failed.status == "error"
    sync = undo(notebook, failed.cells).syncs[-1]
    assert [cell["source"] for cell in sync["cells"]] == [cell["source"] for cell in first]
    assert notebook.value("loaves") == "250"


def test_a_solve_that_wrote_nothing_leaves_the_one_before_it_to_be_undone(
    server: ModelServer, notebook: LiveNotebook
) -> None:
    server.reply_with(TOOL, DECISION, "I would rather not.", "No.", "Never.")
    cells = notebook.run(SOLVE, "m", places_cells=True).cells
    assert notebook.run(f"{SOLVE} Now.", "m", places_cells=True, standing=cells).status == "error"
    server.fault(len(server.requests), "401")
    assert notebook.run(f"{SOLVE} Please.", "m", places_cells=True, standing=cells).status == "error"
    assert set(undo(notebook, cells).syncs[-1]["remove"]) == {"tool", "decision"}
    assert notebook.names() == set()


def test_a_queued_cell_of_an_undone_solve_runs_as_any_other(
    server: ModelServer, notebook: LiveNotebook
) -> None:
    notebook.run("rows = []")
    tool = "```python tool\ndef add(rows):\n    rows.append(1)\n    return len(rows)\n```"
    server.reply_with(tool, "```python\nadd(rows)\n```")
    cells = notebook.run("%%solve --use rows\nAdd.", "m", places_cells=True).cells
    marker = {"v": 1, "client": "test", "cells": [], "heard": 0}
    with notebook.at_once():
        sent = [notebook.send("%creator undo", "undo")]
        sent += [
            notebook.send(c["source"], c["source"], {**c["metadata"], protocol.MARKER: marker}) for c in cells
        ]
    # Undoing took back what was appended; then the queued cells ran, and did not show the old run again.
    assert notebook.gather_all(sent)[-1].text == "1"
    assert notebook.value("rows") == "[1]"


def test_the_record_of_an_undone_solve_holds_no_cells(
    server: ModelServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environment(server).items():
        monkeypatch.setenv(name, value)
    server.reply_with(TOOL, DECISION)
    sources = ("%load_ext creator_magic", SOLVE, "%creator undo", "'loaves' in globals()")
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), tmp_path / "a.ipynb")
    assert run_notebook(tmp_path / "a.ipynb").failures == ()
    done = nbformat.read(tmp_path / "a.ipynb", as_version=4)
    assert [cell["source"] for cell in done.cells] == list(sources)
    assert "Undone" in done.cells[1]["outputs"][0]["data"]["text/plain"]
    assert done.cells[3]["outputs"][0]["data"]["text/plain"] == "False"


def run(kernel: LiveKernel, owner: str, source: str) -> None:
    kernel.begin(owner)
    execution = kernel.execute([CodeCell("decision", "decision", source)], owner, None, lambda *_: None)
    assert execution.failure is None
    kernel.keep()


def test_what_one_solve_took_over_from_another_that_was_undone_does_not_return() -> None:
    kernel = LiveKernel()
    run(kernel, "a", "shared = 'a'")
    run(kernel, "b", "shared = 'b'")
    assert kernel.undo("a") == Undone(left=("shared",))
    assert kernel.undo("b") == Undone(removed=("shared",))
    assert "shared" not in kernel.namespace

    run(kernel, "a", "shared = 'a'")
    run(kernel, "b", "shared = 'b'")
    assert kernel.undo("b") == Undone(restored=("shared",))
    assert kernel.namespace["shared"] == "a"
    assert kernel.undo("a") == Undone(removed=("shared",))


def test_an_interrupted_execution_leaves_nothing_to_undo() -> None:
    kernel = LiveKernel()
    kernel.begin("a")
    kernel.execute([CodeCell("decision", "decision", "x = 1")], "a", None, lambda *_: None)
    kernel.take_back()
    kernel.keep()
    assert kernel.undo("a") == Undone()
    assert kernel.undo("a") == Undone()
