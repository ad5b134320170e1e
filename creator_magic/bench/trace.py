"""A trace: what was asked, replied and run for one row, so that every number can be looked into."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class TracedCall:
    """One call to a model.

    Parameters
    ----------
    stage : str
        Which stage asked.
    attempt : int
        For which attempt, from 1.
    messages : tuple of (str, str)
        Role and text of each message that was sent.
    reply : str
        The whole text of the reply.
    """

    stage: str
    attempt: int
    messages: tuple[tuple[str, str], ...]
    reply: str


@dataclass(frozen=True, slots=True)
class TracedAttempt:
    """One execution.

    Parameters
    ----------
    cells : tuple of (str, str)
        Role and source of each cell.
    feedback : str
        What execution said, in words.
    traceback : str
        Its traceback, empty if it worked.
    answer : str
        What it showed.
    """

    cells: tuple[tuple[str, str], ...]
    feedback: str
    traceback: str
    answer: str


@dataclass(frozen=True, slots=True)
class Trace:
    """What led to a row: a line of the file beside the results, `NAME.traces.jsonl` for `NAME.jsonl`.

    Parameters
    ----------
    id, data, method, repeat
        The row's.
    text : str
        The problem as stated.
    calls : tuple of TracedCall
        In order.
    attempts : tuple of TracedAttempt
        In order; of several samples, one sample after the other.
    """

    id: str
    data: str
    method: str
    repeat: int
    text: str
    calls: tuple[TracedCall, ...] = field(default=())
    attempts: tuple[TracedAttempt, ...] = field(default=())
