"""Transfer: what keeping tools for the later problems of a group is worth, as in the paper's experiment."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from statistics import fmean
from typing import TYPE_CHECKING

from creator_magic.bench.report.paper import SOURCE, TRANSFER, TRANSFER_CAVEATS
from creator_magic.bench.report.section import Section, p_value, percent, points_with_interval
from creator_magic.bench.report.statistics import difference
from creator_magic.tools_command.page import Table, Text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from creator_magic.bench.report.arms import Arm, DataSet
    from creator_magic.bench.report.statistics import Difference


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
            f"{arm.label}: there is nothing to compare it with. It takes the same method without transfer, "
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
            points_with_interval(each.difference),
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
        "method",
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
        "A group is better where more of its problems are right with transfer than without. p: the exact "
        "sign test on the groups that are better or worse; the difference is the mean over groups. The "
        "paper's figures are of another experiment in part:"
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
