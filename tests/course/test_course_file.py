"""A course file: what it says, how the nearer one restricts it, and what is not understood."""

from __future__ import annotations

import itertools
import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from creator_magic.course.course import DOORS, HELP, LIMITS, METHODS, NEVER, NO_COURSE, Course
from creator_magic.course.course_file import combined, course_of
from creator_magic.course.exercise import Exercise, ExerciseCheck
from creator_magic.course.settings import policy_within
from creator_magic.errors import CourseError
from creator_magic.policy.effects import EFFECTS

if TYPE_CHECKING:
    from pathlib import Path

    from creator_magic.policy.effects import Effect, Verdict

WHOLE = """
[course]
name = "Statistics 1"
open = ["solve", "create", "tools"]
methods = ["creator"]
models = ["small", "large"]
endpoint = "https://proxy.example/v1"
sharing = "forbidden"
calls = "recorded"
recording = "shared/recording.jsonl"
toolboxes = ["shared/toolbox.sqlite"]
ask = true
[help]
most = "hint"
climb = true
reveal = 3
show = ["mean(x)"]
[limits]
session_calls = 20
timeout = 2.5
[policy]
network = "deny"
[prices.small]
input = 1.0
[exercises.break-even]
problem = "How many loaves?"
checks = ["answer > 0", {check = ">>> net(2)\\n4", says = "Think of the costs."}]
"""

POLICIES = st.dictionaries(st.sampled_from(EFFECTS), st.sampled_from(["allow", "ask", "deny"]))
COURSES = st.builds(
    Course,
    doors=st.frozensets(st.sampled_from(DOORS)),
    methods=st.frozensets(st.sampled_from(METHODS)),
    models=st.none() | st.frozensets(st.sampled_from("abc")),
    endpoint=st.sampled_from(["", "one", "two"]),
    sharing=st.sampled_from(["allowed", "forbidden"]),
    calls=st.sampled_from(["open", "recorded"]),
    most_help=st.sampled_from(HELP),
    climbs=st.booleans(),
    reveals_after=st.integers(NEVER, 3),
    hints_show=st.none() | st.lists(st.sampled_from("abc"), unique=True).map(tuple),
    limits=st.dictionaries(st.sampled_from(list(LIMITS)), st.integers(0, 5)),
    policy=POLICIES,
    asks=st.booleans(),
)


def test_every_part_is_read(tmp_path: Path) -> None:
    (tmp_path / "creator.toml").write_text(WHOLE)
    (tmp_path / "week 1").mkdir()
    assert course_of(tmp_path / "week 1") == Course(
        name="Statistics 1",
        doors=frozenset({"solve", "create", "tools"}),
        methods=frozenset({"creator"}),
        models=frozenset({"small", "large"}),
        endpoint="https://proxy.example/v1",
        sharing="forbidden",
        calls="recorded",
        recording=tmp_path / "shared" / "recording.jsonl",
        toolboxes=(tmp_path / "shared" / "toolbox.sqlite",),
        most_help="hint",
        climbs=True,
        reveals_after=3,
        hints_show=("mean(x)",),
        limits={"session_calls": 20, "timeout": 2.5},
        policy={"network": "deny"},
        asks=True,
        prices={"small": {"input": 1.0}},
        exercises={
            "break-even": Exercise(
                "break-even",
                (ExerciseCheck("answer > 0"), ExerciseCheck(">>> net(2)\n4", "Think of the costs.")),
                "How many loaves?",
            )
        },
    )


