"""What is too much to save is told before the code runs, or saved in a cheaper way."""

from __future__ import annotations

import contextlib
import gc
import itertools
import multiprocessing
import os
import signal
import sys
import time
from types import SimpleNamespace
from typing import TYPE_CHECKING

import numpy as np
import psutil
import pytest

from creator_magic.kernel.snapshot import Limits
from creator_magic.kernel.snapshot.frozen import FrozenProcess, can_freeze
from tests.isolation.conftest import ends
from tests.transactions.attempt import Notebook

if TYPE_CHECKING:
    from tests.live_notebook import LiveNotebook

linux = pytest.mark.skipif(sys.platform != "linux", reason="a process is paused on Linux only")

CHILD = """
import multiprocessing, time
child = multiprocessing.get_context("fork").Process(target=time.sleep, args=(60,))
child.start()
grid[5] = 1
"""
"""With another child that shares pages, it is not told which of them were written."""

KILL = """
import psutil
child = max(psutil.Process().children(), key=lambda child: child.create_time())
child.kill()
while child.status() != psutil.STATUS_ZOMBIE:
    pass
"""
"""Other tests may have left children here; the frozen one has just begun."""

SMALL = Limits(objects=1_000, copied=1 << 20, seconds=30)


def open_files() -> set[tuple[str, str]]:
    """This process's, by their numbers and what they are."""
    found = set()
    for number in os.listdir("/proc/self/fd"):  # noqa: PTH208
        with contextlib.suppress(FileNotFoundError):  # that of the listing itself
            found.add((number, os.readlink(f"/proc/self/fd/{number}")))  # noqa: PTH115
    return found


def notebook_with(made: str, limits: Limits = SMALL) -> Notebook:
    notebook = Notebook(lambda: limits)
    notebook.run(f"import numpy as np\n{made}")
    return notebook


def test_too_many_objects_are_told_and_the_outside_is_protected_all_the_same() -> None:
    notebook = notebook_with("many = [[i] for i in range(5_000)]\nother = [[1]]")
    ran = notebook.attempt("many.append(1)\nmany[0].append(9)\nother[0].append(9)\n1 / 0")
    told = "`many` holds more than 1,000 objects, the limit of a snapshot"
    assert notebook.notices == [f"{told}: what the code changes there cannot be undone."]
    assert ran.failure is not None
    assert ran.failure.lost == (told,)
    assert len(notebook.names["many"]) == 5_000
    assert notebook.names["other"] == [[1]]


def test_what_is_large_and_not_mentioned_takes_nothing_from_the_rest() -> None:
    notebook = notebook_with("many = [[i] for i in range(5_000)]\nrows = [[1]]")
    ran = notebook.attempt("getattr(__import__('builtins'), 'glob' + 'als')()['rows'][0].append(9)\n1 / 0")
    assert ran.failure is not None
    assert notebook.names["rows"] == [[1]]
    assert notebook.notices == []


def test_who_has_to_wait_for_the_processor_does_not_give_up() -> None:
    notebook = notebook_with("rows = [[n] for n in range(200)]", Limits(seconds=0.1))
    reads = itertools.count()

    def read_by_the_clock() -> float:
        # The process is not given the processor for half a second, in the middle of the walk.
        return time.perf_counter() + (0.5 if next(reads) else 0)

    with pytest.MonkeyPatch.context() as patched:
        clocks = SimpleNamespace(monotonic=read_by_the_clock, thread_time=time.thread_time)
        patched.setattr("creator_magic.kernel.snapshot.walk.time", clocks)
        ran = notebook.attempt("rows[0].append(9)\n1 / 0")
    assert notebook.notices == []
    assert ran.failure is not None
    assert ran.failure.lost == ()
    assert notebook.names["rows"][0] == [0]


def test_too_little_time_is_told() -> None:
    notebook = notebook_with("rows = [[1]]", Limits(seconds=0.0))
    ran = notebook.attempt("rows[0].append(9)\n1 / 0")
    assert notebook.notices == [
        "`rows` holds more than a snapshot gets through in 0 s: what the code changes there cannot be undone."
    ]
    assert ran.failure is not None
    assert ran.failure.lost


