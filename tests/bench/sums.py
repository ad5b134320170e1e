"""Problems of the tests, "Sum N: what is A plus B?", and right replies for every stage that may ask."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from creator_magic.bench.problem import BenchProblem

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from tests.model_server import ScriptedReply

TOOL = """```python tool
def add(first: int, second: int) -> int:
    \"\"\"Return the sum of two numbers.

    >>> add(2, 2)
    4
    \"\"\"
    return first + second
```"""
_SUM = re.compile(r"Sum (\d+): what is (\d+) plus (\d+)\?")


def problem(number: int, group: str = "") -> BenchProblem:
    """Return the problem of a number; its answer is `number + 100`."""
    hints = {"utility": "It adds.", "arguments": "Two numbers.", "returns": "Their sum."}
    text = f"Sum {number}: what is {number} plus 100?"
    return BenchProblem(str(number), text, str(number + 100), data="sums", group=group, hints=hints)


def write_problems(path: Path, count: int) -> Path:
    """Write problems into a file in JSON Lines."""
    lines = [json.dumps({"id": p.id, "text": p.text, "answer": p.answer}) for p in map(problem, range(count))]
    path.write_text("\n".join(lines) + "\n")
    return path


def prompt_of(body: dict[str, Any]) -> str:
    """Return all that was asked in a request."""
    return "\n".join(message["content"] for message in body["messages"])


def numbers_in(prompt: str) -> tuple[int, int, int]:
    """Return which sum a prompt states, and of which numbers."""
    found = _SUM.search(prompt)
    assert found is not None, prompt
    number, first, second = map(int, found.groups())
    return number, first, second


def right(body: dict[str, Any]) -> str:
    """Reply rightly, in the form that the stage asks for."""
    prompt = prompt_of(body)
    _, first, second = numbers_in(prompt)
    decision = f"```python decision\nadd({first}, {second})\n```"
    if "one Python program" in prompt:
        return f"```python\n{first} + {second}\n```"
    if "`Answer: `" in prompt:
        return f"Answer: {first + second}"
    if "two pieces of code" in prompt:
        return f"{TOOL}\n\n{decision}"
    return decision if "The tool:" in prompt or "Kept tools, the nearest first:" in prompt else TOOL


def in_turn(*replies: str) -> Callable[[dict[str, Any]], str | ScriptedReply]:
    """Return what replies with one text after the other."""
    left: Sequence[str] = list(replies)
    return lambda _: left.pop(0)  # type: ignore[attr-defined]
