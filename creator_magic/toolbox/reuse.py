"""Between a solve and the toolbox: which kept tools a problem is offered, and what is kept of its solution.

A tool is kept when its answer has been shown, since it is first run again by itself.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from creator_magic.draft import defined_names, free_names, holds
from creator_magic.errors import InputError, StoreError
from creator_magic.ports import Candidate, KeptTool
from creator_magic.tool_stub import stub_of
from creator_magic.toolbox.collection import PROJECT, is_offered
from creator_magic.toolbox.collection import Candidate as Found
from creator_magic.toolbox.reading import tools_in
from creator_magic.toolbox.tool import Provenance

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from creator_magic.problem import Problem
    from creator_magic.solution import Solution
    from creator_magic.toolbox.admission import Admission
    from creator_magic.toolbox.collection import Toolbox
    from creator_magic.toolbox.tool import Tool

MOST = 3
"""Candidates that a problem is offered (CRAFT, arXiv 2309.17428, section 2.3, takes as many)."""

_FUSION = 60.0

_NEAR_ENOUGH = 0.1
"""Share of the weight of a problem's terms below which a tool has nothing to do with it."""


@dataclass(frozen=True, slots=True)
class Offer:
    """The kept tools that a problem is offered.

    Parameters
    ----------
    candidates : tuple of Candidate
        Best first.
    notices : tuple of str
        What the person should know of the search.
    """

    candidates: tuple[Candidate, ...] = ()
    notices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Kept:
    """What became of a solution's tools.

    Parameters
    ----------
    names : tuple of str
        The tools that are in the toolbox now and were not before.
    lines : tuple of str
        What the person should know, a line each.
    """

    names: tuple[str, ...] = ()
    lines: tuple[str, ...] = ()


def offer(
    problem: Problem,
    toolbox: Toolbox,
    functions: Sequence[Candidate],
    stands: Callable[[KeptTool], str],
    recorded: Sequence[Candidate] = (),
    likely: Sequence[str] = (),
) -> Offer:
    """Return the kept tools that may serve a problem.

    Parameters
    ----------
    problem : Problem
        What is stated.
    toolbox : Toolbox
        Where to look.
    functions : sequence of Candidate
        The person's own that the problem speaks of; they come first.
    stands : callable
        Returns the source that the tool's name comes from, if a tool cell of another solve bound it, or
        the person, whose function it is.
    recorded : sequence of Candidate
        Those that a recorded reply chose among; then there is no search.
    likely : sequence of str
        Tools that solved something like it when they were explored, the most similar first.
    """
    notices: tuple[str, ...] = ()
    found = list(recorded)
    if not recorded:
        text = "\n".join((problem.text, *problem.hints))
        try:
            near = toolbox.candidates(text, MOST, _NEAR_ENOUGH)
            found = [candidate_of(each) for each in _with_likely(near, likely, toolbox)]
            notices = (toolbox.notice,) if toolbox.notice else ()
        except StoreError as error:
            notices = (f"The toolbox could not be searched: {error.message}",)
    by_name = {each.name: _where_it_stands(each, stands) for each in (*functions, *found)}
    return Offer(tuple(by_name.values())[:MOST], notices)


def _with_likely(near: Sequence[Found], likely: Sequence[str], toolbox: Toolbox) -> list[Found]:
    """Return tools that a search found, fused with those whose trials are like the problem.

    By their ranks (Cormack, Clarke and Büttcher, Reciprocal rank fusion, SIGIR 2009, section 2).
    """
    by_name = {each.tool.name: each for each in near}
    known = set(toolbox.names()) if likely else set()
    for name in likely[:MOST]:
        if name in known and name not in by_name:
            place, tool = toolbox.find(name)
            if is_offered(tool):
                by_name[name] = Found(tool, toolbox.helpers(tool, place), place, 0.0, ())
    ranks = [[each.tool.name for each in near], [name for name in likely if name in by_name]]
    scores = dict.fromkeys(by_name, 0.0)
    for ranked in ranks:
        for rank, name in enumerate(ranked, 1):
            scores[name] += 1.0 / (_FUSION + rank)
    return [by_name[name] for name in sorted(scores, key=lambda name: -scores[name])]


def candidate_of(found: Found) -> Candidate:
    """Return a tool that was found as a model is offered it."""
    tool = found.tool
    tools = tuple(KeptTool(each.name, each.source, _shown(each)) for each in (*found.helpers, tool))
    place = "the toolbox" if found.place == PROJECT else f"the toolbox ({found.place})"
    return Candidate(tool.name, stub_of(tool.source, tool.name), place, found.terms, tools)


def _shown(tool: Tool) -> str:
    is_own = tool.provenance.origin == "notebook"
    return stub_of(tool.source, tool.name, own=True) if is_own else ""


