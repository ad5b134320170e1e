"""Where a course gives hints only, no reply shows code, and a hint without code is not touched."""

from __future__ import annotations

import re
import subprocess
import sys
import time
import tomllib
import unicodedata
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from creator_magic.course.hints_only import WITHHELD, Hint, without_code

HERE = Path(__file__).parent
MARKS = re.compile(r"[`|*>#-]")


def kept_in(*names: str) -> list[tuple[str, str, list[str]]]:
    """Return the kind, the text and what belongs to it, of all that files hold."""
    files = [tomllib.loads((HERE / name).read_text(encoding="utf-8")) for name in names]
    return [(kind, text, rest) for file in files for kind, found in file.items() for text, *rest in found]


CARRYING = kept_in("carrying.toml", "whole_replies.toml")
HARMLESS = kept_in("harmless.toml")
HELD_OUT_CARRYING = kept_in("held_out_carrying.toml")
HELD_OUT_HARMLESS = kept_in("held_out_harmless.toml")


def squeezed(text: str) -> str:
    """Return what is left without blanks, line ends and characters that nothing shows."""
    return "".join(letter for letter in text if unicodedata.category(letter)[0] not in "ZC")


def unmarked(text: str) -> str:
    """Return what is left when the marks of Markdown go, too, so that pieces are joined."""
    return MARKS.sub("", squeezed(text))


def leaks(text: str, fragments: list[str]) -> list[str]:
    """Return the fragments that stand in a text, however it is broken up; two letters stand in any."""
    return [
        one
        for one in fragments
        if squeezed(one) in squeezed(text) or (len(unmarked(one)) > 3 and unmarked(one) in unmarked(text))
    ]


def test_two_hundred_replies_that_carry_code_show_none() -> None:
    shown: Counter[str] = Counter()
    for kind, reply, fragments in CARRYING + HELD_OUT_CARRYING:
        assert fragments, reply
        assert leaks(reply, fragments) == fragments, reply
        hint = without_code(reply)
        if hint.withheld == 0 or leaks(hint.text, fragments):
            shown[kind] += 1
    assert len(CARRYING) >= 200
    assert not shown, f"of {Counter(kind for kind, *_ in CARRYING)} these showed code: {shown}"


BEFORE = 3 * (
    "Let us think about it together, one step after the other, as you did last week.\n\n"
    "What is given, and what is asked? Say it in your own words, and write down what you know. "
)
AFTER = 3 * (
    "Now try it with a small example on paper. What do you get, and is it what you expected?\n\n"
    "If it is not, where does the difference come from? Look at each step again, slowly. "
)


def test_code_is_found_in_a_long_reply_that_is_not_refused_for_being_code() -> None:
    shown, refused = [], 0
    for _, reply, fragments in CARRYING + HELD_OUT_CARRYING:
        hint = without_code(f"{BEFORE}\n\n{reply}\n\n{AFTER}")
        refused += hint.is_refused
        if hint.withheld == 0 or leaks(hint.text, fragments):
            shown.append(reply)
    assert not shown
    assert refused < 10


def test_a_hundred_and_fifty_hints_without_code_pass_unharmed() -> None:
    harmed = [
        hint
        for _, hint, allowed in HARMLESS + HELD_OUT_HARMLESS
        if without_code(hint, allowed) != Hint(hint, 0)
    ]
    assert len(HARMLESS) >= 150
    assert not harmed


@pytest.mark.parametrize("allowed", [["mean(x)"], ["mean( x )"], ["  mean(x)"]])
def test_what_the_teacher_allows_is_shown_alone_but_not_in_more_code(allowed: list[str]) -> None:
    hint = "Think of mean(x) as the point of balance of all the values."
    assert without_code(hint).withheld == 1
    assert without_code(hint, allowed) == Hint(hint, 0)
    for more in ("m = mean(x)", "mean(x)[0]", "mean(x).real", "mean(x) / 2", "print(mean(x))", "mean(x)(y)"):
        assert (
            more not in without_code(f"Think of {more} as the point of balance of all values.", allowed).text
        )


def test_an_expression_that_is_allowed_allows_no_other() -> None:
    assert without_code("Think of trimmed.mean(x) here.", ["mean(x)"]).withheld == 1
    assert without_code("Think of mean(xs) here.", ["mean(x)"]).withheld == 1


