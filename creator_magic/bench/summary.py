"""The small table at the end of a run; `bench report` makes the whole report."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from creator_magic.bench.report.section import with_interval
from creator_magic.bench.report.statistics import share
from creator_magic.bench.unit import key_of
from creator_magic.model.money import amount_text
from creator_magic.tools_command.page import Table

if TYPE_CHECKING:
    from collections.abc import Iterable

    from creator_magic.bench.row import Row

_COLUMNS = ("data", "method", "right, with its 95 % interval", "of", "lost", "calls", "tokens", "cost")


def summary(rows: Iterable[Row]) -> Table:
    """Return a line for each setup on each data: right of all, and what it took.

    A column that says the same in each line, of one data or of nothing lost or priced, is left out.

    Parameters
    ----------
    rows : iterable of Row
        Of several for the same work the last counts.
    """
    last = {key_of(row): row for row in rows}
    groups: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in last.values():
        groups[row.data, row.method].append(row)
    lines = [_line(*names, group) for names, group in sorted(groups.items())]
    optional = {"data": 1, "lost": 0, "cost": 0}
    told = [
        at
        for at, name in enumerate(_COLUMNS)
        if name not in optional or len({line[at] for line in lines} | {""}) - 1 > optional[name]
    ]
    return Table(tuple(_COLUMNS[at] for at in told), tuple(tuple(line[at] for at in told) for line in lines))


def _line(data: str, method: str, rows: list[Row]) -> tuple[str, ...]:
    scores: dict[str, list[bool]] = defaultdict(list)
    for row in rows:
        scores[row.id].append(row.correct)
    right = share({problem: sum(each) / len(each) for problem, each in scores.items()})
    lost = sum(row.outcome == "lost" for row in rows)
    costs = [row.cost for row in rows if row.cost is not None]
    return (
        data,
        method,
        with_interval(right),
        str(len(rows)),
        str(lost) if lost else "",
        f"{sum(row.calls for row in rows):,}",
        f"{sum(row.tokens for row in rows):,}",
        amount_text(sum(costs)) if costs else "",
    )
