"""`--isolate`, the setting and `solve(isolate=True)`: what works apart is then run here, and only that."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest

from creator_magic.cells.generated import KEY
from creator_magic.headless import run_notebook
from tests.conftest import environment
from tests.isolation.conftest import ends
from tests.live_notebook import LiveNotebook, text_of
from tests.scripted_replies import decision

if TYPE_CHECKING:
    from pathlib import Path

    from tests.live_notebook import Ran
    from tests.model_server import ModelServer

pytestmark = pytest.mark.xdist_group("isolate")

ASK = "What is it?"
APART = "Ran in a separate process first, then here."
FAILED_APART = "What failed ran in a separate process; here it was not run."


def tool(body: str, name: str = "work", head: str = "") -> str:
    return f"```python tool\n{head}\ndef {name}(value):\n    {body}\n```"


def solve(notebook: LiveNotebook, flags: str = "--isolate", **sent: Any) -> Ran:
    return notebook.run(f"%%solve {flags}\n{ASK}", "magic", places_cells=True, **sent)


def test_what_works_apart_is_run_here_as_the_transaction_it_is(
    server: ModelServer, notebook: LiveNotebook, tmp_path: Path
) -> None:
    witness = tmp_path / "pids"
    notebook.run("prices = [1, 2]\nrate = 3\ndef cost(x): return x * rate")
    body = f"open({str(witness)!r}, 'a').write(f'{{__import__(\"os\").getpid()}} '); return sum(value)"
    server.reply_with(tool(body), decision("print('told')\nresult = cost(work(prices))\nresult"))
    ran = solve(notebook)
    assert ran.status == "ok", ran.error
    assert text_of(ran.cell("decision")["outputs"]) == "told\n9"
    assert APART in ran.html
    apart, here = witness.read_text("ascii").split()
    assert here == notebook.value("__import__('os').getpid()") != apart
    assert notebook.names() == {"prices", "rate", "cost", "work", "result"}
    assert ends(int(apart), 0)


def test_an_attempt_that_fails_apart_never_reaches_the_kernel_and_is_mended(
    server: ModelServer, notebook: LiveNotebook
) -> None:
    notebook.run("prices = [1, 2]\nrows = iter(prices)")
    server.reply_with(
        tool("import ctypes; return ctypes.string_at(0)"), decision("work(prices)"), tool("return sum(value)")
    )
    ran = solve(notebook)
    assert ran.status == "ok", ran.error
    assert text_of(ran.cell("decision")["outputs"]) == "3"
    assert "Attempt 1: ProcessCrashed in the tool cell, line 2" in ran.html
    assert FAILED_APART in ran.html
    sent = server.calls[-1].body["messages"][-1]["content"]
    assert "failed with ProcessCrashed: it ended its process by SIGSEGV (segmentation fault)" in sent
    assert "tool cell, line 2, in work: import ctypes; return ctypes.string_at(0)" in sent


def test_memory_is_limited_by_the_setting(server: ModelServer, notebook: LiveNotebook) -> None:
    notebook.run("%config CreatorMagic.isolate_memory = 200\nprices = [1]")
    server.reply_with(tool("return len(bytearray(300 << 20))"), decision("work(prices)"))
    ran = solve(notebook, "--isolate --max-rectifications 0")
    assert "MemoryError in the tool cell, line 2: it asked for more than the 200 MiB" in ran.error


def test_a_variable_that_cannot_be_carried_is_named_and_the_attempt_refused(
    server: ModelServer, notebook: LiveNotebook
) -> None:
    notebook.run("import sqlite3\nbase = sqlite3.connect(':memory:')\ndef first(): return base.total_changes")
    server.reply_with(tool("return value"), decision("work(first())"), decision("work(7)"))
    ran = solve(notebook)
    assert ran.status == "ok", ran.error
    assert "`base` (sqlite3.Connection): " in ran.html
    assert "`first` (function): " in ran.html
    sent = server.calls[-1].body["messages"][-1]["content"]
    assert "tried in a separate process first, where `first` cannot be had; do without" in sent
    assert "sqlite3" not in sent
    server.reply_with(tool("return value"), decision("work(first())"))
    ran = solve(notebook, "--isolate --fresh --max-rectifications 0")
    assert ran.status == "error"
    assert 'allow it: %config CreatorMagic.isolate = "if-possible"' in ran.error


def test_the_setting_may_allow_such_an_attempt_to_run_here_alone(
    server: ModelServer, notebook: LiveNotebook
) -> None:
    notebook.run("rows = (row for row in [41, 42])\n%config CreatorMagic.isolate = 'if-possible'")
    server.reply_with(tool("return value + 1"), decision("work(next(rows))"))
    ran = solve(notebook, "")
    assert text_of(ran.cell("decision")["outputs"]) == "42"
    assert "Not run in a separate process first" in ran.html
    assert "`rows` (generator)" in ran.html
    assert notebook.value("next(rows)") == "42"


def test_cells_that_stand_are_tried_apart_too(server: ModelServer, notebook: LiveNotebook) -> None:
    server.reply_with(tool("return value + 1"), decision("work(41)"))
    first = solve(notebook)
    cells = first.cells
    again = solve(notebook, standing=cells)
    assert again.status == "ok", again.error
    assert "no model asked" in again.html
    assert APART in again.html
    cells[0]["source"] = "import os\ndef work(value):\n    os.kill(os.getpid(), 9)"
    broken = solve(notebook, standing=cells)
    assert "ProcessCrashed" in broken.error
    assert notebook.value("work(1)") == "2"
    assert cells[0]["metadata"][KEY]["role"] == "tool"


def test_an_interrupt_ends_the_process_and_leaves_everything(
    server: ModelServer, notebook: LiveNotebook, tmp_path: Path
) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    notebook.run("prices = [1]; seen = id(prices)")
    body = f"open({str(pipe)!r}, 'w').write(str(os.getpid())); return sum(itertools.count())"
    server.reply_with(tool(body, head="import itertools, os"), decision("prices.append(2)\nwork(prices)"))
    message = notebook.send(f"%%solve --isolate\n{ASK}", "magic", places_cells=True)
    worker = int(pipe.read_text("ascii"))
    notebook.interrupt()
    ran = notebook.gather(message)
    assert ran.error == "KeyboardInterrupt: the solve was stopped; every variable is as it was."
    assert ends(worker, 0)
    assert notebook.value("(prices, id(prices) == seen)") == "([1], True)"
    assert notebook.names() == {"prices", "seen"}


def test_nothing_outlives_a_kernel_that_is_shut_down(server: ModelServer, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    body = (
        f"open({str(pipe)!r}, 'w').write(f'{{os.getpid()}} {{os.getppid()}}'); return sum(itertools.count())"
    )
    with LiveNotebook(environment(server)) as notebook:
        notebook.run("%load_ext creator_magic")
        server.reply_with(tool(body, head="import itertools, os"), decision("work(1)"))
        notebook.send(f"%%solve --isolate\n{ASK}", "magic", places_cells=True)
        processes = [int(process) for process in pipe.read_text("ascii").split()]
    assert [process for process in processes if not ends(process)] == []


def test_from_python_and_for_a_tool_alone(server: ModelServer, notebook: LiveNotebook) -> None:
    server.reply_with(tool("return value + 1"), decision("work(41)"))
    ran = notebook.run(
        f"import creator_magic\nsolution = creator_magic.solve({ASK!r}, isolate=True)\n"
        "print(solution.answer, solution.notices)"
    )
    assert ran.text == f"42 ({APART!r},)\n"
    server.reply_with("```python tool\nimport ctypes\nctypes.string_at(0)\ndef work(): pass\n```")
    ran = notebook.run(f"%%create --isolate --max-rectifications 0\n{ASK}", "other", places_cells=True)
    assert "ProcessCrashed in the tool cell, line 2" in ran.error


def test_outside_a_notebook_too(server: ModelServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import nbformat

    for name, value in environment(server).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("CREATOR_ISOLATE", "on")
    server.reply_with(tool("return value + 1"), decision("work(41)"))
    sources = ("%load_ext creator_magic", f"%%solve\n{ASK}")
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    path = tmp_path / "a.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    run_notebook(path)
    told = path.read_text("utf-8")
    assert APART in told
    assert '"42"' in told
