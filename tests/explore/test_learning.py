"""What exploring teaches the tool: a diff of its docstring, taken over by a cell, kept as cases."""

from __future__ import annotations

from typing import TYPE_CHECKING

from creator_magic.explore.learnt_examples import with_what_was_learnt
from creator_magic.tool_version import version_of

if TYPE_CHECKING:
    from tests.live_notebook import LiveNotebook
    from tests.model_server import ModelServer

TOOL = '''```python tool
def toll(axles: int, night: bool = False) -> float:
    """Return the toll of a lorry in euros, from the number of its axles."""
    if axles < 2:
        raise ValueError("a lorry has two axles at least")
    return axles * (1.5 if night else 2.0)
```'''
YES = "Informative: yes\nFaithful: yes\nAppropriate: yes"


def call(code: str) -> str:
    return f"```python decision\n{code}\n```"


def test_what_was_learnt_is_a_diff_that_a_cell_takes_over(
    server: ModelServer, notebook: LiveNotebook
) -> None:
    server.reply_with(TOOL, call("toll(3)"))
    assert notebook.run("%%solve\nWhat does a lorry of three axles pay?", cell_id="a").status == "ok"
    assert "toll was not explored as it stands now" in notebook.run("%explore toll --learn").error
    server.reply_with(
        "Query: Five axles, by night?",
        call("toll(1)"),
        call("toll(5, night=True)"),
        "Answer: 7.50 euros",
        "Verdict: yes",
        YES,
        "Query: Two lorries of 4 and 6 axles together?",
        call("both = [toll(n) for n in (4, 6)]\nsum(both)"),
        "Answer: 20 euros",
        "Verdict: yes",
        YES,
    )
    assert notebook.run("%explore toll --episodes 1 --trials 2").status == "ok"
    ran = notebook.run("%explore toll --learn")
    assert ran.status == "ok", ran.error
    assert "+    >>> toll(5, night=True)\n+    7.5" in ran.text
    assert "+    ValueError: a lorry has two axles at least" in ran.text
    (offered,) = ran.payload
    assert offered["text"].startswith("%%tools edit toll\n")
    taken = notebook.run(offered["text"])
    assert taken.status == "ok", taken.error
    assert "toll was changed; this is revision 2." in taken.text
    shown = notebook.run("%tools show toll").text
    assert "toll(5, night=True)" in shown
    assert "There is nothing to add" in notebook.run("%explore toll --learn").error
    # What was learnt of it holds on: only its docstring is another.
    assert "2 trials by test-model" in notebook.run("%explore toll --report").text
    assert "every trial of the course is there" in notebook.run("%explore toll --episodes 1 --trials 2").text


def test_a_version_is_the_code_and_not_its_words() -> None:
    code = 'def f(x):\n    """Say."""\n    return x  # so\n'
    assert version_of(code) == version_of('def f(x):\n    """Say more.\n\n    And more."""\n\n    return x')
    assert version_of(code) != version_of(code.replace("return x", "return -x"))


def test_a_source_without_a_docstring_stays_as_it_is() -> None:
    assert with_what_was_learnt("def f(x):\n    return x", "f", ()) == "def f(x):\n    return x"
