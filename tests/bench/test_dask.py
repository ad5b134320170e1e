"""The engine for a cluster: a real scheduler, and workers in processes of their own; one is killed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import TYPE_CHECKING

import psutil
import pytest

from tests.bench.sums import right, write_problems
from tests.bench.test_running import begin, bench, held, results, until, written
from tests.conftest import environment

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.model_server import ModelServer

COUNT = 20


@contextmanager
def dask(*words: str, folder: Path, server: ModelServer) -> Iterator[subprocess.Popen[bytes]]:
    """A process of Dask's. The key is where the workers are; nobody sends it there."""
    env = {**os.environ, "OPENAI_API_KEY": environment(server)["OPENAI_API_KEY"]}
    command = [sys.executable, "-m", "distributed.cli.dask_" + words[0], *words[1:], "--no-dashboard"]
    with (folder / "dask.log").open("ab") as log:
        process = subprocess.Popen(command, cwd=folder, env=env, stdout=log, stderr=log)
    try:
        yield process
    finally:
        below = psutil.Process(process.pid).children(recursive=True) if process.poll() is None else []
        for each in (*below, process):
            each.kill()
        process.wait()


@pytest.mark.timeout(120)
def test_a_cluster_comes_to_the_same_also_when_a_worker_is_killed(
    server: ModelServer, tmp_path: Path
) -> None:
    data = write_problems(tmp_path / "sums.jsonl", COUNT)
    words = ("--data", data.name, "--method", "creator", "--method", "pot")
    told = tmp_path / "scheduler.json"
    with ExitStack() as cluster:
        process = partial(dask, folder=tmp_path, server=server)
        listens = ("--host", "127.0.0.1", "--port", "0", "--scheduler-file", str(told))
        cluster.enter_context(process("scheduler", *listens))
        server.reply_by(right)
        code, _, err = bench(server, tmp_path, *words, "--out", "local.jsonl")
        assert code == 0, err
        until(lambda: told.exists() and bool(told.read_text()))
        address = json.loads(told.read_text())["address"]
        on_dask = (*words, "--engine", "dask", "--scheduler", address)
        code, _, err = bench(server, tmp_path, *on_dask, "--out", "none.jsonl")
        assert (code, (tmp_path / "none.jsonl").exists()) == (2, False)
        assert f"has no workers. Start some: dask worker {address}" in " ".join(err.split())

        alone = ("worker", address, "--nworkers", "1", "--nthreads", "4", "--no-nanny")
        workers = [cluster.enter_context(process(*alone)) for _ in range(2)]
        until(lambda: (tmp_path / "dask.log").read_text().count("Registered to:") == 2)
        go_on = held(server, COUNT // 2)
        running = begin(server, tmp_path, *on_dask, "--out", "dask.jsonl")
        until(lambda: written(tmp_path / "dask.jsonl") >= COUNT // 2)
        workers[0].kill()
        go_on.set()
        _, err = running.communicate(timeout=60)
        assert running.returncode == 0, err
        assert results(tmp_path / "dask.jsonl") == results(tmp_path / "local.jsonl")


def test_where_dask_is_not_installed_it_says_how_to(server: ModelServer, tmp_path: Path) -> None:
    write_problems(tmp_path / "sums.jsonl", 1)
    (tmp_path / "distributed.py").write_text("raise ImportError('not here')\n")
    words = ("--data", "sums.jsonl", "--engine", "dask", "--scheduler", "tcp://127.0.0.1:1")
    code, _, err = bench(server, tmp_path, *words, PYTHONPATH=str(tmp_path))
    assert code == 2
    assert 'pip install "creator-magic[dask]"' in " ".join(err.split())
