"""What calls cost in money, from prices that the user gave; none are built in, for prices change."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from creator_magic.ports import Usage

_MILLION = 1_000_000
_PRICED = frozenset({"input", "cached", "output"})


def is_price(price: object) -> bool:
    """Tell whether this is a price per million tokens, as `{"input": 1.0, "cached": 0.1, "output": 4.0}`."""
    return isinstance(price, dict) and set(price) <= _PRICED and all(map(_is_amount, price.values()))


def _is_amount(value: object) -> bool:
    return isinstance(value, int | float) and math.isfinite(value) and value >= 0


def cost(usage: Usage, model: str, prices: Mapping[str, Mapping[str, float]]) -> float | None:
    """Return what `usage` cost.

    Parameters
    ----------
    usage : Usage
        Tokens as the endpoint counted them. Cached tokens are part of the prompt's, reasoning
        tokens part of the completion's.
    model : str
        The model's name, as set or as the endpoint gave it.
    prices : mapping
        For each model, or the beginning of its name up to a `-`, `:`, `@` or `.`, the price of a
        million tokens: "input", "output" and, if cached ones have a price of their own, "cached".
        The longest name that fits counts, so that a dated version has its family's price.

    Returns
    -------
    float or None
        In the currency of `prices`; None if there is no price for the model, or none for a kind
        of token that was used.
    """
    price = _price_of(model, prices)
    if price is None:
        return None
    cached = min(usage.cached_tokens, usage.prompt_tokens)
    kinds = {
        "input": usage.prompt_tokens - cached,
        "cached": cached,
        "output": usage.completion_tokens,
    }
    total = 0.0
    for kind, tokens in kinds.items():
        rate = price.get(kind, price.get("input") if kind == "cached" else None)
        if rate is None and tokens:
            return None
        total += tokens * (rate or 0.0)
    return total / _MILLION


def _price_of(model: str, prices: Mapping[str, Mapping[str, float]]) -> Mapping[str, float] | None:
    fitting = [name for name in prices if _fits(name, model)]
    return prices[max(fitting, key=len)] if fitting else None


def _fits(name: str, model: str) -> bool:
    # A whole part of the name must end there: "x-1" is no beginning of "x-10".
    return model == name or (bool(name) and model.startswith(name) and model[len(name)] in "-:@.")
