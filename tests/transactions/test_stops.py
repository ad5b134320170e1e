"""However an attempt ends in the middle of a change, in a real kernel: everything is as it was."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.conftest import environment
from tests.faults.waits import BEGUN, TELL
from tests.live_notebook import LiveNotebook
from tests.model_server import ModelServer
from tests.scripted_replies import TOOL, decision
from tests.transactions.book import OURS, same

if TYPE_CHECKING:
    from collections.abc import Iterator

CHANGES = """
rows.append(5)
del prices['bread']
seen |= {9}
buffer += b'!'
grid[:] = 0
sales.drop(sales.index, inplace=True)
sales['new'] = 1
box.parts.append(box)
box.label = None
frame_view[0] = 7
pile.rotate()
"""

ENDS = {
    "an error": "1 / 0",
    "sys.exit()": "import sys\nsys.exit(3)",
    "SystemExit in a function": "def leave():\n    rows.clear()\n    raise SystemExit\nleave()",
    "recursion for ever": "def deeper(rows):\n    rows.append(1)\n    return deeper(rows)\ndeeper(rows)",
    "no memory left": "grid *= 2\nnp.ones(10**15)",
    "MemoryError by hand": "rows.clear()\nraise MemoryError",
    "the time limit": "while True:\n    rows.append(1)\n    prices.clear()",
    "the time limit, swallowed": (
        "while True:\n    try:\n        rows.append(1)\n        grid[0] += 1\n    except BaseException: pass"
    ),
    "an exception group": "raise BaseExceptionGroup('all', [KeyboardInterrupt(), SystemExit()])",
    "in a generator": "def steps():\n    rows.pop()\n    yield 1\n    1 / 0\nlist(steps())",
    "in a comprehension": "[rows.append(r) or 1 / (3 - r) for r in list(rows)]",
    "in a callback of a sort": "rows.sort(key=lambda r: rows.append(r) or r)",
    "in a callback of pandas": "sales.apply(lambda c: rows.clear() or 1 / 0)\n1 / 0",
    "awaiting": "import asyncio\nrows.clear()\nawait asyncio.sleep(0)\nrows.append(1)\n1 / 0",
}


pytestmark = pytest.mark.xdist_group("ends of attempts")


@pytest.fixture(scope="module")
def server() -> Iterator[ModelServer]:
    with ModelServer() as running:
        yield running


@pytest.fixture(scope="module")
def notebook(server: ModelServer) -> Iterator[LiveNotebook]:
    """One kernel for all: each attempt leaves it as it was."""
    with LiveNotebook(environment(server)) as live:
        assert live.run(f"%load_ext creator_magic\n{OURS}").status == "ok"
        yield live


@pytest.mark.parametrize("end", ENDS)
def test_an_attempt_that_ends_in_the_middle_of_a_change(
    server: ModelServer, notebook: LiveNotebook, end: str
) -> None:
    server.reply_with(TOOL, decision(f"{CHANGES}\n{ENDS[end]}"))
    ran = notebook.run("%%solve --max-rectifications 0 --timeout 2\nWhat is it?", timeout=120)
    assert ran.status == "error"
    assert "every variable is as it was." in ran.error
    assert same(notebook) == "[]"


def test_an_interrupt_in_the_middle_of_a_change(server: ModelServer, notebook: LiveNotebook) -> None:
    code = f"{TELL}{CHANGES}\ntell()\nwhile True:\n    rows.append(1)"
    server.reply_with(TOOL, decision(code))
    sent = notebook.send("%%solve\nWhat is it?", "m", places_cells=True)
    server.wait_for(1, f"/v1{BEGUN}")
    notebook.interrupt()
    ran = notebook.gather(sent)
    assert ran.error.startswith("KeyboardInterrupt: the solve was stopped; every variable is as it was.")
    assert same(notebook) == "[]"
