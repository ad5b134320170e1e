"""What a price may be."""

from __future__ import annotations

import math

_PRICED = frozenset({"input", "cached", "output"})


def is_price(price: object) -> bool:
    """Tell whether this is a price per million tokens, as `{"input": 1.0, "cached": 0.1, "output": 4.0}`."""
    return isinstance(price, dict) and set(price) <= _PRICED and all(map(_is_amount, price.values()))


def _is_amount(value: object) -> bool:
    return isinstance(value, int | float) and math.isfinite(value) and value >= 0
