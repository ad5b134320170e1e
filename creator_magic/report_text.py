"""What the command line says of a run or a completion, line by line."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from creator_magic.model.money import Money

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from creator_magic.cells.generated import SolveSummary
    from creator_magic.completion import Completion
    from creator_magic.run_report import RunReport


def report_lines(report: RunReport) -> Iterator[str]:
    """Yield what a run came to."""
    of_all = f" of {report.total}" if report.ran < report.total else ""
    yield f"{report.output}: {_number(report.ran, 'cell')}{of_all} ran in {report.seconds:.1f} s"
    if report.solves:
        yield _totals(report.solves)
    for notice in report.notices:
        yield f"note: {notice}"


def completion_lines(completion: Completion) -> Iterator[str]:
    """Yield what completing a file came to."""
    if completion.cells:
        cells, magics = _number(completion.cells, "generated cell"), _number(completion.magics, "magic cell")
        yield f"{completion.output}: {cells} of {magics}"
        if completion.kept:
            yield f"{completion.kept} of them kept as you edited them"
    else:
        yield f"{completion.output}: no record of a solve holds cells that are not in the notebook"
    for notice in completion.notices:
        yield f"note: {notice}"


def answer_lines(solves: Iterable[SolveSummary]) -> Iterator[str]:
    """Yield each problem with its answer."""
    for number, solve in enumerate(solves, 1):
        stated = textwrap.shorten(solve.problem, 160, placeholder=" …")
        yield textwrap.fill(stated, 88, initial_indent=f"{number}. ", subsequent_indent="   ")
        answer = solve.answer_text.strip() if solve.solved else "(not solved)"
        yield textwrap.indent(answer, "   ") + "\n"


def _totals(solves: tuple[SolveSummary, ...]) -> str:
    solved = sum(solve.solved for solve in solves)
    parts = [f"{solved} of {len(solves)} problems solved"]
    calls = sum(solve.calls for solve in solves)
    parts.append(f"{calls} model calls")
    if calls:
        tokens_in = sum(solve.prompt_tokens for solve in solves)
        tokens_out = sum(solve.completion_tokens for solve in solves)
        parts.append(f"{tokens_in:,} tokens in, {tokens_out:,} out")
        priced = [solve for solve in solves if solve.priced]
        if priced:
            unpriced = dict.fromkeys(name for solve in priced for name in solve.unpriced.split(", ") if name)
            at_least = any(solve.at_least for solve in priced)
            parts.append(f"cost: {Money(sum(solve.amount for solve in priced), tuple(unpriced), at_least)}")
    for origin in ("replayed", "scripted"):
        count = sum(getattr(solve, origin) for solve in solves)
        if count:
            parts.append(f"{count} replies {origin}")
    return "; ".join(parts)


def _number(count: int, thing: str) -> str:
    return f"{count} {thing}" if count == 1 else f"{count} {thing}s"
