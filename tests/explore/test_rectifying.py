"""Trials that exposed a fault become failing cases, and a rectified version that a person takes or not."""

from __future__ import annotations

import re
import sqlite3
from typing import TYPE_CHECKING

import pytest

from tests.conftest import environment
from tests.live_notebook import LiveNotebook

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.model_server import ModelServer

SOURCE = '''def mean_wait(minutes: list[float], skip: int = 0) -> float:
    """Return the mean of waiting times but for the first few; 0.0 where none is left.

    >>> mean_wait([9, 5, 7, 6], skip=1)
    6.0
    """
    if skip < 0:
        raise ValueError("nobody skips fewer than none")
    left = list(minutes)
    while skip != 0:
        left = left[1:]
        skip -= 1
    return sum(left) / len(left)'''
GOOD = SOURCE.replace("    return sum(left)", "    if not left:\n        return 0.0\n    return sum(left)")
YES = "Informative: yes\nFaithful: yes\nAppropriate: yes"


def call(code: str) -> str:
    return f"```python decision\n{code}\n```"


def tool(source: str) -> str:
    return f"An empty list divides by nothing.\n```python tool\n{source}\n```"


def blame(doctest: str) -> str:
    return f"The docstring promises it.\n```python\n{doctest}\n```\nFault: tool"


EXPLORED = (
    ("Query: How long did two guests wait, 4 and 6 minutes?", call("mean_wait([4, 6])"), "Answer: 5 minutes"),
    ("It ran.\nFault: none\nVerdict: yes", YES),
    ("Query: Nobody came today; what is the mean?", call("mean_wait([])"), "Answer: it cannot say"),
    ("It divides by zero.\nFault: tool\nVerdict: no",),
    ("Query: Skip minus one of a queue of 3, 9, 12?", call("mean_wait([3, 9, 12], skip=-1)"), "Answer: no"),
    ("That is not allowed.\nFault: caller\nVerdict: no",),
    ("Query: Half of the first one skipped, of 8?", call("mean_wait([8], skip=0.5)"), "Answer: endless"),
    ("It never ended.\nVerdict: no",),
    ("Query: And for 1 and 2 minutes, in whole minutes?", call("mean_wait([1, 2])"), "Answer: 1.5"),
    ("It should round.\nFault: tool\nVerdict: no",),
)
LEARNT = (
    blame(">>> mean_wait([])\n0"),
    "Nobody waited.\nAllowed: yes\nExpected: yes\nDecided: yes",
    "Half a guest is none.\nFault: caller",
    blame(">>> mean_wait([1, 2])\n1"),
    "The mean is 1.5.\nAllowed: yes\nExpected: no\nDecided: yes",
    tool(GOOD.replace("/ len(left)", "/ 2").replace("[9, 5, 7, 6], skip=1)\n    6.0", "[4, 6])\n    5.0")),
    tool(GOOD.replace("if not left", "if len(left) % 2 == 0")),
    tool(GOOD),
)


@pytest.fixture
def project(server: ModelServer, tmp_path: Path) -> Iterator[LiveNotebook]:
    env = {**environment(server), "CREATOR_CASSETTE_MODE": "auto"}
    with LiveNotebook(env, cwd=str(tmp_path)) as notebook:
        notebook.run("%load_ext creator_magic")
        yield notebook


def an_estimate_comes_first(project: LiveNotebook) -> None:
    text = project.run("%explore mean_wait --learn --dry-run").text
    assert "3 of 5 trials may show a fault of it." in text
    assert "takes 3 to 9 calls of test-model. The source of mean_wait is sent to it." in text
    assert "ZeroDivisionError arose in the tool's own code" in text
    report = project.run("%explore mean_wait --report").text
    assert "What may be faults of the tool" in report
    assert "The call has not ended in time." in report


def what_was_sent(bodies: list[str]) -> None:
    # The judge has not seen the code; what a problem gave is run and not sent; a refusal is told.
    assert "left = list(minutes)" in bodies[0]
    assert "left = list(minutes)" not in bodies[1]
    assert "mean_wait([9, 5, 7, 6], skip=1)" in bodies[5]
    assert not [body for body in bodies if "31.25" in body]
    assert "What was sent last cannot be taken" in bodies[6]
    assert "`mean_wait([9, 5, 7, 6], skip=1)` shows" in bodies[6]
    assert "It no longer passes a case of an earlier problem, which is not shown here." in bodies[7]


