"""Replies for the browser tests: a tool that adds a row to a list of the person's, and friends."""

from __future__ import annotations

from tests.model_server import ScriptedReply

LOAD = "%load_ext creator_magic\nrows = []"
ADD = "%%solve --use rows\nAdd a row."

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


def slowly(reply: str, seconds: float = 1.5) -> ScriptedReply:
    """A reply that lets one wait."""
    return ScriptedReply(reply, wait=seconds)
