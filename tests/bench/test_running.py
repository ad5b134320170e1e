"""`creator-magic bench`: results are appended as they come, and a run that was ended goes on."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from typing import TYPE_CHECKING, Any

import psutil
import pytest

from creator_magic.bench.data import bundled
from creator_magic.engines.local import LocalPool
from creator_magic.engines.running import run
from tests import command
from tests.bench.sums import numbers_in, prompt_of, right, write_problems
from tests.model_server import ScriptedReply

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

    from tests.model_server import ModelServer

TIMES = {"seconds", "model_seconds", "run_seconds"}
COUNT = 24


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return write_problems(tmp_path / "sums.jsonl", COUNT)


def begin(server: ModelServer, folder: Path, *words: str, **settings: str) -> subprocess.Popen[str]:
    return command.begin(server, folder, "bench", *words, **settings)


def bench(server: ModelServer, folder: Path, *words: str, **settings: str) -> tuple[int, str, str]:
    process = begin(server, folder, *words, **settings)
    out, err = process.communicate(timeout=120)
    return process.returncode, out, err


def rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def results(path: Path) -> dict[tuple[str, str], dict[str, Any]]:
    """The rows without what the clock says; each is there once."""
    by_key = {(r["id"], r["method"]): {k: v for k, v in r.items() if k not in TIMES} for r in rows(path)}
    assert len(by_key) == len(rows(path))
    return by_key


def until(true: Callable[[], bool], timeout: float = 60.0) -> None:
    deadline = time.monotonic() + timeout
    while not true():
        assert time.monotonic() < deadline
        threading.Event().wait(0.02)


def written(path: Path) -> int:
    return path.read_bytes().count(b"\n") if path.exists() else 0


def held(server: ModelServer, free: int) -> threading.Event:
    """Let the server answer some problems, and the others when the event is set."""
    go_on = threading.Event()

    def reply(body: dict[str, Any]) -> str:
        if numbers_in(prompt_of(body))[0] >= free:
            go_on.wait(60)
        return right(body)

    server.reply_by(reply)
    return go_on


def test_a_run_that_is_killed_goes_on_and_comes_to_the_same(
    server: ModelServer, data: Path, tmp_path: Path
) -> None:
    server.reply_by(right)
    methods = ("--data", data.name, "--method", "creator", "--method", "pot", "--jobs", "4")
    code, out, err = bench(server, tmp_path, *methods, "--out", "whole.jsonl", "--seed", "7")
    assert code == 0, err
    assert "100.0 %" in out
    assert out.rstrip().endswith("whole.jsonl")
    assert "48 of 48 · 48 right (100 %)" in err
    assert {call.body["seed"] for call in server.calls} == {7}
    whole = results(tmp_path / "whole.jsonl")
    assert {row["outcome"] for row in whole.values()} == {"right"}
    traces = rows(tmp_path / "whole.traces.jsonl")
    assert {(trace["id"], trace["method"]) for trace in traces} == whole.keys()

    cut = tmp_path / "cut.jsonl"
    go_on = held(server, COUNT // 2)
    process = begin(server, tmp_path, *methods, "--out", "cut.jsonl", "--seed", "7")
    until(lambda: written(cut) >= COUNT // 2)
    process.kill()
    process.communicate()
    go_on.set()
    with cut.open("a") as file:
        file.write('{"id": "23", "data": "su')
    before = written(cut)
    assert before < len(whole)
    code, _, err = bench(server, tmp_path, *methods, "--out", "cut.jsonl", "--seed", "7")
    assert (code, written(cut)) == (2, before)
    assert "Add --resume to go on with them" in err
    code, _, err = bench(server, tmp_path, *methods, "--out", "cut.jsonl", "--seed", "8", "--resume")
    assert (code, written(cut)) == (2, before)
    assert "comes from other settings: seed was 7 and is 8" in err
    server.forget()
    server.reply_by(right)
    code, _, err = bench(server, tmp_path, *methods, "--out", "cut.jsonl", "--seed", "7", "--resume")
    assert code == 0, err
    assert results(cut) == whole
    assert len(server.calls) <= 3 * (len(whole) - before)


def test_an_interrupt_keeps_what_is_there_and_says_how_to_go_on(
    server: ModelServer, data: Path, tmp_path: Path
) -> None:
    go_on = held(server, 6)
    process = begin(
        server, tmp_path, "--data", data.name, "--method", "pot", "--out", "r.jsonl", "--jobs", "4"
    )
    until(lambda: written(tmp_path / "r.jsonl") == 6)
    below = psutil.Process(process.pid).children(recursive=True)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does
    _, err = process.communicate(timeout=20)
    go_on.set()
    assert process.returncode == 130
    assert err.rstrip().endswith("To go on, say the same with --out r.jsonl --resume.")
    assert "Traceback" not in err
    assert len(results(tmp_path / "r.jsonl")) == 6
    assert psutil.wait_procs(below, timeout=10)[1] == []


def test_a_worker_that_dies_costs_nothing_that_was_not_its_own(
    server: ModelServer, data: Path, tmp_path: Path
) -> None:
    go_on = held(server, 4)
    process = begin(
        server, tmp_path, "--data", data.name, "--method", "pot", "--out", "r.jsonl", "--jobs", "8"
    )
    until(lambda: written(tmp_path / "r.jsonl") == 4)
    workers = [p for p in psutil.Process(process.pid).children() if "spawn_main" in " ".join(p.cmdline())]
    workers[0].kill()
    go_on.set()
    _, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert {row["outcome"] for row in results(tmp_path / "r.jsonl").values()} == {"right"}


def _die(unit: int) -> int:
    if unit == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return unit


def test_what_kills_its_worker_again_and_again_is_given_up() -> None:
    pool = LocalPool(2, 2)
    done = {each.unit: each for each in run(range(8), _die, pool, 1)}
    pool.shutdown()
    assert [unit for unit, each in done.items() if each.error is not None] == [3]
    assert {unit for unit, each in done.items() if each.result == unit} == set(range(8)) - {3}


def test_a_rate_limit_is_waited_out_by_all_together(server: ModelServer, data: Path, tmp_path: Path) -> None:
    server.reply_by(right)
    server.fault(5, "429:2")
    code, _, err = bench(
        server, tmp_path, "--data", data.name, "--method", "pot", "--out", "r.jsonl", "--jobs", "2"
    )
    assert code == 0, err
    assert {row["outcome"] for row in results(tmp_path / "r.jsonl").values()} == {"right"}
    limited = server.calls[5].at
    # What was on its way when the limit was met may still arrive; nobody else calls before its time.
    early = [call for call in server.calls[6:] if call.at < limited + 1.9]
    assert len(early) <= 3
    assert len(server.calls) == COUNT + 1


def test_an_endpoint_that_fails_ends_the_run_and_nothing_is_taken_for_an_answer(
    server: ModelServer, data: Path, tmp_path: Path
) -> None:
    server.reply_by(right)
    server.fault(4, "401-forever")
    words = ("--data", data.name, "--method", "pot", "--out", "r.jsonl", "--jobs", "2")
    code, out, err = bench(server, tmp_path, *words)
    assert code == 1
    assert "lost, the last one since: " in err
    assert "401" in err or "key" in err
    assert "--resume" in err
    lost = [row for row in results(tmp_path / "r.jsonl").values() if row["outcome"] == "lost"]
    assert 10 <= len(lost) <= COUNT - 4
    assert all(row["error"] and not row["correct"] for row in lost)
    server.forget()
    server.reply_by(right)
    code, out, err = bench(server, tmp_path, *words, "--resume")
    assert code == 0, err
    last = {row["id"]: row["outcome"] for row in rows(tmp_path / "r.jsonl")}
    assert list(last.values()) == ["right"] * COUNT
    assert "lost" not in out


def test_a_budget_ends_a_run_that_goes_on_later(server: ModelServer, data: Path, tmp_path: Path) -> None:
    server.reply_by(
        lambda body: ScriptedReply(right(body), usage={"prompt_tokens": 1000, "completion_tokens": 100})
    )
    words = ("--data", data.name, "--method", "pot", "--out", "r.jsonl", "--jobs", "1")
    prices = {"CREATOR_PRICES": "{'test-model': {'input': 1, 'output': 10}}"}
    code, out, err = bench(server, tmp_path, *words, "--cost", "0.01", **prices)
    assert code == 1
    assert "The limit of 0.01 is reached" in err
    spent = sum(row["cost"] for row in rows(tmp_path / "r.jsonl"))
    assert 0.01 <= spent <= 0.01 + 3 * 0.002
    code, out, err = bench(server, tmp_path, *words, "--resume", **prices)
    assert code == 0, err
    assert "0.0480" in out
    code, _, err = bench(server, tmp_path, "--data", data.name, "--cost", "1", "--out", "other.jsonl")
    assert (code, (tmp_path / "other.jsonl").exists()) == (2, False)
    assert "test-model has no price" in err


def test_replies_are_recorded_and_replayed_with_several_in_flight(
    server: ModelServer, data: Path, tmp_path: Path
) -> None:
    server.reply_by(right)
    words = (
        "--data",
        data.name,
        "--method",
        "creator",
        "--method",
        "creator,cot",
        "--jobs",
        "6",
        "--limit",
        "8",
    )
    code, _, err = bench(
        server, tmp_path, *words, "--out", "a.jsonl", "--cassette", "k.jsonl", CREATOR_CASSETTE_MODE="auto"
    )
    assert code == 0, err
    number = len(server.calls)
    assert written(tmp_path / "k.jsonl") == number == 32
    code, _, err = bench(
        server, tmp_path, *words, "--out", "b.jsonl", "--cassette", "k.jsonl", "--mode", "replay"
    )
    assert code == 0, err
    assert len(server.calls) == number
    assert results(tmp_path / "b.jsonl") == results(tmp_path / "a.jsonl")
    replayed = {row["calls"] for row in rows(tmp_path / "b.jsonl")}
    assert replayed == {2}


def test_without_options_it_works_on_the_bundled_problems(server: ModelServer, tmp_path: Path) -> None:
    server.reply_by(lambda _: "I would think about it first.")
    code, out, err = bench(server, tmp_path)
    assert code == 0, err
    (path,) = (path for path in tmp_path.glob("bench-*.jsonl") if "traces" not in path.name)
    assert out.rstrip().endswith(path.name)
    problems = {each.id for each in bundled().problems}
    assert {row["id"] for row in rows(path)} == problems
    assert {row["outcome"] for row in rows(path)} == {"failed"}
    assert {row["method"] for row in rows(path)} == {"creator"}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--data", "none.jsonl"], "none.jsonl"),
        (["--method", "creater"], "Did you mean creator?"),
        (["--method", "creator,transfer"], "are in no groups"),
        (["--method", "tools", "--tools", "unheard_of"], "unheard_of"),
        (["--column", "text"], "it is WHAT=NAME"),
        (["--resume"], "--resume needs the file to go on with"),
        (["--engine", "dask"], "--scheduler tcp://HOST:8786"),
        (["--allow", "networks"], "'networks' is nothing to allow"),
    ],
)
def test_what_cannot_be_run_is_refused_before_anything_is_asked(
    server: ModelServer, data: Path, tmp_path: Path, words: list[str], said: str
) -> None:
    given = words if "--data" in words else ["--data", data.name, *words]
    code, _, err = bench(server, tmp_path, *given)
    assert code == 2
    assert said in " ".join(err.split())
    assert "Traceback" not in err
    assert server.calls == []
    assert list(tmp_path.glob("bench-*")) == []