def _where_it_stands(candidate: Candidate, stands: Callable[[KeptTool], str]) -> Candidate:
    tools = tuple(replace(tool, here=holds(stands(tool), tool.source)) for tool in candidate.tools)
    return replace(candidate, tools=tools)


def keep(
    solution: Solution,
    toolbox: Toolbox,
    provenance: Provenance,
    redact: Callable[[str], str],
    functions: Mapping[str, str],
) -> Kept:
    """Count the kept tools that a solution used, and keep what it made.

    Parameters
    ----------
    solution : Solution
        Solved or not; only of a solved one something is kept.
    toolbox : Toolbox
        Where.
    provenance : Provenance
        Where the code comes from.
    redact : callable
        Withholds what looks like a key from the answer and the decision, which become evidence.
    functions : mapping of str to str
        Functions of the person's that the tools may call, with their sources.
    """
    try:
        for name in solution.draft.reused:
            toolbox.used(name, solved=solution.solved)
        admissions = _admissions(solution, toolbox, provenance, redact, functions) if solution.solved else []
    except InputError as error:
        return Kept(lines=(f"Not kept in the toolbox: {error.message}",))
    except StoreError as error:
        return Kept(lines=(f"The toolbox could not be written: {error.message}",))
    new = tuple(each.tool.name for each in admissions if not each.refused and each.tool.revision == 1)
    return Kept(new, tuple(_lines(admissions)))


def take_in(solution: Solution, toolbox: Toolbox, notebook: str) -> Kept:
    """Take in the tools of a solved notebook that ran again, where the toolbox has none of their name.

    As with an import nothing is run, and they are foreign: the notebook may be anybody's.

    Parameters
    ----------
    solution : Solution
        Its cells answered their problem as they stood.
    toolbox : Toolbox
        Where. A tool that was forgotten stays so.
    notebook : str
        The notebook.
    """
    cells = [run.cell for run in solution.runs]
    decision = next((cell.source for cell in cells if cell.role == "decision"), "")
    provenance = Provenance(origin="imported", place=notebook, foreign=True)
    taken: list[str] = []
    try:
        known = {*toolbox.own.names(), *(tool.name for tool in toolbox.own.forgotten())}
        for cell in cells:
            if cell.role == "tool" and not defined_names(cell.source) & known:
                for found in tools_in(cell.source, decision=decision, known=(*known, *taken)):
                    if not found.missing:
                        borrowed = found.tool.provenance.borrowed
                        kept = replace(provenance, borrowed=borrowed)
                        tool = replace(found.tool, problem=solution.problem.text, provenance=kept)
                        taken.append(toolbox.keep(tool, f"in {notebook}").name)
    except InputError:
        return Kept()  # an edited cell need not hold a tool
    except StoreError as error:
        return Kept(lines=(f"The toolbox could not be written: {error.message}",))
    lines = [f"Taken into the toolbox, as foreign until %tools check: {', '.join(taken)}."] if taken else []
    return Kept(tuple(taken), tuple(lines))


def _admissions(
    solution: Solution,
    toolbox: Toolbox,
    provenance: Provenance,
    redact: Callable[[str], str],
    functions: Mapping[str, str],
) -> list[Admission]:
    draft, problem = solution.draft, solution.problem.text
    if not draft.made:
        return []
    permitted = ", ".join(solution.attempts[-1].permitted)
    if permitted:
        raise InputError(f"a check would run it once more, and it does more than compute ({permitted}).")
    for name in draft.reused:
        toolbox.bring(name)
    for name in sorted({name for tool in draft.made for name in free_names(tool.source)} & functions.keys()):
        toolbox.keep_own(name, functions[name], provenance.place)
    mine = set(toolbox.own.names())
    admissions: list[Admission] = []
    for tool in draft.made:
        # What an earlier solve of this very problem made is made anew by it.
        again = [name for name in sorted(tool.names & mine) if toolbox.own.get(name).problem == problem]
        before = tool.kept_as or next(iter(again), "")
        keep_it = partial(toolbox.rectify, before) if before else toolbox.admit
        admissions += keep_it(
            tool.source,
            problem=problem,
            decision=redact(draft.decision or ""),
            answer=redact(solution.answer_text),
            provenance=provenance,
            cell=draft.tool_source,
        )
    return admissions


def _lines(admissions: Sequence[Admission]) -> Iterator[str]:
    kept = [_kept_as(each.tool) for each in admissions if not each.refused]
    if kept:
        yield f"Kept in the toolbox: {', '.join(kept)}."
    for each in admissions:
        if each.refused:
            yield f"Not kept in the toolbox: {each.tool.name}. {each.refused}"


def _kept_as(tool: Tool) -> str:
    cases = f"{len(tool.cases)} case{'' if len(tool.cases) == 1 else 's'} passed"
    how = f"revision {tool.revision}, " if tool.revision > 1 else ""
    return f"{tool.name} ({how}{cases if tool.cases else 'it has no case'})"
