"""Care for a toolbox: what no longer passes its cases, what behaves like something else, what nobody uses."""

from __future__ import annotations

import ast
import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from creator_magic.toolbox.admission import SECONDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from creator_magic.toolbox.executor import Executor, Job
    from creator_magic.toolbox.store import UseCount
    from creator_magic.toolbox.tool import Case, Tool

_BASE = 20.0
_NEIGHBOURS = 4
"""How many of the tools that read most like it a tool is compared with."""


@dataclass(frozen=True, slots=True)
class Alike:
    """Two tools that show the same on each other's cases.

    Parameters
    ----------
    one, other : str
        Their names.
    cases : int
        On how many cases they agreed.
    """

    one: str
    other: str
    cases: int


def rarely_used(usage: Iterable[UseCount]) -> list[str]:
    """Return the tools that were used less often than the log-frequency rule asks.

    A tool stays if it was used at least log20(n) times in the n entries that the log of uses has since it
    was made, its making counted as one. That is the rule of TroVE (Wang, Neubig and Fried, arXiv 2401.12869,
    on periodic trimming), with the base 20 of the authors' code, and n counted for each tool, so that
    a new one is not blamed for what came before it: unused, a tool stays for 20 entries; used once, for 400.

    Parameters
    ----------
    usage : iterable of UseCount
        How often each tool counts.
    """
    return [each.name for each in usage if each.times < math.log(each.since, _BASE)]


def alike(
    tools: Sequence[Tool],
    neighbours: Callable[[Tool, int], Sequence[str]],
    job_of: Callable[[Tool], Job],
    executor: Executor,
) -> Iterator[Alike]:
    """Find tools that behave alike: each passes the other's cases when it is called in its place.

    Parameters
    ----------
    tools : sequence of Tool
        The toolbox.
    neighbours : callable
        Gives the names of the tools that read most like one, so that not every pair is run.
    job_of : callable
        Gives the job of a tool, with the tools that it calls.
    executor : Executor
        Where they run.

    Yields
    ------
    Alike
        Each pair once, by name.
    """
    by_name = {tool.name: tool for tool in tools if tool.cases}
    pairs = sorted(
        {
            (min(name, other), max(name, other))
            for name, tool in by_name.items()
            for other in neighbours(tool, _NEIGHBOURS + 1)
            if other != name and other in by_name
        }
    )
    swapped = [(one, _in_place_of(by_name[one], by_name[other])) for one, other in pairs]
    swapped += [(other, _in_place_of(by_name[other], by_name[one])) for one, other in pairs]
    jobs = [
        replace(job_of(by_name[name]), tool=replace(by_name[name], cases=cases)) for name, cases in swapped
    ]
    passed = [
        bool(job.tool.cases) and report.passed
        for job, report in zip(jobs, executor.run(jobs, SECONDS), strict=True)
    ]
    for index, (one, other) in enumerate(pairs):
        if passed[index] and passed[index + len(pairs)]:
            yield Alike(one, other, len(by_name[one].cases) + len(by_name[other].cases))


def _in_place_of(tool: Tool, other: Tool) -> tuple[Case, ...]:
    """Return the cases of `other` with `tool` called instead."""
    return tuple(
        replace(
            case,
            call=_renamed(case.call, other.name, tool.name),
            setup=tuple(_renamed(source, other.name, tool.name) for source in case.setup),
        )
        for case in other.cases
    )


def _renamed(source: str, old: str, new: str) -> str:
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id == old:
            node.id = new
    return ast.unparse(tree)
