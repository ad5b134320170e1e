"""Replies for the browser tests: a tool that adds a row to a list of the person's, and friends."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.model_server import ModelServer

LOAD = "%load_ext creator_magic\nrows = []"
ADD = "%%solve --use rows\nAdd a row."

OWN = ("cell-0", "cell-1", "cell-2", "cell-3")
SOLVED = ["", "", "tool", "decision", "", ""]
"""The person's cells of a solved notebook, and the slots of all that stand in it."""

TOOL = """```python tool
def add(rows, row):
    '''Add a row.'''
    rows.append(row)
    return len(rows)
```"""
DECISION = "```python decision\nprint('adding')\nadd(rows, 'row')\n```"
OTHER_TOOL = TOOL.replace("Add a row.", "Add another row.")
OTHER_DECISION = DECISION.replace("'row'", "'other'")

BROKEN = TOOL.replace("rows.append", "row_list.append")
"""A tool that fails with a NameError."""


@dataclass(frozen=True)
class Held:
    """A reply that is given only when the test says so."""

    text: str


def reply_in_turn(model: ModelServer, *replies: str | Held) -> threading.Event:
    """Let `model` give `replies`; those that are held, when the event that is returned is set."""
    go = threading.Event()
    left = deque(replies)

    def reply(_: dict[str, Any]) -> str:
        now = left.popleft()
        if not left:
            model._function = None  # what follows comes from the queue again
        if isinstance(now, Held):
            go.wait(60)
            return now.text
        return now

    model.reply_by(reply)
    return go
