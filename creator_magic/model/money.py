"""A ledger in money, by the prices that the user gave; what has no price is named, never free."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from creator_magic.model.prices import cost
from creator_magic.ports import Usage

if TYPE_CHECKING:
    from collections.abc import Mapping

    from creator_magic.spending import Ledger

    Prices = Mapping[str, Mapping[str, float]]

_ONE_OF_EACH = Usage(calls=1, prompt_tokens=2, completion_tokens=1, cached_tokens=1)
_SMALL = 0.001


@dataclass(frozen=True, slots=True)
class Money:
    """What calls cost.

    Parameters
    ----------
    amount : float
        In the currency of the prices.
    unpriced : tuple of str
        Models that were called and have no price; their calls are not in the amount.
    at_least : bool
        Whether there were calls whose tokens nobody counted, so that it may have been more.
    """

    amount: float
    unpriced: tuple[str, ...] = ()
    at_least: bool = False

    def __str__(self) -> str:
        least = "at least " if self.at_least else ""
        if not self.unpriced:
            return f"{least}{amount_text(self.amount)}"
        without = f"{', '.join(self.unpriced)} (no price)"
        return f"{least}{amount_text(self.amount)} and {without}" if self.amount else without


def money_for(ledger: Ledger, prices: Prices) -> Money | None:
    """Return what a ledger's calls cost.

    Parameters
    ----------
    ledger : Ledger
        What was spent.
    prices : mapping
        As `creator_magic.model.prices.cost` takes them.

    Returns
    -------
    Money or None
        None if there are no prices at all.
    """
    if not prices:
        return None
    called = {model: spent for model, spent in ledger.by_model.items() if spent.usage.calls}
    return Money(
        sum(cost(spent.usage, model, prices) or 0.0 for model, spent in called.items()),
        tuple(model for model in called if not is_priced(model, prices)),
        any(spent.broken_off or spent.uncounted for spent in called.values()),
    )


def is_priced(model: str, prices: Prices) -> bool:
    """Return whether the prices say what any call of `model` costs."""
    return cost(_ONE_OF_EACH, model, prices) is not None


def amount_text(amount: float) -> str:
    """Return an amount of money in as many digits as it needs: calls cost small fractions."""
    return f"{amount:.4f}" if amount >= _SMALL or not amount else f"{amount:.7f}".rstrip("0")
