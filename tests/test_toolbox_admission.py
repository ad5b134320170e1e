"""Admission by execution: in a process of its own, on doctests and on the calls a decision made."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from creator_magic.toolbox.admission import Admission, examine
from creator_magic.toolbox.executor import Job, SeparateProcess
from creator_magic.toolbox.reading import describe, tools_in
from creator_magic.toolbox.tool import Case

if TYPE_CHECKING:
    from pathlib import Path

CELL = '''
import math

def circle(r: float) -> float:
    """Return the area of a circle.

    >>> circle(1.0)
    3.14
    """
    return math.pi * r * r
'''


def admitted(cell: str, decision: str = "", answer: str = "") -> Admission:
    (found,) = tools_in(cell, decision=decision)
    (admission,) = examine([Job(found.tool, (), decision, cell)], SeparateProcess(), [answer])
    return admission


def test_a_tool_is_admitted_on_its_doctests_and_what_its_decision_called() -> None:
    admission = admitted(
        CELL, "r = math.sqrt(4)\nprint('Area', circle(r), circle(r=3.0))", "Area 12.57 28.27"
    )
    assert admission.refused == ""
    tool = admission.tool
    assert [(case.call, case.expected, case.origin) for case in tool.cases] == [
        ("circle(1.0)", "3.14", "doctest"),
        ("circle(2.0)", "12.566370614359172", "decision"),
        ("circle(r=3.0)", "28.274333882308138", "decision"),
    ]
    evidence = tool.provenance.evidence
    assert evidence is not None
    assert (evidence.answer, evidence.passed) == ("Area 12.57 28.27", 3)
    assert evidence.versions[0].startswith("python 3.")


@pytest.mark.parametrize(
    ("cell", "why"),
    [
        (CELL.replace("3.14", "3.15"), "`circle(1.0)` shows 3.141592653589793, where 3.15 is expected."),
        (CELL.replace("math.pi", "mth.pi"), "`circle(1.0)` shows NameError: name 'mth' is not defined"),
        (f"import no_such_thing\n{CELL}", ""),
        (
            f"{CELL}\nPI = circle(1, 2)\ndef g():\n    return circle(PI)",
            "It does not run by itself: TypeError",
        ),
        (CELL.replace("return math", "import os; os._exit(3); return math"), "it ended its process"),
        (CELL.replace("return math", "raise SystemExit; return math"), "`circle(1.0)` shows SystemExit"),
        ("import nowhere\ndef f():\n    return nowhere", "No module named 'nowhere'"),
    ],
)
def test_what_does_not_run_or_fails_a_doctest_is_refused(cell: str, why: str) -> None:
    admission = admitted(cell)
    assert why in admission.refused
    assert bool(why) == bool(admission.refused)
    assert admission.tool.provenance.evidence is None or not why


def test_a_decision_that_needs_the_notebook_is_no_case_and_no_fault() -> None:
    admission = admitted(CELL, "circle(df['r'].max())", "78.5")
    assert admission.refused == ""
    assert [case.origin for case in admission.tool.cases] == ["doctest"]
    assert admission.tool.provenance.evidence is not None
    assert admission.tool.provenance.evidence.answer == "78.5"


def test_arguments_that_cannot_be_written_down_make_the_decision_the_case() -> None:
    cell = "def twice(f, x):\n    return f(f(x))"
    admission = admitted(cell, "def g(x):\n    return x + 1\n\nprint(twice(g, 3))")
    (case,) = admission.tool.cases
    assert (case.setup, case.call, case.expected) == (
        ("def g(x):\n    return x + 1",),
        "print(twice(g, 3))",
        "5",
    )


def test_what_differs_from_time_to_time_is_no_case() -> None:
    cell = "import random\n\ndef dice(n):\n    return [random.random() for _ in range(n)]"
    assert admitted(cell, "len(dice(3))").tool.cases[0].call == "len(dice(3))"
    assert admitted("def made():\n    return object()", "made()").tool.cases == ()


def test_a_tool_that_calls_another_runs_beside_it_in_a_namespace_of_its_own() -> None:
    inner = describe("R = 2\n\ndef inner(x):\n    return R * x", "inner")
    outer = describe("R = 10\n\ndef outer(x):\n    return R + inner(x)", "outer")
    job = Job(replace(outer, calls=("inner",), cases=(Case("outer(1)", "12"),)), (inner,))
    (report,) = SeparateProcess().run([job], 20)
    assert report.passed, report


def test_endless_code_costs_its_time_and_the_others_run_on() -> None:
    good = Job(describe("def f():\n    '''\n    >>> f()\n    1\n    '''\n    return 1", "f"))
    bad = Job(describe("def g():\n    '''\n    >>> g()\n    1\n    '''\n    while True: pass", "g"))
    began = time.monotonic()
    first, second, third = SeparateProcess().run([good, bad, good], 0.5)
    assert first.passed
    assert third.passed
    assert second.error == "it took longer than 0.5 s"
    assert time.monotonic() - began < 30


def test_the_process_sees_no_keys_and_litters_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    monkeypatch.setenv("MY_TOKEN", "t")
    source = (
        "import os\n\ndef f():\n    '''\n    >>> f()\n    (None, None, 'kept')\n    '''\n"
        "    open('left', 'w').close()\n    print(end='')\n"
        "    return os.environ.get('OPENAI_API_KEY'), os.environ.get('MY_TOKEN'), os.environ['PLAIN']"
    )
    monkeypatch.setenv("PLAIN", "kept")
    (report,) = SeparateProcess().run([Job(describe(source, "f"))], 20)
    assert report.passed, report
    assert list(tmp_path.iterdir()) == []


def test_what_the_code_prints_is_no_report() -> None:
    source = (
        "import os\nprint('{}')\nos.write(1, b'{\"error\": 1}\\n')\n\n"
        "def f():\n    '''\n    >>> f()\n    1\n    '''\n    print(end='')\n    return 1"
    )
    (report,) = SeparateProcess().run([Job(describe(source, "f"))], 20)
    assert report.passed, report
