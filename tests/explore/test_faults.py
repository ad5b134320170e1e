"""When a trial that went wrong is the tool's fault: each gate fails closed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import cloudpickle
import pytest

from creator_magic.errors import InputError
from creator_magic.explore.call_runner import run_call
from creator_magic.explore.faults import Inquiry, suspects
from creator_magic.explore.rectifying import rectify
from creator_magic.explore.subjects import KeptTool
from creator_magic.explore.tool import Bound
from creator_magic.explore.trial import Observation, Reflection, Trial, Turn
from creator_magic.ports import Reply, Usage
from creator_magic.toolbox.collection import Toolbox
from creator_magic.toolbox.executor import SeparateProcess
from creator_magic.toolbox.reading import describe
from creator_magic.toolbox.store import ToolStore
from creator_magic.toolbox.tool import Case, Provenance

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from creator_magic.ports import Question
    from creator_magic.toolbox.executor import Job, Report

HALF = '''def half(n: int) -> float:
    """Return half of a whole number.

    >>> half(4)
    2.0
    """
    while n == 8:
        pass
    return n // 2 + 0.0'''
SOURCES = """
import json

def refuses(n):
    if n < 0:
        raise ValueError("less than nothing")
    assert n < 100, "too much"
    try:
        return [1][n]
    except IndexError as error:
        raise KeyError("no such place") from error

def breaks(text):
    try:
        return json.loads(text)["price"] / 0
    finally:
        text = ""
