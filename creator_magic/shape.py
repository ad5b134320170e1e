"""Text of an error message, with what may be the user's data reduced to its shape.

An error message is written by a library but often quotes a value: `could not convert string to
float: '9,999'`. A word or number of it passes only if it stands in the code, the problem or the
descriptions that were sent anyway, or is plain English of error messages; every other letter
becomes `a` or `A` and every digit `9`, so that the form of the value can still be reasoned about.
"""

from __future__ import annotations

import builtins
import keyword
import re
from functools import cache
from importlib import resources

_WORD = re.compile(r"[^\W\d_]+|\d+")
_TOKEN = re.compile(r"\w+")


@cache
def _error_words() -> frozenset[str]:
    listed = resources.files("creator_magic").joinpath("error_words.txt").read_text("utf-8")
    words = {word for line in listed.splitlines() if not line.startswith("#") for word in line.split()}
    words.update(keyword.kwlist)
    words.update(part.lower() for name in dir(builtins) for part in _WORD.findall(name))
    return frozenset(words)


def known_words(*texts: str) -> frozenset[str]:
    """Return every word and number that stands in `texts`, whole tokens and their parts."""
    return frozenset(part for text in texts for rule in (_TOKEN, _WORD) for part in rule.findall(text))


def _shaped(text: str) -> str:
    return "".join("9" if c.isdigit() else ("A" if c.isupper() else "a") if c.isalpha() else c for c in text)


def shape(message: str, known: frozenset[str]) -> str:
    """Return `message` with every word that is neither `known` nor error English as its shape.

    Parameters
    ----------
    message : str
        Text of an exception.
    known : frozenset of str
        Words and numbers that may pass, from `known_words`.

    Returns
    -------
    str
        The same text, of the same length: digits as 9, letters as a or A where withheld.
    """

    def part(match: re.Match[str]) -> str:
        word = match.group()
        # English words pass by themselves only: a digit run is never error English.
        return word if word in known or word.lower() in _error_words() else _shaped(word)

    def token(match: re.Match[str]) -> str:
        return match.group() if match.group() in known else _WORD.sub(part, match.group())

    return _TOKEN.sub(token, message)
