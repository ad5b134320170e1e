"""`%explore` in a notebook, over HTTP, on real functions whose calls really run."""

from __future__ import annotations

import json
import os
import sqlite3
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import pytest

from tests.conftest import environment
from tests.explore.scripted import Explorer, details, stage_of, texts, tool_of
from tests.live_notebook import LiveNotebook

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.model_server import ModelServer

FUNCTION = '''
BASE = 100

def parcel_price(weight: float, express: bool = False) -> float:
    """Return the price of a parcel in euros, from its weight in kilograms."""
    if weight <= 0:
        raise ValueError("the weight must be positive")
    return BASE + 2.5 * weight * (2 if express else 1)
'''
CALLS = {
    "parcel_price": "parcel_price({n})",
    "median": "median([1, 2, {n}])",
    "shorten": "from textwrap import shorten as again\nshorten('word ' * {n}, 12)",
}


@pytest.fixture
def project(server: ModelServer, tmp_path: Path) -> Iterator[LiveNotebook]:
    with LiveNotebook(environment(server), cwd=str(tmp_path)) as notebook:
        notebook.run("%load_ext creator_magic")
        assert notebook.run(FUNCTION).status == "ok"
        yield notebook


EPISODES, TRIALS = (int(part) for part in os.environ.get("CREATOR_TESTS_COURSE", "2x3").split("x"))
"""The whole course: CREATOR_TESTS_COURSE=15x4 pytest -n 1 tests/explore/test_notebook.py -k three_real"""


def rows(folder: Path) -> list[tuple[Any, ...]]:
    with sqlite3.connect(folder / ".creator" / "toolbox.sqlite") as connection:
        return connection.execute(
            "SELECT tool, episode, number, query, solved, passed, code, course, details FROM trials"
        ).fetchall()


def asked(server: ModelServer, stage: str) -> list[dict[str, Any]]:
    return [call.body for call in server.calls if stage_of(call.body) == stage]


@pytest.mark.timeout(600)
def test_three_real_functions_are_explored(
    server: ModelServer, project: LiveNotebook, tmp_path: Path
) -> None:
    server.reply_by(Explorer(CALLS))
    tools, number = ("parcel_price", "median", "shorten"), EPISODES * TRIALS
    line = f"%explore parcel_price statistics:median textwrap:shorten --episodes {EPISODES} --trials {TRIALS}"
    ran = project.run(line, timeout=500)
    assert ran.status == "ok", ran.error
    kept = rows(tmp_path)
    course = [(e, n) for e in range(1, EPISODES + 1) for n in range(1, TRIALS + 1)]
    assert [row[:3] for row in kept] == [(tool, *place) for tool in tools for place in course]
    assert all(row[4] == 1 and row[5] == 1 for row in kept)
    assert len({row[3] for row in kept}) == 3 * number

    # What the calls showed is what the functions return, and went back to the model.
    for row in kept[:number]:
        turn, price = details(row)["turns"][0], 100 + 2.5 * int(row[3].split()[0])
        assert turn["observation"]["text"] == str(price)
        assert details(row)["answer"] == f"it is {price}"
    assert details(kept[-1])["turns"][0]["observation"]["text"] == "'word [...]'"
    assert details(kept[0])["provenance"]["models"] == ["test-model"]
    assert details(kept[0])["provenance"]["origins"] == ["called"]
    assert details(kept[0])["provenance"]["version"] == version("creator-magic")

    # The long-term memory stands in the prompts of the imagination, and in no other.
    for tool in tools:
        queries = [row[3] for row in kept if row[0] == tool]
        imagined = [body for body in asked(server, "imagination") if tool_of(body) == tool]
        assert len(imagined) == number
        for place, body in enumerate(imagined):
            lines = [line for line in texts(body).splitlines() if line.startswith("- solved: ")]
            assert lines == [f"- solved: {query}" for query in queries[:place]]
    for stage in ("trial", "reflection", "judge"):
        assert not [body for body in asked(server, stage) if "Every earlier query" in texts(body)]

    # The short-term memory grows within an episode and is gone after it.
    tries = [body for body in asked(server, "trial") if len(body["messages"]) == 2]
    grown = [*range(TRIALS)] * EPISODES * 3
    assert [texts(body).count("\nAnswer: ") for body in tries] == grown
    assert [texts(body).count("In hindsight (solved)") for body in tries] == grown

    shown = ran.text
    least, most = 4 * number, 9 * number
    said = f"parcel_price (this notebook): {number} to be made, by {least} to {most} calls of test-model."
    assert said in shown
    total = 3 * number
    assert f"{total} of {total} trials, {total} solved, {total} passed the judge" in shown
    assert f"shorten {EPISODES}.{TRIALS}" in shown
    assert ran.updates >= total
    # What ran elsewhere left nothing here.
    assert "again" not in project.names()


