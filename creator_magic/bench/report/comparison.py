"""Each way against each other on the problems that both worked on, and transfer against none."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from itertools import combinations
from statistics import fmean
from typing import TYPE_CHECKING

from creator_magic.bench.report.paper import SOURCE, TRANSFER, TRANSFER_CAVEATS
from creator_magic.bench.report.section import Section, p_value, percent, points
from creator_magic.bench.report.statistics import FEWEST, SIGNIFICANT, difference, holm
from creator_magic.tools_command.page import Table, Text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from creator_magic.bench.report.arms import Arm, DataSet
    from creator_magic.bench.report.statistics import Difference

_HOW = (
    "Accuracy of the first less that of the second, in percentage points, with its 95 % interval (Bonett "
    "and Price 2012), over the problems that both worked on. p: McNemar's test in its exact form, on the problems "
    "that only one of the two has right; over all pairs of this table it is adjusted by Holm's method. "
    "'No difference shown' does not say that there is none: the interval says how large it may be."
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
        return _points(self.difference) if self.difference else "-"

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
            return f"{(self.first if each.value > 0 else self.second).label} is better"
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
    return Section("Setup against setup", (Table(columns, tuple(rows)), *map(Text, notes)))


def _units(first: Arm, second: Arm) -> Mapping[str, str] | None:
    """Return what problems belong together in one of the ways; None if each stands for itself."""
    for arm in (first, second):
        if any(unit != problem for problem, unit in arm.units.items()):
            return {**{problem: problem for problem in (*first.right, *second.right)}, **arm.units}
    return None


def _points(each: Difference) -> str:
    return f"{points(each.value)} [{points(each.low)}, {points(each.high)}]"


@dataclass(frozen=True, slots=True)
class Transfer:
    """A way with transfer, and the same way without.

    Parameters
    ----------
    arm, base : Arm
        With transfer, and without.
    groups : dict
        The problems of each group that both worked on.
    difference : Difference
        Over groups.
    """

    arm: Arm
    base: Arm
    groups: dict[str, list[str]]
    difference: Difference

    @property
    def same(self) -> int:
        """Groups that transfer made neither better nor worse."""
        return self.difference.n - self.difference.better - self.difference.worse

    def accuracy(self, way: Arm) -> float:
        """Return the accuracy of one of the two ways on these problems."""
        return fmean(way.right[problem] for each in self.groups.values() for problem in each)


def transfers(data: DataSet) -> list[Transfer]:
    """Compare each way with transfer with the same without, where there is one and the data have groups."""
    compared = []
    for arm in (arm for arm in data.arms if arm.transfers):
        base = _without_transfer(arm, data)
        groups = _groups(arm, base) if base else {}
        if base is not None and groups:
            units = {problem: group for group, each in groups.items() for problem in each}
            first, second = ({problem: way.right[problem] for problem in units} for way in (arm, base))
            each = difference(first, second, units)
            if each is not None:
                compared.append(Transfer(arm, base, groups, each))
    return compared


def transfer(data: DataSet) -> Section | None:
    """Return how many groups transfer made better and worse; None without such ways."""
    compared = transfers(data)
    alone = [arm for arm in data.arms if arm.transfers and arm not in [each.arm for each in compared]]
    lacking = [
        Text(
            f"{arm.label}: there is nothing to compare it with. It takes the same setup without transfer, "
            "on data that have groups."
        )
        for arm in alone
    ]
    if not compared:
        return Section("Transfer", tuple(lacking)) if lacking else None
    rows = []
    for each in compared:
        problems = sum(map(len, each.groups.values()))
        figures = (
            percent(each.accuracy(each.base)),
            percent(each.accuracy(each.arm)),
            _points(each.difference),
        )
        groups = (str(each.difference.better), str(each.difference.worse), str(each.same))
        rows.append(
            (
                each.arm.label,
                str(len(each.groups)),
                str(problems),
                *figures,
                *groups,
                p_value(each.difference.p),
            )
        )
    columns = (
        "setup",
        "groups",
        "problems",
        "without transfer",
        "with transfer",
        "difference [95 %]",
        "groups better",
        "worse",
        "same",
        "p",
    )
    paper = (
        f"{SOURCE}, table 5",
        str(TRANSFER.groups),
        str(TRANSFER.problems),
        f"{TRANSFER.without:.1f} %",
        f"{TRANSFER.with_transfer:.1f} %",
        f"{TRANSFER.with_transfer - TRANSFER.without:+.1f}",
        str(TRANSFER.better),
        str(TRANSFER.worse),
        str(TRANSFER.groups - TRANSFER.better - TRANSFER.worse),
        "-",
    )
    note = (
        "A group is better where more of its problems are right with transfer than without. p: the exact sign "
        "test on the groups that are better or worse; the difference is the mean over groups. The paper's "
        "figures are of another experiment in part:"
    )
    caveats = (Text(f"• {caveat}") for caveat in TRANSFER_CAVEATS)
    return Section("Transfer", (Table(columns, (*rows, paper)), Text(note), *caveats, *lacking))


def transfer_by_group(data: DataSet) -> Section | None:
    """Return what transfer did to each group; None without ways to compare."""
    blocks: list[Text | Table] = []
    for each in transfers(data):
        blocks += [Text(each.arm.label), _by_group(each.arm, each.base, each.groups)]
    return Section("Transfer by group", tuple(blocks)) if blocks else None


def _without_transfer(arm: Arm, data: DataSet) -> Arm | None:
    method = ",".join(part for part in arm.method.split(",") if part != "transfer")
    same = [each for each in data.arms if (each.method, each.model) == (method, arm.model)]
    return next((each for each in same if each.file == arm.file), same[0] if same else None)


def _groups(arm: Arm, base: Arm) -> dict[str, list[str]]:
    """Return the problems of each group that both ways worked on."""
    groups = defaultdict(list)
    for problem, group in {row.id: row.group for row in arm.done}.items():
        if group and problem in base.right:
            groups[group].append(problem)
    return dict(groups)


def _by_group(arm: Arm, base: Arm, groups: Mapping[str, list[str]]) -> Table:
    reused: defaultdict[str, set[str]] = defaultdict(set)
    for row in arm.done:
        reused[row.group].update(row.reused)
    rows = []
    for group, problems in groups.items():
        without, with_ = (sum(way.right[problem] for problem in problems) for way in (base, arm))
        change = "same" if with_ == without else "better" if with_ > without else "worse"
        tools = ", ".join(sorted(reused[group]))
        rows.append((group, str(len(problems)), f"{without:g}", f"{with_:g}", change, tools))
    return Table(("group", "problems", "right without", "right with", "so", "tools used again"), tuple(rows))
