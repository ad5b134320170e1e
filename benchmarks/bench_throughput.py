"""What a benchmark's machinery costs: problems a second, against a new Jupyter kernel for each, in one run.

    python -m benchmarks.bench_throughput [PROBLEMS]

A problem takes two calls of a model on loopback, in a process of its own, and one execution. First the
server replies at once, and the same stages run their code in a new Jupyter kernel for each problem, and as
`creator-magic bench` does, in turn. Then each reply takes a second, and 32 problems are in flight. At last
come that many problems in a row, to see whether memory grows.

Processor time is told beside wall time, since other work on the machine takes from the latter alone. That of
the processes that run the problems' own code is not in it: they are gone when one could ask.
"""

from __future__ import annotations

import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil

from creator_magic.bench import work
from creator_magic.bench.appending import Appending
from creator_magic.bench.problem import BenchProblem
from creator_magic.bench.setup import Setup
from creator_magic.bench.unit import Unit
from creator_magic.bench.work import work_on
from creator_magic.config import CreatorMagic
from creator_magic.engines.local import LocalPool
from creator_magic.engines.running import run
from creator_magic.engines.worker import Worker, described
from creator_magic.ports import CellRun, Execution, Failure, Hygiene

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from creator_magic.ports import CodeCell

TOOL = '''```python tool
def total_cost(quantities: list[float], prices: list[float], rate: float) -> float:
    """Return what goods cost with a tax.

    Parameters: quantities in pieces, prices per piece, rate of the tax as a fraction.

    >>> total_cost([2.0], [3.0], 0.5)
    9.0
    """
    if len(quantities) != len(prices):
        raise ValueError("as many prices as quantities are needed")
    net = sum(quantity * price for quantity, price in zip(quantities, prices))
    return net * (1 + rate)
```'''
DECISION = """```python decision
bought = [{0}.0, 2.0]
priced = [1.5, 4.0]
round(total_cost(bought, priced, 0.25), 2)
```"""
CREATOR = Setup("creator")
CALLS, IN_FLIGHT, LATENCY = 2, 32, 1.0
TURNS, KERNELS, WAVES = 3, 8, 14
RATIO, SHARE, GROWTH = 10, 0.9, 1.1
JOBS = os.cpu_count() or 1
_MEBIBYTE = 1 << 20


def units(count: int) -> Iterator[Unit]:
    """Yield problems of one kind, each with an answer of its own."""
    for number in range(count):
        answer = round((number * 1.5 + 8.0) * 1.25, 2)
        text = f"Problem {number}: what do {number} pens at 1.50 and 2 pads at 4.00 cost with 25 % tax?"
        yield Unit((BenchProblem(str(number), text, str(answer), data="pens"),), CREATOR)


