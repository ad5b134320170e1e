"""A scripted model that explores: it tells the stages by their prompts, and answers by rule."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any

STAGES = {
    "You imagine what people": "imagination",
    "You answer a query": "trial",
    "You look back": "reflection",
    "You decide whether an exchange": "judge",
}
THINGS = [
    "bakery",
    "harbour",
    "meadow",
    "orchard",
    "quarry",
    "tunnel",
    "vineyard",
    "windmill",
    "lantern",
    "glacier",
]
PLACES = ["Lisbon", "Oslo", "Quito", "Dakar", "Hanoi", "Perth", "Cusco", "Malmo", "Turin", "Kyoto"]
PASSED = "Informative: yes\nFaithful: yes\nAppropriate: yes"


def stage_of(body: dict[str, Any]) -> str:
    head = body["messages"][0]["content"]
    return next(stage for beginning, stage in STAGES.items() if head.startswith(beginning))


def tool_of(body: dict[str, Any]) -> str:
    found = re.search(r"The tool:\n```python\ndef (\w+)", body["messages"][1]["content"])
    assert found is not None
    return found[1]


@dataclass
class Explorer:
    """Replies to each stage of an exploration.

    Parameters
    ----------
    calls : dict
        By tool, the source of its calls; `{n}` is the number of the query.
    """

    calls: dict[str, str]
    asked: list[tuple[str, str]] = field(default_factory=list)
    number: int = 0

    def __call__(self, body: dict[str, Any]) -> str:
        stage, tool = stage_of(body), tool_of(body)
        self.asked.append((stage, tool))
        match stage:
            case "imagination":
                self.number += 1
                n = self.number
                thing, place = THINGS[n % 10], PLACES[n // 10 % 10]
                return f"Nothing like it yet.\nQuery: {n} {thing} near {place}, {tool[:3]}{'x' * (n % 7)}?"
            case "trial":
                return self.step(body, tool)
            case "reflection":
                return "It computed what was asked. Now nothing is open.\nVerdict: yes"
            case _:
                return PASSED

    def step(self, body: dict[str, Any], tool: str) -> str:
        said = body["messages"]
        if len(said) > 2:
            observed = said[-1]["content"].split("data\n")[1].split("\n```")[0]
            return f"Answer: it is {observed}"
        queries = re.findall(r"^Query: (\d+)", said[1]["content"], re.MULTILINE)
        return f"```python decision\n{self.calls[tool].replace('{n}', queries[-1])}\n```"


class ByMemory(Explorer):
    """An explorer whose queries follow from the memory it is shown, in whatever order tools are explored."""

    def __call__(self, body: dict[str, Any]) -> str:
        if stage_of(body) != "imagination":
            return super().__call__(body)
        self.asked.append(("imagination", tool_of(body)))
        n = 1 + len(re.findall(r"^- [a-z ]+: \d+ ", body["messages"][1]["content"], re.MULTILINE))
        return f"Nothing like it yet.\nQuery: {n} {THINGS[n % 10]} near {PLACES[n % 10]}?"


def texts(body: dict[str, Any]) -> str:
    return "\n".join(message["content"] for message in body["messages"])


def details(row: tuple[Any, ...]) -> dict[str, Any]:
    return dict(json.loads(row[-1]))
