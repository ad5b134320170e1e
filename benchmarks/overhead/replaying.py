"""Replaying: how long a cassette of many replies takes to load, and a replayed solve to its first cell."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.overhead import problems
from benchmarks.overhead.figures import Figure, ratio
from benchmarks.overhead.kernels import ours
from creator_magic.cells.generated import KEY
from creator_magic.model.cassette import Cassette
from creator_magic.ports import Reply, Usage
from creator_magic.problem import Problem
from creator_magic.stages.creation import creation
from creator_magic.stages.decision import decision

if TYPE_CHECKING:
    from typing import Any

    from benchmarks.overhead.model import ScriptedModel
    from tests.live_notebook import LiveNotebook

WARM = 5


def fill(path: Path, replies: int) -> None:
    """Record so many replies, as a session does."""
    cassette = Cassette(path)
    for number in range(replies // 2):
        stated = Problem(problems.problem(number))
        for question, kind, code in (
            (creation(stated), "tool", problems.tool(number)),
            (decision(stated, problems.tool(number), 1), "decision", problems.decision(number)),
        ):
            text = f"```python {kind}\n{code}\n```"
            cassette.add(question, Reply(text, model="scripted", usage=Usage(400, 100)), "scripted")


def to_first_cell(notebook: LiveNotebook, number: int) -> float:
    """Replay a solve; return the seconds until the front end was told of a generated cell."""
    began = time.perf_counter()
    sent = notebook.send(f"%%solve\n{problems.problem(number)}", cell_id=f"cell-{number}", places_cells=True)
    while True:
        message = notebook.client.get_iopub_msg(timeout=60)
        if message["parent_header"].get("msg_id") == sent and _brings_cell(message):
            seconds = time.perf_counter() - began
            break
    ran = notebook.gather(sent)
    assert ran.status == "ok", ran.error
    return seconds


def _brings_cell(message: dict[str, Any]) -> bool:
    content = message["content"]
    told = content.get("metadata", {}).get(KEY, {}) if "data" in content else {}
    if message["msg_type"] == "comm_msg":
        told = content["data"]
    return bool(isinstance(told, dict) and told.get("cells"))


def round_trip(notebook: LiveNotebook) -> float:
    """Return the seconds of an execution of nothing to speak of."""
    began = time.perf_counter()
    notebook.run("1")
    return time.perf_counter() - began


def replaying(model: ScriptedModel, replies: int, rounds: int) -> list[Figure]:
    """Replay from a cassette of many replies and from one of few, in turn."""
    with tempfile.TemporaryDirectory() as folder:
        many, few = Path(folder, "many.jsonl"), Path(folder, "few.jsonl")
        fill(many, replies)
        fill(few, 2 * (WARM + rounds))
        loads = []
        for _ in range(rounds):
            began = time.perf_counter(), time.process_time()
            assert len(Cassette(many)) == replies
            loads.append((time.perf_counter() - began[0], time.process_time() - began[1]))
        env = [{"CREATOR_CASSETTE": str(each), "CREATOR_CASSETTE_MODE": "replay"} for each in (many, few)]
        with ours(model, env[0]) as large, ours(model, env[1]) as small:
            for number in range(WARM):
                for each in (large, small):
                    each.solve(number)
            first, of_few, bare = [], [], []
            for number in range(WARM, WARM + rounds):
                first.append(to_first_cell(large.notebook, number))
                of_few.append(to_first_cell(small.notebook, number))
                bare.append(round_trip(large.notebook))
        assert not model.take_requests()
        size = many.stat().st_size / (1 << 20)
    name = f"a cassette of {replies:,} replies"
    in_ms = [tuple(1000 * each for each in values) for values in (first, bare, *zip(*loads, strict=True))]
    return [
        ratio(f"replay from {name} to the first cell, against one of {2 * (WARM + rounds)}", first, of_few),
        Figure(
            f"replay from {name} to the first cell, wall", in_ms[0], "ms", 5.0, "as the front end sees it"
        ),
        Figure(
            "the same, less an execution of `1` in the same kernel",
            tuple(all_of_it - nothing for all_of_it, nothing in zip(*in_ms[:2], strict=True)),
            "ms",
            5.0,
        ),
        Figure("an execution of `1` in the same kernel, wall", in_ms[1], "ms"),
        Figure(f"loading {name}, wall", in_ms[2], "ms", 100.0, f"{size:.1f} MiB"),
        Figure(f"loading {name}, cpu", in_ms[3], "ms", 100.0, f"{size:.1f} MiB"),
    ]
