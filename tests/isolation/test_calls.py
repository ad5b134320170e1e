"""One function in a process of its own: what it returns, how it fails, and what is left of it."""

from __future__ import annotations

import operator
import os
import pickle
import signal
import statistics
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from creator_magic.isolation import CallError, IsolatedExecutor, IsolationLimits
from tests.isolation.conftest import ends, left_running

if TYPE_CHECKING:
    from collections.abc import Callable

    from creator_magic.ports import FailureKind

LIMITS = IsolationLimits(timeout=1.0, memory=300, carried=1)


def evaluated(source: str) -> Any:
    """The value of an expression that may import."""
    return eval(source, {"os": os, "sys": sys, "time": time, "Path": Path, "signal": signal})  # noqa: S307


def test_a_function_returns_plain_data(executor: IsolatedExecutor) -> None:
    assert executor.call(statistics.mean, [1, 2, 6]) == 3
    futures = [executor.submit_call(operator.mul, number, 2) for number in range(8)]
    assert [future.result(60) for future in futures] == [0, 2, 4, 6, 8, 10, 12, 14]
    table = pytest.importorskip("pandas").DataFrame({"a": [1, 2]})
    assert executor.call(operator.getitem, table, "a").sum() == 3


def test_each_call_has_a_process_and_a_folder_of_its_own(
    executor: IsolatedExecutor, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "beside.py").write_text("value = 'from beside'", "utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend("")
    monkeypatch.setenv("MY_TOKEN", "canary")
    monkeypatch.setenv("TEAM", "blue")
    seen = "os.getpid(), os.getcwd(), os.listdir(), os.environ['TEAM'], 'MY_TOKEN' in os.environ"
    one, other = (executor.call(evaluated, f"({seen}, __import__('beside').value)") for _ in range(2))
    assert one[2:] == other[2:] == ([], "blue", False, "from beside")
    assert one[0] != other[0]
    assert one[1] not in (other[1], str(tmp_path))
    assert not Path(one[1]).exists()
    assert executor.call(evaluated, "Path('left').write_text('x') and len(os.listdir())") == 1


@pytest.mark.parametrize(
    ("source", "kind", "says"),
    [
        ("1 / 0", "error", "ZeroDivisionError: division by zero"),
        ("sys.exit(3)", "exit", "SystemExit: 3"),
        ("time.sleep(60)", "timeout", "TimeLimit: stopped after 1 s, by ending its process"),
        ("bytearray(10 ** 12)", "memory", "MemoryError: it asked for more than the 300 MiB"),
        ("'x' * (2 << 20)", "memory", "TooLarge: it returned more than 1 MiB"),
        ("os._exit(3)", "crash", "ProcessEnded: it ended its process, with exit code 3"),
        ("os.kill(os.getpid(), signal.SIGKILL)", "crash", "it ended its process by SIGKILL"),
        ("os.kill(os.getppid(), signal.SIGKILL)", "error", "PermissionError"),
        ("object()", "error", "NoPlainData: what it returned cannot be brought back"),
        ("lambda: 1", "error", "pickle"),
    ],
)
def test_a_call_that_fails_says_how(
    executor: IsolatedExecutor, source: str, kind: FailureKind, says: str
) -> None:
    with pytest.raises(CallError) as failed:
        executor.call(evaluated, source, limits=LIMITS)
    assert failed.value.kind == kind
    assert says in str(failed.value)
    assert str(pickle.loads(pickle.dumps(failed.value))) == str(failed.value)  # noqa: S301
    assert left_running(executor) == []


def test_what_cannot_be_sent_is_refused_before_a_process_is_asked_for(executor: IsolatedExecutor) -> None:
    unsendable: Callable[[], int] = lambda: 1  # noqa: E731
    with pytest.raises((pickle.PicklingError, AttributeError)):
        executor.call(unsendable)
    assert left_running(executor) == []


def test_an_interrupt_ends_the_call(executor: IsolatedExecutor, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    begun: list[int] = []

    def interrupt() -> None:
        begun.append(int(pipe.read_text("ascii")))
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

    threading.Thread(target=interrupt).start()
    endless = f"Path({str(pipe)!r}).write_text(str(os.getpid())) and time.sleep(1000)"
    with pytest.raises(KeyboardInterrupt):
        executor.call(evaluated, endless)
    assert ends(begun[0], 0)
    assert left_running(executor) == []


SHARED = """
import os, sys
from creator_magic.isolation import shared_executor
executor = shared_executor()
assert executor is shared_executor()
assert executor.call(os.getpid) != os.getpid()
assert "IPython" not in sys.modules
print(executor._server._process.pid)
"""


def test_the_executor_of_a_process_ends_with_it_and_needs_no_notebook() -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", SHARED], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stderr == ""
    assert ends(int(done.stdout))
