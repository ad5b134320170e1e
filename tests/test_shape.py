"""An error message reaches a model without the user's data."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from creator_magic.feedback import feedback_of
from creator_magic.ports import CodeCell, Failure, Frame
from creator_magic.problem import Problem, Variable
from creator_magic.shape import known_words, shape

KNOWN = known_words("total = table['price'].sum()", "What is the total price of the 12 items?")


@pytest.mark.parametrize(
    ("message", "told"),
    [
        ("could not convert string to float: '9,999'", "could not convert string to float: '9,999'"),
        ("could not convert string to float: '1,234 EUR'", "could not convert string to float: '9,999 AAA'"),
        ("name 'totl' is not defined", "name 'aaaa' is not defined"),
        (
            "invalid literal for int() with base 10: 'positive'",
            "invalid literal for int() with base 99: 'aaaaaaaa'",
        ),
        (
            "can't multiply sequence by non-int of type 'float'",
            "can't multiply sequence by non-int of type 'float'",
        ),
        (
            "None of [Index(['yes', 'no'])] are in the [columns]",
            "None of [Aaaaa(['aaa', 'aa'])] are in the [aaaaaaa]",
        ),
        ("bad bytes b'unknown' at ½ or Ⅷ", "bad bytes a'aaaaaaa' at 9 or 9"),
        ("'price'", "'price'"),
        ("'Müller-Lüdenscheidt'", "'Aaaaaa-Aaaaaaaaaaaa'"),
        ("list index out of range", "list index out of range"),
        (
            "unsupported operand type(s) for +: 'int' and 'str'",
            "unsupported operand type(s) for +: 'int' and 'str'",
        ),
        (
            "Unknown datetime string format, unable to parse: Zoe, at position 0",
            "Unknown datetime string format, unable to parse: Aaa, at position 9",
        ),
        ("12 items, 13 rows", "12 items, 99 rows"),
        ("no such file: /home/zoe/pay.csv", "no such file: /aaaa/aaa/aaa.aaa"),
        ("zoe@example.com has 4111111111111111", "aaa@aaaaaaa.aaa has 9999999999999999"),
        ("x1y2z3", "a9a9a9"),
    ],
)
def test_what_stands_in_code_or_problem_or_english_passes(message: str, told: str) -> None:
    assert shape(message, KNOWN) == told


@given(st.text(alphabet=string.ascii_letters + string.digits + "äöüßÉ", min_size=8), st.text(max_size=30))
def test_a_value_never_passes_and_its_length_does(value: str, around: str) -> None:
    # A random word of eight letters or more that is English of error messages is not random.
    said = shape(f"{around}'{value}'", frozenset())
    assert len(said) == len(around) + len(value) + 2
    if any(c.isdigit() and c != "9" for c in value):
        assert value not in said


def test_the_model_hears_of_its_own_lines_and_the_person_of_everything() -> None:
    cells = [
        CodeCell("tool", "tool", "def f(x):\n    return float(x)"),
        CodeCell("decision", "decision", "f(name)"),
    ]
    frames = (Frame("decision", 1, "<module>", "f(name)"), Frame("tool", 2, "f", "return float(x)"))
    failure = Failure(
        "error", "ValueError", "could not convert string to float: 'Zoe 42'", "decision", frames
    )
    feedback = feedback_of(
        failure, cells, Problem("Convert it.", variables=(Variable("name", "str of length 6"),))
    )
    assert feedback.for_model == (
        "The decision cell failed with ValueError: could not convert string to float: 'Aaa 99'\n"
        "  decision cell, line 1: f(name)\n"
        "  tool cell, line 2, in f: return float(x)"
    )
    assert (
        feedback.summary == "ValueError in the tool cell, line 2: could not convert string to float: 'Zoe 42'"
    )


@pytest.mark.parametrize(
    ("name", "message", "line", "told"),
    [
        ("KeyError", "'positive'", "table['x']", "KeyError: 'aaaaaaaa'"),
        ("ValueError", "positive is unknown", "raise ValueError(text)", "ValueError: aaaaaaaa aa aaaaaaa"),
        ("ValueError", "positive is unknown", "float(text)", "ValueError: positive is unknown"),
        ("Acme_positive", "", "raise kind", "Aaaa_aaaaaaaa"),
    ],
)
def test_what_may_be_nothing_but_data_passes_no_english(
    name: str, message: str, line: str, told: str
) -> None:
    cells = [CodeCell("decision", "decision", line)]
    frames = (Frame("decision", 1, "<module>", line),)
    failure = Failure("error", name, message, "decision", frames, of_library=not name.startswith("Acme"))
    assert f"failed with {told}\n" in feedback_of(failure, cells, Problem("?")).for_model


def test_the_model_hears_its_own_names_after_a_renaming() -> None:
    failure = Failure("error", "TypeError", "'int' object is not callable: area_2", "decision")
    cells = [CodeCell("decision", "decision", "area_2(1)")]
    assert "callable: area" in feedback_of(failure, cells, Problem("?"), [("area", "area_2")]).for_model
    assert "area_2" not in feedback_of(failure, cells, Problem("?"), [("area", "area_2")]).for_model


def test_a_long_traceback_and_message_are_cut() -> None:
    frames = tuple(Frame("tool", n, "f", "f(n)") for n in range(1000))
    failure = Failure("error", "RecursionError", "x" * 10_000, "tool", frames)
    feedback = feedback_of(failure, [CodeCell("tool", "tool", "f(n)")], Problem("?"))
    assert len(feedback.for_model) < 1500
    assert len(feedback.summary) <= 200
