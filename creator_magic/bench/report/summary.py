"""What matters first, in as few columns as a terminal has room for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from creator_magic.bench.report.comparison import pairs
from creator_magic.bench.report.paper import SOURCE, counterpart, tabled
from creator_magic.bench.report.section import amount, p_value, percent, with_interval
from creator_magic.bench.report.spending import money_per
from creator_magic.bench.report.statistics import share
from creator_magic.bench.report.transfer import transfers
from creator_magic.tools_command.page import Table, Text

if TYPE_CHECKING:
    from creator_magic.bench.report.arms import Arm, DataSet


def summary(data: DataSet) -> list[Text | Table]:
    """Return the summary of a data set: accuracy and spending of each way, and their tests."""
    table = tabled(data.name)
    priced = any(row.cost is not None for arm in data.arms for row in arm.rows)
    columns = ["method", "right", "lost", "accuracy [95 %]", "tokens*"]
    columns += ["money*"] if priced else []
    columns += ["paper†"] if table else []
    rows = []
    for arm in data.arms:
        beside = counterpart(table, arm.method)
        row = [*_figures(arm), *([money_per(arm, _solved(arm))] if priced else [])]
        row += [f"{beside.accuracy:.1f} %" if beside else "-"] if table else []
        rows.append(tuple(row))
    lost = "work that was lost is left out of it, and would count as wrong otherwise: see the page."
    notes = [
        f"right: of the runs that were not lost. Accuracy is over problems; {lost}",
        "* for each solved run",
    ]
    if table:
        notes.append(
            f"† {SOURCE}, table {table.number}: another model and grader; the page says what differs."
        )
    blocks: list[Text | Table] = [
        Text(f"\n{data.name or 'Results'}: {len(data.problems):,} problems"),
        Table(tuple(columns), tuple(rows)),
        *map(Text, notes),
    ]
    return [*blocks, *_tests(data), *_transfer(data)]


def _figures(arm: Arm) -> tuple[str, ...]:
    accuracy = with_interval(share(arm.right, arm.units)) if arm.right else "-"
    solved = _solved(arm)
    tokens = amount(sum(row.tokens for row in arm.rows) / solved) if solved else "-"
    return arm.label, f"{solved} of {len(arm.done)}", str(len(arm.rows) - len(arm.done)), accuracy, tokens


def _solved(arm: Arm) -> int:
    return sum(row.correct for row in arm.rows)


def _tests(data: DataSet) -> list[Text | Table]:
    rows = tuple(
        (
            f"{pair.first.label} - {pair.second.label}",
            pair.n,
            pair.interval,
            p_value(pair.adjusted),
            pair.verdict,
        )
        for pair in pairs(data)
    )
    columns = ("method - method", "n", "points [95 %]", "p‡", "so")
    how = "‡ McNemar's test, exact, on the problems that both worked on; adjusted by Holm's method."
    return [Text(""), Table(columns, rows), Text(how)] if rows else []


def _transfer(data: DataSet) -> list[Text | Table]:
    return [
        Text(
            f"\n{each.arm.label}: {percent(each.accuracy(each.base))} without transfer, "
            f"{percent(each.accuracy(each.arm))} with it. Of {each.difference.n} groups "
            f"{each.difference.better} are better, {each.difference.worse} worse, {each.same} the same; "
            f"p = {p_value(each.difference.p)}."
        )
        for each in transfers(data)
    ]
