"""From a review's text to its verdict: an explicit word counts, and nothing that only sounds like one."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from creator_magic.reply.syntax import visible

if TYPE_CHECKING:
    from collections.abc import Sequence

_LONGEST = 800
_WORD_OF_IT = r"^[\s>#*_`\"'-]*{}[\s*_`\"']*[:=][\s*_`\"']*(yes|no)\b(?!\s*(?:/|\bor\b))"
_STATED = re.compile(_WORD_OF_IT.format("verdict"), re.IGNORECASE | re.MULTILINE)
_ALONE = re.compile(r"\A[\s>#*_`\"'-]*(yes|no)\b(?![\w'])", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a review says.

    Parameters
    ----------
    answers : bool or None
        Whether the output answers the problem; None if the review does not say.
    why : str
        Its explanation.
    """

    answers: bool | None
    why: str


def read_verdict(text: str) -> Verdict:
    """Read the verdict of a review.

    Parameters
    ----------
    text : str
        The model's reply; a line "Verdict: yes" or "Verdict: no", or yes or no as its first word. Of
        several stated verdicts the last counts.
    """
    stated = list(_STATED.finditer(text)) or list(_ALONE.finditer(text))
    if not stated:
        return Verdict(None, _cut(text))
    last = stated[-1]
    return Verdict(last[1].lower() == "yes", _cut(text[: last.start()] + text[last.end() :]))


def read_aspects(text: str, aspects: Sequence[str]) -> tuple[tuple[str, ...], str]:
    """Read what a judge says of each aspect.

    Parameters
    ----------
    text : str
        The model's reply, with a line such as "Faithful: yes" for each aspect.
    aspects : sequence of str
        Their names.

    Returns
    -------
    tuple of str
        The aspects of which yes is said, and nowhere no; what is not spoken of is not among them.
    str
        Its explanation.
    """
    met, why = [], text
    for aspect in aspects:
        stated = re.compile(_WORD_OF_IT.format(re.escape(aspect)), re.IGNORECASE | re.MULTILINE)
        if {word.lower() for word in stated.findall(text)} == {"yes"}:
            met.append(aspect)
        why = stated.sub("", why)
    return tuple(met), _cut(why)


def read_choice(text: str, name: str, choices: Sequence[str]) -> tuple[str, str]:
    """Read which of a few words a reply gives for something.

    Parameters
    ----------
    text : str
        The model's reply, with a line such as "Fault: tool" that holds nothing else.
    name : str
        What the line begins with.
    choices : sequence of str
        The words.

    Returns
    -------
    str
        The word; empty where none is given, or two are.
    str
        The reply without the lines that give one.
    """
    words = "|".join(map(re.escape, choices))
    line = rf"^[\s>#*_`\"'-]*{re.escape(name)}[ \t*_`\"']*[:=][ \t*_`\"']*({words})[ \t*_`\"'.]*$"
    stated = re.compile(line, re.IGNORECASE | re.MULTILINE)
    given = {word.lower() for word in stated.findall(text)}
    return given.pop() if len(given) == 1 else "", stated.sub("", text)


def _cut(text: str) -> str:
    text = visible(" ".join(text.split())).strip(" .*_`:-,")
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
