"""Planning: a problem that needs several tools is split into them, made and tested from the bottom up.

The hierarchical creation of CREATOR (arXiv 2305.14318, section 5.3), with the plan as text that the
person sees and may change: each step is a tool, which may call those of the steps before; then one
decision calls them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from creator_magic.draft import Draft, ToolText
from creator_magic.events import CellsWritten, OutputGrew
from creator_magic.ports import Candidate, KeptTool
from creator_magic.stages.decision import decision
from creator_magic.stages.plan import plan
from creator_magic.tool_stub import last_function, stub_of

if TYPE_CHECKING:
    from creator_magic.events import Event, Listener
    from creator_magic.problem import Problem
    from creator_magic.working import Work

MOST_STEPS = 8

_ITEM = re.compile(r"^ {0,3}(?:\d{1,2}[.)]|[-*+])[ \t]+(?=\S)")
_FENCE = re.compile(r"^\s*(?:```|~~~)")


def read_steps(text: str) -> tuple[str, ...]:
    """Return the steps of a plan: the items of its list, each as one line.

    Parameters
    ----------
    text : str
        Markdown, as a model wrote it or a person left it.
    """
    steps: list[str] = []
    inside = False
    for line in text.replace("\r\n", "\n").split("\n"):
        item = _ITEM.match(line)
        if item is not None:
            steps.append(line[item.end() :].strip())
            inside = True
        elif not line.strip() or _FENCE.match(line):
            inside = False
        elif inside:
            steps[-1] += f" {line.strip()}"
    return tuple(steps[:MOST_STEPS])


def plan_text(steps: tuple[str, ...]) -> str:
    """Return steps as a plan's cell shows them."""
    return "\n".join(["**Plan**", "", *(f"{number}. {step}" for number, step in enumerate(steps, 1))])


@dataclass(frozen=True, slots=True)
class _Made:
    """A tool that a step has made, and the tools of earlier steps that it calls."""

    source: str
    calls: tuple[str, ...]


def work_by_plan(work: Work) -> None:
    """Ask for a plan unless there is one, make its tools, and make the first attempt with them.

    Parameters
    ----------
    work : Work
        Not begun. Where no plan can be read, or a tool cannot be made, its last attempt says so.
    """
    if not work.problem.plan:
        reply = work.ask(plan(work.problem))
        steps = read_steps(reply.text)
        if not steps:
            # One tool may do, if the model sees no steps.
            work.problem = replace(work.problem, method="creator")
            work.begin()
            return
        work.problem = replace(work.problem, plan=plan_text(steps))
    work.show((), running=False)
    made: dict[str, _Made] = {}
    for step in read_steps(work.problem.plan):
        part = _make(work, step, made)
        work.exchanges += part.exchanges
        if not part.attempts[-1].feedback.ok:
            work.attempts += part.attempts
            work.draft, work.last, work.given_up = part.draft, part.last, True
            return
        work.kernel.take_back()
        _take_over(part.draft, made)
        work.draft = Draft((), tuple(ToolText(each.source) for each in made.values()))
        work.show(work.draft.cells(), running=False)
    work.take(decision(work.problem, work.draft.tool_text or "", work.number))


def _make(work: Work, step: str, made: dict[str, _Made]) -> Work:
    """Make the tool of one step, and test it by its own examples."""
    part = replace(
        work,
        problem=step_problem(work.problem, step),
        emit=_quietly(work.emit),
        limits=replace(work.limits, samples=1, review=False),
        draft=Draft(tuple(_candidate(name, made) for name in made)),
        attempts=[],
        exchanges=[],
        failed=[],
    )
    part.begin()
    part.rectify_until_it_works()
    return part


def step_problem(problem: Problem, step: str) -> Problem:
    """Return what is asked for one step of a problem: its tool alone."""
    hint = f"It is solved in steps. Write the tool of this step only: {step}"
    return replace(problem, method="create", hints=(*problem.hints, hint), checks=(), plan="")


def _quietly(emit: Listener) -> Listener:
    def progress(event: Event) -> None:
        # The notebook shows the tools of all steps, as far as they are done.
        if not isinstance(event, CellsWritten | OutputGrew):
            emit(event)

    return progress


def _candidate(name: str, made: dict[str, _Made]) -> Candidate:
    called = tuple(KeptTool(other, made[other].source) for other in made[name].calls)
    own = KeptTool(name, made[name].source)
    return Candidate(name, stub_of(made[name].source, name), "an earlier step", (), (*called, own))


def _take_over(draft: Draft, made: dict[str, _Made]) -> None:
    """Enter what a step has made, and what it has mended of earlier steps."""
    calls = tuple(tool.kept_as for tool in draft.tools if tool.kept_as)
    for tool in draft.tools:
        if tool.changed:
            made[tool.kept_as] = replace(made[tool.kept_as], source=tool.source)
        elif not tool.kept_as:
            # Those before the last function serve it.
            made[last_function(tool.source)] = _Made(tool.source, calls)
