"""How long the prompts are: each stage's constant head and varying tail, for the problems of a file."""

from __future__ import annotations

import re
import statistics
from typing import TYPE_CHECKING

from benchmarks.overhead import problems
from benchmarks.overhead.figures import Figure
from creator_magic.bench.data import bundled, read_problems
from creator_magic.kernel.live import LiveKernel
from creator_magic.ports import Question, Reply
from creator_magic.problem import Problem
from creator_magic.solver import solve

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SMOLAGENTS = 8543
"""Characters of the prompt of smolagents' single step, measured on another machine; `benchmarks.peers` has
this one's."""

STAGES = ("creation", "decision", "rectification", "entangled")

_TOKEN = re.compile(r"\w{1,6}|[^\w\s]|\n+")
"""About a token: a piece of a word, a sign, an end of line."""


class Collecting:
    """Answers with the scripted replies, and keeps what was asked; satisfies `creator_magic.ports.Model`."""

    def __init__(self) -> None:
        self.asked: list[Question] = []

    def ask(self, question: Question, on_text: Callable[[str], None]) -> Reply:
        """Reply with a tool, a decision that fails, and one that does not."""
        self.asked.append(question)
        tool, failing = problems.tool(0), problems.decision(0, failing=True)
        if question.stage == "rectification":
            text = f"The rate was not given.\n```python decision\n{problems.decision(0)}\n```"
        elif question.stage == "entangled":
            text = f"```python tool\n{tool}\n```\n```python decision\n{failing}\n```"
        elif question.stage == "creation":
            text = f"```python tool\n{tool}\n```"
        else:
            text = f"```python decision\n{failing}\n```"
        on_text(text)
        return Reply(text)


def prompts(file: Path | None) -> tuple[list[Figure], dict[str, tuple[float, float]]]:
    """Measure the prompts of each stage for the problems of a file; our own ones if there is none.

    Returns
    -------
    list of Figure
        Characters, and about how many tokens.
    dict of str to tuple
        The median characters of each stage's head and tail.
    """
    data = bundled() if file is None else read_problems(file)
    sizes: dict[str, list[tuple[int, int]]] = {stage: [] for stage in STAGES}
    texts: dict[str, list[str]] = {stage: [] for stage in STAGES}
    for each in data.problems:
        for method in ("creator", "entangled"):
            model = Collecting()
            solution = solve(Problem(each.text, method=method), model, LiveKernel(), owner="")
            assert solution.solved, solution
            for question in model.asked:
                if method == "creator" or question.stage == "entangled":
                    head, *tail = (message.content for message in question.messages)
                    sizes[question.stage].append((len(head), len("".join(tail))))
                    texts[question.stage].append(head + "".join(tail))
    count = len(data.problems)
    both = [sum(pair) for pair in zip(*([sum(size) for size in sizes[s]] for s in STAGES[:2]), strict=True)]
    figures = [
        Figure(
            "prompts of creation and decision together, against smolagents' single step",
            tuple(each / SMOLAGENTS for each in both),
            "x",
            1.0,
            f"{statistics.median(both):,.0f} against {SMOLAGENTS:,} characters; "
            f"{count} problems of {data.name}",
        )
    ]
    middle: dict[str, tuple[float, float]] = {}
    for stage in STAGES:
        constant, varying = (statistics.median(size[place] for size in sizes[stage]) for place in (0, 1))
        middle[stage] = constant, varying
        assert len({size[0] for size in sizes[stage]}) == 1, f"the head of {stage} varies"
        tokens = statistics.median(len(_TOKEN.findall(text)) for text in texts[stage])
        figures.append(
            Figure(
                f"prompt of {stage}",
                tuple(float(sum(size)) for size in sizes[stage]),
                "characters",
                beside=f"constant {constant:,.0f}, varying {varying:,.0f}; about {tokens:,.0f} tokens",
            )
        )
    return figures, middle
