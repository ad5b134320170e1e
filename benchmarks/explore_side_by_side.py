"""How much sooner tools are explored side by side than one after the other, timed in one run.

    python -m benchmarks.explore_side_by_side [TOOLS]

Each reply of the model, on loopback, takes 0.2 s. A trial takes five replies and one call of the tool.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from tests.conftest import environment
from tests.explore.scripted import ByMemory
from tests.model_server import ModelServer, ScriptedReply

TOOLS, EPISODES, TRIALS, REPLIES = 8, 3, 4, 5
LATENCY = 0.2


def seconds(server: ModelServer, tools: int, jobs: int) -> float:
    """Return how long it takes to explore so many tools, so many at a time, from the command to its end."""
    names = [f"fee_{number}" for number in range(tools)]
    explorer = ByMemory({name: f"{name}({{n}})" for name in names})

    def reply(body: dict[str, Any]) -> ScriptedReply:
        return ScriptedReply(explorer(body), wait=LATENCY)

    server.reply_by(reply)
    with tempfile.TemporaryDirectory() as folder:
        source = "".join(f"def {name}(n):\n    'Return a fee.'\n    return 3 * n\n" for name in names)
        Path(folder, "fees.py").write_text(source)
        course = ["--episodes", str(EPISODES), "--trials", str(TRIALS), "--jobs", str(jobs)]
        command = [str(Path(sys.executable).parent / "creator-magic"), "explore"]
        began = time.monotonic()
        subprocess.run(  # noqa: S603 - our own
            [*command, *(f"fees:{name}" for name in names), *course],
            cwd=folder,
            env={**os.environ, **environment(server)},
            stdout=subprocess.DEVNULL,
            check=True,
        )
        return time.monotonic() - began


def main() -> None:
    """Time both, and print how they compare."""
    tools = int(sys.argv[1]) if len(sys.argv) > 1 else TOOLS
    waits = EPISODES * TRIALS * REPLIES * LATENCY
    with ModelServer() as server:
        alone, together = (seconds(server, tools, jobs) for jobs in (1, tools))
    print(f"one after the other  {alone:6.1f} s, of which {tools * waits:6.1f} s the model's")
    print(f"side by side         {together:6.1f} s, of which {waits:6.1f} s the model's")
    print(f"times as fast        {alone / together:6.1f}")


if __name__ == "__main__":
    main()
