"""Answers in words, and whether one is the right one."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_SAME = ({"yes", "true"}, {"no", "false"})
_LEAD_IN = re.compile(r"\A.*\banswer\b(?:\s+is)?\s*[:=]?\s*", re.IGNORECASE | re.DOTALL)
_LETTER = re.compile(r"\(?\b(?:option |choice )?\(?([a-z])\b\)?[.:)]?(?:\s|$)", re.IGNORECASE)
_MARKS = re.compile(r"(?<![0-9])[.:,](?![0-9])|[.,:](?![0-9])|[^\w\s.:,/%$€£+-]")


def same_text(right: str, given: str, choices: Sequence[str] = ()) -> tuple[bool, bool]:
    """Say whether an answer in words is the right one, and whether the right one is among what it says.

    Case, space, punctuation and what leads in ("The answer is …") do not count; `True` is yes.

    Parameters
    ----------
    right, given : str
        The right one, and the one to judge.
    choices : sequence of str
        What there is to choose from. Then an answer may be a letter ("B", "(b) surplus"), and in a longer
        text the choice that it names last is taken.
    """
    wanted = _plain(right)
    last = given.strip().rpartition("\n")[2]
    said = {_plain(each) for each in (given, last, _LEAD_IN.sub("", given), _LEAD_IN.sub("", last))}
    if wanted in said or any(wanted in same and said & same for same in _SAME):
        return True, True
    if not choices:
        return False, False
    chosen = _choice(last, choices)
    named = _named(given, choices)
    taken = chosen or (named[-1] if named else "")
    return taken == wanted, wanted in {taken, *named}


def _plain(text: str) -> str:
    text = unicodedata.normalize("NFKC", text).casefold().replace("\u2019", "'")
    return " ".join(_MARKS.sub("", text).split())


def _choice(text: str, choices: Sequence[str]) -> str:
    """Return the choice whose letter an answer begins with, or is."""
    letter = _LETTER.match(_LEAD_IN.sub("", text.strip()))
    if letter is None:
        return ""
    place = ord(letter[1].lower()) - ord("a")
    behind = _plain(letter.string[letter.end() :])
    chosen = _plain(choices[place]) if place < len(choices) else ""
    return chosen if behind in ("", chosen) else ""


def _named(text: str, choices: Sequence[str]) -> list[str]:
    """Return the choices that a text names, in order; of two at one place the longer one."""
    plain = [_plain(choice) for choice in choices]
    longest_first = sorted(filter(None, plain), key=len, reverse=True)
    if not longest_first:
        return []
    either = "|".join(map(re.escape, longest_first))
    return re.findall(rf"(?<!\w)(?:{either})(?!\w)", _plain(text))
