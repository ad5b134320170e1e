"""What the person is told: what cannot be undone, before and after; what code that worked changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.scripted_replies import TOOL, decision
from tests.transactions.attempt import Notebook

if TYPE_CHECKING:
    from tests.live_notebook import LiveNotebook
    from tests.model_server import ModelServer

# pandas advises against some of what is done here.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

UNPROTECTED = {
    "a generator": ("x = (i for i in range(9))", "next(x)"),
    "a coroutine": ("async def wait(): pass\nx = wait()", "x.close()"),
    "an iterator": ("x = iter([1, 2, 3])", "next(x)"),
    "an open file": ("import os\nx = open(os.devnull)", "x.read()"),
    "a socket": ("import socket\nx = socket.socket()", "x.close()"),
    "a database connection or cursor": (
        "import sqlite3\nx = sqlite3.connect(':memory:')",
        "x.execute('create table t (a)')",
    ),
    "a lock": ("import threading\nx = threading.Lock()", "x.acquire()"),
    "a context variable": ("import contextvars\nx = contextvars.ContextVar('x', default=1)", "x.set(2)"),
    "a function that keeps its results": (
        "import functools\n@functools.lru_cache\ndef x(a):\n    return a",
        "x(5)",
    ),
    "a ctypes object": ("import ctypes\nx = ctypes.c_int(1)", "x.value = 2"),
    "a memory map": ("import mmap\nx = mmap.mmap(-1, 9)", "x[0] = 1"),
    "a thread": ("import threading\nx = threading.Thread()", "x.start()"),
    "a process": ("import subprocess\nx = subprocess.Popen(['true'])", "x.wait()"),
}


@pytest.mark.parametrize("what", UNPROTECTED)
def test_what_nobody_can_put_back_is_named_before_and_after(what: str) -> None:
    made, changed = UNPROTECTED[what]
    notebook = Notebook()
    notebook.run(made)
    first = notebook.attempt(f"{changed}\n1 / 0")
    assert first.failure is not None
    assert first.failure.name == "ZeroDivisionError"
    assert first.failure.lost == (f"`x` is {what}",)
    assert notebook.notices == [f"`x` is {what}: what the code changes there cannot be undone."]
    notebook.attempt("x\n1 / 0")
    assert len(notebook.notices) == 1, "it is told once"
    if hasattr(notebook.names["x"], "close"):
        notebook.names["x"].close()


def test_a_logger_is_put_back_as_the_process_is() -> None:
    notebook = Notebook()
    notebook.run("import logging\nx = logging.getLogger('x')")
    first = notebook.attempt("x.setLevel(10)\nx.addHandler(logging.NullHandler())\n1 / 0")
    assert first.failure is not None
    assert (first.failure.lost, notebook.notices) == ((), [])
    assert (notebook.names["x"].level, notebook.names["x"].handlers) == (0, [])


def test_what_the_code_does_not_mention_is_not_told() -> None:
    notebook = Notebook()
    notebook.run("x = (i for i in range(9))\nrows = [1]")
    ran = notebook.attempt("rows.append(2)\n1 / 0")
    assert ran.failure is not None
    assert ran.failure.lost == ()
    assert notebook.notices == []


def test_a_generator_that_the_code_leaves_alone_is_not_lost() -> None:
    notebook = Notebook()
    notebook.run("x = (i for i in range(9))")
    ran = notebook.attempt("str(x)\n1 / 0")
    assert ran.failure is not None
    assert ran.failure.lost == ()


def test_what_something_holds_is_told_by_the_name_that_holds_it() -> None:
    notebook = Notebook()
    notebook.run("import os\nclass Log:\n    pass\nlog = Log()\nlog.file = open(os.devnull, 'w')\n")
    ran = notebook.attempt("log.file.write('x')\n1 / 0")
    assert ran.failure is not None
    assert ran.failure.lost == ("`log` holds an open file",)
    notebook.names["log"].file.close()


def test_a_function_s_own_globals_count_as_mentioned() -> None:
    notebook = Notebook()
    notebook.run("steps = (i for i in range(9))\ndef step():\n    return next(steps)\n")
    ran = notebook.attempt("step()\n1 / 0")
    assert ran.failure is not None
    assert ran.failure.lost == ("`steps` is a generator",)


@pytest.mark.parametrize(
    ("made", "code", "names"),
    [
        ("rows = [1]", "rows.append(2)", ("rows",)),
        ("rows = [1]\nalias = rows\nother = [rows]", "rows.append(2)", ("rows", "alias", "other")),
        ("import pandas as pd\ndf = pd.DataFrame({'a': [1]})", "df['b'] = 1", ("df",)),
        ("import pandas as pd\ndf = pd.DataFrame({'a': [1]})", "df['b'] = 1\ndel df['b']", ()),
        ("import pandas as pd\ndf = pd.DataFrame({'a': [1]})", "other = df.copy()\nother['b'] = 1", ()),
        ("import pandas as pd\ndf = pd.DataFrame({'a': [1]})\ndf['b'] = 2\ndf['c'] = 3", "df.describe()", ()),
        ("import polars as pl\ndf = pl.DataFrame({'a': [1]})", "df[0, 'a'] = 5", ("df",)),
        ("import polars as pl\ndf = pl.DataFrame({'a': [1]})", "df.with_columns(b=1)", ()),
        ("import numpy as np\ngrid = np.zeros(3)\npart = grid[1:]", "part[0] = 1", ("grid", "part")),
        ("import numpy as np\ngrid = np.zeros(3)", "grid.sum()", ()),
        ("rows = [3, 1]", "rows = sorted(rows)", ()),
        ("import random\ndice = random.Random(1)", "dice.random()", ("dice",)),
        ("class Box:\n    pass\nbox = Box()", "Box.size = 1", ("Box", "box")),
    ],
)
def test_what_code_that_worked_changed_in_place_is_known(
    made: str, code: str, names: tuple[str, ...]
) -> None:
    notebook = Notebook()
    notebook.run(made)
    ran = notebook.attempt(code)
    assert ran.failure is None
    assert set(ran.changed) == set(names)


def test_what_was_changed_can_be_undone_if_nobody_changed_it_since() -> None:
    notebook = Notebook()
    notebook.run("import pandas as pd\nrows, prices = [1], {'a': [1]}\ndf = pd.DataFrame({'a': [3, 1]})")
    kept = dict(notebook.own)
    notebook.attempt("rows.append(2)\nprices['a'].append(2)\ndf.sort_values('a', inplace=True)")
    notebook.kernel.keep()
    assert notebook.kernel.snapshot is not None
    notebook.run("rows.append('mine')")
    assert notebook.kernel.snapshot.undo() == ("rows",)
    assert all(notebook.names[name] is value for name, value in kept.items())
    assert notebook.names["rows"] == [1, 2, "mine"]
    assert notebook.names["prices"] == {"a": [1]}
    assert notebook.names["df"]["a"].tolist() == [3, 1]


def test_the_next_attempt_ends_what_could_be_undone() -> None:
    notebook = Notebook()
    notebook.run("rows = [1]")
    notebook.attempt("rows.append(2)")
    notebook.kernel.keep()
    first = notebook.kernel.snapshot
    notebook.attempt("rows.append(3)")
    notebook.kernel.keep()
    assert first is not None
    assert first.undo() == ()
    assert notebook.names["rows"] == [1, 2, 3]


def test_the_record_says_what_was_changed_though_the_problem_does_not_speak_of_it(
    server: ModelServer, notebook: LiveNotebook
) -> None:
    notebook.run("rows, prices = [1], {}")
    server.reply_with(TOOL, decision("rows.append(2)\nprices['a'] = 1\ntwice(2)"))
    ran = notebook.run("%%solve\nAppend 2 to rows, and say twice 2.")
    assert ran.status == "ok", ran.error
    assert "Changed in place: `prices`" in ran.html


def test_the_record_and_the_error_name_what_could_not_be_put_back(
    server: ModelServer, notebook: LiveNotebook
) -> None:
    notebook.run("steps = (i for i in range(9))")
    server.reply_with(TOOL, decision("next(steps)\n1 / 0"))
    ran = notebook.run("%%solve --max-rectifications 0\nWhat is it?")
    assert ran.status == "error"
    assert "every variable is as it was, except that `steps` is a generator" in ran.error
    assert "not put back: `steps` is a generator" in ran.html
    assert "`steps` is a generator: what the code changes there cannot be undone." in ran.html
    server.reply_with(TOOL, decision("next(steps)\ntwice(4)"))
    again = notebook.run("%%solve\nAnd now?")
    assert "cannot be undone" not in again.html
