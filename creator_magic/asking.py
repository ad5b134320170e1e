"""A question to the model that belongs to no solve: within the same limits, entered in the same accounts."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from creator_magic.cost_report import spent_text
from creator_magic.errors import Interrupted
from creator_magic.model.money import money_for
from creator_magic.redaction import NOTICE, Redaction

if TYPE_CHECKING:
    from collections.abc import Callable

    from creator_magic.accounts import Accounts
    from creator_magic.build import Models
    from creator_magic.config import CreatorMagic
    from creator_magic.ports import Question, Reply


@dataclass(frozen=True, slots=True)
class Answer:
    """What a model replied.

    Parameters
    ----------
    reply : Reply
        The reply.
    lines : tuple of str
        What the person should know: who replied, what it cost, what was withheld.
    """

    reply: Reply
    lines: tuple[str, ...]


class Asking:
    """Asks the model that is set.

    Parameters
    ----------
    settings : CreatorMagic
        Looked at anew with each question.
    models : Models
        Whose model is asked, past its cassette if there is one.
    accounts : Accounts
        Where calls are entered, and what limits them.
    notebook : callable
        Returns the name under which they are entered.
    """

    def __init__(
        self, settings: CreatorMagic, models: Models, accounts: Accounts, notebook: Callable[[], str]
    ) -> None:
        self._settings = settings
        self._models = models
        self._accounts = accounts
        self._notebook = notebook

    def __call__(self, question: Question) -> Answer:
        """Ask.

        Parameters
        ----------
        question : Question
            What looks like a key in its messages is not sent.

        Raises
        ------
        ModelError
            If no model can be asked.
        LimitError
            If a limit is reached; nothing was sent.
        Interrupted
            If the person interrupted.
        """
        account = self._accounts.begin(self._notebook())
        model = self._models.solving(account)
        safe = Redaction.of(os.environ, self._settings.key()).of_question(question)
        try:
            reply = model.ask(safe, lambda _: None)
        except KeyboardInterrupt:
            raise Interrupted("the question was stopped; nothing was changed.") from None
        finally:
            notice = self._accounts.keep()
        spent = self._accounts.solve
        money = money_for(spent, self._settings.prices) if spent.total.usage.calls else None
        who = "a scripted reply" if reply.origin == "scripted" else reply.model or "the model"
        cost = spent_text(spent.total) + (f" · cost: {money}" if money is not None else "")
        withheld = (NOTICE,) if safe is not question else ()
        return Answer(
            reply, (f"By {who}: {cost}.", *withheld, *reply.notices, *((notice,) if notice else ()))
        )
