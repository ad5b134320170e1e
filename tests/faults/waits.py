"""The places where a solve may be when a person interrupts it, for the tests and the benchmark."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.faults.book import DECISION, TOOL
from tests.model_server import ScriptedReply

if TYPE_CHECKING:
    from tests.live_notebook import LiveNotebook, Ran
    from tests.model_server import ModelServer

BEGUN = "/begun"
"""What running code asks the server for, to tell that it has come so far."""

TELL = f"""import urllib.request, urllib.error, os
def tell():
    try:
        urllib.request.urlopen(os.environ['OPENAI_BASE_URL'] + '{BEGUN}')
    except urllib.error.HTTPError:
        pass
"""
"""A function that tells the server."""

CODE = {
    "a Python loop": "while True:\n        number += 1",
    "a sleep": "import time\n    time.sleep(1e6)",
    "a NumPy loop": "import numpy\n    grid = numpy.ones(100_000)\n    while True:\n"
    "        grid = numpy.sqrt(grid + 1)",
}


@dataclass(frozen=True)
class Wait:
    """A place to interrupt at.

    Parameters
    ----------
    requests : int
        Requests for a reply until then, the one that is waited for included.
    replies : tuple
        What the server says; where they end, it says nothing.
    code : bool
        Whether generated code is running.
    """

    requests: int
    replies: tuple[str | ScriptedReply, ...] = ()
    code: bool = False


def running(what: str) -> Wait:
    """Wait while the tool of a solve does `what` of `CODE`."""
    tool = f"{TELL}def one_more(number):\n    tell()\n    {CODE[what]}"
    return Wait(2, (f"```python tool\n{tool}\n```", DECISION), code=True)


SLOWLY = ScriptedReply(TOOL * 50, pause=0.02)

WAITS = {
    "the wait for the tool": Wait(1),
    "the reply, as it streams": Wait(1, (SLOWLY,)),
    "the wait for the decision": Wait(2, (TOOL,)),
    **{what: running(what) for what in CODE},
    "the wait for a rectification": Wait(3, (TOOL, DECISION.replace("41", "'41'"))),
}


def interrupted_at(server: ModelServer, notebook: LiveNotebook, where: str) -> tuple[Ran, float]:
    """Run a solve until it is `where`, interrupt it, and return what came and after how many seconds."""
    wait = WAITS[where]
    server.fault(len(wait.replies), "hang")
    server.reply_with(*wait.replies)
    message = notebook.send("%%solve\nWhat is one more than 41?", "magic", places_cells=True)
    server.wait_for(wait.requests)
    if wait.code:
        server.wait_for(1, f"/v1{BEGUN}")
    # So that the kernel is in the middle of the wait, not at its first step.
    time.sleep(0.2)
    began = time.monotonic()
    notebook.interrupt()
    ran = notebook.gather(message)
    return ran, time.monotonic() - began
