"""Whatever code does in isolation, it is said what it did, nothing of it is left, and the next one runs."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pytest

from creator_magic.isolation import IsolatedExecutor, IsolationLimits
from tests.isolation.conftest import code, ends, left_running

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from creator_magic.ports import Execution, FailureKind

LIMITS = IsolationLimits(timeout=1.0, memory=300, processes=40)
PATIENT = replace(LIMITS, timeout=40.0)


@dataclass(frozen=True)
class Hostile:
    """Code, and what is said of it: the kind of failure, words of the message, the line if it is known."""

    source: str
    kind: FailureKind
    says: str
    line: int | None = None


_CTYPES = "import ctypes\n"
_OS = "import os\n"

HOSTILE = {
    "a loop in C": Hostile("import itertools\nsum(itertools.count())", "timeout", "ending its process", 2),
    "a search without end": Hostile(
        "import re\nre.match(r'(a+)+$', 'a' * 64 + 'b')", "timeout", "stopped after 1 s"
    ),
    "a huge power": Hostile("x = 9 ** 9 ** 9", "timeout", "stopped", 1),
    "a loop in Python": Hostile("while True:\n    pass", "timeout", "stopped after 1 s"),
    "a loop that swallows": Hostile(
        "while True:\n    try:\n        while True: pass\n    except BaseException: pass",
        "timeout",
        "stopped",
    ),
    "a sleep": Hostile("import time\ntime.sleep(1e6)", "timeout", "stopped after 1 s", 2),
    "a sleep in C": Hostile(_CTYPES + "ctypes.CDLL(None).sleep(1000)", "timeout", "stopped", 2),
    "a lock": Hostile(
        "import threading\nlock = threading.Lock()\nlock.acquire()\nlock.acquire()", "timeout", "stopped"
    ),
    "a stopped process": Hostile(_OS + "os.kill(os.getpid(), 19)", "timeout", "ending its process"),
    "blocked signals": Hostile(
        "import signal\nsignal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())\nwhile True: pass",
        "timeout",
        "stopped",
    ),
    "memory at once": Hostile("x = bytearray(10 ** 12)", "memory", "300 MiB that it may take", 1),
    "memory in a list": Hostile("x = []\nwhile True: x.append(bytearray(1000))", "memory", "300 MiB", 2),
    "memory in a dict": Hostile("x = {}\nwhile True: x[len(x)] = str(len(x))", "memory", "300 MiB", 2),
    "memory in a text": Hostile("x = 'x'\nwhile True: x += x", "memory", "300 MiB", 2),
    "memory for the answer": Hostile(
        "print('y' * 900_000)\nx = []\n"
        "try:\n    while True: x.append(bytearray(1000))\nexcept MemoryError: pass",
        "memory",
        "300 MiB",
    ),
    "memory in NumPy": Hostile("import numpy\nnumpy.ones(10 ** 11)", "memory", "300 MiB"),
    "memory that is caught": Hostile(
        "x = []\nwhile True:\n    try: x.append(bytearray(10 ** 6))\n    except MemoryError: pass",
        "timeout",
        "stopped",
    ),
    "memory of many processes": Hostile(
        _OS + "import time\n"
        "for _ in range(4):\n    if not os.fork():\n        x = b'x' * (150 << 20)\n        time.sleep(60)\n"
        "time.sleep(60)",
        "memory",
        "more than 300 MiB together",
    ),
    "a null pointer": Hostile(_CTYPES + "ctypes.string_at(0)", "crash", "SIGSEGV", 2),
    "an abort": Hostile(_CTYPES + "ctypes.CDLL(None).abort()", "crash", "SIGABRT", 2),
    "an abort of Python's": Hostile(_OS + "os.abort()", "exit", ""),
    "SIGKILL to itself": Hostile(_OS + "os.kill(os.getpid(), 9)", "crash", "SIGKILL"),
    "SIGTERM to itself": Hostile(
        "import os, signal\nos.kill(os.getpid(), signal.SIGTERM)", "crash", "SIGTERM"
    ),
    "an alarm": Hostile(
        "import signal, time\nsignal.alarm(1)\ntime.sleep(30)", "error", "SIGALRM arrived", 3
    ),
    "sys.exit": Hostile("import sys\nsys.exit(3)", "exit", "3", 2),
    "os._exit": Hostile(_OS + "os._exit(3)", "exit", "3", 2),
    "_exit in C": Hostile(_CTYPES + "ctypes.CDLL(None)._exit(7)", "crash", "exit code 7"),
    "exit in C": Hostile(_CTYPES + "ctypes.CDLL(None).exit(0)", "crash", "exit code 0"),
    "another program in its place": Hostile(_OS + "os.execv('/bin/true', ['true'])", "crash", "exit code 0"),
    "a fork bomb": Hostile(_OS + "while True: os.fork()", "crash", "more than 40 processes"),
    "many processes": Hostile(
        "import subprocess, time\n"
        "kept = [subprocess.Popen(['sleep', '60']) for _ in range(60)]\ntime.sleep(60)",
        "crash",
        "more than 40 processes",
    ),
    "signals to its parent": Hostile(_OS + "os.kill(os.getppid(), 9)", "error", "did not start", 2),
    "signals to everybody": Hostile(_OS + "os.kill(-1, 0)", "error", "did not start", 2),
    "the end of its supervisor": Hostile(
        f"{_CTYPES}import os, time\nctypes.CDLL(None).kill(os.getppid(), 9)\ntime.sleep(60)",
        "crash",
        "watches over it",
    ),
    "a supervisor that sleeps": Hostile(
        f"{_CTYPES}import os\nctypes.CDLL(None).kill(os.getppid(), 19)\nraise ValueError('told')",
        "error",
        "told",
    ),
    "noise on every line": Hostile(
        _OS + "for line in os.listdir('/proc/self/fd'):\n"
        "    try: os.write(int(line), b'\\xff' * 1000)\n    except OSError: pass",
        "crash",
        "wrote into the line",
    ),
    "closed lines": Hostile(_OS + "os.closerange(0, 1000)", "crash", "exit code"),
    "recursion": Hostile("def f(): return f()\nf()", "error", "recursion"),
    "input": Hostile("input()", "error", "may not ask for input", 1),
    "no Python": Hostile("1 +", "error", "invalid syntax"),
}


def shown(execution: Execution) -> dict[str, object]:
    """The output that says why the last cell failed."""
    return execution.runs[-1].outputs[-1]


@pytest.mark.parametrize("name", HOSTILE)
def test_it_is_survived_and_told(executor: IsolatedExecutor, name: str) -> None:
    hostile = HOSTILE[name]
    limits = LIMITS if hostile.kind == "timeout" else PATIENT
    execution = executor.submit(code(hostile.source), limits=limits).result(60)
    failure = execution.failure
    assert failure is not None
    assert (failure.kind, failure.key) == (hostile.kind, "decision"), failure
    assert hostile.says in failure.message
    if hostile.line is not None:
        assert [frame.line for frame in failure.frames] == [hostile.line]
    assert shown(execution)["output_type"] == "error"
    assert left_running(executor) == []
    assert executor.submit(code("6 * 7")).result(60).answer == 42


@pytest.mark.parametrize(
    ("source", "notice"),
    [
        ("while True: print('x' * 10_000)", "the rest is left out"),
        ("for n in range(10_000): display(n)", "further outputs are left out"),
        ("import os\nfor _ in range(1000): os.write(1, b'x' * 10_000); os.write(2, b'x' * 10_000)", ""),
        ("display('x' * 30_000_000)", "left out"),
    ],
)
def test_a_flood_of_outputs_is_bounded(executor: IsolatedExecutor, source: str, notice: str) -> None:
    execution = executor.submit(code(source), limits=LIMITS).result(60)
    text = str(execution.runs[-1].outputs)
    assert notice in text
    assert len(text) < 4_000_000


def test_what_was_printed_before_a_crash_is_kept(executor: IsolatedExecutor) -> None:
    execution = executor.submit(code("print('so far')\nimport ctypes\nctypes.string_at(0)")).result(60)
    assert execution.runs[0].outputs[0]["text"].strip() == "so far"


def test_a_crash_is_told_by_the_lines_that_led_to_it(executor: IsolatedExecutor) -> None:
    tool = "import ctypes\n\ndef peek(address):\n    return ctypes.string_at(address)"
    cells = [*code(tool), *code("peek(0)")]
    failure = executor.submit(cells).result(60).failure
    assert failure is not None
    assert [(frame.function, frame.text) for frame in failure.frames] == [
        ("<module>", "peek(0)"),
        ("peek", "return ctypes.string_at(address)"),
    ]
    assert failure.traceback[-1] == "ProcessCrashed: it ended its process by SIGSEGV (segmentation fault)"


DAEMON = """
import os, time
if not os.fork():
    os.setsid()
    if not os.fork():
        with open({pipe!r}, "w") as pipe: pipe.write(f"{{os.getpid()}}\\n")
        time.sleep(1000)
    os._exit(0)