def test_what_is_left_out_changes_what_it_should(
    server: ModelServer, project: LiveNotebook, tmp_path: Path
) -> None:
    bodies = {}
    for part in ("execution", "short-term", "long-term", "reflection"):
        server.forget()
        server.reply_by(Explorer(CALLS))
        ran = project.run(f"%explore parcel_price --episodes 2 --trials 2 --without {part}")
        assert ran.status == "ok", ran.error
        bodies[part] = {s: asked(server, s) for s in ("imagination", "trial", "reflection", "judge")}

    def mentions(part: str, words: str) -> dict[str, int]:
        return {stage: sum(words in texts(b) for b in found) for stage, found in bodies[part].items()}

    def numbers(part: str) -> dict[str, int]:
        return {stage: len(found) for stage, found in bodies[part].items()}

    whole = {"imagination": 4, "trial": 8, "reflection": 4, "judge": 4}
    assert numbers("short-term") == numbers("long-term") == whole
    assert numbers("reflection") == {**whole, "reflection": 0}
    assert numbers("execution") == {**whole, "trial": 4, "judge": 0}
    assert mentions("execution", "It showed (data") == dict.fromkeys(whole, 0)
    assert mentions("short-term", "This episode so far") == dict.fromkeys(whole, 0)
    assert mentions("long-term", "Every earlier query") == dict.fromkeys(whole, 0)
    kept_words = {"imagination": 3, "trial": 0, "reflection": 0, "judge": 0}
    assert mentions("short-term", "Every earlier query") == kept_words
    assert mentions("execution", "Every earlier query") == kept_words
    assert mentions("long-term", "This episode so far") == {
        "imagination": 2,
        "trial": 4,
        "reflection": 0,
        "judge": 0,
    }
    assert mentions("reflection", "In hindsight") == dict.fromkeys(whole, 0)
    assert mentions("reflection", "- no verdict: ")["imagination"] == 3
    # Each is an experiment of its own, and none is mistaken for the whole.
    assert {row[7] for row in rows(tmp_path)} == {"execution", "short-term", "long-term", "reflection"}
    assert not [row for row in rows(tmp_path) if row[7] == "execution" and row[5]]


def test_it_goes_on_where_it_stopped(server: ModelServer, project: LiveNotebook, tmp_path: Path) -> None:
    server.reply_by(Explorer(CALLS))
    ran = project.run("%explore parcel_price --episodes 2 --trials 2 --calls 7")
    assert ran.status == "ok", ran.error
    assert "The limit of 7 calls is reached: 7 calls were made." in ran.text
    assert "1 trial is kept; explore again to go on." in ran.text
    assert [row[:3] for row in rows(tmp_path)] == [("parcel_price", 1, 1)]
    before = rows(tmp_path)

    ran = project.run("%explore parcel_price --episodes 2 --trials 2")
    assert "1 of 4 trials are there, 3 to be made" in ran.text
    assert rows(tmp_path)[:1] == before
    assert [row[1:3] for row in rows(tmp_path)] == [(1, 1), (1, 2), (2, 1), (2, 2)]
    number = len(server.calls)
    assert (
        "every trial of the course is there"
        in project.run("%explore parcel_price --episodes 2 --trials 2").text
    )
    assert len(server.calls) == number

    # Another version of the function has a memory of its own.
    project.run(FUNCTION.replace("2.5", "3.5"))
    project.run("%explore parcel_price --episodes 1 --trials 1")
    assert len(rows(tmp_path)) == 5
    assert json.loads(rows(tmp_path)[-1][-1])["turns"][0]["observation"]["text"] == "121.0"


