"""What it costs to save the process before an attempt, and to put it back.

    python -m benchmarks.process_state [TIMES]

prints medians of processor time in a process with IPython, pandas and matplotlib loaded, for code
that names few libraries and for code that names those three; restoring follows an attempt that
changed something. As a measure of the machine, the ratio to copying a list of a million references
stands beside them, timed in turn. The limit: saving takes at most twice as long.
"""

from __future__ import annotations

import random
import statistics
import sys
import time
from typing import TYPE_CHECKING

import ipykernel.ipkernel  # noqa: F401 - what a kernel has loaded
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from creator_magic.kernel.process_state import ProcessState

if TYPE_CHECKING:
    from collections.abc import Callable

CODE = {
    "names the standard library": "import math, random, statistics\nmath.sqrt(2)",
    "names pandas, NumPy and pyplot": "import numpy as np, pandas as pd, matplotlib.pyplot as plt\nplt.plot",
}
LIMIT = 2.0


def main(times: int) -> int:
    """Measure, print, and return 1 if the limit was missed."""
    namespace = {"pd": pd, "np": np, "plt": plt, "frame": pd.DataFrame({"a": [1, 2]})}
    million = [object()] * 1_000_000
    worst = 0.0
    print(f"{'code that':34}{'save':>10}{'restore':>10}{'save, in copies of a million references':>42}")
    for what, code in CODE.items():
        saves, restores, copies = [], [], []
        ProcessState([code], namespace).restore()
        for _ in range(times):
            copies.append(_timed(million.copy))
            began = time.thread_time()
            state = ProcessState([code], namespace)
            saves.append(time.thread_time() - began)
            random.seed(1)
            restores.append(_timed(state.restore))
            del state
        saved, ratio = statistics.median(saves), statistics.median(saves) / statistics.median(copies)
        worst = max(worst, ratio)
        print(f"{what:34}{saved * 1000:7.2f} ms{statistics.median(restores) * 1000:7.2f} ms{ratio:42.2f}")
    print("over the limit" if worst > LIMIT else "within the limit")
    return int(worst > LIMIT)


def _timed(act: Callable[[], object]) -> float:
    began = time.thread_time()
    act()
    return time.thread_time() - began


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 50))
