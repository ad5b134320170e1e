"""Whatever comes: a text gives code of its own, or a reason."""

from __future__ import annotations

import ast
import time
import warnings
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from creator_magic.reply import ReplyCode, Unusable, read_reply
from creator_magic.reply.syntax import MAX_CODE
from tests.reply.read import CALL, STAGES, TOOL, fenced

if TYPE_CHECKING:
    from collections.abc import Sequence

    from creator_magic.ports import CodeStage

FRAGMENTS = [
    *(
        "```",
        "````",
        "~~~",
        "``` python",
        "```python tool",
        "```python decision",
        "```py",
        "```text",
        "```output",
    ),
    *(
        "  ```python",
        "1. ```python",
        "Code: ```python",
        "Code: ```",
        "```pycon",
        "```json",
        "```markdown",
        "> ```",
    ),
    *(
        TOOL,
        CALL,
        "import math",
        "K = 3",
        "x = area(K)",
        "x",
        "def area(",
        "@cache",
        "class A:\n    b = 1",
        "    y = 2",
    ),
    *(
        '"""',
        "'''",
        's = """',
        "(",
        ")",
        "[{",
        "\\",
        "# ```",
        "f()```",
        ">>> f()",
        "... ",
        "%time",
        "!ls",
        "a?",
        ";",
    ),
    *(
        "Output:",
        "The result is",
        "5.0",
        "(1, 2)",
        "array([1])",
        "Sorry, no.",
        "Note: this",
        "if x: y",
        "return 1",
    ),
    *(
        "\0",
        "\ud800",
        "\ufeff",
        "\xa0\xa0x = 1",
        "“a”",
        "\x0c",
        "\x1b[31m",
        "\u2028",
        "\x85",
        "<think>",
        "</think>",
    ),
]
JOINS = ["\n", "\n", "\n", "\n\n", "\r\n", "\r", " ", ""]
texts = st.lists(
    st.tuples(st.sampled_from(FRAGMENTS) | st.text(max_size=12), st.sampled_from(JOINS)), max_size=14
).map(lambda pairs: "".join(part for pair in pairs for part in pair))


def stands_in(code: str, text: str) -> bool:
    """Tell whether each line of `code` stands in a line of `text`, in this order."""
    lines = iter(text.replace("\r\n", "\n").replace("\r", "\n").replace("\xa0", " ").split("\n"))
    wanted = [line.strip() for line in code.replace("\xa0", " ").split("\n")]
    return all(any(line in given for given in lines) for line in wanted if line)


@settings(max_examples=600, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    texts,
    st.sampled_from(STAGES),
    st.sampled_from(["stop", "stop", "stop", "length", None, "content_filter"]),
)
def test_any_text_gives_code_of_its_own_or_a_reason(text: str, stage: CodeStage, finish: str | None) -> None:
    for names in (frozenset[str](), frozenset({"area"})):
        reply = read_reply(text, stage, finish, names)
        assert reply == read_reply(text, stage, finish, names)
        reply.diagnosis.encode()
        if isinstance(reply, Unusable):
            assert reply.reason
            f"{reply.reason}{reply.code}".encode()
            continue
        assert finish == "stop"
        assert reply.tool or reply.decision
        for code in filter(None, (reply.tool, reply.decision)):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                assert ast.parse(code).body
            assert code == code.rstrip()
            assert stands_in(code, text)


WORDS = [
    "the",
    "area",
    "is",
    "yes",
    "Sorry,",
    "import",
    "from",
    "if",
    "9",
    "x",
    "=",
    "5.0",
    "(so)",
    "Note:",
    "and",
    "not",
    "in",
    "`f(3)`",
    "-",
    "1.",
    "Done.",
    "**Output:**",
    "https://a.b/c",
]
sentences = st.lists(st.sampled_from(WORDS), max_size=8).map(" ".join)
outputs = st.tuples(
    st.sampled_from(["", "text", "json", "output"]),
    st.sampled_from(["9", "x", "area 9", "(1, 2)", "a, b", "'a'"]),
)
prose = st.lists(sentences | outputs.map(lambda pair: fenced(pair[1], pair[0])), max_size=8).map("\n".join)


@settings(max_examples=400, deadline=None)
@given(prose, st.sampled_from(STAGES))
def test_prose_never_yields_code(text: str, stage: CodeStage) -> None:
    assert isinstance(read_reply(text, stage, "stop"), Unusable)


SIZE = 10_000_000
NASTY: dict[str, Sequence[str]] = {
    "one line of backticks": ("`",),
    "fence after fence": ("```\n",),
    "blocks never closed": ("```python\nx = (\n",),
    "fences in one line": ("``` ",),
    "strings never closed": ("```python\n'''\n```\n",),
    "one block never closed": ("x = f(1)\n", "```python\n"),
    "parentheses": ("(", "```python\n"),
    "a list without end": ("- ", "", "```python\nx"),
    "blank lines": ("\n",),
    "blanks": (" ",),
    "carriage returns": ("\r",),
    "NULs": ("\0",),
    "half pairs": ("\ud800",),
    "prompts": (">>> x\n", "```\n"),
    "definitions": ("def f(x):\n",),
    "thoughts": ("<think>",),
    "prose, then code": ("The area is so.\n", "", fenced(f"{TOOL}\n{CALL}")),
}


@pytest.mark.parametrize("shape", NASTY.values(), ids=NASTY.keys())
def test_ten_megabytes_are_read_in_a_moment(shape: Sequence[str]) -> None:
    body, head, tail = (*shape, "", "")[:3]
    text = head + (body * (SIZE // len(body) + 1))[:SIZE] + tail
    begun = time.process_time()
    reply: Any = read_reply(text, "entangled", "stop")
    assert time.process_time() - begun < 3
    assert isinstance(reply, ReplyCode) == bool(tail.endswith("```\n"))


@pytest.mark.parametrize(
    "unit",
    ["x = f(1)\n", "f(1);", "1+", "-", "[", "a.", "x if y else ", "'''", "lambda: ", "@a\n", "\xa0f(1)\n"],
)
def test_the_longest_code_is_read_in_a_moment(unit: str) -> None:
    spellings: list[tuple[str, CodeStage]] = [("python", "creation"), ("", "entangled")]
    for info, stage in spellings:
        text = fenced(unit * ((MAX_CODE - 1_000) // len(unit)), info)
        begun = time.process_time()
        read_reply(text, stage, "stop", frozenset({"f"}))
        assert time.process_time() - begun < 3
