"""What a fresh namespace costs: isolation against one new Jupyter kernel a problem, timed in turn.

    python -m benchmarks.isolation [EXECUTIONS]

A problem is a tool cell that imports NumPy and a decision cell that calls the tool. Both ways run as many at
a time as there are processors. Then come that many executions in a row, to see whether memory grows.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from jupyter_client.manager import KernelManager

from creator_magic.isolation import IsolatedExecutor
from creator_magic.isolation.process_tree import resident
from creator_magic.ports import CodeCell

TOOL = "import numpy as np\n\ndef mean_of(values):\n    return float(np.mean(values))"
DECISION = "mean_of([1, 2, 3, 6])"
CELLS = [CodeCell("tool", "tool", TOOL), CodeCell("decision", "decision", DECISION)]
ANSWER = 3.0
JOBS = os.cpu_count() or 1
TURNS, KERNELS, RATIO = 5, 4, 10
_MEBIBYTE = 1 << 20


def in_new_kernel(number: int) -> float:
    """Solve one problem in a Jupyter kernel of its own; return the answer."""
    with tempfile.TemporaryDirectory() as folder:
        # Over sockets in the file system: two kernels that start at once may choose one port.
        manager = KernelManager(transport="ipc", ip=str(Path(folder) / f"kernel-{number}"))
        manager.start_kernel(stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        client = manager.client()
        try:
            client.start_channels()
            client.wait_for_ready(timeout=60)
            client.execute_interactive(TOOL, output_hook=lambda _: None)
            reply = client.execute_interactive(
                "", user_expressions={"answer": DECISION}, output_hook=lambda _: None
            )
        finally:
            client.stop_channels()
            manager.shutdown_kernel(now=True)
    return float(reply["content"]["user_expressions"]["answer"]["data"]["text/plain"])


def rate_of_kernels(count: int) -> float:
    """Return problems a second with a new Jupyter kernel for each."""
    began = time.monotonic()
    with ThreadPoolExecutor(JOBS) as pool:
        answers = list(pool.map(in_new_kernel, range(count)))
    seconds = time.monotonic() - began
    _check(answers)
    return count / seconds


def rate_of_isolation(executor: IsolatedExecutor, count: int) -> float:
    """Return problems a second in isolation."""
    began = time.monotonic()
    answers = [future.result().answer for future in [executor.submit(CELLS) for _ in range(count)]]
    seconds = time.monotonic() - began
    _check(answers)
    return count / seconds


def carried(executor: IsolatedExecutor, mebibytes: int) -> float:
    """Return the seconds of an execution that is given an array of this size."""
    array = np.ones(mebibytes * _MEBIBYTE // 8)
    began = time.monotonic()
    future = executor.submit([CodeCell("decision", "decision", "float(array[-1])")], {"array": array})
    _check([future.result().answer * ANSWER])
    return time.monotonic() - began


def _check(answers: list[float]) -> None:
    if set(answers) != {ANSWER}:
        message = f"wrong answers: {set(answers)}"
        raise RuntimeError(message)


def _taken(executor: IsolatedExecutor) -> str:
    server = executor._server._process  # noqa: SLF001 - its memory is what is measured
    processes = {"here": os.getpid(), "fork server": server.pid if server else 0}
    return ", ".join(f"{name} {resident(process) / _MEBIBYTE:.1f} MiB" for name, process in processes.items())


def main(executions: int) -> int:
    """Measure, print, and return 1 if the ratio is too small."""
    with IsolatedExecutor(JOBS) as executor:
        rate_of_isolation(executor, 4 * JOBS)
        ratios = []
        for _ in range(TURNS):
            kernels, isolation = rate_of_kernels(KERNELS), rate_of_isolation(executor, 20 * KERNELS)
            ratios.append(isolation / kernels)
            print(f"kernels {kernels:5.2f}/s   isolation {isolation:6.1f}/s   ratio {ratios[-1]:5.1f}")
        ratio = statistics.median(ratios)
        print(f"median ratio {ratio:.1f}, wanted {RATIO}")
        for mebibytes in (1, 100):
            print(f"given {mebibytes} MiB: {carried(executor, mebibytes) * 1000:.0f} ms")
        for done in range(0, executions + 1, max(1, executions // 4)):
            print(f"after {done:5} executions: {_taken(executor)}")
            if done < executions:
                rate_of_isolation(executor, max(1, executions // 4))
    return int(ratio < RATIO)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 2000))
