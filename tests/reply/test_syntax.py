"""Replies that are cut short, and code that does not parse."""

from __future__ import annotations

import pytest

from creator_magic.reply import ReplyCode, read_reply
from creator_magic.reply.fences import MAX_FENCES
from creator_magic.reply.syntax import MAX_CODE
from tests.reply.read import CALL, TOOL, code_of, fenced, refused


@pytest.mark.parametrize("finish", ["length", None])
@pytest.mark.parametrize("text", [fenced(CALL), f"So:\n```python\n{CALL}", fenced(CALL, ""), TOOL])
def test_a_cut_reply_is_not_used_and_its_code_is_shown(finish: str | None, text: str) -> None:
    reply = refused(text, finish=finish)
    assert "cut off" in reply.reason
    assert not reply.syntax
    if text != fenced(CALL, ""):
        assert reply.code in (CALL, TOOL)


def test_a_filtered_reply_says_so() -> None:
    assert "content filter" in refused(fenced(CALL), finish="content_filter").reason


@pytest.mark.parametrize("finish", ["stop", "eos", "end_turn", "tool_calls", ""])
def test_other_reasons_to_finish_are_usual(finish: str) -> None:
    assert read_reply(fenced(CALL), "decision", finish) == ReplyCode(None, CALL, "")


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("x = 1\n\ndef f(x)\n    return x", "line 3: expected ':'"),
        ("print(“9”)", "invalid character"),
        ("%matplotlib inline\nf()", "plain Python"),
        ("%%time\nf()", "plain Python"),
        ("!pip install numpy", "plain Python"),
        ("files = !ls", "plain Python"),
        ("area?", "plain Python"),
        ("x = 1\nreturn x", "line 2: 'return' outside function"),
        ("print('\0')", "line 1: a NUL"),
        ("f()\nprint('\ud800')", "line 2: half of a surrogate pair"),
        ("-" * 20_000 + "1", "nested too deeply"),
        ("1+" * 20_000 + "1", "nested too deeply"),
        ("(" * 500, "too many nested parentheses"),
        ("9" * 5_000, "Exceeds the limit"),
    ],
    ids=str,
)
def test_broken_code_is_a_syntax_error_that_shows_its_line(code: str, says: str) -> None:
    reply = refused(fenced(code), "creation")
    assert says in reply.reason
    assert reply.syntax
    assert reply.reason.startswith("The tool ")
    assert reply.code is not None
    number = reply.reason.partition("in line ")[2].partition(":")[0]
    if number:
        assert reply.reason.endswith(
            reply.code.split("\n")[int(number) - 1][:159].strip() + "…" * (len(code) > 400)
        )
    reply.reason.encode()
    reply.code.encode()


def test_an_unclosed_block_that_does_not_parse_says_that_it_is_unclosed() -> None:
    assert "not closed" in refused(f"```python\n{CALL}\nThat prints it").reason


def test_broken_code_without_a_mark_is_a_syntax_error_too() -> None:
    assert refused(fenced("def f(x)\n    return x", ""), "creation").syntax
    assert refused(fenced("x = area(3)", "") + fenced("y = x +", "")).syntax
    assert code_of(fenced("def area(side) -> int", "") + fenced(TOOL), "creation") == (TOOL, None)


@pytest.mark.parametrize(
    "code", ["x = await f()\nprint(x)", "async with a as b:\n    print(b)", 'print("\\d")']
)
def test_what_notebooks_allow_is_allowed(code: str) -> None:
    assert code_of(fenced(code), "decision") == (None, code)


def test_too_much_is_refused_with_a_reason() -> None:
    lines = "x = f(1)\n" * (MAX_CODE // 9 + 1)
    for text in (fenced(lines), f"So:\n{TOOL}\n{lines}", fenced(lines[: MAX_CODE // 2]) * 3):
        assert f"{MAX_CODE:,} characters" in refused(text).reason
    assert f"{MAX_FENCES:,} code fences" in refused(fenced(CALL) * MAX_FENCES).reason


def test_the_diagnosis_is_the_prose_before_the_first_code() -> None:
    prose = "The side was\x1b[31m negative.\ud800"
    reply = read_reply(f"\n {prose}\n\n{fenced(CALL)} And more.", "rectification", "stop")
    assert reply.diagnosis == "The side was\ufffd[31m negative.\ufffd"
    assert read_reply(f"Fix: ```python\n{CALL}\n```", "decision", "stop").diagnosis == "Fix:"
    cut = read_reply(f"{'word ' * 1_000}\n{fenced(CALL)}", "decision", "stop").diagnosis
    assert len(cut) <= 600
    assert cut.endswith("word…")
    assert refused(f"Look:\n{fenced('def f(')}").diagnosis == "Look:"
