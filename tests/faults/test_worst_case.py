"""What one problem can cost at most, whatever the model does: 2 + N calls, or 1 + N in one reply."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, get_args

import pytest

from creator_magic.kernel.live import LiveKernel
from creator_magic.model import retries
from creator_magic.model.endpoint import ChatModel
from creator_magic.ports import Beginning, CodeCell
from creator_magic.problem import Method, Problem
from creator_magic.solver import rectify, solve
from creator_magic.working import Limits
from tests.model_server import ModelServer, ScriptedReply

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from creator_magic.solution import Solution

TOOL = "```python tool\ndef tool_{n}(number):\n    return number + {n}\n```"
REPLIES = {
    "prose": "Reply {n}: I would rather talk about it.",
    "tool": TOOL,
    "decision": "```python decision\n{n} + missing_{n}\n```",
    "both": TOOL + "\n```python decision\ntool_{n}('{n}')\n```",
    "no Python": "```python\ndef tool_{n}(:\n```",
    "cut off": TOOL,
}
"""Kinds of reply, none of them a solution; each new one has another number in it."""


MOST_BEYOND: dict[Method, int] = {"creator": 2, "entangled": 1, "create": 1, "plan": 3}
"""Calls of each method beyond its rectifications. A plan that cannot be read costs its call, and no more."""


def reply_of(kind: str, number: int) -> ScriptedReply:
    text = REPLIES[kind].replace("{n}", str(number))
    return ScriptedReply(text, finish_reason="length" if kind == "cut off" else "stop")


@pytest.fixture
def model(server: ModelServer) -> Iterator[ChatModel]:
    connected = ChatModel("test-model", server.url, "sk-test")
    yield connected
    connected.close()


def ask(model: ChatModel, method: Method, rectifications: int) -> Solution:
    problem, limits = Problem("What?", method=method), Limits(rectifications, 10.0)
    return solve(problem, model, LiveKernel(), owner="test", limits=limits)


def ask_to_rectify(model: ChatModel, method: Method, rectifications: int) -> Solution:
    cells = [
        CodeCell("tool", "tool", "def tool():\n    return 1"),
        CodeCell("decision", "decision", "tool()"),
    ]
    beginning = Beginning(tuple(cells[: 1 if method == "create" else 2]), "That is wrong.")
    problem, limits = Problem("What?", method=method), Limits(rectifications, 10.0)
    return rectify(problem, beginning, model, LiveKernel(), owner="test", limits=limits)


def all_sequences(
    server: ModelServer,
    ask: Callable[[], Solution],
    method: Method,
    kinds: Sequence[str] = tuple(REPLIES),
    steps: int = 0,
) -> Iterator[list[str]]:
    """Solve against every sequence of replies of `kinds`; yield the kinds of those that were asked for.

    With `steps`, each sequence follows a plan of so many.
    """
    path: list[int] = []
    while True:
        asked: list[str] = []

        def reply(_: object, asked: list[str] = asked, path: Sequence[int] = tuple(path)) -> ScriptedReply:
            if steps and len(server.calls) == 1:
                return ScriptedReply("".join(f"{step}. Step {step}\n" for step in range(1, steps + 1)))
            number = len(asked)
            asked.append(kinds[path[number] if number < len(path) else 0])
            return reply_of(asked[-1], number)

        server.forget()
        server.reply_by(reply)
        solution = ask()
        assert server.errors == []
        assert not solution.solved or method == "create"
        assert len(server.calls) == len(asked) + bool(steps) == solution.usage.calls
        yield asked
        # The next sequence: as far as replies were asked for, a later one at the last place that has one.
        path = [kinds.index(kind) for kind in asked]
        while path and path[-1] == len(kinds) - 1:
            path.pop()
        if not path:
            return
        path[-1] += 1


@pytest.mark.parametrize("rectifications", [0, 1, 2])
@pytest.mark.parametrize("method", get_args(Method))
def test_no_sequence_of_replies_costs_more_calls(
    server: ModelServer, model: ChatModel, method: Method, rectifications: int
) -> None:
    most = rectifications + MOST_BEYOND[method]
    # Of all kinds there are thousands of sequences of four.
    kinds = ["no Python", "tool", "decision"] if most > 3 or method == "plan" else list(REPLIES)
    solve_once = partial(ask, model, method, rectifications)
    counts = [len(asked) for asked in all_sequences(server, solve_once, method, kinds)]
    assert max(counts) == most
    assert len(counts) > len(kinds) ** rectifications


@pytest.mark.parametrize(("steps", "rectifications"), [(2, 0), (1, 1)])
def test_a_plan_costs_a_creation_for_each_step_and_a_decision_with_their_rectifications(
    server: ModelServer, model: ChatModel, steps: int, rectifications: int
) -> None:
    """And one call more for a step that is offered what earlier ones made, and uses none of it."""
    solve_once = partial(ask, model, "plan", rectifications)
    replies = all_sequences(server, solve_once, "plan", ["prose", "tool", "both"], steps)
    counts = [len(asked) for asked in replies]
    assert max(counts) == (steps + 1) * (1 + rectifications) + steps - 1


@pytest.mark.parametrize("rectifications", [1, 2])
@pytest.mark.parametrize("method", get_args(Method))
def test_rectifying_by_request_costs_at_most_a_call_a_rectification(
    server: ModelServer, model: ChatModel, method: Method, rectifications: int
) -> None:
    rectify_once = partial(ask_to_rectify, model, method, rectifications)
    counts = [len(asked) for asked in all_sequences(server, rectify_once, method)]
    assert max(counts) == rectifications


def test_each_call_is_sent_at_most_three_times(
    server: ModelServer, model: ChatModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retries, "FIRST_PAUSE", 0.0)
    most = 4
    for call in range(most):
        server.fault(3 * call, "500")
        server.fault(3 * call + 1, "drop-before")
    server.reply_by(lambda _: reply_of("both" if len(server.calls) > 3 else "tool", len(server.calls)))
    solution = ask(model, "creator", 2)
    assert not solution.solved
    assert solution.usage.calls == most
    assert len(server.calls) == 3 * most
