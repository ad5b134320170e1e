"""What stands in a reply and is no code: output, prose, refusals."""

from __future__ import annotations

from itertools import product

import pytest

from tests.reply.read import CALL, STAGES, TOOL, code_of, fenced, refused

LABELS = [
    *(
        "Output:",
        "**Output:**",
        "### Output",
        "Output:<br>",
        "The output is",
        "Result",
        "Results:",
        "OUTPUT:",
    ),
    *("The output will be:", "Expected output:", "This will output:", "Running it prints", "which gives:"),
    *("Here is the output:", "Sample Output 1:", "Solution Output:", "Here's the result:"),
]
OUTPUTS = [
    "5.0",
    "(1, 2)",
    "[1, 2]",
    "The area is 9",
    "area = 9",
    "array([1, 2])",
    "{'a': 1}",
    "9\n10",
    "x",
    "print(9)",
]


@pytest.mark.parametrize("label", LABELS)
@pytest.mark.parametrize("output", OUTPUTS)
def test_announced_output_is_no_code(label: str, output: str) -> None:
    for info, gap in product(("", "text", "output", "console", "python output"), ("\n", "\n\n")):
        text = f"{fenced(CALL)}{label}{gap}{fenced(output, info)}"
        assert code_of(text, "decision") == (None, CALL)


@pytest.mark.parametrize("output", OUTPUTS[:-1])
def test_output_is_no_code_without_an_announcement_either(output: str) -> None:
    assert code_of(fenced(CALL) + "And so:\n" + fenced(output, ""), "decision") == (None, CALL)


def test_output_in_a_python_block_is_no_code() -> None:
    assert code_of(f"{fenced(CALL)}Output:\n{fenced('The area is 9')}", "decision") == (None, CALL)
    assert code_of(f"{fenced(CALL)}Output:\n{fenced('9')}", "decision") == (None, CALL)


PROSE = [
    *("", " \n ", "yes", "Sorry", "Sorry, no", "Note: this", "Done (5000)", "5000", "x = 5", "x = 5\ny = 6"),
    *(
        "The answer is 9.",
        "import duties",
        "from here on",
        "if needed: retry",
        "'print(9)'",
        "# print(9)",
        "...",
    ),
    *("I'm sorry, I can't help with that.", "Use `area(3)`.", "Call ```area(3)``` for it.", "~~~", "``` ```"),
    *("It is in ```\n", "The area is:\n\n    print(9)", "import duties are high.", "@someone said so"),
    *(fenced("5000", ""), fenced("x", ""), fenced("The answer", ""), fenced("yes, no", ""), fenced("5000")),
    *(fenced("..."), fenced("# as before"), fenced("Sorry"), fenced(""), fenced("print(1)", "bash")),
    *(fenced("print(1)", "text"), fenced("print(1)", "pycon"), f"Output:\n{fenced('print(9)', '')}"),
    *(fenced('{"a": 1}', "json"), "<think>\n```python\nprint(1)\n```", "``` print(1)"),
]


@pytest.mark.parametrize("text", PROSE)
def test_prose_is_no_code(text: str) -> None:
    for stage in STAGES:
        reply = refused(text, stage)
        assert reply.reason.startswith(
            ("The reply held no Python code", "The reply's Python block computes nothing")
        )
        assert "```python" in reply.reason


def test_a_refusal_is_shown_by_its_beginning() -> None:
    reply = refused("I'm sorry, I can't help with that.\n" * 50)
    assert "held no Python code" in reply.reason
    assert "I'm sorry, I can't" in reply.reason
    assert len(reply.reason) < 300
    assert (reply.code, reply.syntax) == (None, False)


def test_code_after_prose_without_a_fence_is_read_if_it_reaches_the_end() -> None:
    assert code_of(f"Sure, here it is:\n\n{TOOL}\n", "creation") == (TOOL, None)
    assert code_of(f"import math\n\n{TOOL}\n", "creation") == (f"import math\n\n{TOOL}", None)
    reply = refused(f"Sure:\n\n{TOOL}\n\nThis squares the side.", "creation")
    assert reply.syntax
    assert "outside a fenced block" in reply.reason
    assert "line 4" in reply.reason
    assert reply.code is not None
    assert reply.code.startswith(TOOL)


def test_code_after_prose_is_not_begun_in_its_middle() -> None:
    assert refused(f"Sure:\nSIDE = 3\n\n{TOOL}", "creation").code is None


def test_a_reply_begun_inside_a_block_ends_at_the_fence() -> None:
    assert code_of(f"{TOOL}\n```\nThis squares the side.", "creation") == (TOOL, None)
