"""Replies, written by hand, for tests that want a tool of no interest and a decision that they choose."""

from __future__ import annotations

TOOL = "```python tool\ndef twice(x):\n    return 2 * x\n```"


def decision(*lines: str) -> str:
    """A reply with these lines as its decision."""
    return "```python decision\n" + "\n".join(lines) + "\n```"