def test_the_prose_around_code_stays() -> None:
    reply = (
        "Think about what a mean is, and what you need for it. There are two steps, you have done one.\n\n"
        "```python\nprint(1)\n```\n\nWhat do you divide by? Use `sum(x)` with care, and look at your list."
    )
    assert without_code(reply) == Hint(
        "Think about what a mean is, and what you need for it. There are two steps, you have done one.\n\n"
        f"{WITHHELD}\n\nWhat do you divide by? Use {WITHHELD} with care, and look at your list.",
        2,
    )


def test_a_reply_that_is_code_for_the_most_part_is_refused_whole() -> None:
    hint = without_code("Here:\n\n```python\ntotal = sum(prices)\nprint(total)\n```\n")
    assert hint == Hint("", 1)
    assert hint.is_refused
    assert not without_code("").is_refused


def test_a_formula_that_gives_a_value_to_a_name_of_code_goes_with_the_code() -> None:
    hint = "The formula is total = price * count. What do you know of it, and what is asked?"
    assert without_code(hint) == Hint(hint, 0)
    with_code = without_code(
        f"{hint}\n\nThen comes a step that you have not thought of: `total += tax`. Why is it there?"
    )
    assert "total =" not in with_code.text


WILD = st.one_of(
    st.text(),
    st.text("`~ \n>-*|.()[]{}=\"'#$\\_<>/:;,xyi10 \t\r\u200b\uff08"),
    st.lists(st.sampled_from([text for _, text, _ in CARRYING + HARMLESS])).map("\n".join),
    st.lists(
        st.sampled_from(
            [
                "```",
                "`",
                "def",
                "f(x)",
                " ",
                "\n",
                "    ",
                "x = 1",
                "<pre>",
                "</pre>",
                "$$",
                "\\begin{verbatim}",
            ]
        )
    ).map("".join),
)


@given(WILD, st.lists(st.sampled_from(["mean(x)", "x", "", "df['a']", "("]), max_size=2))
def test_any_text_can_be_read_and_what_is_shown_is_shown_again(text: str, allowed: list[str]) -> None:
    hint = without_code(text, allowed)
    assert without_code(hint.text, allowed) == Hint(hint.text, 0)
    if hint.withheld == 0:
        assert hint.text == text


LONG = {
    "one word": "a",
    "blanks": " ",
    "backticks": "`` ` ``` ",
    "fences": "```\n~~~\n",
    "brackets": "([{",
    "calls": "f(f(f(",
    "marks": "a = b + * ** ",
    "links": "[a](b ![](",
    "tags": "<b <pre ",
    "elements": "<pre>",
    "math": "$ $$ \\( \\[",
    "digits": "12 34 ab ",
    "letters": "a-b-c ",
    "dots": "a.b.",
    "quotes": "\"a' ",
    "equations": "x=y=",
    "sums": "a = a+a+a+",
    "lines": "x\n",
    "items": "- 1. ",
    "prose": "What do you think of it, and why? ",
    "commas": "for a, b, ",
    "lambdas": "lambda a, ",
    "pipes": "| a ",
    "not ASCII": "é\u200b\uff08",
}


@pytest.mark.parametrize("unit", LONG.values(), ids=LONG.keys())
def test_a_long_reply_takes_time_in_proportion_to_its_length(unit: str) -> None:
    def seconds(length: int) -> float:
        text = unit * (length // len(unit))
        times = []
        for _ in range(2):
            begun = time.process_time()
            without_code(text)
            times.append(time.process_time() - begun)
        return min(times)

    assert seconds(20_000) < 5 * 4 * max(seconds(4_000), 0.002)


def test_reading_a_usual_reply_takes_milliseconds() -> None:
    replies = [reply for kind, reply, _ in CARRYING if kind == "a whole reply"]
    replies += [hint for kind, hint, _ in HARMLESS if kind == "whole hints"]
    begun = time.process_time()
    for reply in replies:
        without_code(reply)
    assert (time.process_time() - begun) / len(replies) < 0.01


def test_the_page_counts_what_is_tested() -> None:
    page = (HERE.parents[1] / "docs" / "hints-only.md").read_text(encoding="utf-8")
    for kept in (CARRYING + HELD_OUT_CARRYING, HARMLESS + HELD_OUT_HARMLESS):
        for kind, count in Counter(kind for kind, *_ in kept).items():
            assert f"| {kind} | {count} |" in page
        assert f"| together | {len(kept)} |" in page


def test_the_filter_needs_no_kernel() -> None:
    script = (
        "import sys, creator_magic.course.hints_only; assert not {'IPython', 'openai'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", script], check=True)
