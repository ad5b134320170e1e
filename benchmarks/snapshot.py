"""What an attempt's snapshot costs, in time and in memory.

    python -m benchmarks.snapshot

Each line is a notebook: the median of saving it, of putting it back after a failure that changed
nothing, and of finding that nothing changed after success; what the process grew by meanwhile; and,
timed in turn with them, a yardstick: the loop `for _ in range(10_000): pass`. All in seconds of this
process, which other work on the machine does not change. The limits are those of docs/transactions.md.
"""

from __future__ import annotations

import statistics
import sys
import time
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import psutil

from creator_magic.kernel.snapshot import Limits, Snapshot

if TYPE_CHECKING:
    from collections.abc import Callable

TIMES = 9
GIB = 1 << 30


class _Order:
    def __init__(self, number: int) -> None:
        self.number = number
        self.lines = [number, {"price": 3.2}]


def _ordinary() -> dict[str, Any]:
    names: dict[str, Any] = {}
    for i in range(20):
        names |= {
            f"number_{i}": i,
            f"text_{i}": f"text {i}",
            f"rows_{i}": list(range(20)),
            f"nested_{i}": {"a": [1, 2], "b": {"c": [i]}},
            f"seen_{i}": {i, "x"},
            f"grid_{i}": np.arange(100.0),
            f"frame_{i}": pd.DataFrame({"a": [1.0, 2], "b": ["x", "y"]}),
            f"column_{i}": pd.Series([1, 2, 3]),
            f"order_{i}": _Order(i),
            f"day_{i}": pd.Timestamp("2026-01-01"),
        }
    return names


NOTEBOOKS: dict[str, tuple[Callable[[], dict[str, Any]], str, float]] = {
    "200 ordinary variables": (_ordinary, "rows_0.append(nested_0)", 0.005),
    "frame, 1 GiB of floats": (
        lambda: {"df": pd.DataFrame(np.random.default_rng(0).random((1 << 17, 1 << 10)))},
        "df.sum()",
        0.005,
    ),
    "frame, 1 GiB of strings": (
        lambda: {"df": pd.DataFrame({"s": [f"{i:>1000}" for i in range(1 << 20)]})},
        "df['s'].str.len()",
        0.005,
    ),
    "array, 1 GiB": (lambda: {"grid": np.ones(GIB // 8)}, "grid.sum()", Limits().seconds),
    "150,000 small objects": (lambda: {"rows": [[i] for i in range(150_000)]}, "rows[0]", Limits().seconds),
    "1,000,000 small objects": (
        lambda: {"rows": [[i] for i in range(1_000_000)]},
        "rows[0]",
        Limits().seconds,
    ),
}


def _yardstick() -> float:
    began = time.process_time()
    for _ in range(10_000):
        pass
    return time.process_time() - began


def _timed(act: Callable[[], object]) -> float:
    began = time.process_time()
    act()
    return time.process_time() - began


def main() -> int:
    """Measure, print, and return 1 if a limit was missed."""
    process = psutil.Process()
    missed = False
    heads = "".join(f"{head:>10}" for head in ("save", "restore", "success", "memory", "yardstick"))
    print(f"{'notebook':26}{heads}   told before")
    for what, (made, code, limit) in NOTEBOOKS.items():
        names = made()
        seconds: list[tuple[float, ...]] = []
        grown, told = 0, list[str]()
        for _ in range(TIMES):
            before = process.memory_info().rss
            began = time.process_time()
            snapshot = Snapshot(names, [code])
            save = time.process_time() - began
            grown = max(grown, process.memory_info().rss - before)
            told = list(snapshot.beyond())
            success = _timed(snapshot.changed)
            restore = _timed(snapshot.restore)
            snapshot.close()
            seconds.append((save, restore, success, _yardstick()))
        save, restore, success, yardstick = map(statistics.median, zip(*seconds, strict=True))
        missed = missed or save > limit
        print(
            f"{what:26}{save * 1e3:7.2f} ms{restore * 1e3:7.2f} ms{success * 1e3:7.2f} ms"
            f"{grown >> 20:6} MiB{yardstick * 1e3:7.2f} ms   {'; '.join(told)}"
        )
        del names
    print("over a limit" if missed else "within the limits")
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
