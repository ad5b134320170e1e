"""The prompts: a constant head, a varying tail, the problem verbatim and once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from creator_magic.draft import Draft, ToolText
from creator_magic.feedback import Feedback
from creator_magic.model.cassette import asked_of, key_of
from creator_magic.ports import Candidate, CodeCell, KeptTool, Message
from creator_magic.problem import Problem, Variable
from creator_magic.stages.answer import answer
from creator_magic.stages.creation import creation
from creator_magic.stages.decision import decision
from creator_magic.stages.entangled import entangled
from creator_magic.stages.explanation import explanation
from creator_magic.stages.help import help_in_words
from creator_magic.stages.mending import mending
from creator_magic.stages.plan import plan
from creator_magic.stages.program import program
from creator_magic.stages.reasoning import with_reasoning
from creator_magic.stages.rectification import rectification
from creator_magic.stages.reuse import reuse
from creator_magic.stages.review import review

if TYPE_CHECKING:
    from creator_magic.ports import Question

BROKE = Feedback(ok=False, summary="it broke", for_model="The tool cell failed with KeyError: 'aa'")
TOOL, DECISION = "def twice(x):\n    return 2 * x", "twice(4)"
DRAFT = Draft((), (ToolText(TOOL),), DECISION)
SHOWN = "def half(x):\n    ..."
KEPT = (Candidate("half", SHOWN, "the toolbox", (), (KeptTool("half", "def half(x):\n    return x / 2"),)),)


def questions(problem: Problem) -> list[Question]:
    return [
        creation(problem),
        decision(problem, TOOL, 1),
        entangled(problem),
        rectification(problem, DRAFT, BROKE, 2),
        rectification(problem, Draft(), BROKE, 3, "def f(:"),
        reuse(problem, KEPT),
        reuse(problem, KEPT, may_create=False),
        answer(problem, "vanilla"),
        answer(problem, "cot"),
        program(problem, KEPT),
        program(problem, (), 2, failed="f(", feedback="it broke"),
        with_reasoning(entangled(problem)),
        help_in_words(problem, 1),
        help_in_words(problem, 2, own="answer = 1", said="Too small.", allowed=("a / b",), again=True),
    ]


@given(st.text().filter(lambda text: text.strip()), st.lists(st.text(min_size=1), max_size=3))
def test_the_problem_stands_verbatim_in_the_tail_only(text: str, hints: list[str]) -> None:
    problem = Problem(text, tuple(hints), (Variable("df", "a frame"),))
    plain = questions(Problem("Another one."))
    for asked, other in zip(questions(problem), plain, strict=True):
        head, tail = asked.messages
        assert (head.role, tail.role) == ("system", "user")
        assert head == other.messages[0]
        assert f"Problem:\n{text}\n" in tail.content
        assert all(f"- {hint}\n" in tail.content for hint in hints)
        assert "- df: a frame\n" in tail.content
        assert "Hints:" not in other.messages[1].content
        assert "Variables" not in other.messages[1].content


def test_what_is_denied_is_said_in_one_line_beforehand() -> None:
    for said, plain in zip(
        questions(Problem("?", forbids="use the network")), questions(Problem("?")), strict=True
    ):
        line = "The code must not use the network.\n\n"
        assert said.messages == (plain.messages[0], Message("user", line + plain.messages[1].content))


def test_each_stage_is_given_what_it_needs() -> None:
    asked = {q.stage: q.messages[1].content for q in questions(Problem("?"))[:4]}
    assert TOOL not in asked["creation"]
    assert f"```python tool\n{TOOL}\n```" in asked["decision"]
    assert f"```python tool\n{TOOL}\n```" in asked["rectification"]
    assert f"```python decision\n{DECISION}\n```" in asked["rectification"]
    assert asked["rectification"].rstrip().endswith(BROKE.for_model)
    assert "def f(:" in questions(Problem("?"))[4].messages[1].content
    only_tool = rectification(Problem("?", method="create"), DRAFT, BROKE, 2).messages[1].content
    assert "write no decision" in only_tool


def test_kept_tools_are_shown_without_their_code_and_a_reply_may_hold_what_it_needs() -> None:
    head, tail = reuse(Problem("?"), KEPT).messages
    assert f"```python\n{SHOWN}\n```" in tail.content
    assert "x / 2" not in tail.content
    assert "```python tool or ```python decision" in head.content
    head, _ = reuse(Problem("?"), KEPT, may_create=False).messages
    assert "```python tool" not in head.content
    head, _ = reuse(Problem("?", method="create"), KEPT).messages
    assert "```python decision" not in head.content


def test_a_kept_tool_that_failed_is_said_to_be_one() -> None:
    draft = Draft(KEPT).with_reply(None, "half(3)")
    said = rectification(Problem("?"), draft, BROKE, 2).messages[1].content
    assert "Kept from earlier problems, for which they were right: half." in said
    assert "x / 2" in said


@given(st.text(), st.text(min_size=1).filter(lambda text: text.strip()))
def test_a_cell_to_be_mended_stands_verbatim_and_can_end_no_fence(cell: str, said: str) -> None:
    problem = Problem("Make it quick.", ("Mind the units.",), (Variable("df", "a frame"),))
    head, tail = mending(problem, cell, said).messages
    assert head == mending(Problem("?"), "1", "").messages[0]
    fence = tail.content.split("\n")[1].removesuffix("python")
    assert set(fence) == {"`"}
    assert fence not in cell
    assert f"\n{fence}python\n{cell}\n{fence}\n" in tail.content
    assert f"What happened when it ran:\n{said}\n" in tail.content
    assert "Make it quick." in tail.content
    assert "- df: a frame\n" in tail.content
    assert "What happened" not in mending(problem, cell, "").messages[1].content.replace(cell, "")
    again = mending(problem, cell, said, 2, "It was cut off.").messages[1].content
    assert "The reply before could not be used: It was cut off." in again
    assert len(head.content) < 2000


@pytest.mark.parametrize("question", questions(Problem("?")), ids=lambda q: f"{q.stage}-{q.attempt}")
def test_a_head_states_the_form_of_the_reply_and_is_short(question: Question) -> None:
    head = question.messages[0].content
    form = ["`Answer: `"] if question.stage in ("vanilla", "cot") else ["```python", "Plain Python"]
    form = ["Use words only: no code"] if question.stage == "help" else form
    assert all(each in head for each in form)
    assert len(head) < 2000
    assert "{" not in head


def test_what_is_written_for_people_is_asked_for_in_the_language_of_the_problem() -> None:
    problem = Problem("Wie viele Kekse bleiben übrig?")
    cell = (CodeCell("tool", "tool", TOOL),)
    more = [plan(problem), explanation(problem, cell, "a pupil"), review(problem, TOOL, DECISION, "8", 1)]
    asked = [*questions(problem), *more, mending(problem, "1", "")]
    said = {
        q.stage: q.messages[0].content.count("in the language in which the problem is stated") for q in asked
    }
    silent = {"vanilla", "cot", "program"}
    assert {stage for stage, times in said.items() if times != 1} == silent


def test_each_level_of_help_is_a_question_of_its_own_whatever_the_method() -> None:
    ways = [Problem("?", method=method, checks=("answer > 0",)) for method in ("creator", "plan", "create")]
    keys = {level: {key_of(asked_of(help_in_words(p, level))) for p in ways} for level in (1, 2)}
    assert [len(of_level) for of_level in keys.values()] == [1, 1]
    again = key_of(asked_of(help_in_words(ways[0], 2, again=True)))
    own = key_of(asked_of(help_in_words(ways[0], 2, own="answer = 1")))
    assert len({*keys[1], *keys[2], again, own}) == 4
    shown = help_in_words(ways[0], 2, allowed=("a / b",)).messages[1].content
    assert "may be shown as they are: a / b" in shown
    assert shown.rstrip().endswith("Give a hint.")
