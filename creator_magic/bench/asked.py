"""The model of one problem in one setup: it knows what identifies a question, and notes what was said."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from creator_magic.bench.trace import TracedCall
from creator_magic.engines.turns import others_turn
from creator_magic.ports import Usage
from creator_magic.stages.reasoning import with_reasoning

if TYPE_CHECKING:
    from collections.abc import Callable

    from creator_magic.bench.setup import Setup
    from creator_magic.ports import Model, Question, Reply


@dataclass(slots=True)
class AskedModel:
    """A model with a note of its calls; satisfies `creator_magic.ports.Model`.

    Parameters
    ----------
    inner : callable
        Returns the model to ask for a sample.
    setup : Setup
        How the problem is worked on.
    repeat : int
        Which time.

    Attributes
    ----------
    calls : list of TracedCall
        What was asked and replied.
    usage : Usage
        What the calls cost; of replayed ones, what they cost when they were recorded.
    seconds : float
        How long they took.
    scripted : bool
        Whether a person wrote any of the replies.
    """

    inner: Callable[[int], Model]
    setup: Setup
    repeat: int
    calls: list[TracedCall] = field(default_factory=list)
    usage: Usage = field(default_factory=Usage)
    seconds: float = 0.0
    scripted: bool = False

    def ask(self, question: Question, on_text: Callable[[str], None]) -> Reply:  # noqa: ARG002 - nobody watches
        """Ask, and note what was said."""
        # A recorded reply serves the setup that it was given to, and this time alone.
        question = replace(question, trial=("bench", self.setup.label, self.repeat))
        if self.setup.cot:
            question = with_reasoning(question)
        model = self.inner(question.sample)
        with others_turn():
            reply = model.ask(question, lambda _: None)
        self.usage += reply.usage if reply.origin == "called" else replace(reply.recorded, calls=1)
        self.seconds += reply.seconds if reply.origin == "called" else reply.recorded_seconds
        self.scripted |= reply.origin == "scripted"
        messages = tuple((message.role, message.content) for message in question.messages)
        self.calls.append(TracedCall(question.stage, question.attempt, messages, reply.text))
        return reply
