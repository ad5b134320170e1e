"""Intervals and tests of the report, against the literature and against closed forms."""

from __future__ import annotations

import random
from math import comb, sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from creator_magic.bench.report.statistics import difference, holm, share


def scores(right: int, n: int) -> dict[str, float]:
    return {f"p{number}": float(number < right) for number in range(n)}


def pairs(
    only_first: int, only_second: int, both: int, neither: int
) -> tuple[dict[str, float], dict[str, float]]:
    outcomes = [(1, 0)] * only_first + [(0, 1)] * only_second + [(1, 1)] * both + [(0, 0)] * neither
    first, second = ({f"p{n}": float(each[side]) for n, each in enumerate(outcomes)} for side in (0, 1))
    return first, second


@pytest.mark.parametrize(
    ("right", "n", "low", "high"),
    # Newcombe 1998, Two-sided confidence intervals for the single proportion, table I, method 3.
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilsons_interval_is_the_published_one(right: int, n: int, low: float, high: float) -> None:
    found = share(scores(right, n))
    assert (found.value, found.n) == (right / n, n)
    assert (round(found.low, 4), round(found.high, 4)) == (low, high)


@given(st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_it_is_scipys_where_scipy_has_one(counts: tuple[int, int]) -> None:
    found = share(scores(*counts))
    known = binomtest(*counts).proportion_ci(method="wilson")
    assert (found.low, found.high) == pytest.approx((known.low, known.high), abs=1e-12)


def test_problems_that_fall_together_count_as_one() -> None:
    # Thirty groups of three, each all right or all wrong, tell no more than thirty problems.
    alone = share(scores(12, 30))
    grouped = {f"p{n}.{k}": float(n < 12) for n in range(30) for k in range(3)}
    together = share(grouped, {problem: problem.partition(".")[0] for problem in grouped})
    assert (together.value, together.n) == (alone.value, 90)
    assert (together.low, together.high) == pytest.approx((alone.low, alone.high), abs=0.005)
    assert together.low < alone.low  # since how much groups vary is itself estimated
    # None was wrong: what varied cannot be seen, and the groups are what is counted.
    certain = share(dict.fromkeys(grouped, 1.0), {problem: problem[:3] for problem in grouped})
    assert certain.low == pytest.approx(share(scores(10, 10)).low, abs=0.2)
    assert certain.low < share(scores(90, 90)).low


def test_the_interval_covers_the_truth_as_often_as_it_says() -> None:
    chance, covered = random.Random(7), 0  # noqa: S311 - chance that repeats itself
    for _ in range(400):
        groups = [chance.random() < 0.7 for _ in range(40)]
        made = {
            f"{group}.{k}": float(right if chance.random() < 0.8 else chance.random() < 0.7)
            for group, right in enumerate(groups)
            for k in range(3)
        }
        found = share(made, {problem: problem.partition(".")[0] for problem in made})
        covered += found.low <= 0.7 <= found.high
    assert 0.92 <= covered / 400 <= 0.98


def test_mcnemars_test_is_the_published_one() -> None:
    # Armitage and Berry 1994, page 127: 50 specimens, 12 grew on the first medium only, 2 on the second.
    first, second = pairs(12, 2, 20, 16)
    found = difference(first, second)
    assert found is not None
    assert (found.n, found.better, found.worse, found.value) == (50, 12, 2, 0.2)
    assert round(found.p, 4) == 0.0129
    assert found.p == pytest.approx(2 * sum(comb(14, k) for k in range(3)) / 2**14)
    # Bonett and Price 2012: (b + 1) / (n + 2) and (c + 1) / (n + 2) in Wald's formula.
    b, c = 13 / 52, 3 / 52
    half = 1.959964 * sqrt((b + c - (b - c) ** 2) / 52)
    assert (found.low, found.high) == pytest.approx((b - c - half, b - c + half), abs=1e-6)


@given(*[st.integers(0, 25)] * 4)
def test_the_other_way_round_is_the_same(a: int, b: int, c: int, d: int) -> None:
    first, second = pairs(a, b, c, d)
    there, back = difference(first, second), difference(second, first)
    if not first:
        assert there is None
        return
    assert there is not None
    assert back is not None
    assert (there.p, there.better, there.worse) == (back.p, back.worse, back.better)
    assert (there.low, there.high) == pytest.approx((-back.high, -back.low))
    assert -1 <= there.low <= there.value <= there.high <= 1
    assert 0 < there.p <= 1


def test_only_what_both_worked_on_is_compared() -> None:
    found = difference({"a": 1.0, "b": 1.0, "c": 0.0}, {"b": 0.0, "c": 0.0, "d": 1.0})
    assert found is not None
    assert (found.n, found.better, found.worse, found.p) == (2, 1, 0, 1.0)
    assert difference({"a": 1.0}, {"b": 1.0}) is None


def test_repeats_do_not_make_problems() -> None:
    once = difference(*pairs(6, 1, 3, 0))
    often = difference(
        {
            "p0": 0.8,
            "p1": 1.0,
            "p2": 0.6,
            "p3": 1.0,
            "p4": 0.4,
            "p5": 0.2,
            "p6": 0.2,
            "p7": 1,
            "p8": 1,
            "p9": 1,
        },
        {
            "p0": 0.2,
            "p1": 0.8,
            "p2": 0.0,
            "p3": 0.0,
            "p4": 0.2,
            "p5": 0.0,
            "p6": 1.0,
            "p7": 1,
            "p8": 1,
            "p9": 1,
        },
    )
    assert once is not None
    assert often is not None
    assert (often.n, often.better, often.worse, often.p) == (once.n, once.better, once.worse, once.p)
    assert often.value == pytest.approx(0.2)


def test_groups_are_compared_as_one() -> None:
    first, second = pairs(6, 0, 0, 0)
    units = {problem: "ab"[number % 2] for number, problem in enumerate(first)}
    found = difference(first, second, units)
    assert found is not None
    assert (found.n, found.better, found.p) == (2, 2, 0.5)


def test_several_tests_are_adjusted() -> None:
    # Holm's step-down by hand: 4 · 0.005, 3 · 0.01, 2 · 0.03, and never less than the one before.
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.9, 0.8]) == [1.0, 1.0]
    assert holm([]) == []


@given(st.lists(st.floats(0, 1), max_size=12))
def test_adjusting_keeps_the_order_and_is_no_looser(values: list[float]) -> None:
    adjusted = holm(values)
    assert all(before <= after <= 1 for before, after in zip(values, adjusted, strict=True))
    for one, one_adjusted in zip(values, adjusted, strict=True):
        for other, other_adjusted in zip(values, adjusted, strict=True):
            assert one > other or one_adjusted <= other_adjusted
