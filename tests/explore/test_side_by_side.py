"""Several tools are explored at a time, each as it would be alone, on this machine or on a cluster."""

from __future__ import annotations

import json
import os
import queue
import signal
import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import psutil
import pytest

from creator_magic.accounts import SolveAccount
from creator_magic.explore.memory import LongTermMemory
from creator_magic.explore.on_engine import ExplorationOnEngine
from creator_magic.explore.tool import ExploredTool
from creator_magic.explore.trial import Extent
from creator_magic.explore.trial_unit import Made, TrialUnit
from creator_magic.model.limited import Limits
from creator_magic.project_store import ProjectStore
from tests import command
from tests.bench.test_dask import dask
from tests.bench.test_running import until
from tests.explore.scripted import ByMemory, stage_of, tool_of

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator
    from pathlib import Path

    from creator_magic.explore.trial import Trial
    from tests.model_server import ModelServer

NAMES = ("apples", "pears", "spins")
PLAIN = ("apples", "pears", "plums")
FEES = [f"fees:{name}" for name in NAMES]
CALLS = {name: f"{name}({{n}})" for name in {*NAMES, *PLAIN}}
SOURCE = """
def apples(n: int) -> int:
    'Return the price of apples in cents.'
    return 2 * n

def pears(n: int) -> int:
    'Return the price of pears in cents.'
    return 3 * n

def plums(n: int) -> int:
    'Return the price of plums in cents.'
    return 4 * n

def spins(n: int) -> int:
    'Return the price of spins in cents.'
    while n == 2:
        pass
    return 5 * n
"""
CALLS_OF_A_TRIAL = 5

pytestmark = pytest.mark.timeout(120)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "fees.py").write_text(SOURCE)
    return tmp_path


def begin(server: ModelServer, folder: Path, *words: str, **settings: str) -> subprocess.Popen[str]:
    course = ("--episodes", "2", "--trials", "1", "--turns", "2", "--timeout", "2")
    return command.begin(server, folder, "explore", *words, *course, **settings)


def explore(server: ModelServer, folder: Path, *words: str, **settings: str) -> tuple[int, str, str]:
    process = begin(server, folder, *words, **settings)
    out, err = process.communicate(timeout=100)
    return process.returncode, " ".join(out.split()), " ".join(err.split())


@contextmanager
def project(folder: Path) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(folder / ".creator" / "toolbox.sqlite")
    try:
        yield connection
    finally:
        connection.close()


def memory(folder: Path) -> dict[str, list[dict[str, Any]]]:
    """Every trial by its tool, in the order in which they were kept, without what the clock says."""
    if not (folder / ".creator" / "toolbox.sqlite").exists():
        return {}
    with project(folder) as connection:
        if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'trials'").fetchone():
            return {}
        connection.row_factory = sqlite3.Row
        rows = [dict(row) for row in connection.execute("SELECT * FROM trials ORDER BY id")]
    tools: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        del row["id"]
        row["details"] = json.loads(row["details"])
        del row["details"]["provenance"]["at"]
        tools.setdefault(row["tool"], []).append(row)
    return tools


def places(folder: Path) -> dict[str, list[tuple[int, int]]]:
    return {tool: [(row["episode"], row["number"]) for row in rows] for tool, rows in memory(folder).items()}


def spent(folder: Path) -> list[tuple[Any, ...]]:
    with project(folder) as connection:
        return connection.execute(
            "SELECT model, calls, prompt_tokens, completion_tokens, replayed FROM spending"
        ).fetchall()


def workers_of(process: subprocess.Popen[str]) -> list[psutil.Process]:
    below = [p for p in psutil.Process(process.pid).children() if p.status() != psutil.STATUS_ZOMBIE]
    return [each for each in below if "spawn_main" in " ".join(each.cmdline())]


WHOLE = [(1, 1), (2, 1)]