def test_folders_between_and_the_notebook_itself_restrict(tmp_path: Path) -> None:
    week, notebook = tmp_path / "week", tmp_path / "week" / "a.ipynb"
    week.mkdir()
    (tmp_path / "creator.toml").write_text('[course]\nmodels = ["a", "b"]\n[limits]\nsolve_calls = 5\n')
    (week / "creator.toml").write_text('[course]\nmodels = ["b", "c"]\n[limits]\nsolve_calls = 9\n')
    said = {"help": {"most": "tool"}, "limits": {"solve_calls": 3}}
    notebook.write_text(json.dumps({"metadata": {"creator_magic": {"course": said}}}))
    course = course_of(week, notebook)
    assert (course.models, course.limits) == (frozenset("b"), {"solve_calls": 3})
    assert course.most_help == "tool"
    assert course_of(tmp_path).limits == {"solve_calls": 5}
    notebook.write_text("{")  # as while it is being written
    assert course_of(week, notebook).most_help == "solution"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[corse]", "Did you mean course?"),
        ("[help]\nmuch = 1", "there is no 'much' in [help]"),
        ('[help]\nmost = "hints"', "most cannot be 'hints'. Did you mean hint?"),
        ("[help]\nreveal = true", "reveal must be"),
        ('[course]\nopen = "solve"', "open must be a list"),
        ('[course]\nopen = ["solved"]', "Did you mean solve?"),
        ("[course]\nask = 1", "ask must be true or false"),
        ("[limits]\nsession_calls = -1", "session_calls cannot be -1"),
        ("[limits]\nsession_calls = nan", "session_calls cannot be nan"),
        ("[limits]\ntimeout = 0", "timeout cannot be 0"),
        ("[limits]\nsession_calls = 0", "session_calls cannot be 0"),
        (f"[limits]\nsession_calls = -1{'0' * 400}", "session_calls cannot be"),
        ("[limits]\nsession_money = 1.0", "session_money needs the prices"),
        ("[prices.m]\ninput = -1", "a price is said per million tokens"),
        ("[help]\nreveal = 3", "reveal needs most"),
        ('[help]\nmost = "hint"\nshow = ["for x in"]', "show takes expressions"),
        ('[course]\ncalls = "recorded"', "recording"),
        ("[exercises.a]\nproblem = 'x'", "a list of what must hold"),
        ("[exercises.a]\nchecks = ['answer ==']", "a check of a cannot be read"),
        (
            "[exercises]\na = {problem = 'x y', checks = ['1']}\nb = {problem = 'x  y', checks = ['1']}",
            "have the same problem",
        ),
        ('[policy]\nnetwork = "no"', "network cannot be 'no'"),
        ('[policy]\nnet = "deny"', "Did you mean network?"),
        ("exercises = 3", "exercises must be tables"),
        ("[exercises.a]\nchecks = [{}]", "does not say what must hold"),
        ("[course\n", "cannot be read"),
    ],
)
def test_what_is_not_understood_is_refused_with_its_place(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "creator.toml").write_text(text)
    with pytest.raises(CourseError) as refused:
        course_of(tmp_path)
    assert said in refused.value.message
    assert "tell your teacher" in refused.value.message


@given(st.lists(COURSES, max_size=3), COURSES)
def test_the_nearer_only_restricts(outer: list[Course], nearer: Course) -> None:
    before, after = combined(outer), combined([*outer, nearer])
    assert after.doors <= before.doors
    assert after.methods <= before.methods
    if before.models is not None:
        assert after.models is not None
        assert after.models <= before.models
    assert before.endpoint in ("", after.endpoint)
    assert (after.sharing == "allowed") <= (before.sharing == "allowed")
    assert (after.calls == "open") <= (before.calls == "open")
    assert after.most_level <= before.most_level
    assert after.climbs >= before.climbs
    assert after.asks >= before.asks
    if before.revealing == NEVER:
        assert after.revealing == NEVER
    elif after.revealing != NEVER:
        assert after.revealing >= before.revealing
    if before.most_help in ("question", "hint"):
        assert set(after.hints_show or ()) <= set(before.hints_show or ())
    for name, value in itertools.product(LIMITS, range(7)):
        loose = before.limited(name, value)
        strict = after.limited(name, value)
        assert (LIMITS[name] and not loose) or strict <= loose
    strictness = ["allow", "ask", "deny"].index
    everything: dict[Effect, Verdict] = dict.fromkeys(EFFECTS, "allow")
    for said in ({}, everything):
        loose_policy, strict_policy = policy_within(before, said), policy_within(after, said)
        for effect, verdict in loose_policy.items():
            assert strictness(strict_policy[effect]) >= strictness(verdict)


@given(COURSES)
def test_no_course_and_the_same_again_change_nothing(course: Course) -> None:
    assert combined([NO_COURSE, course]) == course == combined([course, NO_COURSE])
    again = course.narrowed(course)
    assert again.narrowed(course) == again
