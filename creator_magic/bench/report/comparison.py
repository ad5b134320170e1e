"""Each way against each other, on the problems that both worked on."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

from creator_magic.bench.report.section import Section, p_value, points_with_interval
from creator_magic.bench.report.statistics import FEWEST, SIGNIFICANT, difference, holm
from creator_magic.tools_command.page import Table, Text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from creator_magic.bench.report.arms import Arm, DataSet
    from creator_magic.bench.report.statistics import Difference

_HOW = (
    "Accuracy of the first less that of the second, in percentage points, with its 95 % interval (Bonett "
    "and Price 2012), over the problems that both worked on. p: McNemar's test in its exact form, on the "
    "problems that only one of the two has right; over all pairs of this table it is adjusted by Holm's "
    "method. 'No difference shown' does not say that there is none: the interval says how large it may be."
)


@dataclass(frozen=True, slots=True)
class Pair:
    """Two ways, and how they differ.

    Parameters
    ----------
    first, second : Arm
        The ways.
    difference : Difference or None
        On what both worked on; None if that is nothing.
    adjusted : float
        Its p-value by Holm's method, over all pairs.
    by_group : bool
        Whether what is counted is groups of problems that share a tool.
    """

    first: Arm
    second: Arm
    difference: Difference | None
    adjusted: float
    by_group: bool

    @property
    def n(self) -> str:
        """On how much both worked."""
        if self.difference is None:
            return "0"
        return f"{self.difference.n} groups" if self.by_group else str(self.difference.n)

    @property
    def interval(self) -> str:
        """The difference in percentage points, with its interval."""
        return points_with_interval(self.difference) if self.difference else "-"

    @property
    def verdict(self) -> str:
        """What the test says, and when it says nothing."""
        each = self.difference
        if each is None:
            return "no problem in common: says nothing"
        apart = each.better + each.worse
        if not apart:
            return f"the same on all {self.n}"
        if self.adjusted < SIGNIFICANT:
            first = each.better > each.worse
            average = "" if first == (each.value > 0) else " on more problems, but not on average"
            return f"{(self.first if first else self.second).label} is better{average}"
        if apart < FEWEST:
            return f"says nothing: only {apart} tell them apart, {FEWEST} at least are needed"
        return "no difference shown"


def pairs(data: DataSet) -> list[Pair]:
    """Test each two ways against each other."""
    both = list(combinations(data.arms, 2))
    units = [_units(*each) for each in both]
    tested = [difference(a.right, b.right, unit) for (a, b), unit in zip(both, units, strict=True)]
    adjusted = iter(holm([each.p for each in tested if each is not None]))
    return [
        Pair(first, second, each, next(adjusted) if each else 1.0, unit is not None)
        for (first, second), unit, each in zip(both, units, tested, strict=True)
    ]


def comparison(data: DataSet) -> Section | None:
    """Return the paired test of each two ways; None if there is one way alone."""
    tested = pairs(data)
    if not tested:
        return None
    rows = []
    for pair in tested:
        each = pair.difference
        counts = (
            (str(each.better), str(each.worse), p_value(each.p), p_value(pair.adjusted))
            if each
            else ["-"] * 4
        )
        rows.append((pair.first.label, pair.second.label, pair.n, pair.interval, *counts, pair.verdict))
    columns = (
        "first",
        "second",
        "n",
        "difference [95 %]",
        "only first right",
        "only second right",
        "p",
        "p by Holm",
        "so",
    )
    notes = [_HOW]
    if any(len(arm.rows) > len({row.id for row in arm.rows}) for arm in data.arms):
        notes.append(
            "Where a problem was worked on several times, its repeats are averaged, and 'only first right' "
            "counts problems on which the first was right more often: the test is then the sign test."
        )
    if any(pair.by_group for pair in tested):
        notes.append(
            "With transfer a group shares its tool, so that its problems count as one: n is of groups."
        )
    return Section("Method against method", (Table(columns, tuple(rows)), *map(Text, notes)))


def _units(first: Arm, second: Arm) -> Mapping[str, str] | None:
    """Return what problems belong together in one of the ways; None if each stands for itself."""
    for arm in (first, second):
        if any(unit != problem for problem, unit in arm.units.items()):
            return {**{problem: problem for problem in (*first.right, *second.right)}, **arm.units}
    return None
