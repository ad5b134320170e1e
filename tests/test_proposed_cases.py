"""`%tools check NAME --propose`: cases a model thinks of, run apart, kept if they pass and shown if not."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from creator_magic.stages.cases import cases
from creator_magic.toolbox.places import toolbox_of
from creator_magic.toolbox.proposed_cases import MOST, read_cases
from creator_magic.toolbox.reading import describe
from creator_magic.toolbox.tool import Provenance
from tests.conftest import environment
from tests.live_notebook import LiveNotebook

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.model_server import ModelServer

MEDIAN = '''from statistics import median as middle


def typical(values: list[float]) -> float:
    """Return the median of some measurements.

    >>> typical([1, 2, 9])
    2
    """
    if not values:
        raise ValueError("there is nothing to take the median of")
    return middle(values)'''
RAISED = "Traceback (most recent call last):\n    ...\n"

PROPOSED = """Here are some.
```python
>>> typical([1, 2, 9])
2

>>> typical([4, 1])
2.5

>>> typical([7])
7.0

>>> typical([])
Traceback (most recent call last):
    ...
ValueError

>>> typical([1, 2, 3, 10])
3

>>> typical([float(open("notes.txt").read())])
1.0
```"""


@pytest.mark.parametrize(
    ("reply", "found"),
    [
        (">>> f(1)\n2\n", [((), "f(1)", "2")]),
        (
            "Text\n```python\n>>>f( 1 )\n2\n# next\n>>> f(3)\n'x'\n```",
            [((), "f( 1 )", "2"), ((), "f(3)", "'x'")],
        ),
        ("- one:\n    >>> f(\n    ...     1)\n    2\n\nand so on", [((), "f(\n    1)", "2")]),
        (">>> f(1)\nValueError: no\n", [((), "f(1)", f"{RAISED}ValueError: no")]),
        (
            ">>> import math\n>>> x = 3\n\n>>> f(math.pi)\n3\n>>> y = [1]\n>>> y.append(2)\n>>> f(y)\n4\n",
            [(("import math",), "f(math.pi)", "3"), (("y = [1]", "y.append(2)"), "f(y)", "4")],
        ),
        (">>> f(1)\n2\n\n>>> ( broken\n\n>>> f(2)\n3\n", [((), "f(1)", "2"), ((), "f(2)", "3")]),
        (
            "```\nassert f(1) == 2\nassert f(2) > 1, 'so'\n```",
            [((), "f(1)", "2"), ((), "bool(f(2) > 1)", "True")],
        ),
        ("I would check that\nassert f(1) is None\nholds.", [((), "bool(f(1) is None)", "True")]),
        (
            "import f\n\ndef test_f():\n  x = 1\n  assert f(x) == 2\n  with raises(KeyError):\n    f('a')",
            [(("x = 1",), "f(x)", "2"), ((), "f('a')", f"{RAISED}KeyError")],
        ),
        (">>> f(1)\n2\n>>> f( 1)\n2\n", [((), "f(1)", "2")]),
        (">>> g(1)\n2\n>>> 1 + 1\n2\n", []),
        (">>> f = print\n>>> f(1)\n1\n", []),
        ("def f(x):\n    return x\n\nassert f(1) == 1", [((), "f(1)", "1")]),
        ("No idea.", []),
        ("", []),
    ],
)
def test_cases_are_read_however_they_are_written(reply: str, found: list[object]) -> None:
    assert [(case.setup, case.call, case.expected) for case in read_cases(reply, "f")] == found


@given(
    st.text()
    | st.lists(st.sampled_from([">>> ", "f(1)", "\n", "```", "assert ", "2", "...", " ", "def test"])).map(
        "".join
    )
)
def test_whatever_the_reply_it_is_read(reply: str) -> None:
    assert len(read_cases(reply, "f")) <= MOST


def test_what_is_sent_is_the_source_alone_behind_a_constant_head() -> None:
    (head, tail), (other, _) = (
        cases(describe(source, "typical")).messages for source in (MEDIAN, MEDIAN + "\n")
    )
    assert head == other
    assert tail.content == f"The tool:\n```python\n{MEDIAN}\n```"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / ".git").mkdir()
    box = toolbox_of(tmp_path, str(tmp_path / "personal.sqlite"))
    secret = "What is typical of 31.7 and 31.9?"
    box.admit(
        MEDIAN, problem=secret, decision="typical([31.7, 31.9])", answer="31.8", provenance=Provenance()
    )
    box.close()
    return tmp_path


@pytest.fixture
def live(server: ModelServer, project: Path) -> Iterator[LiveNotebook]:
    with LiveNotebook(environment(server), cwd=str(project)) as notebook:
        notebook.run("%load_ext creator_magic")
        yield notebook


def kept(project: Path) -> dict[str, list[str]]:
    box = toolbox_of(project, str(project / "personal.sqlite"))
    tool = box.own.get("typical")
    box.close()
    by_origin: dict[str, list[str]] = {"waiting": [case.call for case in tool.proposed]}
    for case in tool.cases:
        by_origin.setdefault(case.origin, []).append(case.call)
    return by_origin


def test_those_that_pass_are_kept_and_those_that_fail_are_shown(
    server: ModelServer, project: Path, live: LiveNotebook
) -> None:
    server.reply_with(PROPOSED)
    ran = live.run("%tools check typical --propose")
    assert ran.status == "ok", ran.error
    assert "3 of 5 proposed cases passed and kept; 1 failed and not kept." in ran.text
    assert "the tool shows: 2.5\n>>> typical([1, 2, 3, 10])\n3" in ran.text
    assert "Refused, since it would read files: typical([float(open(" in ran.text
    assert re.search(r"^By [^:]+: 1 call · [\d,]+ tokens in", ran.text, re.MULTILINE)
    assert "check typical --accept N" in ran.text
    assert kept(project) == {
        "doctest": ["typical([1, 2, 9])"],
        "decision": ["typical([31.7, 31.9])"],
        "model": ["typical([4, 1])", "typical([7])", "typical([])"],
        "waiting": ["typical([1, 2, 3, 10])"],
    }
    sent = json.dumps(server.calls[0].body)
    assert "def typical" in sent
    assert "31.7" not in sent
    assert "1 call" in live.run("%creator cost").text
    assert "cases" in live.run("%creator log").text
    assert "2 of" not in live.run("%tools check typical").text
    assert ">>> typical([])" in live.run("%tools show typical").text


def test_a_person_decides_on_one_that_fails(server: ModelServer, project: Path, live: LiveNotebook) -> None:
    server.reply_with(PROPOSED)
    live.run("%tools check typical --propose")
    assert "# 1\n>>> typical([1, 2, 3, 10])" in live.run("%tools show typical").text
    assert "typical has 1 proposed case to accept" in live.run("%tools check typical --accept 2").error
    told = live.run("%tools check typical --accept 1").text
    assert "`typical([1, 2, 3, 10])` shows 2.5, where 3 is expected" in told
    assert kept(project)["person"] == ["typical([1, 2, 3, 10])"]
    assert kept(project)["waiting"] == []
    # The tool must pass it from now on.
    again = "%%tools edit typical\n" + MEDIAN.replace("Return", "Give")
    assert "was not changed" in live.run(again).text
    assert "mend it first" in live.run("%tools check typical --propose").text
    assert len(server.calls) == 1


def test_one_that_never_ends_costs_that_case_alone(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("creator_magic.toolbox.proposal.SECONDS", 2.0)
    endless = ">>> typical([x for x in iter(int, 1)])\n1\n\n>>> typical([3, 5])\n4\n"
    box = toolbox_of(project, str(project / "personal.sqlite"))
    proposal = box.propose("typical", endless)
    assert [(each.case.call, each.got) for each in proposal.failed] == [
        ("typical([x for x in iter(int, 1)])", "it took longer than 1 s")
    ]
    assert [(case.call, case.expected) for case in proposal.passed] == [("typical([3, 5])", "4.0")]
    box.close()


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("check --propose", "name the tools"),
        ("check typical --propose --accept 1", "give one of them"),
        ("check --accept 1", "name that tool"),
        ("check typical --accept none", "no number from 1"),
        ("check tpical --propose", "Did you mean typical?"),
    ],
)
def test_words_that_do_not_fit_are_refused_before_anything_is_sent(
    server: ModelServer, live: LiveNotebook, words: str, says: str
) -> None:
    assert says in live.run(f"%tools {words}").error
    assert not server.calls


def test_limits_hold_and_a_recorded_reply_is_replayed(server: ModelServer, project: Path) -> None:
    with LiveNotebook({**environment(server), "CREATOR_CASSETTE_MODE": "auto"}, cwd=str(project)) as live:
        live.run("%load_ext creator_magic")
        live.run("%config CreatorMagic.session_calls = 1")
        server.reply_with(PROPOSED)
        live.run("%tools check typical --propose")
        again = live.run("%tools check typical --propose")
        assert "1 replayed reply" in again.text
        assert "0 of 2 proposed cases passed and kept; 1 failed" in again.text
        live.run(f"%%tools edit typical\n{MEDIAN.replace('middle', 'mid')}")
        assert "The limit of 1 call a session is reached" in live.run("%tools check typical --propose").error
    assert len(server.calls) == 1


def test_a_key_in_the_source_is_not_sent(server: ModelServer, project: Path, live: LiveNotebook) -> None:
    source = MEDIAN.replace("def typical", "KEY = 'sk-test-0123456789abcdefgh'\n\n\ndef typical")
    live.run(f"%%tools edit typical\n{source}")
    server.reply_with(PROPOSED)
    told = live.run("%tools check typical --propose").text
    assert "sk-test-0123456789abcdefgh" not in json.dumps(server.calls[0].body)
    assert "looks like a key was not sent" in told
    assert kept(project)["model"]


def test_a_terminal_does_the_same(server: ModelServer, project: Path) -> None:
    server.reply_with(PROPOSED)
    ran = subprocess.run(
        [
            str(Path(sys.executable).parent / "creator-magic"),
            "tools",
            "check",
            "typical",
            "--propose",
            "--json",
        ],
        cwd=project,
        env={
            **os.environ,
            **environment(server),
            "CREATOR_PERSONAL_TOOLBOX": str(project / "personal.sqlite"),
        },
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    told = json.loads(ran.stdout)["proposed"]["typical"]
    assert [len(told[kind]) for kind in ("kept", "failed", "refused")] == [3, 1, 1]
    assert told["repeated"] == 1
    assert told["failed"][0]["shows"] == "2.5"


def test_tools_that_do_more_than_compute_get_no_proposals(server: ModelServer, project: Path) -> None:
    box = toolbox_of(project, str(project / "personal.sqlite"))
    writes = "def note(text):\n    '''Append.'''\n    return open('n.txt', 'a').write(text)"
    box.own.add(describe(writes, "note"))
    box.close()
    with LiveNotebook(environment(server), cwd=str(project)) as live:
        live.run("%load_ext creator_magic")
        assert "note would write files" in live.run("%tools check note --propose").error
    assert not server.calls
    assert not (project / "n.txt").exists()
