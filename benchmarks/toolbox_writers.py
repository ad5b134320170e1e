"""Eight processes that add, count and search in one toolbox: how long a write takes, and what is lost.

python -m benchmarks.toolbox_writers [SECONDS]
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

from creator_magic.toolbox.store import ToolStore
from tests.test_toolbox_store import write_at_once

WRITERS = 8
LIMIT = 0.5


def main(seconds: float) -> int:
    """Measure, print, and return 1 if anything was lost, said or late."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / ".creator" / "toolbox.sqlite"
        said = write_at_once(path, WRITERS, seconds)
        made = [json.loads(out) for out, _ in said]
        store = ToolStore(path)
        kept = store.tools()
        store.close()
    writes = sorted(each for _, of_one in made for each in of_one)
    lost = sum(number for number, _ in made) - sum(tool.uses == 1 for tool in kept)
    errors = [error for _, error in said if error]
    p99 = writes[int(0.99 * len(writes))]
    print(f"{WRITERS} processes, {seconds:g} s: {len(kept):,} tools, {len(writes):,} writes")
    median = writes[len(writes) // 2]
    print(f"a write: median {1e3 * median:.1f} ms, p99 {p99:.3f} s, longest {writes[-1]:.3f} s")
    print(f"lost: {lost}; errors: {errors or 'none'}")
    return int(bool(lost or errors or p99 >= LIMIT))


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1]) if len(sys.argv) > 1 else 60.0))
