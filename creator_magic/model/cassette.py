"""A model with a cassette before it: what was asked once is replayed, not asked again.

Modes: `replay` never calls, and any model's reply serves; `auto` replays what this model replied
before, else calls and keeps the reply; `record` always calls and keeps the reply.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from creator_magic.errors import InputError, ReplayMissError
from creator_magic.model.cassette_file import Cassette
from creator_magic.model.cassette_line import Recording, asked_of, key_of
from creator_magic.ports import Reply

if TYPE_CHECKING:
    from collections.abc import Callable

    from creator_magic.ports import Model, Question

__all__ = ["Cassette", "CassetteModel", "Mode", "Recording", "asked_of", "key_of", "replayed"]

Mode = Literal["replay", "auto", "record"]


class CassetteModel:
    """A model with a cassette before it; satisfies `creator_magic.ports.Model`.

    Parameters
    ----------
    cassette : Cassette
        Where replies are looked up and kept.
    inner : Model or None
        What is called for a reply that is not kept; None if there is no model.
    model_name : str or None
        The name that a person sets for `inner`; replies are kept under it.
    mode : {"replay", "auto", "record"}
        See the module's docstring. Without `inner`, `auto` is `replay`.
    """

    def __init__(self, cassette: Cassette, inner: Model | None, model_name: str | None, mode: Mode) -> None:
        self._cassette = cassette
        self._inner = inner
        self._name = model_name or ""
        self._mode: Mode = "replay" if inner is None else mode

    def __repr__(self) -> str:
        return f"CassetteModel({self._cassette.path.name!r}, {self._inner!r}, mode={self._mode!r})"

    def ask(self, question: Question, on_text: Callable[[str], None]) -> Reply:
        """Answer `question` from the cassette or by a call; see the module's docstring.

        Returns
        -------
        Reply
            A replayed one has spent nothing: its usage is zero, `calls` included. A call whose
            reply could not be kept says so in a notice; so does a damaged cassette.

        Raises
        ------
        ReplayMissError
            If the reply is not kept and no model may be called.
        ModelError
            If a call fails.
        InputError
            If the cassette's file cannot be read.
        """
        began = time.monotonic()
        kept = None
        if self._mode != "record":
            # Without a name there is nothing to call, so any model's reply is better than none.
            wanted = self._name or None if self._mode == "auto" else None
            kept = self._find(question, wanted)
        if kept is not None:
            on_text(kept.text)
            return replayed(kept, began, self._cassette.take_notices())
        if self._inner is None or self._mode == "replay":
            raise ReplayMissError(self._miss(question))
        reply = self._inner.ask(question, on_text)
        notices = [*reply.notices, *self._keep(question, reply), *self._cassette.take_notices()]
        return replace(reply, notices=tuple(notices))

    def _find(self, question: Question, model: str | None) -> Recording | None:
        try:
            return self._cassette.find(question, model)
        except InputError:
            if self._mode == "replay":
                raise
            # A model can be asked, and that the reply cannot be kept will be said then.
            return None

    def _keep(self, question: Question, reply: Reply) -> list[str]:
        if reply.finish_reason is None:
            return []  # cut off: the next time may bring the whole
        try:
            self._cassette.add(question, reply, self._name)
        except OSError as error:
            # The reply is paid for; that it cannot be kept must not lose it.
            return [f"The reply could not be kept in {self._cassette.path.name}: {error.strerror or error}."]
        return []

    def _miss(self, question: Question) -> str:
        damage = "".join(f" {notice}" for notice in self._cassette.take_notices())
        return (
            f"{self._cassette.path.name} holds no reply for the {question.stage} of this problem "
            f"(attempt {question.attempt}), and no model may be called.{damage} Undo the change to the "
            "problem, its hints or its inputs, or connect a model and use the mode auto."
        )


def replayed(kept: Recording, began: float, notices: tuple[str, ...]) -> Reply:
    """Return a recording as the reply that it is to whoever asks now; it has spent nothing.

    Parameters
    ----------
    kept : Recording
        What was recorded.
    began : float
        When it was asked, on the monotonic clock.
    notices : tuple of str
        What the person should know.
    """
    return Reply(
        text=kept.text,
        finish_reason=kept.finish_reason,
        model=kept.model,
        seconds=time.monotonic() - began,
        origin="scripted" if kept.scripted else "replayed",
        notices=notices,
        recorded=kept.usage,
        recorded_seconds=kept.seconds,
    )