class Replies(BaseHTTPRequestHandler):
    """Answers each problem with its tool, then with its decision."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    latency = 0.0

    def log_message(self, *_: object) -> None:
        """Keep quiet."""

    def do_POST(self) -> None:
        """Reply after the latency."""
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        number = re.search(r"Problem (\d+):", body)
        text = DECISION.format(number[1] if number else "") if "The tool:" in body else TOOL
        time.sleep(self.latency)
        pieces = [text[at : at + 40] for at in range(0, len(text), 40)]
        events = [_event({"content": piece}) for piece in pieces] + [_event({}, "stop"), "data: [DONE]\n\n"]
        data = "".join(events).encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)
        self.wfile.flush()


def _event(delta: dict[str, str], reason: str | None = None) -> str:
    import json

    choice = {"index": 0, "delta": delta, "finish_reason": reason}
    usage = {"prompt_tokens": 400, "completion_tokens": 100, "total_tokens": 500} if reason else None
    told = {
        "id": "x",
        "object": "chat.completion.chunk",
        "created": 0,
        "model": "scripted",
        "choices": [choice],
    }
    return f"data: {json.dumps({**told, 'usage': usage})}\n\n"


def serve(latency: float) -> None:
    """Be the server, in a process of its own."""
    Replies.latency = latency
    ThreadingHTTPServer.request_queue_size = 256
    server = ThreadingHTTPServer(("127.0.0.1", 0), Replies)
    print(f"http://127.0.0.1:{server.server_port}/v1", flush=True)
    server.serve_forever()


@contextmanager
def server(latency: float) -> Iterator[Worker]:
    """Start a server; yield what workers are told of it."""
    command = [sys.executable, "-m", "benchmarks.bench_throughput", "--serve", str(latency)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 - our own
        try:
            assert process.stdout is not None
            url = process.stdout.readline().strip()
            settings = described(
                CreatorMagic({}), model="scripted", base_url=url, cassette_mode="off", reuse=False
            )
            yield Worker(f"throughput-{process.pid}", settings)
        finally:
            process.terminate()


class NewKernel:
    """Runs each attempt in a Jupyter kernel of its own; satisfies `creator_magic.ports.Kernel`."""

    def __init__(self, *_: object) -> None:
        pass

    def keep_apart(self, cells: Sequence[CodeCell], *_: object) -> Hygiene:
        """Leave the code as it is."""
        return Hygiene(tuple(cells))

    def take_back(self) -> None:
        """Do nothing."""

    def execute(self, cells: Sequence[CodeCell], *_: object) -> Execution:
        """Start a kernel, run the cells, and end it."""
        from jupyter_client.manager import KernelManager

        began = time.monotonic()
        runs = []
        with tempfile.TemporaryDirectory() as folder:
            # Over sockets in the file system: two kernels that start at once may choose one port.
            manager = KernelManager(transport="ipc", ip=str(Path(folder, "kernel")))
            manager.start_kernel(stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            client = manager.client()
            try:
                client.start_channels()
                client.wait_for_ready(timeout=60)
                for cell in cells:
                    outputs: list[dict[str, Any]] = []
                    client.execute_interactive(cell.source, output_hook=partial(_take, outputs))
                    runs.append(CellRun(cell, tuple(outputs)))
            finally:
                client.stop_channels()
                manager.shutdown_kernel(now=True)
        failed = any(output["output_type"] == "error" for each in runs for output in each.outputs)
        return Execution(
            tuple(runs), Failure("error", "Error", "") if failed else None, None, time.monotonic() - began
        )


def _take(outputs: list[dict[str, Any]], message: dict[str, Any]) -> None:
    if message["msg_type"] in ("execute_result", "stream", "error"):
        outputs.append({"output_type": message["msg_type"], **message["content"]})


def rate_of_kernels(worker: Worker, count: int) -> float:
    """Return problems a second with a new Jupyter kernel for each, as many at a time as processors."""
    usual, work.FreshKernel = work.FreshKernel, NewKernel  # type: ignore[misc, assignment]
    try:
        began = time.monotonic()
        with ThreadPoolExecutor(JOBS) as pool:
            done = list(pool.map(partial(work_on, worker=worker), units(count)))
        seconds = time.monotonic() - began
    finally:
        work.FreshKernel = usual  # type: ignore[misc]
    assert all(row.correct for each in done for row, _ in each), done[0]
    return count / seconds


def rate_of_bench(worker: Worker, pool: LocalPool, count: int, jobs: int) -> tuple[float, float]:
    """Return problems a second as `creator-magic bench` works on them, and their processor seconds each.

    The rate is that of the time in which all jobs have work: not of the first problems, nor of the last.
    """
    begun = jobs + max(2, jobs // 8)
    with tempfile.TemporaryDirectory() as folder, Appending(Path(folder, "rows.jsonl")) as results:
        before = processor_seconds()
        right, finished = 0, []
        for done in run(units(count), partial(work_on, worker=worker), pool, begun):
            assert done.result is not None, done.error
            results.add(done.result)
            right += sum(row.correct for row, _ in done.result)
            finished.append(time.monotonic())
        spent = processor_seconds() - before
    assert right == count, f"{right} of {count}"
    busy = finished[jobs - 1 : count - jobs]
    return (len(busy) - 1) / (busy[-1] - busy[0]), spent / count


def processor_seconds() -> float:
    """Return what this process and those below it have taken, those that have ended included."""
    return sum(sum(process.cpu_times()[:4]) for process in _processes())


def resident() -> dict[str, float]:
    """Return the memory of this process, of its workers and of their fork servers, in MiB."""
    names = {"here": [psutil.Process()]}
    names["workers"] = [p for p in psutil.Process().children() if "spawn_main" in " ".join(p.cmdline())]
    names["fork servers"] = [p for worker in names["workers"] for p in worker.children()]
    return {name: sum(p.memory_info().rss for p in each) / _MEBIBYTE for name, each in names.items()}


def _processes() -> list[psutil.Process]:
    # The server is in none of the figures: a real one is elsewhere.
    below = psutil.Process().children(recursive=True)
    return [psutil.Process(), *(p for p in below if "--serve" not in p.cmdline())]


def main(problems: int) -> int:
    """Measure, print, and return 1 if something is not as it should be."""
    failed = 0
    with server(0.0) as worker:
        pool = LocalPool(16)
        rate_of_bench(worker, pool, 64, 16)
        ratios = []
        for _ in range(TURNS):
            kernels = rate_of_kernels(worker, KERNELS)
            bench, spent = rate_of_bench(worker, pool, 20 * KERNELS, 16)
            ratios.append(bench / kernels)
            print(
                f"new kernels {kernels:5.2f}/s   bench {bench:6.1f}/s   ratio {ratios[-1]:5.1f}   "
                f"{1000 * spent:.0f} ms of processor a problem"
            )
        ratio = statistics.median(ratios)
        print(f"median ratio {ratio:.1f}, wanted {RATIO}")
        failed |= ratio < RATIO
        pool.shutdown(cancel_futures=True)
    with server(LATENCY) as worker:
        pool = LocalPool(IN_FLIGHT)
        rate_of_bench(worker, pool, 3 * IN_FLIGHT, IN_FLIGHT)
        ideal = IN_FLIGHT / (CALLS * LATENCY)
        shares = []
        for _ in range(TURNS):
            bench, spent = rate_of_bench(worker, pool, WAVES * IN_FLIGHT, IN_FLIGHT)
            shares.append(bench / ideal)
            print(
                f"at {LATENCY:g} s a reply, {IN_FLIGHT} in flight: {bench:5.2f}/s of {ideal:g} possible "
                f"({100 * shares[-1]:.0f} %)   {1000 * spent:.0f} ms of processor a problem"
            )
        print(f"best share {100 * max(shares):.0f} %, wanted {100 * SHARE:.0f} %")
        failed |= max(shares) < SHARE
        pool.shutdown(cancel_futures=True)
    with server(0.0) as worker:
        pool = LocalPool(16)
        rate_of_bench(worker, pool, 64, 16)
        first: dict[str, float] = {}
        for done in range(0, problems + 1, max(1, problems // 5)):
            taken = resident()
            first = first or (taken if done else {})
            print(f"after {done:5} problems: " + ", ".join(f"{n} {m:.1f} MiB" for n, m in taken.items()))
            if done < problems:
                rate_of_bench(worker, pool, max(1, problems // 5), 16)
        failed |= any(taken[name] > GROWTH * first[name] for name in taken)
        pool.shutdown(cancel_futures=True)
    return int(failed)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--serve"]:
        serve(float(sys.argv[2]))
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 5000))
