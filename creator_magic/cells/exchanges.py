"""The log as a person reads it: a line an exchange, each opening to what was sent and what came back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from creator_magic.cells.templates import template
from creator_magic.inert import inert
from creator_magic.ports import Message
from creator_magic.question_words import in_words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from creator_magic.exchange_log import LoggedExchange

SHOWN = 50
"""How many exchanges one display holds."""

_LONGEST = 20_000
"""Characters of one text in a list; alone, an exchange is shown whole."""


@dataclass(frozen=True, slots=True)
class _Shown:
    line: str
    request: tuple[Message, ...]
    reply: str
    ended: str
    failure: str
    took: str


def log_html(exchanges: Sequence[LoggedExchange], notes: Sequence[str] = (), *, dated: bool = False) -> str:
    """Return exchanges as HTML; one alone is open and whole.

    Parameters
    ----------
    exchanges : sequence of LoggedExchange
        Newest last.
    notes : sequence of str
        Lines for the person.
    dated : bool
        Whether they are of several days and notebooks, so that both are told.
    """
    alone = len(exchanges) == 1
    shown = [
        _Shown(
            _line(exchange, dated=dated),
            tuple(Message(m.role, _text(m.content, whole=alone)) for m in exchange.request),
            _text(exchange.reply, whole=alone),
            _ended(exchange),
            _text(exchange.failure, whole=alone),
            _took(exchange),
        )
        for exchange in exchanges
    ]
    return template("exchanges.html").render(exchanges=shown, notes=notes, opened=alone)


def log_text(exchanges: Sequence[LoggedExchange], notes: Sequence[str] = (), *, dated: bool = False) -> str:
    """Return exchanges as text, a line each; arguments as for `log_html`."""
    return "\n".join([*(_line(exchange, dated=dated) for exchange in exchanges), *notes])


def exchange_text(exchange: LoggedExchange, *, dated: bool = False) -> str:
    """Return one exchange as text, whole."""
    lines = [_line(exchange, dated=dated)]
    for message in exchange.request:
        lines += ["", f"--- sent ({message.role})", _text(message.content, whole=True)]
    if exchange.reply:
        lines += ["", f"--- reply{_ended(exchange)}", _text(exchange.reply, whole=True)]
    if exchange.failure:
        lines += ["", f"--- {_text(exchange.failure, whole=True)}"]
    return "\n".join([*lines, "", _took(exchange)])


def _line(exchange: LoggedExchange, *, dated: bool) -> str:
    at = exchange.at.astimezone()
    when = f"{at:%Y-%m-%d %H:%M:%S}  {exchange.notebook}" if dated else f"{at:%H:%M:%S}"
    stage = in_words(exchange.stage, exchange.attempt) if exchange.attempt > 1 else exchange.stage
    if exchange.failure:
        came = f"no whole reply, {exchange.seconds:.1f} s"
    elif exchange.origin == "called":
        usage = exchange.usage
        came = f"{usage.prompt_tokens:,} tokens in, {usage.completion_tokens:,} out, {exchange.seconds:.1f} s"
    else:
        came = exchange.origin
    return _text(f"{exchange.number:>3}  {when}  {stage}  {exchange.model or 'no model'}  {came}", whole=True)


def _ended(exchange: LoggedExchange) -> str:
    if exchange.finish_reason == "stop":
        return ""
    return f", ended with {exchange.finish_reason!r}" if exchange.finish_reason else ", cut off"


def _took(exchange: LoggedExchange) -> str:
    if exchange.origin != "called":
        return f"The reply was {exchange.origin}; nothing was sent and nothing spent."
    usage = exchange.usage
    if not usage.calls:
        return f"{exchange.seconds:.2f} s; the tokens are unknown."
    return (
        f"{usage.prompt_tokens:,} tokens in ({usage.cached_tokens:,} cached), "
        f"{usage.completion_tokens:,} out ({usage.reasoning_tokens:,} reasoning), {exchange.seconds:.2f} s"
    )


def _text(text: str, *, whole: bool) -> str:
    """Return `text` with nothing in it that a terminal or a front end would obey."""
    if not whole and len(text) > _LONGEST:
        text = f"{text[:_LONGEST]}\n… ({len(text):,} characters; shown alone, it is whole)"
    return inert(text)
