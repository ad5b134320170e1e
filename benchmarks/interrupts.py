"""How long the stop button takes, in every place where a solve may be.

    python -m benchmarks.interrupts [TIMES]

prints the median and the longest of ten interrupts for each. A real kernel is interrupted as a front
end does it, and the clock stops when the cell has ended. The limits: median below 0.3 s, never over 1 s.
"""

from __future__ import annotations

import statistics
import sys

from tests.conftest import environment
from tests.faults.waits import WAITS, interrupted_at
from tests.live_notebook import LiveNotebook
from tests.model_server import ModelServer

MEDIAN, LONGEST = 0.3, 1.0


def main(times: int) -> int:
    """Measure, print, and return 1 if a limit was missed."""
    missed = False
    print(f"{'where':34}{'median':>9}{'longest':>9}   of {times}")
    for where in WAITS:
        with ModelServer() as server, LiveNotebook(environment(server)) as notebook:
            notebook.run("%load_ext creator_magic")
            taken = []
            for _ in range(times):
                server.forget()
                ran, seconds = interrupted_at(server, notebook, where)
                if not ran.error.startswith("KeyboardInterrupt: the solve was stopped"):
                    message = f"{where}: {ran.error or 'not interrupted'}"
                    raise RuntimeError(message)
                taken.append(seconds)
        median, longest = statistics.median(taken), max(taken)
        missed = missed or median >= MEDIAN or longest > LONGEST
        print(f"{where:34}{median:7.3f} s{longest:7.3f} s")
    print("over the limit" if missed else "within the limits")
    return int(missed)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 10))