def test_an_interrupt_keeps_what_was_finished(
    server: ModelServer, project: LiveNotebook, tmp_path: Path
) -> None:
    server.reply_by(Explorer(CALLS))
    server.fault(13, "hang")
    sent = project.send("%explore parcel_price")
    server.wait_for(14)
    project.interrupt()
    ran = project.gather(sent)
    assert ran.status == "error"
    assert "2 trials are kept; explore again to go on." in ran.error
    assert "Interrupted. 2 trials are kept" in ran.text
    assert len(rows(tmp_path)) == 2


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("", "Name what is to be explored"),
        ("parcel_prise", "There is no tool 'parcel_prise'. Did you mean parcel_price?"),
        ("no.such.module:thing", "no.such.module:thing cannot be imported: ModuleNotFoundError"),
        ("math:pi", "math:pi cannot be called"),
        ("parcel_price --episods 3", "%explore does not know --episods. Did you mean --episodes?"),
        ("parcel_price --turns 0", "'0' is no whole number from 1"),
        ("parcel_price --allow networks", "'networks' is nothing to allow. Did you mean network?"),
    ],
)
def test_what_cannot_be_explored_is_refused_beforehand(
    server: ModelServer, project: LiveNotebook, line: str, said: str
) -> None:
    assert said in project.run(f"%explore {line}").error
    assert server.calls == []


def test_a_dry_run_shows_what_would_be_sent(server: ModelServer, project: LiveNotebook) -> None:
    text = project.run("%explore parcel_price --dry-run").text
    assert "60 to be made, by 240 to 540 calls of test-model" in text
    assert "is sent to it, which is computed with `BASE` of this notebook." in text
    assert "def parcel_price(weight: float, express: bool = ...) -> float:" in text
    assert "Return the price of a parcel in euros" in text
    assert server.calls == []


def test_sharing_that_is_forbidden_forbids_it(server: ModelServer, project: LiveNotebook) -> None:
    project.run('%config CreatorMagic.sharing = "forbidden"')
    assert "Sharing is forbidden here" in project.run("%explore parcel_price").error
    assert server.calls == []


def test_flags_are_completed(project: LiveNotebook) -> None:
    assert "--episodes" in project.complete("%explore parcel_price --ep")


def test_the_report_tells_success_coverage_and_failures(
    server: ModelServer, project: LiveNotebook, tmp_path: Path
) -> None:
    server.reply_with(
        "Query: What does a parcel of 3 kg cost?",
        "```python decision\nparcel_price(3)\n```",
        "Answer: 107.5 euros",
        "Verdict: yes",
        "Informative: yes\nFaithful: yes\nAppropriate: yes",
        "Query: And an envelope without any mass, sent with haste to <b>Oslo</b>?",
        "```python decision\nparcel_price(weight=0, express=True)\n```",
        "Answer: It cannot be sent.",
        "An empty one has no price.\nVerdict: no",
    )
    assert project.run("%explore parcel_price --episodes 1 --trials 2").status == "ok"
    number = len(server.calls)
    ran = project.run("%explore parcel_price --report --html report.html")
    assert ran.status == "ok", ran.error
    assert "parcel_price (this notebook): 2 trials by test-model, 1 solved, 1 passed the judge" in ran.text
    assert "ValueError" in ran.text
    assert "weight     1      3     3   3" in ran.text
    assert "An empty one has no price" in ran.text
    page = (tmp_path / "report.html").read_text("utf-8")
    assert "&lt;b&gt;Oslo" in page
    assert "http" not in page
    assert len(server.calls) == number
    project.run("def untried(x):\n    return x")
    assert "untried was not explored as it stands now." in project.run("%explore untried --report").text
