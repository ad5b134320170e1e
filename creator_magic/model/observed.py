"""A model whose exchanges are told to whoever keeps the log, also those that failed."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from creator_magic.errors import ModelError, NotConfiguredError, ReplayMissError
from creator_magic.exchange_log import LoggedExchange

if TYPE_CHECKING:
    from collections.abc import Callable

    from creator_magic.ports import Model, Question, Reply

_NOT_SENT = (NotConfiguredError, ReplayMissError)


class ObservedModel:
    """A model whose exchanges are told; satisfies `creator_magic.ports.Model`.

    Parameters
    ----------
    inner : Model
        What is asked.
    name : str
        The name that a person sets for it; empty where there is none.
    tell : callable
        Told of each exchange when it has ended.
    """

    def __init__(self, inner: Model, name: str, tell: Callable[[LoggedExchange], None]) -> None:
        self._inner = inner
        self._name = name
        self._tell = tell

    def __repr__(self) -> str:
        return f"ObservedModel({self._inner!r})"

    def ask(self, question: Question, on_text: Callable[[str], None]) -> Reply:
        """Ask, and tell what came of it; raise what the inner model raises."""
        began = time.monotonic()
        asked = LoggedExchange(
            datetime.now(UTC), question.stage, question.attempt, self._name, question.messages
        )
        said = ""

        def grow(text: str) -> None:
            nonlocal said
            said = text
            on_text(text)

        try:
            reply = self._inner.ask(question, grow)
        except (ModelError, KeyboardInterrupt) as error:
            if not isinstance(error, _NOT_SENT):
                why = error.message if isinstance(error, ModelError) else "interrupted"
                self._tell(replace(asked, reply=said, failure=why, seconds=time.monotonic() - began))
            raise
        self._tell(
            replace(
                asked,
                model=self._name or reply.model,
                reply=reply.text,
                origin=reply.origin,
                finish_reason=reply.finish_reason,
                usage=reply.usage,
                seconds=reply.seconds,
            )
        )
        return reply
