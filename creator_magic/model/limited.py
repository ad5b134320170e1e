"""Limits on what calls may come to, in one solve and in one session, and the model that keeps them.

A limit is looked at before each call. Tokens and money are known only after a call, so the last
one may go over; it is then the last. Replayed replies never come here and count for nothing.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from creator_magic.errors import LimitError
from creator_magic.model.money import amount_text, is_priced, money_for
from creator_magic.ports import Usage
from creator_magic.spending import Ledger, Spent, spent_on

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from creator_magic.model.money import Prices
    from creator_magic.ports import Model, Question, Reply


_AGAIN = {"exploration": "explore", "recording": "record"}


@dataclass(frozen=True, slots=True)
class Limit:
    """How much calls may come to within one span; 0 stands for no limit.

    Parameters
    ----------
    span : {"solve", "session", "exploration", "recording"}
        What it holds for; its settings are named `solve_calls`, `session_calls` and so on. The limits of
        an exploration and of a recording are flags: `--calls` and so on.
    calls : int
        Number of calls, those that were broken off included.
    tokens : int
        Tokens in and out together.
    money : float
        In the currency of the prices.
    held_by : mapping of str to str
        Who keeps calls, tokens or money from being raised, as the subject of a sentence.
    """

    span: Literal["solve", "session", "exploration", "recording"]
    calls: int = 0
    tokens: int = 0
    money: float = 0.0
    held_by: Mapping[str, str] = field(default_factory=dict)

    def check(self, spent: Ledger, prices: Prices) -> None:
        """Raise if `spent` has reached the limit.

        Raises
        ------
        LimitError
            Naming the limit, what was reached, and the setting that raises it.
        """
        total = spent.total
        if self.calls and total.usage.calls >= self.calls:
            made = "1 call was made" if total.usage.calls == 1 else f"{total.usage.calls} calls were made"
            raise self._reached("calls", _counted(self.calls, "call"), made, 2 * self.calls)
        if self.tokens and total.tokens >= self.tokens:
            raise self._reached(
                "tokens",
                _counted(self.tokens, "token"),
                f"calls took {total.tokens:,}",
                2 * max(self.tokens, total.tokens),
            )
        money = money_for(spent, prices)
        if self.money and money is not None and money.amount >= self.money:
            more = amount_text(2 * max(self.money, money.amount))
            raise self._reached("money", f"{self.money:g}", f"calls cost {amount_text(money.amount)}", more)

    def _reached(self, kind: str, limit: str, reached: str, more: float | str) -> LimitError:
        if self.span in _AGAIN:
            return LimitError(
                f"The limit of {limit} is reached: {reached}. To go on, {_AGAIN[self.span]} again."
            )
        if kind in self.held_by:
            held = f"{self.held_by[kind]} allows {limit} a {self.span}: {reached}."
            return LimitError(f"{held} Every variable is as it was.\nAsk your teacher if you need more.")
        return LimitError(
            f"The limit of {limit} a {self.span} is reached: {reached}. Every variable is as it was.\n"
            f"To allow more: %config CreatorMagic.{self.span}_{kind} = {more}   (0 for no limit)"
        )


@dataclass(slots=True)
class Limits:
    """Every limit that holds for one solve.

    Parameters
    ----------
    spent : tuple of pairs of Limit and Ledger
        Each limit with what it is held against; what a call comes to is entered there.
    prices : mapping
        As `creator_magic.model.prices.cost` takes them.
    models : list of str
        The models that the solve may ask.
    """

    spent: tuple[tuple[Limit, Ledger], ...]
    prices: Prices
    models: list[str] = field(default_factory=list)

    def check(self) -> None:
        """Raise if a limit is reached, or cannot be kept.

        Raises
        ------
        LimitError
            Before anything is sent.
        """
        for limit, ledger in self.spent:
            # All models of the solve at once: the first call is wasted if the second is refused.
            for model in dict.fromkeys([*self.models, *_called(ledger)]):
                if limit.money and not is_priced(model, self.prices):
                    raise _unpriced(limit, model, self.prices)
            for model in self.models:
                if (limit.tokens or limit.money) and ledger.of(model).uncounted:
                    raise _uncounted(limit, model)
            limit.check(ledger, self.prices)


class LimitedModel:
    """A model that is called only within limits; satisfies `creator_magic.ports.Model`.

    Parameters
    ----------
    inner : Model
        What is called.
    name : str
        The name that a person sets for it; prices are looked up by it.
    limits : Limits
        Looked at before each call.
    spend : callable
        Told what each call came to, also one that was broken off.
    """

    def __init__(self, inner: Model, name: str, limits: Limits, spend: Callable[[str, Spent], None]) -> None:
        self._inner = inner
        self._name = name
        self._limits = limits
        self._spend = spend

    def __repr__(self) -> str:
        return f"LimitedModel({self._inner!r})"

    def ask(self, question: Question, on_text: Callable[[str], None]) -> Reply:
        """Answer `question` by a call.

        Raises
        ------
        LimitError
            If a limit is reached; nothing was sent.
        ModelError
            If the call fails.
        """
        self._limits.check()
        began = time.monotonic()
        answering = False

        def grow(text: str) -> None:
            nonlocal answering
            answering = answering or bool(text)
            on_text(text)

        try:
            reply = self._inner.ask(question, grow)
        except BaseException as error:
            # A refused call costs nothing. One that was broken off may well be billed.
            if answering or isinstance(error, KeyboardInterrupt):
                waited = time.monotonic() - began
                self._spend(self._name, Spent(Usage(calls=1), waited, broken_off=1))
            raise
        self._spend(self._name, spent_on(reply))
        return reply


def _called(ledger: Ledger) -> list[str]:
    return [model for model, spent in ledger.by_model.items() if spent.usage.calls]


def _counted(number: int, word: str) -> str:
    return f"{number:,} {word}{'' if number == 1 else 's'}"


def _unpriced(limit: Limit, model: str, prices: Prices) -> LimitError:
    span = limit.span
    if "money" in limit.held_by:
        return LimitError(
            f"{limit.held_by['money']} limits the money a {span} may cost, and has no price of {model}. "
            "Nothing was sent; tell your teacher."
        )
    priced = {**prices, model: {"input": "PRICE", "output": "PRICE"}}
    return LimitError(
        f"A limit of money a {span} is set, but {model} has no price, so nothing was sent. Set its price "
        "per million tokens,\n"
        f"  %config CreatorMagic.prices = {priced!r}\n"
        f"or take the limit away: %config CreatorMagic.{span}_money = 0"
    )


def _uncounted(limit: Limit, model: str) -> LimitError:
    kind = "tokens" if limit.tokens else "money"
    return LimitError(
        f"The endpoint does not count the tokens of {model}, so the limit {limit.span}_{kind} cannot be "
        "kept. Every variable is as it was.\n"
        f"Limit calls instead: %config CreatorMagic.{limit.span}_calls = 20, and "
        f"%config CreatorMagic.{limit.span}_{kind} = 0"
    )