def test_what_is_too_much_to_copy_is_told_where_nothing_cheaper_serves() -> None:
    notebook = notebook_with("grid = np.array([None] * 200_000, dtype=object)\ntext = bytearray(2 << 20)")
    ran = notebook.attempt("grid[0] = 1\ntext[0] = 1\n1 / 0")
    assert len(notebook.notices) == 2
    assert all("more than a snapshot may copy (1 MiB" in notice for notice in notebook.notices)
    assert ran.failure is not None
    assert len(ran.failure.lost) == 2


@linux
@pytest.mark.parametrize(
    "code",
    [
        "grid[7] = 5",
        "grid[:] = 0",
        "grid[::5_000] = 1",
        "grid.sort()",
        "part[:] = 3",
        "grid.resize((9,), refcheck=False)",
        "grid.shape = (-1, 2)\ngrid[3] = 1",
        "grid.flags.writeable = False",
        "grid.dtype = np.uint8\ngrid[:] = 0",
        CHILD,
    ],
)
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_large_array_is_frozen_instead_of_copied(code: str) -> None:
    assert can_freeze()
    notebook = notebook_with("grid = np.arange(1 << 20, dtype=float)[::-1].copy()\npart = grid[5:9]")
    grid, before = notebook.names["grid"], notebook.names["grid"].copy()
    ran = notebook.attempt(f"{code}\n1 / 0")
    assert notebook.notices == []
    assert ran.failure is not None
    assert ran.failure.lost == ()
    assert notebook.names["grid"] is grid
    assert np.array_equal(grid, before)
    assert grid.flags.writeable
    assert notebook.names["part"].tolist() == before[5:9].tolist()
    assert notebook.names["part"].base is grid
    for child in multiprocessing.active_children():
        child.kill()
        child.join()


@linux
def test_code_that_worked_says_whether_it_changed_a_frozen_array() -> None:
    notebook = notebook_with("grid = np.arange(1 << 20, dtype=float)")
    assert notebook.attempt("grid.sum()").changed == ()
    assert notebook.attempt("grid[9] = 1").changed == ("grid",)


@linux
def test_a_frozen_process_leaves_nothing_behind() -> None:
    notebook = notebook_with("grid = np.ones(1 << 20)")
    here = psutil.Process()
    gc.collect()  # what other tests have left open
    before, children = open_files(), here.children()
    for code in ("grid[0] = 2\n1 / 0", "grid[0] = 2", "grid.sum()"):
        notebook.attempt(code)
        notebook.kernel.keep()
    assert set(here.children()) <= set(children)
    assert open_files() <= before


@linux
def test_a_frozen_process_that_was_killed_is_told() -> None:
    notebook = notebook_with("grid = np.ones(1 << 20)")
    ran = notebook.attempt(f"grid[0] = 2\n{KILL}\n1 / 0")
    assert ran.failure is not None
    assert ran.failure.lost == ("`grid` is a ndarray that could not be put back",)


@linux
def test_a_frozen_process_never_runs_and_is_nobody_s_child_to_wait_for() -> None:
    frozen = FrozenProcess()
    child = psutil.Process(frozen._pid)
    child.send_signal(signal.SIGINT)
    assert child.is_running()
    with pytest.raises(ChildProcessError):
        os.waitpid(child.pid, os.WNOHANG)
    frozen.close()
    assert not child.is_running()


@linux
def test_it_ends_with_the_kernel(notebook: LiveNotebook) -> None:
    made = "from creator_magic.kernel.snapshot.frozen import FrozenProcess\nfrozen = FrozenProcess()"
    notebook.run(made)
    pid = int(notebook.value("frozen._pid"))
    kernel = int(notebook.value("__import__('os').getpid()"))
    assert psutil.pid_exists(pid)
    os.kill(kernel, signal.SIGKILL)
    assert ends(pid)
