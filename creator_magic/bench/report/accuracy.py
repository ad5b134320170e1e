"""How often each way was right: in all, by the grading rules, by level, by subject and by rectification."""

from __future__ import annotations

from typing import TYPE_CHECKING

from creator_magic.bench.report.arms import in_order
from creator_magic.bench.report.paper import SOURCE, counterpart, tabled
from creator_magic.bench.report.plot import Plot, Series
from creator_magic.bench.report.section import Section, percent, with_interval
from creator_magic.bench.report.statistics import share
from creator_magic.tools_command.page import Table, Text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from creator_magic.bench.report.arms import Arm, DataSet
    from creator_magic.bench.row import Row

_MOST_KINDS = 12
"""Levels or subjects that a plot still shows apart."""


def accuracy(data: DataSet) -> Section:
    """Return how often each way was right, and what else became of its problems."""
    columns = (
        "method",
        "problems",
        "runs",
        "right",
        "wrong",
        "no answer",
        "failed",
        "lost",
        "accuracy [95 %]",
        "lost as wrong",
    )
    rows, plotted = [], []
    table = tabled(data.name)
    for arm in data.arms:
        counts = [str(arm.count(outcome)) for outcome in ("right", "wrong", "no answer", "failed", "lost")]
        overall = share(arm.right, arm.units) if arm.right else None
        every = share(arm.by_problem(lambda row: row.correct, arm.rows))
        problems = len({row.id for row in arm.rows})
        rows.append(
            (
                arm.label,
                str(problems),
                str(len(arm.rows)),
                *counts,
                with_interval(overall) if overall else "-",
                percent(every.value),
            )
        )
        if overall:
            paper = counterpart(table, arm.method)
            beside = paper.accuracy / 100 if paper else None
            plotted.append(Series(arm.label, ((0, overall),), beside))
    notes = [
        (
            "Accuracy is over what was worked on: work that was lost, with a worker or with the endpoint, is "
            "left out of it, and of every figure below that does not say otherwise. The last column counts "
            "it as wrong."
        ),
        *_notes(data),
    ]
    hollow = f"; hollow: the paper, with another model ({SOURCE})" if any(s.beside for s in plotted) else ""
    plots = (Plot("accuracy", f"Accuracy by method, with 95 % intervals{hollow}", "ranges", tuple(plotted)),)
    return Section("Accuracy", (Table(columns, tuple(rows)), *map(Text, notes)), plots if plotted else ())


def _notes(data: DataSet) -> Iterator[str]:
    if any(len(arm.rows) > len({row.id for row in arm.rows}) for arm in data.arms):
        yield (
            "Problems were worked on several times. The repeats of a problem are averaged, and it counts "
            "once: intervals and tests are over problems, not over runs."
        )
    if any(arm.transfers for arm in data.arms):
        yield "With transfer a group shares its tool: its problems count as one where intervals are made."
    replaced = sum(arm.replaced for arm in data.arms)
    if replaced:
        yield f"Rows passed over, since a later one is for the same work, which was done again: {replaced:,}."


def by_grading_rule(data: DataSet) -> Section | None:
    """Return accuracy by each rule of grading; None if nothing was worked on."""
    rules: tuple[tuple[str, Callable[[Row], float]], ...] = (
        ("last", lambda row: row.correct),
        ("any", lambda row: row.any),
        ("lenient", lambda row: row.lenient),
    )
    rows = []
    for arm in data.arms:
        if arm.done:
            shares = [share(arm.by_problem(rule), arm.units) for _, rule in rules]
            apart = sum(not row.correct and row.any for row in arm.done)
            laxer = sum(row.lenient != row.correct for row in arm.done)
            rows.append((arm.label, *map(with_interval, shares), str(apart), str(laxer)))
    if not rows:
        return None
    columns = (
        "method",
        *(name for name, _ in rules),
        "right by any, not by last",
        "lenient decides otherwise",
    )
    note = (
        "`last`: the last number of an answer is right, or the answer itself where it is none; every other "
        "figure of this report is by it. `any`: one of its numbers is, or one of the choices that it names. "
        "`lenient`: the rule of CREATOR's published grader, which takes any number that was printed, and "
        "knows words and formulas only behind 'Final Answer:'."
    )
    return Section("By the rule of grading", (Table(columns, tuple(rows)), Text(note)))


def by_level(data: DataSet) -> Section | None:
    """Return accuracy by level; None if the data have no levels."""
    return _by_kind(data, "level", lambda row: row.level)


def by_subject(data: DataSet) -> Section | None:
    """Return accuracy by subject; None if the data have no subjects."""
    return _by_kind(data, "subject", lambda row: row.subject)


def _by_kind(data: DataSet, what: str, kind: Callable[[Row], str]) -> Section | None:
    kinds = sorted({kind(row) for arm in data.arms for row in arm.rows}, key=in_order)
    if kinds in ([], [""]):
        return None
    shares = {
        (arm.label, each): share(arm.by_problem(lambda row: row.correct, rows), arm.units)
        for arm in data.arms
        for each in kinds
        if (rows := [row for row in arm.done if kind(row) == each])
    }
    cells = {
        key: f"{with_interval(value)} of {value.n}"  # how many problems stand behind it
        for key, value in shares.items()
    }
    lines = tuple(
        (each or f"(no {what})", *(cells.get((arm.label, each), "-") for arm in data.arms)) for each in kinds
    )
    series = tuple(
        Series(
            arm.label,
            tuple((n, shares[arm.label, k]) for n, k in enumerate(kinds) if (arm.label, k) in shares),
        )
        for arm in data.arms
    )
    plot = Plot(
        what,
        f"Accuracy by {what}, with 95 % intervals",
        "kinds",
        series,
        kinds=tuple(k or "none" for k in kinds),
    )
    table = Table((what, *(arm.label for arm in data.arms)), lines)
    return Section(f"By {what}", (table,), (plot,) if len(kinds) <= _MOST_KINDS else ())


def by_rectification(data: DataSet) -> Section | None:
    """Return accuracy after no, one, two and more rectifications; None where no code ran."""
    arms = [arm for arm in data.arms if any(row.attempts for row in arm.done)]
    if not arms:
        return None
    rounds = {arm.label: _rounds(arm) for arm in arms}
    most = max(rounds.values())
    rows, series = [], []
    for arm in arms:
        shares = [
            share(arm.by_problem(lambda row, n=n: _right_after(row) <= n), arm.units)  # type: ignore[misc]
            for n in range(rounds[arm.label] + 1)
        ]
        rows.append((arm.label, *map(with_interval, shares), *["-"] * (most - rounds[arm.label])))
        series.append(Series(arm.label, tuple(enumerate(shares))))
    columns = ("method", *(f"after {n}" for n in range(most + 1)))
    note = "The share that was right after so many rectifications, or fewer; those before it included."
    plot = Plot(
        "rectification",
        "Accuracy by the number of rectifications, with 95 % intervals",
        "lines",
        tuple(series),
        "rectifications",
    )
    return Section("By rectification", (Table(columns, tuple(rows)), Text(note)), (plot,) if most else ())


def _rounds(arm: Arm) -> int:
    # Attempts of several samples do not follow on each other.
    sampled = "samples=" in arm.method
    return max(max(0 if sampled else row.attempts - 1, row.right_at or 0) for row in arm.done)


def _right_after(row: Row) -> float:
    if not row.correct:
        return float("inf")
    return row.right_at or 0
