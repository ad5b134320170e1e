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


def to_first_cell(notebook: LiveNotebook, number: int) -> tuple[float, float]:
    """Replay a solve; return the seconds from the request to the first generated cell.

    As the front end sees them, with what every request takes to the kernel and back; and between the
    kernel's two messages, that it begins and that there is a cell, by the times that they bear.
    """
    began, started = time.perf_counter(), None
    sent = notebook.send(f"%%solve\n{problems.problem(number)}", cell_id=f"cell-{number}", places_cells=True)
    while True:
        message = notebook.client.get_iopub_msg(timeout=60)
        if message["parent_header"].get("msg_id") != sent:
            continue
        if message["msg_type"] == "execute_input":
            started = message["header"]["date"]
        if _brings_cell(message):
            seconds = time.perf_counter() - began
            break
    assert started is not None
    ran = notebook.gather(sent)
    assert ran.status == "ok", ran.error
    return seconds, (message["header"]["date"] - started).total_seconds()


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
            first, of_few, nothing = [], [], []
            for number in range(WARM, WARM + rounds):
                first.append(to_first_cell(large.notebook, number))
                of_few.append(to_first_cell(small.notebook, number))
                nothing.append(round_trip(large.notebook))
        assert not model.take_requests()
        size = many.stat().st_size / (1 << 20)
    name = f"a cassette of {replies:,} replies"
    seen, inside, no_code, wall, cpu = (
        tuple(1000 * each for each in values)
        for values in (*zip(*first, strict=True), nothing, *zip(*loads, strict=True))
    )
    return [
        ratio(
            f"replay from {name} to the first cell, against one of {2 * (WARM + rounds)}",
            *([kernel for _, kernel in each] for each in (first, of_few)),
        ),
        Figure(
            f"replay from {name} to the first cell, from when the kernel begins", inside, "ms", 5.0, "wall"
        ),
        Figure("the same, from the request, as the front end sees it", seen, "ms", None, "wall"),
        Figure(
            "an execution of `1` in the same kernel, as the front end sees it", no_code, "ms", None, "wall"
        ),
        Figure(f"loading {name}, wall", wall, "ms", 100.0, f"{size:.1f} MiB"),
        Figure(f"loading {name}, cpu", cpu, "ms", 100.0, f"{size:.1f} MiB"),
    ]
