"""The world as code in isolation sees it, and many of these worlds at once."""

from __future__ import annotations

import gc
import os
import sys
import threading
import warnings
from typing import TYPE_CHECKING

import pytest

from creator_magic.errors import IsolationError
from creator_magic.isolation import IsolatedExecutor, IsolationLimits
from creator_magic.isolation.process_tree import resident
from creator_magic.isolation.surroundings import is_withheld
from tests.isolation.conftest import code, left_running

if TYPE_CHECKING:
    from pathlib import Path


def test_folder_path_and_environment_are_those_of_the_notebook(
    executor: IsolatedExecutor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "beside.py").write_text("value = 'from beside'", "utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend("")
    monkeypatch.setenv("TEAM", "blue")
    source = "import os, beside\n[os.getcwd(), beside.value, os.environ['TEAM']]"
    assert executor.submit(code(source)).result(60).answer == [str(tmp_path), "from beside", "blue"]


SECRETS = {
    "OPENAI_API_KEY": "sk-canary-1",
    "AWS_SECRET_ACCESS_KEY": "canary-2",
    "GITHUB_TOKEN": "canary-3",
    "DB_PASSWORD": "canary-4",
    "DATABASE_URL": "postgres://me:canary-5@host/db",
    "CREATOR_MODEL": "canary-6",
    "JPY_SESSION_NAME": "canary-7",
    "STRIPEKEY": "canary-8",
}


def test_secrets_are_in_the_environment_of_none_of_the_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    source = """
import os, pathlib
seen = dict(os.environ)
for process in ("self", os.getppid()):
    seen[process] = pathlib.Path(f"/proc/{process}/environ").read_text()
str(seen)
"""
    with IsolatedExecutor() as executor:
        seen = executor.submit(code(source)).result(60).answer
    assert "PATH" in seen
    assert not [number for number in range(1, 9) if f"canary-{number}" in seen]


@pytest.mark.parametrize(
    "name", ["PATH", "HOME", "LANG", "KEYBOARD", "PWD", "TOKENIZERS_PARALLELISM", "SSH_AUTH_SOCK", "MONKEY"]
)
def test_ordinary_entries_are_no_secrets(name: str) -> None:
    assert not is_withheld(name, "value")


def test_display_figures_and_the_shell_work(executor: IsolatedExecutor) -> None:
    source = """
import pandas as pd
import matplotlib.pyplot as plt
display(pd.DataFrame({'a': [1]}))
plt.plot([1, 2])
get_ipython().run_line_magic('pwd', '')
"""
    outputs = executor.submit(code(source)).result(60).runs[0].outputs
    assert [output["output_type"] for output in outputs] == ["display_data", "execute_result", "display_data"]
    assert "text/html" in outputs[0]["data"]
    assert "image/png" in outputs[2]["data"]


def test_each_execution_has_a_fresh_namespace_and_its_own_chance(executor: IsolatedExecutor) -> None:
    pytest.importorskip("numpy")
    source = "import random, numpy\nassert 'mine' not in globals()\nmine = 1\n"
    source += "(random.random(), float(numpy.random.random()))"
    drawn = [executor.submit(code(source)).result(60).answer for _ in range(3)]
    assert None not in drawn
    assert len({value for pair in drawn for value in pair}) == 6


def test_children_of_the_code_may_use_processes(executor: IsolatedExecutor) -> None:
    source = """
import multiprocessing, os, subprocess
def square(x): return x * x
with multiprocessing.get_context('fork').Pool(2) as pool:
    squares = pool.map(square, range(4))
said = subprocess.run(['echo', 'hi'], capture_output=True, text=True).stdout
child = os.fork()
[squares, said, bool(child)]
"""
    assert executor.submit(code(source)).result(60).answer == [[0, 1, 4, 9], "hi\n", True]
    assert left_running(executor) == []


MEETING = """
import os, time
here = os.path.join(FOLDER, str(os.getpid()))
open(here, 'w').close()
while len(os.listdir(FOLDER)) < WAITS_FOR:
    time.sleep(0.01)
time.sleep(0.05)
most = len(os.listdir(FOLDER))
if WAITS_FOR == 1:
    os.remove(here)
most
"""


@pytest.mark.parametrize("jobs", [1, 8])
def test_as_many_are_in_flight_as_are_allowed(tmp_path: Path, jobs: int) -> None:
    source = MEETING.replace("FOLDER", repr(str(tmp_path))).replace("WAITS_FOR", str(jobs))
    with IsolatedExecutor(jobs) as executor:
        futures = [executor.submit(code(source)) for _ in range(max(jobs, 4))]
        assert {future.result(60).answer for future in futures} == {jobs}


def test_it_may_be_asked_from_many_threads(executor: IsolatedExecutor) -> None:
    answers: list[object] = []

    def ask(number: int) -> None:
        answers.append(executor.run(code(f"{number} * 2")).answer)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(map(str, answers)) == sorted(str(number * 2) for number in range(12))


@pytest.mark.slow
def test_many_executions_take_no_more_memory_and_files_than_few() -> None:
    def open_files() -> int:
        return len(os.listdir("/proc/self/fd"))  # noqa: PTH208

    def taken() -> tuple[int, int, int]:
        server = executor._server._process
        assert server is not None
        return open_files(), resident(os.getpid()), resident(server.pid)

    with IsolatedExecutor(jobs=2) as executor:
        limits = IsolationLimits(timeout=20)

        def run(times: int) -> None:
            for future in [executor.submit(code("print(1)"), limits=limits) for _ in range(times)]:
                assert future.result(60).failure is None

        run(100)
        gc.collect()  # what other tests have left open
        before = taken()
        run(300)
        after = taken()
    assert after[0] == before[0]
    assert after[1] - before[1] < 8_000_000
    assert after[2] - before[2] < 4_000_000


def test_a_kernel_that_forks_has_executions_of_its_own(executor: IsolatedExecutor) -> None:
    assert executor.submit(code("1")).result(60).answer == 1
    server = executor._server._process
    assert server is not None
    source = "import sys; sys.exit(0)"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # newer Pythons warn of threads
        child = os.fork()
    if not child:
        # As in a pool of a person's own: its copy of our line must not be used by two.
        ok = executor.run(code("6 * 7")).answer == 42
        executor._server.stop()
        os._exit(0 if ok else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert executor.submit(code(source)).result(60).failure is not None
    assert server.poll() is None
    assert left_running(executor) == []


def test_where_processes_cannot_fork_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "fork")
    with pytest.raises(IsolationError, match="leave out --isolate"):
        IsolatedExecutor()


def test_a_server_that_cannot_start_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with IsolatedExecutor() as executor, pytest.raises(IsolationError, match="cannot be started"):
        executor.submit(code("1")).result(60)
