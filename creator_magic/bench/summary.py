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

_COLUMNS = ("data", "method", "right", "of", "lost", "calls", "tokens", "cost")


def summary(rows: Iterable[Row]) -> Table:
    """Return a line for each setup on each data: right of all, with its 95 % interval, and what it took.

    Parameters
    ----------
    rows : iterable of Row
        Of several for the same work the last counts.
    """
    last = {key_of(row): row for row in rows}
    groups: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in last.values():
        groups[row.data, row.method].append(row)
    return Table(_COLUMNS, tuple(_line(*names, group) for names, group in sorted(groups.items())))


def _line(data: str, method: str, rows: list[Row]) -> tuple[str, ...]:
    scores: dict[str, list[bool]] = defaultdict(list)
    for row in rows:
        scores[row.id].append(row.correct)
    right = share({problem: sum(each) / len(each) for problem, each in scores.items()})
    costs = [row.cost for row in rows if row.cost is not None]
    return (
        data,
        method,
        with_interval(right),
        str(len(rows)),
        str(sum(row.outcome == "lost" for row in rows)),
        f"{sum(row.calls for row in rows):,}",
        f"{sum(row.tokens for row in rows):,}",
        amount_text(sum(costs)) if costs else "not priced",
    )
