"""Text from a model or from its code, made fit to be shown: it moves no cursor and sets no title.

A terminal acts on escape sequences in whatever it is given, and an error message ends in one sooner
or later. What is HTML is escaped where HTML is made.
"""

from __future__ import annotations

import re

_SEQUENCE = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]"  # a control sequence, such as a colour
    r"|\x1b[\]P^_X][^\x07\x1b]*(?:\x07|\x1b\\|$)"  # a command with text, such as a window's title
    r"|\x1b[ -/]*[0-~]"
)
_COLOUR = re.compile(r"\x1b\[[0-9;:]*m")
# Control characters but for tabs and line ends; halves of characters; what turns a line's direction.
_UNSPEAKABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def inert(text: str) -> str:
    """Return `text` without escape sequences, and with U+FFFD for every other unspeakable character.

    Parameters
    ----------
    text : str
        Any text.
    """
    if text.isprintable():
        return text
    return _UNSPEAKABLE.sub("\ufffd", _SEQUENCE.sub("", text).replace("\r\n", "\n").replace("\r", "\n"))


def coloured(text: str) -> str:
    """Return `text` for a terminal: its colours stay, all else is as in `inert`."""
    end = 0
    parts = []
    for colour in _COLOUR.finditer(text):
        parts += [inert(text[end : colour.start()]), colour.group()]
        end = colour.end()
    return "".join([*parts, inert(text[end:])])