"""


def test_what_has_left_every_group_is_ended_too(executor: IsolatedExecutor, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    future = executor.submit(code(DAEMON.format(pipe=str(pipe)) + "import time\ntime.sleep(0.2)\n'done'"))
    daemon = int(pipe.read_text("ascii"))
    assert future.result(60).answer == "done"
    assert ends(daemon, 0)


ENDLESS = """
import itertools, os, subprocess
child = subprocess.Popen(["sleep", "1000"])
with open({pipe!r}, "w") as pipe: pipe.write(f"{{os.getppid()}} {{os.getpid()}} {{child.pid}}")
sum(itertools.count())
"""

ASKING = """
import sys
from creator_magic.isolation import IsolatedExecutor
from creator_magic.ports import CodeCell
executor = IsolatedExecutor()
executor.warm_up()
executor.submit([CodeCell("decision", "decision", sys.argv[1])])
print(executor._server._process.pid, flush=True)
"""


def begun(pipe: Path) -> Sequence[int]:
    """Wait until the endless code runs; return its supervisor, its worker and its child."""
    return [int(process) for process in pipe.read_text("ascii").split()]


def test_nothing_outlives_the_process_that_asked(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    source = ENDLESS.format(pipe=str(pipe))
    asking = subprocess.Popen([sys.executable, "-c", ASKING, source], stdout=subprocess.PIPE, text=True)
    assert asking.stdout is not None
    with asking, asking.stdout:
        processes = [int(asking.stdout.readline()), *begun(pipe)]
        asking.kill()
    assert [process for process in processes if not ends(process)] == []


@pytest.mark.parametrize("victim", ["server", "supervisor", "worker"])
def test_nothing_is_left_if_one_of_the_processes_is_killed(tmp_path: Path, victim: str) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with IsolatedExecutor() as executor:
        future = executor.submit(code(ENDLESS.format(pipe=str(pipe))))
        supervisor, worker, child = begun(pipe)
        server = executor._server._process
        assert server is not None
        os.kill({"server": server.pid, "supervisor": supervisor, "worker": worker}[victim], 9)
        failure = future.result(60).failure
        assert failure is not None
        assert failure.kind == "crash"
        assert [process for process in (supervisor, worker, child) if not ends(process)] == []
        assert executor.submit(code("6 * 7")).result(60).answer == 42


def test_leaving_by_an_error_ends_what_runs(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with contextlib.suppress(ZeroDivisionError), IsolatedExecutor(jobs=1) as executor:
        running = executor.submit(code(ENDLESS.format(pipe=str(pipe))))
        waiting = executor.submit(code("1"))
        processes = begun(pipe)
        raise ZeroDivisionError
    assert [process for process in processes[1:] if not ends(process, 0)] == []
    assert ends(processes[0])
    assert running.result(0).failure is not None
    assert waiting.cancelled()