"""
AGREED = "Allowed: yes\nExpected: yes\nDecided: yes"


class Soon(SeparateProcess):
    """What never ends is ended soon."""

    def run(self, jobs: Sequence[Job], timeout: float) -> Iterator[Report]:
        return super().run(jobs, min(timeout, 1.5))


@pytest.fixture
def toolbox(tmp_path: Path) -> Iterator[Toolbox]:
    box = Toolbox(ToolStore(tmp_path / "toolbox.sqlite"), executor=Soon())
    box.own.add(describe(HALF, "half"))
    yield box
    box.close()


def trial(code: str, seen: Observation, fault: str = "") -> Trial:
    turns = (Turn(code, code, seen),)
    return Trial("half", "v", 1, 1, "How much is it?", turns, "?", Reflection(solved=False, fault=fault))


def replies(*texts: str, finish: str | None = "stop") -> Callable[[Question], Reply]:
    left = list(texts)
    return lambda _: Reply(left.pop(0), finish, "m", Usage())


@pytest.mark.parametrize(
    ("call", "inside"),
    [
        ("refuses(-1)", False),
        ("refuses(100)", False),
        ("refuses(3)", False),
        ("refuses()", False),
        ("[refuses(0)][1]", False),
        ("breaks('{\"price\": 1}')", True),
        ("breaks('{}')", True),
        ("breaks('no JSON')", True),
        ("refuses('a')", True),
    ],
)
def test_where_an_error_arose_is_told_by_what_the_tool_did_last(call: str, inside: bool) -> None:
    namespace: dict[str, object] = {"__name__": "__main__"}
    exec(compile(SOURCES, "<a cell>", "exec"), namespace)  # noqa: S102 - as a cell is
    name = call.strip("[").partition("(")[0]
    pickled = Bound(name, pickled=cloudpickle.dumps(namespace[name]))
    for bound in (Bound(name, source=SOURCES), pickled):
        told = run_call((bound,), call, 2000)
        assert told["error"]
        assert bool(told["inside"]) == inside
    told = run_call((Bound("mean", module="statistics", attribute="mean"),), "mean([])", 2000)
    assert (told["error"], told["inside"]) == ("StatisticsError", "")


def test_a_trial_is_suspected_unless_its_caller_is_blamed() -> None:
    broke = Observation("IndexError: ...", ok=False, kind="error", error="IndexError", inside=True)
    refused = Observation("ValueError: ...", ok=False, kind="error", error="ValueError")
    late = Observation("stopped", ok=False, kind="timeout", error="TimeLimit")
    told = [
        trial("half(1)", broke),
        trial("half(1)", broke, "tool"),
        trial("half(2)", broke, "caller"),
        trial("half(3)", refused),
        trial("half(4)", refused, "none"),
        trial("half(5)", Observation("2.0"), "tool"),
        trial("half(6)", late),
        Trial("half", "v", 1, 7, "Nothing was run?", (), "?", Reflection(solved=False, fault="tool")),
    ]
    assert [each.turn.code for each in suspects(told)] == ["half(1)", "half(5)", "half(6)"]


def case(call: str, expected: str) -> str:
    return f"It promises half.\n```python\n>>> {call}\n{expected}\n```\nFault: tool"


@pytest.mark.parametrize(
    ("reflected", "judged", "cleared"),
    [
        ("It is both.\nFault: tool or caller", "", "names nobody"),
        ("Fault: tool\nOr rather so.\nFault: caller", "", "names nobody"),
        ("Fault: tool is what some would say.", "", "names nobody"),
        ("The tool is at fault.", "", "names nobody"),
        ("<think>\nFault: tool\n</think>\n**Fault:** caller", "", "The caller is at fault."),
        ("Fault: none", "", "Nothing went wrong."),
        ("It is wrong, 1.5 is right.\nFault: tool", "", "gives no case of a call that the trial made"),
        (case("half(5)", "2.5"), "", "gives no case of a call that the trial made"),
        (case("half(3) + half(5)", "4.0"), "", "gives no case of a call that the trial made"),
        (case("half(3)", "1"), "", "The tool shows what the reflection expects."),
        (case("half(4)", "3.0"), "", "A case of the tool says that this call shows 2.0."),
        (case("open('a', 'w').write(str(half(3)))", "3"), "", "was not run"),
        (case("half(3)", "1.5"), "", "Not so the judge (allowed, expected, decided)"),
        (case("half(3)", "1.5"), "Allowed: yes\nExpected: yes", "Not so the judge (decided)"),
        (
            case("half(3)", "1.5"),
            AGREED.replace("d: yes\nD", "d: yes or no\nD"),
            "Not so the judge (expected)",
        ),
        (case("half(3)", "1.5"), f"{AGREED}\nAllowed: no", "Not so the judge (allowed)"),
        (case("half(3)", "1.5"), AGREED, ""),
        (case("half(8)", "4.0"), AGREED, ""),
    ],
)
def test_every_gate_fails_closed(toolbox: Toolbox, reflected: str, judged: str, cleared: str) -> None:
    tried = trial("[half(3), half(4), half(8)]", Observation("[1.0, 2.0, 4.0]"), "tool")
    job = toolbox.job(toolbox.own.get("half"))
    (suspect,) = suspects([tried])
    inquiry = Inquiry(HALF, "def half(n): ...", job, toolbox.executor, replies(reflected), replies(judged))
    finding = inquiry.look_into(suspect)
    assert cleared in finding.cleared
    assert (finding.failing is None) == bool(cleared)
    cut = Inquiry(HALF, "", job, toolbox.executor, replies(reflected, finish="length"), replies())
    assert cut.look_into(suspect).cleared == "The reflection was cut off."


def test_a_version_that_never_ends_or_does_more_than_compute_is_not_taken(toolbox: Toolbox) -> None:
    (suspect,) = suspects([trial("half(8)", Observation("stopped", ok=False, kind="timeout"))])
    caller = describe("def quarter(n):\n    return half(n) / 2", "quarter")
    seen = (Case("quarter(6)", "1.5", origin="decision"),)
    toolbox.own.add(replace(caller, calls=("half",), cases=seen))
    subject = KeptTool("half", toolbox)
    answers = replies(case("half(8)", "4.0")), replies(AGREED)
    fault = Inquiry(HALF, "", subject.job, toolbox.executor, *answers).look_into(suspect)
    assert "took longer" in fault.shows
    good = HALF.replace("    while n == 8:\n        pass\n", "")
    made = [
        HALF,
        good.replace("return n", "open('note', 'w')\n    return n"),
        HALF.replace("n == 8", "n == 8 or n == 4"),
        good.replace("n // 2", "8 // 2"),
        good.replace("n // 2", "(n // 2 if n != 6 else 0)"),
        good.replace("n: int", "m: int"),
        "def third(n):\n    return n / 3",
        "Sorry, I cannot.",
        good,
    ]
    texts = [f"So.\n```python tool\n{text}\n```" if "def" in text else text for text in made]
    asked: list[str] = []
    left = iter(texts)

    def ask(question: Question) -> Reply:
        asked.append(question.messages[1].content)
        return Reply(next(left), "stop", "m", Usage())

    result = rectify(subject, [fault], toolbox.executor, ask, len(made))
    assert (result.refused, result.source) == ("", good)
    said = [text.rpartition("```\n")[2].strip() for text in asked[1:]]
    for found, wanted in zip(
        said,
        (
            "It is the same code as before.",
            "It would write files",
            "`half(8)` shows it took longer",
            "`half(4)` shows 4.0, where 2.0 is expected.",
            "quarter, which calls it, fails with it.",
            "Its parameters must stay",
            "does not define half",
            "",
        ),
        strict=True,
    ):
        assert wanted in found
    assert toolbox.own.get("half").source == HALF
    assert not [text for text in asked if "quarter(6)" in text]


def test_what_came_from_elsewhere_and_what_is_the_persons_is_not_rectified(toolbox: Toolbox) -> None:
    for name, provenance in (
        ("third", Provenance("imported", foreign=True)),
        ("mine", Provenance("notebook")),
    ):
        tool = describe(f"def {name}(n):\n    return n / 3", name)
        toolbox.own.add(replace(tool, provenance=provenance))
    with pytest.raises(InputError, match="third came from elsewhere"):
        KeptTool("third", toolbox)
    with pytest.raises(InputError, match="mine is your own function"):
        KeptTool("mine", toolbox)
    toolbox.replace_by(toolbox.own.get("half"), "again")
    with pytest.raises(InputError, match="half was changed meanwhile"):
        toolbox.replace_by(describe(HALF, "half"), "late")
