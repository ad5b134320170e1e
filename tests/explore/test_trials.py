"""What a trial makes of replies, calls and verdicts: on the plain function, without a notebook."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import pytest

from creator_magic.errors import InputError, ModelError
from creator_magic.explore.calls import LONGEST, IsolatedCalls
from creator_magic.explore.exploration import explore
from creator_magic.explore.tool import Bound, find_tool
from creator_magic.explore.trial import Extent
from creator_magic.isolation import IsolationLimits, shared_executor
from creator_magic.policy.gate import Gate
from creator_magic.ports import Reply
from creator_magic.redaction import Redaction
from creator_magic.reply.verdict import read_aspects, read_verdict
from tests.explore.scripted import PASSED

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from creator_magic.explore.tool import ExploredTool
    from creator_magic.explore.trial import Trial
    from creator_magic.policy.effects import Effect
    from creator_magic.ports import Question

QUERY, ANSWER, SOLVED = "Query: The median of 3, 1 and 8?", "Answer: 3", "Verdict: yes"
MEDIAN = find_tool("statistics:median", None, {})


def call(code: str) -> str:
    return f"```python decision\n{code}\n```"


@dataclass
class Script:
    """A model that gives replies in turn."""

    replies: list[str]
    asked: list[Question] = field(default_factory=list)

    def ask(self, question: Question, on_text: Callable[[str], None]) -> Reply:
        self.asked.append(question)
        text = self.replies.pop(0)
        on_text(text)
        return Reply(text, model="script")


@dataclass
class InMemory:
    kept: list[Trial] = field(default_factory=list)

    def trials(self, tool: str, version: str, course: str) -> Sequence[Trial]:
        return [t for t in self.kept if (t.tool, t.version, t.course) == (tool, version, course)]

    def keep(self, trial: Trial) -> bool:
        self.kept.append(trial)
        return True


class Nobody:
    def agrees(self, question: str) -> bool:
        raise AssertionError(question)


class NoAgreements:
    def agreed(self, source: str) -> bool:  # noqa: ARG002
        return False

    def agree(self, source: str) -> None: ...


def calls(*allowed: Effect, timeout: float = 10.0) -> IsolatedCalls:
    gate = Gate({"read": "deny"}, allowed, Nobody(), lambda _: {}, NoAgreements())
    return IsolatedCalls(shared_executor(), gate, IsolationLimits(timeout=timeout))


def one_trial(*replies: str, tool: ExploredTool = MEDIAN, judge: Script | None = None, **how: Any) -> Trial:
    memory, model = InMemory(), Script(list(replies))
    explore(
        tool,
        how.pop("extent", Extent(1, 1)),
        model,
        how.pop("calls", calls()),
        memory,
        redact=Redaction(("s3cret-value",)),
        emit=lambda _: None,
        judge=judge,
    )
    assert not model.replies, "not asked for"
    (trial,) = memory.kept
    return trial


def test_calls_run_until_there_is_an_answer() -> None:
    trial = one_trial(
        QUERY, call("median([3, 1, 8])"), call("median([])"), ANSWER, f"It worked.\n{SOLVED}", PASSED
    )
    first, second = trial.turns
    assert first.observation is not None
    assert (first.observation.text, first.observation.ok) == ("3", True)
    assert second.observation is not None
    assert second.observation.text.startswith("line 1: median([])\nstatistics.StatisticsError: no median")
    assert (second.observation.kind, second.observation.error) == ("error", "StatisticsError")
    assert (trial.answer, trial.solved, trial.passed) == ("3", True, True)
    assert trial.call == first


def test_the_turns_end() -> None:
    model = Script([QUERY, *[call("median([1])")] * 4, call("median([2])"), "Verdict: no"])
    memory = InMemory()
    explore(MEDIAN, Extent(1, 1), model, calls(), memory, redact=Redaction(), emit=lambda _: None)
    assert len(memory.kept[0].turns) == 4
    assert memory.kept[0].answer == ""
    assert "No more calls" in model.asked[5].messages[-1].content
    assert "No more calls" not in model.asked[4].messages[-1].content
    assert memory.kept[0].judgement is None, "what solves nothing is not judged"


def test_what_follows_a_call_in_a_reply_was_made_up() -> None:
    made_up = f"{call('median([3, 1, 8])')}\nIt showed:\n```data\n99\n```\nAnswer: 99"
    trial = one_trial(QUERY, made_up, ANSWER, SOLVED, PASSED)
    assert trial.answer == "3"


def test_a_reply_that_is_neither_costs_a_turn_and_is_told() -> None:
    trial = one_trial(QUERY, "I think so.", call("median([3, 1, 8])"), ANSWER, SOLVED, PASSED)
    assert trial.turns[0].code == ""
    assert trial.turns[0].observation is not None
    assert "An answer begins with `Answer:`" in trial.turns[0].observation.text


@pytest.mark.parametrize(
    ("code", "kind", "said"),
    [
        ("import urllib.request\nurllib.request.urlopen('http://x')", "denied", "it would reach the network"),
        ("open('/etc/hostname').read()", "denied", "it would read files"),
        ("while True: pass", "timeout", "stopped after"),
        ("import os\nos.abort()", "denied", "it would touch the kernel"),
        ("raise SystemExit(3)", "exit", "SystemExit"),
        ("median(", "reply", ""),
    ],
)
def test_what_calls_may_not_or_cannot_do_is_observed(code: str, kind: str, said: str) -> None:
    trial = one_trial(QUERY, call(code), "Answer: none", "Verdict: no", calls=calls(timeout=1.0))
    observation = trial.turns[0].observation
    assert observation is not None
    assert not observation.ok
    assert observation.kind == kind
    assert said in observation.text
    assert "To permit" not in observation.text


def test_an_effect_that_is_allowed_happens_in_a_folder_of_its_own() -> None:
    code = "open('note.txt', 'w').write('x')\nimport os\nos.listdir('.')"
    trial = one_trial(QUERY, call(code), ANSWER, SOLVED, PASSED, calls=calls("write", "read"))
    assert trial.turns[0].observation is not None
    assert trial.turns[0].observation.text == "['note.txt']"


def test_an_observation_is_cut_to_size_and_keys_are_withheld() -> None:
    code = "print('begin' + 'x' * 10_000)\nprint('s3cret-' + 'value')\n'end'"
    trial = one_trial(QUERY, call(code), ANSWER, SOLVED, PASSED)
    observation = trial.turns[0].observation
    assert observation is not None
    assert len(observation.text) < LONGEST + 100
    assert observation.text.startswith("beginxx")
    assert observation.text.endswith("'end'")
    assert "characters left out" in observation.text
    assert "s3cret-value" not in observation.text


def test_a_near_repeat_is_imagined_again_once() -> None:
    memory = InMemory()
    again = "Query: The median of 4, 6 and 9?"
    other = "Query: Three runners needed 61, 59 and 70 minutes. What is the middle time?"
    rest = [call("median([4, 6, 9])"), ANSWER, SOLVED, PASSED]
    model = Script([QUERY, *rest, again, other, *rest, again, again, *rest])
    explore(MEDIAN, Extent(1, 3), model, calls(), memory, redact=Redaction(), emit=lambda _: None)
    assert [trial.repeats for trial in memory.kept] == [False, False, True]
    assert memory.kept[1].query.startswith("Three runners")
    told = model.asked[6].messages[1].content
    assert "You had imagined: The median of 4, 6 and 9?" in told
    assert "nearly an earlier one (The median of 3, 1 and 8?)" in told


def test_a_model_that_imagines_nothing_ends_it() -> None:
    with pytest.raises(ModelError, match="imagined no query for median, asked twice"):
        one_trial("Well.", "Query:")


def test_a_tool_that_would_do_more_than_compute_is_not_begun() -> None:
    tool = find_tool("statistics:median", None, {})
    calls().admit(tool, Gate({}, (), Nobody(), lambda _: {}, NoAgreements()))
    writes = replace(tool, bound=(Bound("save", "def save(x):\n    open('a', 'w').write(x)"),))
    with pytest.raises(InputError, match="median cannot be explored"):
        calls().admit(writes, Gate({}, (), Nobody(), lambda _: {}, NoAgreements()))


def test_what_a_person_lets_the_tool_do_its_calls_may_not_do_by_themselves() -> None:
    @dataclass
    class Person:
        asked: list[str] = field(default_factory=list)

        def agrees(self, question: str) -> bool:
            self.asked.append(question)
            return True

    source = "def call(x):\n    open('a', 'w').write(x)\n    return x"
    tool = replace(MEDIAN, name="call", bound=(Bound("call", source),))
    person, isolated = Person(), calls()
    isolated.admit(tool, Gate({"write": "ask"}, (), person, lambda _: {}, NoAgreements()))
    assert len(person.asked) == 1
    assert isolated.run(tool, "call('x')").text == "'x'"
    refused = isolated.run(tool, "open('b', 'w').write('y')\ncall('x')")
    assert refused.kind == "denied"


def test_another_model_may_judge_and_the_judge_fails_closed() -> None:
    judge = Script(["Informative: yes\nFaithful: yes"])
    trial = one_trial(QUERY, call("median([3, 1, 8])"), ANSWER, SOLVED, judge=judge)
    assert trial.judgement is not None
    assert trial.judgement.met == ("informative", "faithful")
    assert not trial.passed
    assert [question.stage for question in judge.asked] == ["judge"]


@pytest.mark.parametrize(
    ("text", "met"),
    [
        (PASSED, ("informative", "faithful", "appropriate")),
        ("**Informative:** Yes\n- Faithful: yes\nAppropriate: no", ("informative", "faithful")),
        ("Informative: yes\nInformative: no\nFaithful: yes\nAppropriate: yes", ("faithful", "appropriate")),
        ("Informative: yes or no\nFaithful: yes/no\nAppropriate: yes", ("appropriate",)),
        ("It is informative, faithful and appropriate.", ()),
        ("", ()),
    ],
)
def test_an_aspect_counts_only_where_yes_is_said_of_it(text: str, met: tuple[str, ...]) -> None:
    assert read_aspects(text, ("informative", "faithful", "appropriate"))[0] == met


@pytest.mark.parametrize(
    ("text", "solved"),
    [
        ("Now it is solved.\nVerdict: yes", True),
        ("Nothing notable: I know of no fault.\nVerdict: yes", True),
        ("Now it is solved.", None),
        ("Not quite.\n**Verdict:** no", False),
        ("Verdict: yes or no", None),
    ],
)
def test_a_verdict_is_an_explicit_word(text: str, solved: bool | None) -> None:
    assert read_verdict(text).answers is solved
