"""The log: every exchange with a model, as a person may want to read it again."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from creator_magic.ports import Message, Usage

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from creator_magic.course.course import Course
    from creator_magic.ports import Origin, Stage

KEPT = 200
"""How many exchanges a session keeps in memory; a reply may be megabytes."""

HIDDEN = "[key]"
_SHORTEST_SECRET = 8
_ASKED_WITH_THE_PROBLEM = frozenset({"creation", "help"})
_NOT_SHOWN = "[Your course does not show what is said here.]"
_LEFT_OUT = (Message("user", _NOT_SHOWN),)


@dataclass(frozen=True, slots=True)
class LoggedExchange:
    """One question to a model and what came of it.

    Parameters
    ----------
    at : datetime
        When it was asked, with a time zone.
    stage : str
        The stage that asked.
    attempt : int
        The number of the attempt that the reply was for, counted from 1.
    model : str
        The model that was asked or, where a recording served any, the one that had answered.
    request : tuple of Message
        What was sent, or would have been.
    reply : str
        The whole text; empty where there was none.
    origin : {"called", "replayed", "scripted"}
        Where the reply came from.
    finish_reason : str or None
        Why it ended, as the protocol gives it.
    usage : Usage
        What the call cost.
    seconds : float
        How long it was waited for.
    failure : str
        Why there is no reply; empty where there is one.
    notebook : str
        The notebook's name.
    number : int
        Where it stands in its log, counted from 1.
    """

    at: datetime
    stage: Stage
    attempt: int
    model: str
    request: tuple[Message, ...]
    reply: str = ""
    origin: Origin = "called"
    finish_reason: str | None = None
    usage: Usage = field(default_factory=Usage)
    seconds: float = 0.0
    failure: str = ""
    notebook: str = ""
    number: int = 0

    def without(self, key: str) -> LoggedExchange:
        """Return the same with every occurrence of an endpoint's key hidden.

        A key is never part of what is sent, but a person may have pasted it into a problem.
        """
        if len(key) < _SHORTEST_SECRET:  # such as a local server's "none": no secret, and a word
            return self
        return replace(
            self,
            request=tuple(Message(m.role, m.content.replace(key, HIDDEN)) for m in self.request),
            reply=self.reply.replace(key, HIDDEN),
            failure=self.failure.replace(key, HIDDEN),
        )

    def within(self, course: Course) -> LoggedExchange:
        """Return the same as a course lets it be read: where it gives less than all, without code.

        What was asked with the problem alone stays; a reply is shown where it was asked for, as far as it
        may be.
        """
        if course.gives_all:
            return self
        request = self.request if self.stage in _ASKED_WITH_THE_PROBLEM else _LEFT_OUT
        return replace(self, request=request, reply=_NOT_SHOWN if self.reply else "")


class ExchangeLog:
    """The exchanges of a session, newest last; the oldest go when there are very many."""

    def __init__(self) -> None:
        self._kept: deque[LoggedExchange] = deque(maxlen=KEPT)
        self._count = 0

    def add(self, exchange: LoggedExchange) -> LoggedExchange:
        """Add an exchange and return it with its number."""
        self._count += 1
        numbered = replace(exchange, number=self._count)
        self._kept.append(numbered)
        return numbered

    def all(self) -> Sequence[LoggedExchange]:
        """Return those that are kept, newest last."""
        return tuple(self._kept)