def test_tools_side_by_side_come_to_what_they_come_to_alone(server: ModelServer, folder: Path) -> None:
    explorer = ByMemory(CALLS)
    server.reply_by(explorer)
    alone = folder / "alone"
    alone.mkdir()
    (alone / "fees.py").write_text(SOURCE)
    (alone / ".creator").mkdir()
    code, _, err = explore(server, alone, *FEES, "--jobs", "1")
    assert code == 0, err
    number = len(server.calls)
    order = [tool for _, tool in explorer.asked]
    assert order == sorted(order, key=NAMES.index)

    # The first query of each is imagined when those of all the others are.
    together, lock = threading.Barrier(len(NAMES), timeout=60), threading.Lock()
    in_flight, most = 0, 0

    def reply(body: dict[str, Any]) -> str:
        nonlocal in_flight, most
        with lock:
            in_flight += 1
            most = max(most, in_flight)
        if stage_of(body) == "imagination" and "Every earlier query" not in body["messages"][1]["content"]:
            together.wait()
        said = explorer(body)
        with lock:
            in_flight -= 1
        return said

    server.forget()
    server.reply_by(reply)
    code, out, err = explore(server, folder, *FEES, CREATOR_CASSETTE_MODE="auto")
    assert code == 0, err
    assert out.endswith("More: --episodes. 1 trial may show a fault of spins: %explore fees:spins --report")
    assert most == len(NAMES)
    assert len(server.calls) == number
    kept = memory(folder)
    assert kept == memory(alone)
    assert places(folder) == dict.fromkeys(NAMES, WHOLE)
    shown = [row["details"]["turns"][0]["observation"]["kind"] for row in kept["spins"]]
    assert shown == ["", "timeout"]
    assert spent(folder) == spent(alone)

    # And again, from the recording.
    (folder / ".creator" / "toolbox.sqlite").unlink()
    code, _, err = explore(server, folder, *FEES[:2], CREATOR_CASSETTE_MODE="replay")
    assert code == 0, err
    assert len(server.calls) == number
    replayed = memory(folder)
    for rows in replayed.values():
        for row in rows:
            row["details"]["provenance"]["origins"] = ["called"]
    assert replayed == {name: kept[name] for name in NAMES[:2]}


def test_a_limit_and_an_interrupt_end_all_and_nothing_done_is_lost(server: ModelServer, folder: Path) -> None:
    explorer, fees = ByMemory(CALLS), [f"fees:{name}" for name in PLAIN]
    server.reply_by(explorer)
    code, out, err = explore(server, folder, *fees, "--calls", "6", "--jobs", "2")
    assert code == 0, err
    assert "The limit of 6 calls is reached" in out
    made = sum(map(len, places(folder).values()))
    assert made * CALLS_OF_A_TRIAL == len(server.calls) == spent(folder)[0][1]
    # When the first of two was made the limit was not reached, so a third was begun.
    assert made == 3
    assert f"{made} trials are kept; explore again to go on." in out

    arrived, go_on = queue.SimpleQueue[str](), threading.Event()

    def held(body: dict[str, Any]) -> str:
        if tool_of(body) == "pears" and not go_on.is_set():
            arrived.put(stage_of(body))
            go_on.wait(60)
        return explorer(body)

    server.reply_by(held)
    process = begin(server, folder, *fees)
    arrived.get(timeout=60)
    until(lambda: all(places(folder).get(tool) == WHOLE for tool in ("apples", "plums")))
    before = memory(folder)
    below = psutil.Process(process.pid).children(recursive=True)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does
    out, err = process.communicate(timeout=20)
    go_on.set()
    assert process.returncode == 130
    assert "explore again to go on." in err
    assert "Traceback" not in err
    assert psutil.wait_procs(below, timeout=10)[1] == []
    assert memory(folder) == before

    server.forget()
    server.reply_by(explorer)
    code, _, err = explore(server, folder, *fees)
    assert code == 0, err
    assert places(folder) == dict.fromkeys(PLAIN, WHOLE)
    assert len(server.calls) == (2 - len(before.get("pears", ()))) * CALLS_OF_A_TRIAL


