"""Text that is shown: nothing in it acts on a terminal."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from creator_magic.inert import coloured, inert


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain\ttext\n", "plain\ttext\n"),
        ("ünïcödé ☃ 🎉", "ünïcödé ☃ 🎉"),
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]0;title\x07after", "after"),
        ("\x1b]8;;http://a.example\x1b\\link", "link"),
        ("\x1b]0;never ended", ""),
        ("\x1bcreset", "reset"),
        ("over\rwritten", "over\nwritten"),
        ("Windows\r\n", "Windows\n"),
        ("NUL\x00 bell\x07", "NUL\ufffd bell\ufffd"),
        ("\x9b31mred", "\ufffd31mred"),
        ("half \ud83d", "half \ufffd"),
        ("\u202eturned", "\ufffdturned"),
    ],
)
def test_what_is_shown(text: str, shown: str) -> None:
    assert inert(text) == shown


def test_colours_may_stay_where_they_are_ours() -> None:
    assert coloured("\x1b[31mred\x1b[0m \x1b[2Jcleared") == "\x1b[31mred\x1b[0m cleared"


@given(st.text(st.characters() | st.sampled_from("\x1b\x07\x9b[]m;0\r\n\\"), max_size=60))
def test_nothing_acts_and_once_is_enough(text: str) -> None:
    shown = inert(text)
    assert all(c in "\t\n" or ord(c) >= 0x20 for c in shown)
    assert inert(shown) == shown
    assert "\x1b" not in coloured(text).replace("\x1b[", "")
