"""What calls cost, from the user's prices."""

from __future__ import annotations

import pytest

from creator_magic.model.prices import cost
from creator_magic.ports import Usage

USAGE = Usage(
    calls=1, prompt_tokens=1_000_000, completion_tokens=500_000, cached_tokens=400_000, reasoning_tokens=1
)
PRICES = {
    "small": {"input": 1.0, "output": 4.0},
    "small-new": {"input": 2.0, "cached": 0.5, "output": 8.0},
    "house/model": {"input": 0.0, "output": 0.0},
}


@pytest.mark.parametrize(
    ("model", "price"),
    [
        ("small", 1.0 + 2.0),
        ("small-2026-01-01", 1.0 + 2.0),
        ("small-new", 0.6 * 2 + 0.4 * 0.5 + 4.0),
        ("small-new-2026-01-01", 0.6 * 2 + 0.4 * 0.5 + 4.0),
        ("house/model:8b", 0.0),
        ("smaller", None),
        ("other", None),
        ("", None),
    ],
)
def test_the_longest_name_that_fits_has_the_price(model: str, price: float | None) -> None:
    assert cost(USAGE, model, PRICES) == (None if price is None else pytest.approx(price))


def test_a_price_that_is_missing_matters_only_where_it_is_needed() -> None:
    assert cost(USAGE, "m", {"m": {"input": 1.0}}) is None
    assert cost(Usage(1, prompt_tokens=1_000_000), "m", {"m": {"input": 1.0}}) == 1.0
    assert cost(Usage(), "m", {"m": {}}) == 0


def test_more_cached_tokens_than_tokens_cost_no_less_than_nothing() -> None:
    usage = Usage(1, prompt_tokens=10, cached_tokens=1_000_000)
    assert cost(usage, "m", {"m": {"input": 1.0, "cached": 0.0, "output": 1.0}}) == 0
