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
import unicodedata
from functools import cache
from importlib import resources

_WORD = re.compile(r"[^\W\d_]+|\d+")
_TOKEN = re.compile(r"\w+")
# What stands in quotes or brackets is most likely a value.
_QUOTED = re.compile(
    r"(?<![^\W_])[bBuUrR]{0,2}'[^']*(?:'|$)"  # not the apostrophe in "can't"
    r"|\"[^\"]*(?:\"|$)|`[^`]*(?:`|$)|\[[^]]*(?:\]|$)|\{[^}]*(?:\}|$)",
    re.DOTALL,
)


@cache
def _error_words() -> frozenset[str]:
    listed = resources.files("creator_magic").joinpath("error_words.txt").read_text("utf-8")
    words = {word for line in listed.splitlines() if not line.startswith("#") for word in line.split()}
    words.update(keyword.kwlist)
    words.update(part.lower() for name in dir(builtins) for part in _WORD.findall(name))
    return frozenset(words)


@cache
def _type_names() -> frozenset[str]:
    types = {name for name, value in vars(builtins).items() if isinstance(value, type)}
    return frozenset(types | {"NoneType", "function", "module", "method", "DataFrame", "Series", "ndarray"})


def known_words(*texts: str) -> frozenset[str]:
    """Return every word and number that stands in `texts`, whole tokens and their parts."""
    return frozenset(part for text in texts for rule in (_TOKEN, _WORD) for part in rule.findall(text))


def shape(message: str, known: frozenset[str], *, quoted: bool = False) -> str:
    """Return `message` with every word that is neither `known` nor error English as its shape.

    Parameters
    ----------
    message : str
        Text of an exception.
    known : frozenset of str
        Words and numbers that may pass, from `known_words`.
    quoted : bool
        Whether the whole message may be data, as that of a `KeyError` is: then English does not
        pass either, since answers such as "positive" or "unknown" are English too.

    Returns
    -------
    str
        The same text, of the same length: digits as 9, letters as a or A where withheld.
    """

    def token(match: re.Match[str]) -> str:
        passing = _type_names() if quoted else _error_words()
        word = match.group()
        if word in known or (quoted and word in passing):
            return word
        return _WORD.sub(lambda part: _passed(part.group(), known, passing), word)

    def told(piece: str) -> str:
        return "".join(map(_shaped_mark, _TOKEN.sub(token, piece)))

    if quoted:
        return told(message)
    pieces, last = [], 0
    for found in _QUOTED.finditer(message):
        pieces += [told(message[last : found.start()]), shape(found.group(), known, quoted=True)]
        last = found.end()
    return "".join([*pieces, told(message[last:])])


def _passed(word: str, known: frozenset[str], passing: frozenset[str]) -> str:
    # A digit run is never error English.
    return word if word in known or word.lower() in passing else _shaped(word)


def _shaped(text: str) -> str:
    return "".join(
        "9" if c.isnumeric() else ("A" if c.isupper() else "a") if c.isalnum() else c for c in text
    )


def _shaped_mark(char: str) -> str:
    """Return a combining mark, or a sign that is neither letter nor ASCII, as a letter's shape."""
    return char if char.isascii() or char.isalnum() or not unicodedata.category(char).startswith("M") else "a"
