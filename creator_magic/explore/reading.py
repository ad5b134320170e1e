"""What a model's text comes to in an exploration: a query, a call, an answer."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from creator_magic.reply import Unusable, read_reply
from creator_magic.reply.syntax import visible
from creator_magic.toolbox.terms import terms_of

if TYPE_CHECKING:
    from collections.abc import Iterable

_LONGEST_QUERY = 2_000
_LONGEST_ANSWER = 4_000
_QUERY = re.compile(r"^[\s>#*_`-]*query[\s*_`]*:[\s*_`]*", re.IGNORECASE | re.MULTILINE)
_NUMBERED = re.compile(r"^\s*\(?\d+[.):]\s*")
_ANSWER = re.compile(r"^[\s>#*_`-]*(?:final\s+)?answer[\s*_`]*:[\s*_]*", re.IGNORECASE | re.MULTILINE)
_FENCE = re.compile(r"`{3,}|~{3,}")
_SAME = 0.8
"""Share of their words that two queries have in common which ask nearly the same."""


@dataclass(frozen=True, slots=True)
class Step:
    """What a reply within a trial is: a call, an answer, or neither.

    Parameters
    ----------
    code : str
        The call; empty if it is none.
    answer : str
        The answer; empty if it is none.
    fault : str
        Why it is neither, and what is wanted, for the model.
    """

    code: str = ""
    answer: str = ""
    fault: str = ""


def read_query(text: str, finish_reason: str | None) -> str:
    """Return the query that a reply holds; empty if it holds none or was cut off."""
    if finish_reason in (None, "length"):
        return ""
    stated = list(_QUERY.finditer(text))
    query = text[stated[-1].end() :] if stated else ""
    query = _FENCE.split(query)[0]
    return visible(query).strip(" \n\t\"'*_“”")[:_LONGEST_QUERY]


def read_queries(text: str, finish_reason: str | None) -> list[str]:
    """Return the queries that a reply holds, one a line; without the last if it was cut off."""
    stated = [
        _QUERY.sub("", _NUMBERED.sub("", line), count=1) for line in text.splitlines() if _is_query(line)
    ]
    queries = [visible(query).strip(" \t\"'*_“”")[:_LONGEST_QUERY] for query in stated]
    return queries[:-1] if finish_reason in (None, "length") else queries


def _is_query(line: str) -> bool:
    return _QUERY.match(_NUMBERED.sub("", line)) is not None


def read_step(text: str, finish_reason: str | None, tool: str) -> Step:
    """Read a reply within a trial.

    Parameters
    ----------
    text : str
        The whole text. Of a call and an answer in one reply the first counts: what follows a call
        was made up before the call ran.
    finish_reason : str or None
        As the protocol gives it.
    tool : str
        The name of the tool.
    """
    answer, fence = _ANSWER.search(text), _FENCE.search(text)
    if answer is not None and (fence is None or answer.start() < fence.start()):
        if finish_reason in (None, "length"):
            return Step(fault="The answer was cut off. Reply with a shorter one.")
        said = visible(text[answer.end() :]).strip()[:_LONGEST_ANSWER]
        return Step(answer=said) if said else Step(fault="There is nothing behind `Answer:`.")
    code = read_reply(text, "decision", finish_reason, frozenset({tool}))
    if isinstance(code, Unusable):
        return Step(fault=f"{code.reason} An answer begins with `Answer:`.")
    return Step(code=code.decision or "")


def why_not(query: str, tool: str, earlier: Iterable[str]) -> str:
    """Return why a query should be imagined again, as a sentence for the model; empty if it need not be.

    Parameters
    ----------
    query : str
        What was imagined.
    tool : str
        The name of the tool, which it should not say.
    earlier : iterable of str
        The queries before it.
    """
    if not query:
        return "That is no query: say it behind `Query:`."
    if re.search(rf"\b{re.escape(tool)}\b", query) and "_" in tool:
        return "It names the tool."
    near = next((each for each in earlier if nearly_same(query, each)), None)
    return f"It is nearly an earlier one ({near})." if near is not None else ""


def nearly_same(one: str, other: str) -> bool:
    """Tell whether two queries ask nearly the same: most of their words, whatever the numbers."""
    mine, theirs = set(terms_of(one)), set(terms_of(other))
    if not mine or not theirs:
        return " ".join(one.split()) == " ".join(other.split())
    return len(mine & theirs) >= _SAME * len(mine | theirs)
