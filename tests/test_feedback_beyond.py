"""Feedback beyond tracebacks: checks, samples, reviews, and answers that deserve a second look."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from creator_magic.reply.verdict import read_verdict
from tests.live_notebook import text_of

if TYPE_CHECKING:
    from tests.live_notebook import LiveNotebook
    from tests.model_server import ModelServer

LOAVES = "How many loaves must a shop sell to cover 500 a month, at 3.20 a loaf that costs 1.20?"
TOOL = '''```python tool
import math


def break_even(price: float, cost: float, fixed: float) -> int:
    """Return the units to sell to cover fixed costs.

    >>> break_even(3.0, 1.0, 10.0)
    5
    """
    return math.ceil(fixed / (price - cost))
```'''
RIGHT, WRONG = (
    f"```python decision\nbreak_even({price}, {cost}, 500)\n```" for price, cost in ((3.2, 1.2), (1.2, 3.2))
)


def decision(value: str) -> str:
    return f"```python decision\nbreak_even(3, 1, 10)\n{value}\n```"


def last_message(server: ModelServer) -> str:
    return str(server.calls[-1].body["messages"][-1]["content"])


def test_a_check_that_fails_is_rectified_like_an_error(server: ModelServer, notebook: LiveNotebook) -> None:
    server.reply_with(TOOL, WRONG, f"The prices were mixed up.\n{RIGHT}")
    ran = notebook.run(f'%%solve --check "answer > 0" --check "answer < 10_000"\n{LOAVES}', cell_id="a")
    assert ran.status == "ok", ran.error
    assert text_of(ran.cell("decision")["outputs"]) == "250"
    assert "the check answer &gt; 0 does not hold: the answer is -250" in ran.html
    assert "Checks passed: answer &gt; 0, answer &lt; 10_000" in ran.html
    said = last_message(server)
    assert "This does not hold: answer > 0" in said
    assert "-250" not in said, "the answer is the person's own"
    assert "answer > 0" not in str([call.body for call in server.calls[:2]])


def test_an_answer_that_fails_leaves_nothing(server: ModelServer, notebook: LiveNotebook) -> None:
    notebook.run("sold = [1, 2]")
    append = "```python decision\nsold.append(break_even(3, 1, 10))\nloss = -1\nloss\n```"
    server.reply_with(TOOL, append)
    ran = notebook.run(f'%%solve --use sold --max-rectifications 0 --check "answer > 0"\n{LOAVES}')
    assert "every variable is as it was" in ran.error
    assert notebook.value("sold") == "[1, 2]"
    assert "loss" not in notebook.names()


@pytest.mark.parametrize(
    ("check", "says"),
    [
        ("plausible", "it raised AssertionError: too many"),
        ("is_small", "the answer is 250"),
        ("answer['total'] > 0", "it raised TypeError"),
        (">>> answer + 1\\n252", "it shows 251, not 252"),
        (">>> break_even(3, 1, 10)\\n6", "it shows 5, not 6"),
        ("while_true()", "stopped after 2 s"),
    ],
)
def test_ways_to_check(server: ModelServer, notebook: LiveNotebook, check: str, says: str) -> None:
    notebook.run(
        "def plausible(n):\n    assert n < 100, 'too many'\n"
        "def is_small(n):\n    return n < 100\n"
        "def while_true():\n    while True: pass"
    )
    server.reply_with(TOOL, RIGHT)
    ran = notebook.run(f'%%solve --timeout 2 --max-rectifications 0 --check "{check}"\n{LOAVES}', cell_id="a")
    assert ran.status == "error"
    assert says in ran.error


@pytest.mark.parametrize(
    ("check", "value"),
    [
        ("plausible", "250"),
        ("isinstance(answer, int)", "250"),
        ("doctest", "250"),
        (">>> answer\\n250", "250"),
        ("answer > 0", "__import__('numpy').array([1, 2])"),
        ("answer > 0", "__import__('pandas').DataFrame({'a': [1, 2]})"),
    ],
)
def test_checks_that_hold(server: ModelServer, notebook: LiveNotebook, check: str, value: str) -> None:
    notebook.run("def plausible(n):\n    assert n > 100")
    server.reply_with(TOOL, decision(value))
    ran = notebook.run(f'%%solve --check "{check}"\n{LOAVES}')
    assert ran.status == "ok", ran.error
    assert "answer" not in notebook.names()


def test_a_check_that_cannot_be_read_is_refused_before_anything_is_sent(
    server: ModelServer, notebook: LiveNotebook
) -> None:
    for check in ("answer >", "x = 1", ">>> "):
        assert "cannot be used" in notebook.run(f'%%solve --check "{check}"\n{LOAVES}').error
    assert not server.calls


def test_cells_that_stand_are_checked_too(server: ModelServer, notebook: LiveNotebook) -> None:
    server.reply_with(TOOL, RIGHT)
    first = notebook.run(f"%%solve\n{LOAVES}", cell_id="a")
    again = notebook.run(
        f'%%solve --check "answer < 100"\n{LOAVES}', cell_id="a", standing=first.cells, places_cells=True
    )
    assert "The cells failed as they stand: the check answer < 100 does not hold" in again.error
    assert len(server.calls) == 2


def test_of_several_samples_the_majority_is_taken(server: ModelServer, notebook: LiveNotebook) -> None:
    notebook.run("runs = []")
    answers = iter([251, 250, 250, 251, 250])

    def reply(body: dict[str, Any]) -> str:
        return decision(f"runs.append(1)\n{next(answers)}") if "The tool:" in str(body) else TOOL

    server.reply_by(reply)
    ran = notebook.run(f"%%solve --use runs --samples 5\n{LOAVES}", cell_id="a")
    assert ran.status == "ok", ran.error
    assert text_of(ran.cell("decision")["outputs"]) == "250"
    assert "Of 5 samples 3 agree on this answer" in ran.html
    assert "2 say: 251" in ran.html
    assert len(server.calls) == 10
    assert notebook.value("runs") == "[1]", "only the one that is taken counts"
    assert [cell["metadata"]["creator_magic"]["key"] for cell in ran.cells] == ["tool", "decision"]


def test_a_sample_that_passes_the_checks_is_better_than_a_majority_that_does_not(
    server: ModelServer, notebook: LiveNotebook
) -> None:
    answers = iter(["-1", "-1", "7"])
    server.reply_by(lambda body: decision(next(answers)) if "The tool:" in str(body) else TOOL)
    ran = notebook.run(f'%%solve --samples 3 --check "answer > 0"\n{LOAVES}', cell_id="a")
    assert ran.status == "ok", ran.error
    assert text_of(ran.cell("decision")["outputs"]) == "7"
    assert "2 failed: the check answer &gt; 0 does not hold" in ran.html


def test_if_all_samples_fail_the_best_is_rectified(server: ModelServer, notebook: LiveNotebook) -> None:
    answers = iter(["1 / 0", "undefined_name"])

    def reply(body: dict[str, Any]) -> str:
        if "What happened:" in str(body):
            return f"Mended.\n{decision('42')}"
        return decision(next(answers)) if "The tool:" in str(body) else TOOL

    server.reply_by(reply)
    ran = notebook.run(f"%%solve --samples 2\n{LOAVES}", cell_id="a")
    assert ran.status == "ok", ran.error
    assert text_of(ran.cell("decision")["outputs"]) == "42"


def test_samples_do_nothing_but_compute(server: ModelServer, notebook: LiveNotebook) -> None:
    server.reply_by(
        lambda body: decision("open('x.txt', 'a').write('x')") if "The tool:" in str(body) else TOOL
    )
    ran = notebook.run(f"%%solve --samples 2 --max-rectifications 0 --allow write\n{LOAVES}", cell_id="a")
    assert "Leave out --samples to run such code once." in ran.error
    assert notebook.value("__import__('os').path.exists('x.txt')") == "False"


def test_samples_are_recorded_apart(server: ModelServer, notebook: LiveNotebook) -> None:
    notebook.run("%config CreatorMagic.cassette_mode = 'auto'")
    answers = iter(["250", "251", "250"])
    server.reply_by(lambda body: decision(next(answers)) if "The tool:" in str(body) else TOOL)
    notebook.run(f"%%solve --samples 3\n{LOAVES}", cell_id="a")
    assert len(server.calls) == 6
    again = notebook.run(f"%%solve --samples 3\n{LOAVES}", cell_id="a")
    assert "Of 3 samples 2 agree" in again.html
    assert len(server.calls) == 6


def test_a_review_that_objects_leads_to_a_rectification(server: ModelServer, notebook: LiveNotebook) -> None:
    server.may_know = True
    objection = "It gives the turnover, and the question is how many loaves.\nVerdict: no"
    server.reply_with(
        TOOL, decision("800.0"), objection, f"Loaves.\n{RIGHT}", "250 loaves is right.\nVerdict: yes"
    )
    ran = notebook.run(f"%%solve --review\n{LOAVES}", cell_id="a")
    assert ran.status == "ok", ran.error
    assert text_of(ran.cell("decision")["outputs"]) == "250"
    assert len(server.calls) == 5
    assert "800.0" in str(server.calls[2].body)
    assert "the question is how many loaves" in str(server.calls[3].body)
    assert "the review objects: It gives the turnover" in ran.html
    assert "the output, to be reviewed" in ran.html


def test_a_review_is_not_possible_where_sharing_is_forbidden(
    server: ModelServer, notebook: LiveNotebook
) -> None:
    notebook.run("%config CreatorMagic.sharing = 'forbidden'")
    assert "a review needs the output" in notebook.run(f"%%solve --review\n{LOAVES}").error
    assert not server.calls


@pytest.mark.parametrize(
    ("text", "answers"),
    [
        ("All is right.\nVerdict: yes", True),
        ("Now it is wrong.\n**Verdict:** no", False),
        ("verdict = NO\nIt should be 3.", False),
        ("Yes, the number is right.", True),
        ("No. The unit is wrong.", False),
        ("Verdict: no\nOn second thought it is right.\nVerdict: yes", True),
        ("Nothing is wrong. Now I know.", None),
        ("Notably right", None),
        ("Yesterday's figure", None),
        ("", None),
    ],
)
def test_only_an_explicit_verdict_counts(text: str, answers: bool | None) -> None:
    assert read_verdict(text).answers is answers


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("[]", "is empty"),
        ("float('nan')", "is not a number"),
        ("10.0**40", "is very large"),
        ("float('inf')", "is infinite"),
        ("__import__('pandas').Series([None, None], dtype=float)", "has nothing but missing values"),
        ("__import__('pandas').DataFrame({'a': []})", "is empty"),
        ("__import__('numpy').ones(5)", "has the same value throughout"),
        ("__import__('polars').DataFrame({'a': [1, 1, 1]})", "has the same value throughout"),
        ("250", ""),
        ("True", ""),
        ("__import__('pandas').DataFrame({'a': [1, 2, 3], 'b': [1, 1, 1]})", ""),
    ],
)
def test_an_odd_answer_is_pointed_out(
    server: ModelServer, notebook: LiveNotebook, value: str, says: str
) -> None:
    server.reply_with(TOOL, decision(value))
    ran = notebook.run(f"%%solve\n{LOAVES}", cell_id="a")
    assert ran.status == "ok", ran.error
    assert (f"Look twice: the answer {says}" in ran.html) if says else ("Look twice" not in ran.html)