def test_a_kept_tool_is_rectified_where_trials_showed_a_fault_of_it(
    server: ModelServer, project: LiveNotebook, tmp_path: Path
) -> None:
    server.reply_with(tool(SOURCE), call("mean_wait([31.25, 40, 42.25], skip=1)"))
    assert (
        project.run("%%solve\nThree guests waited; the mean but for the first?", cell_id="a").status == "ok"
    )
    server.reply_with(*(reply for replies in EXPLORED for reply in replies))
    ran = project.run("%explore mean_wait --episodes 1 --trials 5 --timeout 1")
    assert "3 trials may show a fault of mean_wait: %explore mean_wait --learn" in ran.text, ran.error
    before, number = project.run("%tools show mean_wait").text, len(server.calls)

    an_estimate_comes_first(project)
    assert len(server.calls) == number

    server.reply_with(*LEARNT)
    ran = project.run("%explore mean_wait --learn")
    assert ran.status == "ok", ran.error
    assert len(server.calls) == number + len(LEARNT)
    assert "failing case, from trial 1.2; test-model worked out from the docstring" in ran.text
    assert ">>> mean_wait([])\n0\n" in ran.text
    assert "It shows: ZeroDivisionError" in ran.text
    assert "The caller is at fault." in ran.text
    assert "Not so the judge (expected): The mean is 1.5" in ran.text
    assert "+    if not left:\n+        return 0.0\n     return sum(left) / len(left)" in ran.text
    assert "In a process of its own it passes every case: 2 earlier and 1 new." in ran.text
    assert "Not taken: it needs your yes, and this notebook runs without input." in ran.text

    what_was_sent([call.body["messages"][1]["content"] for call in server.calls[number:]])

    # It is the person who decides, on what was recorded.
    assert project.run("%tools show mean_wait").text == before
    for answer, said in (("n", "Refused: nothing was changed."), ("y", "Accepted: this is revision 2")):
        sent = project.send("%explore mean_wait --learn", interactive=True)
        assert project.answer(answer) == "Keep this as the next version of mean_wait? [y/N] "
        ran = project.gather(sent)
        assert said in ran.text, ran.error
        assert "so the new one is explored anew: %explore mean_wait." in ran.text or answer == "n"
    assert len(server.calls) == number + len(LEARNT)
    shown = project.run("%tools show mean_wait").text
    assert "# trial 1.2; test-model worked out from the docstring" in shown
    assert ">>> mean_wait([])\n0.0" in shown
    assert "mean_wait([31.25, 40, 42.25], skip=1)" in shown
    assert project.run("%tools check mean_wait").status == "ok"

    # The old version keeps its trials, the new one has none; the report says so, here and as a page.
    with sqlite3.connect(tmp_path / ".creator" / "toolbox.sqlite") as connection:
        assert connection.execute("SELECT count(*), count(DISTINCT version) FROM trials").fetchone() == (5, 1)
    report = project.run("%explore mean_wait --report --html report.html").text
    assert "mean_wait was not explored as it stands now." in report
    assert re.search(r"^1 .* made +5 +1 +1$", report, re.MULTILINE)
    assert re.search(r"^2 .* rectified: trials showed a fault +0 +0 +0$", report, re.MULTILINE)
    assert "--- cases that came from trials\n# trial 1.2;" in report
    page = (tmp_path / "report.html").read_text("utf-8")
    assert "+    if not left:" in page
    assert "cases that came from trials" in page
    assert "was not explored as it stands now" in project.run("%explore mean_wait --learn").error


def test_what_is_the_persons_own_is_offered_and_what_is_imported_only_reported(
    server: ModelServer, project: LiveNotebook, tmp_path: Path
) -> None:
    (tmp_path / "queues.py").write_text(SOURCE)
    mine = SOURCE.replace("/ len(left)", "/ len(left) + EXTRA")
    project.run(f"EXTRA = 0.125\n\n{mine}")
    trial = (
        "Query: Nobody came; what is the mean?",
        call("mean_wait([])"),
        "Answer: none",
        "Hm.\nVerdict: no",
    )
    server.reply_with(*trial, *trial)
    short = "--episodes 1 --trials 1"
    ran = project.run(f"%explore mean_wait queues:mean_wait {short}")
    assert "1 trial may show a fault of mean_wait: %explore queues:mean_wait --report" in ran.text, ran.error
    assert "is imported, and is not changed here" in project.run("%explore queues:mean_wait --learn").text
    number = len(server.calls)

    # A limit and an interrupt leave everything as it is; what was replied serves the next time.
    case = blame(">>> mean_wait([])\n0.0")
    agreed = "Allowed: yes\nExpected: yes\nDecided: yes"
    server.reply_with(case)
    text = project.run("%explore mean_wait --learn --calls 1").text
    assert "The limit of 1 call is reached" in text
    assert "Nothing was changed." in text
    server.fault(number + 1, "hang")
    sent = project.send("%explore mean_wait --learn")
    server.wait_for(number + 2)
    project.interrupt()
    assert "nothing was changed" in project.gather(sent).error

    new = mine.replace("return sum(left)", "if not left:\n        return 0.0\n    return sum(left)")
    server.reply_with(agreed, tool(new.replace("mean_wait(minutes", "mean_wait(times")), tool(new))
    ran = project.run("%explore mean_wait --learn")
    assert ran.status == "ok", ran.error
    assert "mean_wait is yours, and stays as it is." in ran.text
    bodies = [call.body["messages"][1]["content"] for call in server.calls[number:]]
    assert "Its parameters must stay" in bodies[-1]
    assert not [body for body in bodies if "0.125" in body]
    assert "Error" in project.run("mean_wait([])").error
    (offered,) = ran.payload
    assert offered["text"] == new
    assert project.run(offered["text"]).status == "ok"
    assert project.value("mean_wait([]), mean_wait([3])") == "(0.0, 3.125)"
    report = project.run("%explore mean_wait --report").text
    assert "was not explored as it stands now" in report
    assert re.search(r"^\w{16} +1 +0 +0$", report, re.MULTILINE)
    assert re.search(r"^\w{16}, as it stands +0 +0 +0$", report, re.MULTILINE)
    assert "was not explored as it stands now" in project.run("%explore mean_wait --learn").error
