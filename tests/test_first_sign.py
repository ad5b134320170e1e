"""What a person sees first of a solve: that it goes on where it takes its time, and else the cell."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from creator_magic.cells.protocol import COMM_ID
from tests.conftest import environment
from tests.live_notebook import LiveNotebook
from tests.test_solve_live import BREAD, DECISION, TOOL

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.model_server import ModelServer

SOLVE = f"%%solve\n{BREAD}"
UNTIL_SEEN = """```python decision
import pathlib, time
for _ in range(100):
    if not pathlib.Path("seen").exists():
        time.sleep(0.01)
break_even(2350, 3.2, 1.2)
```"""


def shown(notebook: LiveNotebook, code: str, *, places_cells: bool = False) -> Iterator[str]:
    """Yield what a page is sent while `code` runs, as it comes: `cells`, or the text of the record."""
    sent = notebook.send(code, "magic", places_cells=places_cells)
    while True:
        message = notebook.client.get_iopub_msg(timeout=60)
        kind, content = message["msg_type"], message["content"]
        if message["parent_header"].get("msg_id") != sent:
            continue
        if kind in ("display_data", "update_display_data"):
            yield content["data"]["text/plain"]
        elif kind == "comm_msg" and content["comm_id"] == COMM_ID and content["data"].get("cells"):
            yield "cells"
        elif kind == "status" and content["execution_state"] == "idle":
            return


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("%%solve", "Creating"),
        ("%%solve --fresh --samples 2", "Creating"),
        ("%%create", "Creating"),
        ("%%solve --help-level 1", "Looking for a way to help"),
        ("%%solve --help-level 3", "Looking for a way to help"),
    ],
)
def test_while_a_reply_is_awaited_it_is_said(
    server: ModelServer, notebook: LiveNotebook, code: str, says: str
) -> None:
    seen = threading.Event()

    def reply(_: object) -> str:
        assert seen.wait(60)
        return TOOL if len(server.calls) == 1 else DECISION

    server.reply_by(reply)
    signs = shown(notebook, f"{code}\n{BREAD}", places_cells=True)
    assert says in next(signs)
    seen.set()
    assert list(signs)
    assert server.errors == []


@pytest.fixture
def recording(server: ModelServer, tmp_path: Path) -> Iterator[LiveNotebook]:
    """A notebook in `tmp_path` that records what is replied."""
    with LiveNotebook({**environment(server), "CREATOR_CASSETTE_MODE": "auto"}, cwd=str(tmp_path)) as live:
        assert live.run("%load_ext creator_magic").status == "ok"
        yield live


def test_a_replayed_reply_is_in_its_cell_before_its_record_is_drawn(
    server: ModelServer, recording: LiveNotebook
) -> None:
    server.reply_with(TOOL, DECISION)
    assert next(shown(recording, SOLVE, places_cells=True)) != "cells"
    replayed = list(shown(recording, SOLVE, places_cells=True))
    assert replayed[0] == "cells"
    assert replayed[-1].startswith("Solved")
    assert len(server.calls) == 2


def test_while_replayed_samples_run_it_is_said(
    server: ModelServer, recording: LiveNotebook, tmp_path: Path
) -> None:
    (tmp_path / "seen").touch()
    server.reply_with(TOOL, UNTIL_SEEN, TOOL, UNTIL_SEEN)
    samples = SOLVE.replace("\n", " --samples 2\n")
    assert list(shown(recording, samples))[-1].startswith("Solved")
    (tmp_path / "seen").unlink()
    signs = shown(recording, samples)
    assert "Creating" in next(signs)
    (tmp_path / "seen").touch()
    assert list(signs)[-1].startswith("Solved")
    assert len(server.calls) == 4
