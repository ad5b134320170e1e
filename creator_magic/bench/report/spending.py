"""What each way cost, and how they compare where each may spend the same."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from statistics import fmean
from typing import TYPE_CHECKING

from creator_magic.bench.report.plot import Curve, Plot
from creator_magic.bench.report.section import Section, amount, percent
from creator_magic.tools_command.page import Table, Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from creator_magic.bench.report.arms import Arm, DataSet

_CAPS = 5
"""Limits of tokens a problem that the table shows."""


def spending(data: DataSet) -> Section:
    """Return what each way took for a problem that it solved."""
    columns = (
        "method",
        "solved",
        "calls",
        "tokens",
        "tokens in",
        "tokens out",
        "cached",
        "reasoning",
        "money",
        "seconds",
        "of them model",
        "running code",
    )
    per_solved = [_per(arm, sum(row.correct for row in arm.rows)) for arm in data.arms]
    in_all = [_per(arm, 1) for arm in data.arms]
    note = (
        "All that was spent, lost work and wrong answers included, divided by the runs that came out right. "
        "Seconds are of wall time, added up over problems that may have run side by side."
    )
    return Section(
        "Spent for each solved problem",
        (Table(columns, tuple(per_solved)), Text(note), Text("Spent in all"), Table(columns, tuple(in_all))),
    )


def _per(arm: Arm, runs: int) -> tuple[str, ...]:
    def part(name: str) -> str:
        return amount(sum(getattr(row, name) for row in arm.rows) / runs) if runs else "-"

    counts = ("calls", "tokens", "prompt_tokens", "completion_tokens", "cached_tokens", "reasoning_tokens")
    seconds = ("seconds", "model_seconds", "run_seconds")
    return (
        arm.label,
        str(sum(row.correct for row in arm.rows)),
        *map(part, counts),
        money_per(arm, runs),
        *map(part, seconds),
    )


def money_per(arm: Arm, runs: int) -> str:
    """Return the money for each of so many runs, by currency; what has no price is said, and never free."""
    sums: defaultdict[str, float] = defaultdict(float)
    unpriced = 0
    for row in arm.rows:
        if row.cost is not None:
            sums[row.currency] += row.cost
        elif row.calls:
            unpriced += 1
    if not sums:
        return "no prices"
    if not runs:
        return "-"
    text = " + ".join(f"{total / runs:,.4g} {currency}".strip() for currency, total in sums.items())
    return f"at least {text} ({unpriced} without a price)" if unpriced else text


def reuse(data: DataSet) -> Section | None:
    """Return how often kept tools were used again; None where none was, and none was kept."""
    arms = [arm for arm in data.arms if arm.done and (arm.transfers or any(row.reused for row in arm.rows))]
    if not arms:
        return None
    rows = []
    for arm in arms:
        reusing = [row for row in arm.done if row.reused]
        right = sum(row.correct for row in reusing)
        tools = {name for row in reusing for name in row.reused}
        rate, of_right = (
            percent(len(reusing) / len(arm.done)),
            percent(right / len(reusing)) if reusing else "-",
        )
        rows.append((arm.label, str(len(arm.done)), str(len(reusing)), rate, str(len(tools)), of_right))
    columns = (
        "method",
        "runs",
        "with a kept tool",
        "reuse rate",
        "tools used again",
        "right with a kept tool",
    )
    return Section("Reuse", (Table(columns, tuple(rows)),))


def equal_spend(data: DataSet) -> Section | None:
    """Return how ways compare at the same number of tokens; None where fewer than two counted any."""
    arms = [arm for arm in data.arms if sum(row.tokens for row in arm.done)]
    if len(arms) < 2:  # noqa: PLR2004 - what is compared
        return None
    problems = [problem for problem in data.problems if all(problem in arm.right for arm in arms)]
    problems.sort(key=lambda problem: hashlib.sha256(problem.encode("utf-8", "replace")).digest())
    spent = {arm.label: arm.by_problem(lambda row: row.tokens) for arm in arms}
    curves = {arm.label: _together(problems, spent[arm.label], arm.right) for arm in arms}
    totals = {label: curve[-1][0] for label, curve in curves.items()}
    if not all(totals.values()):
        nothing = "There is no problem that all of these methods worked on and counted tokens for."
        return Section("At equal spend", (Text(nothing),))
    cheapest = min(totals.values())
    caps = _round_numbers([tokens[problem] for tokens in spent.values() for problem in problems])
    rows = []
    for arm in arms:
        tokens, right, total = spent[arm.label], arm.right, totals[arm.label]
        reached = max(share for so_far, share in curves[arm.label] if so_far <= cheapest)
        per = amount(1e5 * sum(right[problem] for problem in problems) / total)
        under = [fmean(right[p] if tokens[p] <= cap else 0.0 for p in problems) for cap in caps]
        rows.append((arm.label, amount(total), per, percent(reached), *map(percent, under)))
    columns = (
        "method",
        "tokens in all",
        "solved for 100,000",
        f"right within {amount(cheapest)} in all",
        *(f"right within {amount(cap)} a problem" for cap in caps),
    )
    notes = (
        f"Over the {len(problems)} problems that all of these methods worked on.",
        (
            "In all: the problems one after another, in the same mixed order for each method, until so many "
            "tokens are spent; what is not reached counts as not right. The amount is what the cheapest "
            "method took for all."
        ),
        "A problem: what came out right and took no more; what took more counts as not right.",
    )
    in_all = tuple(Curve(label, tuple(curve)) for label, curve in curves.items())
    alone = tuple(Curve(arm.label, tuple(_alone(problems, spent[arm.label], arm.right))) for arm in arms)
    plots = (
        Plot(
            "tokens",
            "Share of all problems right as tokens add up over them",
            "curves",
            in_all,
            "tokens in all",
        ),
        Plot(
            "tokens-a-problem",
            "Share right if each problem may take so many tokens",
            "curves",
            alone,
            "tokens a problem",
        ),
    )
    return Section("At equal spend", (Table(columns, tuple(rows)), *map(Text, notes)), plots)


def _together(
    problems: Sequence[str], tokens: dict[str, float], right: dict[str, float]
) -> list[tuple[float, float]]:
    curve, spent, solved = [(0.0, 0.0)], 0.0, 0.0
    for problem in problems:
        spent, solved = spent + tokens[problem], solved + right[problem]
        curve.append((spent, solved / len(problems)))
    return curve


def _alone(
    problems: Sequence[str], tokens: dict[str, float], right: dict[str, float]
) -> list[tuple[float, float]]:
    curve, solved = [(0.0, 0.0)], 0.0
    for problem in sorted(problems, key=tokens.__getitem__):
        solved += right[problem]
        curve.append((tokens[problem], solved / len(problems)))
    return curve


def _round_numbers(values: Sequence[float]) -> list[float]:
    """Return round numbers between the least and the most of these: 1, 2 and 5 times powers of ten."""
    most, ladder, power = max(values), [], 1.0
    while power <= most * 10:
        ladder += [step * power for step in (1, 2, 5)]
        power *= 10
    least = min(values)
    end = next(number for number in ladder if number >= most)
    return [number for number in ladder if least <= number <= end][-_CAPS:]