def test_an_interrupt_waits_for_what_has_come_back_to_be_kept(tmp_path: Path) -> None:
    executor = ThreadPoolExecutor(2)

    class Interrupted(LongTermMemory):
        """A memory while one of whose trials is kept the other comes back, and then an interrupt."""

        def keep(self, trial: Trial) -> bool:
            executor.shutdown(wait=True)
            signal.raise_signal(signal.SIGINT)
            return super().keep(trial)

    memory = Interrupted(ProjectStore(tmp_path / "toolbox.sqlite"))
    account = SolveAccount(Limits((), {}), lambda *_: None, lambda _: None)

    def make(unit: TrialUnit) -> Made:
        return Made(replace(unit.blank, query="How much?"), (), ())

    tools = [ExploredTool(name, "1", "", "", ()) for name in NAMES[:2]]
    exploration = ExplorationOnEngine(
        make, executor, 2, Extent(2, 1), "", False, memory, account, lambda _: None
    )
    with pytest.raises(KeyboardInterrupt):
        exploration.explore(tools)
    assert [len(memory.trials(name, "1")) for name in NAMES[:2]] == [1, 1]


def test_a_worker_that_dies_costs_its_trial_at_the_most_and_that_is_told(
    server: ModelServer, folder: Path
) -> None:
    explorer = ByMemory(CALLS)
    arrived, go_on = queue.SimpleQueue[str](), threading.Event()

    def held(body: dict[str, Any]) -> str:
        if tool_of(body) == "pears" and not go_on.is_set():
            arrived.put("pears")
            go_on.wait(60)
        return explorer(body)

    server.reply_by(held)
    process = begin(server, folder, *FEES[:2])
    until(lambda: places(folder).get("apples") == WHOLE)
    for _ in range(4):  # three times with the first trial, then with the second
        arrived.get(timeout=60)
        for worker in workers_of(process):
            worker.kill()
    arrived.get(timeout=60)
    go_on.set()
    out, err = process.communicate(timeout=60)
    assert process.returncode == 2
    assert err.strip().endswith("Lost, since the workers that made them died: pears 1.1.")
    assert "3 trials are kept; explore again to go on." in out
    assert places(folder)["pears"] == WHOLE[1:]
    server.reply_by(explorer)
    code, out, err = explore(server, folder, *FEES[:2])
    assert code == 0, err
    assert "pears (fees:pears): 1 of 2 trials are there, 1 to be made" in out
    assert sorted(places(folder)["pears"]) == WHOLE


def test_a_cluster_comes_to_the_same(server: ModelServer, folder: Path) -> None:
    server.reply_by(ByMemory(CALLS))
    told, elsewhere, local = (folder / name for name in ("scheduler.json", "elsewhere", "local"))
    elsewhere.mkdir()
    local.mkdir()
    (local / "fees.py").write_text(SOURCE)
    (local / ".creator").mkdir()
    code, _, err = explore(server, local, *FEES[:2])
    assert code == 0, err
    number = len(server.calls)
    with ExitStack() as cluster:
        listens = ("--host", "127.0.0.1", "--port", "0", "--scheduler-file", str(told))
        cluster.enter_context(dask("scheduler", *listens, folder=folder, server=server))
        until(lambda: told.exists() and bool(told.read_text()))
        address = json.loads(told.read_text())["address"]
        on_dask = (*FEES[:2], "--engine", "dask", "--scheduler", address)
        alone = ("worker", address, "--nworkers", "1", "--nthreads", "4", "--no-nanny")

        # Where its workers have not the module, no model is asked.
        with dask(*alone, folder=elsewhere, server=server):
            until(lambda: "Registered to:" in (elsewhere / "dask.log").read_text())
            code, _, err = explore(server, folder, *on_dask)
            assert code == 2
            assert "Where the workers are, fees:" in err
            assert len(server.calls) == number

        cluster.enter_context(dask(*alone, folder=folder, server=server))
        until(lambda: "Registered to:" in (folder / "dask.log").read_text())
        code, _, err = explore(server, folder, *on_dask)
        assert code == 0, err
    assert len(server.calls) == 2 * number
    assert memory(folder) == memory(local)
    assert spent(folder) == spent(local)


def test_a_cluster_that_is_not_there_is_told(server: ModelServer, folder: Path) -> None:
    code, _, err = explore(server, folder, FEES[0], "--engine", "dask")
    assert code == 2
    assert "The engine dask needs a scheduler: --scheduler tcp://HOST:8786." in err
    assert server.calls == []
