"""Figures: ratios and differences between things that were timed in turn, with how far they spread."""

from __future__ import annotations

import math
import statistics
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure, which came from values that are paired, or that were measured alike.

    Parameters
    ----------
    what : str
        What was measured.
    values : tuple of float
        One value a round.
    unit : str
        Of the values; `x` for a ratio.
    limit : float or None
        What the median must not exceed; None for a figure that is only told.
    beside : str
        The times or sizes that it is made of.
    """

    what: str
    values: tuple[float, ...]
    unit: str = "x"
    limit: float | None = None
    beside: str = ""

    @property
    def median(self) -> float:
        """The middle of the values."""
        return statistics.median(self.values)

    @property
    def interval(self) -> tuple[float, float]:
        """The values between which the true median lies, for 19 in 20 such runs.

        By order statistics (Conover, Practical Nonparametric Statistics, section 3.2), which ask nothing of
        how the values are distributed; all of them where there are too few for that.
        """
        ordered, n = sorted(self.values), len(self.values)
        below, rank = 0.5**n, 0
        while below + math.comb(n, rank + 1) * 0.5**n <= 0.025 and rank + 1 < n // 2:  # noqa: PLR2004
            rank += 1
            below += math.comb(n, rank) * 0.5**n
        return ordered[rank], ordered[n - 1 - rank]

    @property
    def held(self) -> bool:
        """Whether it is within its limit."""
        return self.limit is None or self.median <= self.limit


def ratio(
    what: str, ours: Sequence[float], theirs: Sequence[float], limit: float | None = None, unit: str = "ms"
) -> Figure:
    """Return the paired ratio of two things; `unit` is that of what they took."""
    scale = 1000 if unit == "ms" else 1
    middle = (f"{statistics.median(values) * scale:.4g}" for values in (ours, theirs))
    pairs = tuple(mine / yours for mine, yours in zip(ours, theirs, strict=True))
    return Figure(what, pairs, "x", limit, f"{' against '.join(middle)} {unit}")


def as_data(figures: Sequence[Figure]) -> list[dict[str, Any]]:
    """Return figures as JSON holds them."""
    return [
        {**asdict(each), "median": each.median, "interval": each.interval, "held": each.held}
        for each in figures
    ]


def as_table(figures: Sequence[Figure]) -> str:
    """Return figures as a table in Markdown."""
    lines = ["| measured | median | 95 % interval | of | limit | held |", "|---|--:|--:|---|--:|---|"]
    for each in figures:
        low, high = each.interval
        limit = "" if each.limit is None else f"{each.limit:g} {each.unit}"
        held: Literal["", "yes", "no"] = "" if each.limit is None else "yes" if each.held else "no"
        lines.append(
            f"| {each.what} | {each.median:,.4g} {each.unit} "
            f"| {low:,.3g} to {high:,.3g}, n = {len(each.values)} | {each.beside} | {limit} | {held} |"
        )
    return "\n".join(lines)
