"""Each method: what it asks, what it runs, and what counts as its answer."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from creator_magic.bench.setup import Setup, parse_setup
from creator_magic.bench.unit import Unit
from creator_magic.bench.work import work_on
from creator_magic.config import CreatorMagic
from creator_magic.engines.worker import Worker, described
from creator_magic.errors import InputError
from creator_magic.ports import Candidate, KeptTool
from tests.bench.sums import TOOL, in_turn, problem, prompt_of, right

if TYPE_CHECKING:
    from creator_magic.bench.problem import BenchProblem
    from creator_magic.bench.row import Row
    from creator_magic.bench.trace import Trace
    from tests.model_server import ModelServer

DOUBLE = Candidate(
    "double",
    'def double(x: int) -> int:\n    """Return twice `x`."""',
    "the toolbox",
    (),
    (KeptTool("double", "def double(x):\n    return 2 * x  # secret of its body"),),
)


def worker(server: ModelServer, **settings: Any) -> Worker:
    told = {"model": "test-model", "base_url": server.url, "cassette_mode": "off", **settings}
    return Worker("test", described(CreatorMagic({}), **told))


def work(
    server: ModelServer,
    method: str,
    *problems: BenchProblem,
    tools: tuple[Candidate, ...] = (),
    **settings: Any,
) -> list[tuple[Row, Trace]]:
    unit = Unit(problems or (problem(1),), parse_setup(method, tools=tuple(t.name for t in tools)), 1, tools)
    return list(work_on(unit, worker(server, **settings)))


@pytest.mark.parametrize(
    ("method", "calls"), [("vanilla", 1), ("cot", 1), ("pot", 1), ("entangled", 1), ("creator", 2)]
)
def test_a_right_answer_is_right_by_every_method(server: ModelServer, method: str, calls: int) -> None:
    server.reply_by(right)
    ((row, trace),) = work(server, method)
    assert (row.outcome, row.correct, row.answer, row.gold) == ("right", True, "101", "101")
    assert (row.calls, row.attempts, row.right_at) == (
        calls,
        int(calls > 1 or method in ("pot", "entangled")),
        0,
    )
    assert row.tokens == row.prompt_tokens + row.completion_tokens > 0
    assert [call.reply for call in trace.calls] == [right(request.body) for request in server.calls]
    assert problem(1).text in prompt_of(server.calls[0].body)


@pytest.mark.parametrize("method", ["vanilla", "cot"])
def test_of_a_text_only_its_last_line_is_an_answer(server: ModelServer, method: str) -> None:
    server.reply_with(
        "It is 1 + 100.\nAnswer: 7\nNo wait.\nAnswer: 101\n",
        "The answer is 101.",
        "Answer: 101 or so\nI am sure",
    )
    assert [work(server, method)[0][0].outcome for _ in range(3)] == ["right", "no answer", "no answer"]


def test_of_several_texts_the_most_frequent_answer_is_taken(server: ModelServer) -> None:
    server.reply_with("Answer: 7", "Answer: 101", "Answer: 101")
    ((row, _),) = work(server, "cot,samples=3")
    assert (row.answer, row.calls) == ("101", 3)


def test_several_blocks_are_one_program_and_a_failed_one_is_rectified(server: ModelServer) -> None:
    server.reply_with(
        "```python\nfirst = 1\n```\nand then\n```python\nfirst + nothing\n```",
        "The name was wrong.\n```python\n1 + 100\n```",
    )
    ((row, trace),) = work(server, "pot")
    assert (row.outcome, row.attempts, row.right_at, row.calls) == ("right", 2, 1, 2)
    assert trace.attempts[0].cells == (("decision", "first = 1\n\nfirst + nothing"),)
    assert "NameError" in trace.attempts[0].traceback
    again = prompt_of(server.calls[1].body)
    assert "first + nothing" in again
    assert "NameError" in again
    server.reply_with("```python\nnothing\n```")
    assert work(server, "pot,rectify=0")[0][0].outcome == "failed"


def test_named_tools_are_shown_without_their_code_and_run_before_the_program(server: ModelServer) -> None:
    server.reply_with("```python\ndouble(50) + 1\n```")
    ((row, trace),) = work(server, "tools", tools=(DOUBLE,))
    assert (row.outcome, row.reused) == ("right", ("double",))
    assert [role for role, _ in trace.attempts[0].cells] == ["tool", "decision"]
    prompt = prompt_of(server.calls[0].body)
    assert "Return twice `x`." in prompt
    assert "secret of its body" not in prompt


def test_hints_and_reasoning_are_asked_for_where_they_are_wanted(server: ModelServer) -> None:
    server.reply_by(right)
    work(server, "creator")
    work(server, "creator,hints=utility")
    work(server, "creator,hints=all,cot")
    plain, utility, everything = (prompt_of(server.calls[at].body) for at in (0, 2, 4))
    assert "Hints" not in plain
    assert "It adds." in utility
    assert "Two numbers." not in utility
    assert "It adds." in everything
    assert "Two numbers." in everything
    assert "Their sum." in everything
    assert "step by step" in everything
    assert "step by step" not in utility
    assert everything.startswith(plain.partition("\n\n")[0])


def test_a_tool_serves_the_later_problems_of_its_group_and_no_other(server: ModelServer) -> None:
    server.reply_by(right)
    rows = [row for row, _ in work(server, "creator,transfer", problem(1, "a"), problem(2, "a"))]
    assert [(row.outcome, row.calls, row.reused) for row in rows] == [
        ("right", 2, ()),
        ("right", 1, ("add",)),
    ]
    ((other, _),) = work(server, "creator,transfer", problem(3, "b"))
    assert (other.calls, other.reused) == (2, ())
    ((without, _),) = work(server, "creator", problem(4, "a"))
    assert (without.calls, without.reused) == (2, ())


def test_a_tool_that_did_not_run_is_not_kept(server: ModelServer) -> None:
    broken = TOOL.replace("return first + second", "return first + third").replace("4\n", "5\n")
    server.reply_by(
        in_turn(broken, "```python decision\nadd(1, 100)\n```", TOOL, "```python decision\nadd(2, 100)\n```")
    )
    rows = [row for row, _ in work(server, "creator,transfer,rectify=0", problem(1, "a"), problem(2, "a"))]
    assert [row.outcome for row in rows] == ["failed", "right"]
    assert all("Kept tools" not in prompt_of(call.body) for call in server.calls)


def test_of_several_solutions_the_one_that_most_agree_with_is_taken(server: ModelServer) -> None:
    server.reply_by(
        in_turn("```python\n7\nlen('')\n```", "```python\nsum([1, 100])\n```", "```python\nint('101')\n```")
    )
    ((row, trace),) = work(server, "pot,samples=3")
    assert (row.answer, row.calls, row.attempts) == ("101", 3, 3)
    assert [attempt.answer for attempt in trace.attempts] == ["0", "101", "101"]


def test_an_answer_comes_from_execution_and_never_from_prose(server: ModelServer) -> None:
    server.reply_by(
        in_turn(TOOL, "```python decision\nprint(add(1, 1))\n```\nThe output is 101. Answer: 101")
    )
    ((row, _),) = work(server, "creator")
    assert (row.outcome, row.answer) == ("wrong", "2")
    server.reply_by(lambda _: "It is 101. Answer: 101")
    ((row, _),) = work(server, "creator")
    assert (row.outcome, row.answer, row.correct) == ("failed", "", False)


def test_what_code_may_not_do_or_never_ends_costs_its_own_problem(server: ModelServer) -> None:
    server.reply_by(lambda _: "```python\nopen('x', 'w').write('x')\n```")
    ((row, _),) = work(server, "pot")
    assert (row.outcome, row.failure) == ("failed", "denied: NotPermitted")
    server.reply_by(lambda _: "```python\nwhile True: len('')\n```")
    ((row, _),) = work(server, "pot,rectify=0", timeout=0.5)
    assert row.outcome == "failed"
    assert row.failure.startswith("timeout")


def test_each_attempt_finds_nothing_of_others(server: ModelServer) -> None:
    look = "```python\nimport os, sys\n[os.listdir(), 'left' in globals(), hasattr(sys, 'left')]\n```"
    server.reply_by(in_turn("```python\nimport sys\nleft = sys.left = 1\nlen('')\n```", look))
    rows = [work(server, "pot", policy={"kernel": "allow", "dynamic": "allow"})[0][0] for _ in range(2)]
    assert rows[1].answer == "[[], False, False]"


def test_problems_that_are_worked_on_at_once_do_not_disturb_each_other(server: ModelServer) -> None:
    # `ast.parse` of two threads at once fails now and then, in CPython 3.11 and 3.12.
    server.reply_by(right)
    units = [Unit((problem(number),), Setup("creator")) for number in range(24)]
    told = worker(server)
    with ThreadPoolExecutor(8) as threads:
        rows = [row for done in threads.map(partial(work_on, worker=told), units) for row, _ in done]
    assert {row.id: row.answer for row in rows} == {str(n): str(n + 100) for n in range(24)}


@pytest.mark.parametrize(
    "setup",
    [
        Setup("creator"),
        Setup("creator", cot=True, hints="all", rectifications=3, transfer=True, samples=5),
        Setup("tools", tools=("a", "b"), rectifications=0),
        Setup("cot", rectifications=0, samples=3),
    ],
)
def test_a_setup_is_what_its_label_says(setup: Setup) -> None:
    assert parse_setup(setup.label) == setup


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("creater", "There is no method 'creater'. Did you mean creator?"),
        ("creator,hint=all", "'hint=all' is no option"),
        ("creator,hints=some", "hints are none, utility, all, not 'some'"),
        ("creator,rectify=many", "rectify is a whole number from 0 to 20, not 'many'"),
        ("pot,transfer", "pot has no option transfer. It has: cot, hints, rectify, samples."),
        ("vanilla,rectify=2", "vanilla has no option rectify"),
        ("creator,cot,cot", "cot is said twice"),
        ("creator,samples", "'samples' is no option"),
        ("tools", "--tools NAME,NAME"),
    ],
)
def test_a_setup_that_cannot_be_read_is_refused(text: str, said: str) -> None:
    with pytest.raises(InputError, match=r".") as refused:
        parse_setup(text)
    assert said in refused.value.message
