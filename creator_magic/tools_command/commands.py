"""What each command does, and what it shows of it."""

from __future__ import annotations

import difflib
from dataclasses import asdict
from pathlib import Path
from textwrap import shorten
from typing import TYPE_CHECKING, Any

from creator_magic.errors import InputError
from creator_magic.policy.person import CannotAskError
from creator_magic.toolbox.admission import why_refused
from creator_magic.toolbox.cases import annotated
from creator_magic.toolbox.collection import PERSONAL, PROJECT
from creator_magic.tools_command.page import Code, Page, Table, Text
from creator_magic.tools_command.proposing import check_words, propose, proposed_block

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Iterable, Sequence

    from creator_magic.toolbox.collection import Toolbox
    from creator_magic.toolbox.store import ToolStore
    from creator_magic.toolbox.tool import Provenance, Revision, Tool
    from creator_magic.tools_command.page import Block

_WIDE = 90


def list_tools(box: Toolbox, arguments: Namespace) -> Page:
    """Show every tool at hand, or those that were forgotten."""
    prog = arguments.prog
    if arguments.forgotten:
        found = [(PROJECT, tool) for tool in box.own.forgotten()]
        empty, more = "No tool was forgotten.", f"{prog} restore NAME brings one back."
    else:
        found = [(place, tool) for place, store in box.stores.items() for tool in store.tools()]
        empty = "The toolbox is empty. %tools import PATH fills it, from a notebook, a .py file or an export."
        more = f"{prog} show NAME tells all of one; {prog} help lists what else can be done."
    blocks: tuple[Block, ...] = (_table(found), Text(more)) if found else (Text(empty),)
    return Page(blocks, [_as_data(tool, place) for place, tool in found])


def search(box: Toolbox, arguments: Namespace) -> Page:
    """Show what fits some words, and by which of them it was found."""
    hits = box.search(" ".join(arguments.words), arguments.limit)
    found = [(place, box.stores[place].get(hit.name), hit) for place, hit in hits]
    notices = (Text(box.notice),) if box.notice else ()
    if not found:
        return Page((Text("No tool fits that."), *notices), [])
    rows = tuple(
        (tool.name, tool.summary, f"{hit.share:.0%}", " ".join(hit.terms), place)
        for place, tool, hit in found
    )
    data = [{**_as_data(tool, place), "share": hit.share, "terms": hit.terms} for place, tool, hit in found]
    return Page((Table(("tool", "what it does", "fit", "by", "where"), rows), *notices), data)


def show(box: Toolbox, arguments: Namespace) -> Page:
    """Show all of a tool."""
    place, tool = box.find(arguments.name)
    history = box.stores[place].history(tool.name)
    if arguments.revision is not None:
        if arguments.revision > len(history):
            raise InputError(f"{tool.name} has {len(history)} revision{_s(history)}.")
        tool = history[arguments.revision - 1].tool
    data = {**_as_data(tool, place), "history": [_revision_data(each) for each in history]}
    if arguments.diff:
        return Page((_diff(history, tool.revision),), data)
    blocks: list[Block] = [
        Text(f"{tool.signature}\n{tool.summary}".strip()),
        Table(("", ""), tuple(_facts(tool, place))),
        Code("source", tool.source),
    ]
    if tool.cases:
        blocks.append(Code("cases", "\n\n".join(map(annotated, tool.cases)), "pycon"))
    if tool.proposed:
        blocks.append(proposed_block(tool.proposed))
    if len(history) > 1:
        rows = tuple((str(each.tool.revision), _when(each.at), each.reason) for each in history)
        blocks.append(Table(("revision", "when", "why"), rows))
    return Page(tuple(blocks), data)


def use(box: Toolbox, arguments: Namespace) -> Page:
    """Put a tool, after the tools that it calls, into a cell."""
    place, tool = box.find(arguments.name)
    parts = [*box.helpers(tool, place), tool]
    return Page((), [_as_data(each, place) for each in parts], cell="\n\n\n".join(p.source for p in parts))


def edit(box: Toolbox, arguments: Namespace) -> Page:
    """Offer the source of a tool, or take the one that was written."""
    name = arguments.name
    if arguments.source is not None and not _may_run(box.foreign([name]), arguments):
        raise _not_agreed([name], arguments)
    if arguments.source is None:
        flags = " --anyway" if arguments.anyway else ""
        return Page((), cell=f"%%tools edit {name}{flags}\n{box.own.get(name).source}")
    admission = box.edit(name, arguments.source, anyway=arguments.anyway)
    if admission.refused:
        again = f"Nothing was changed. {arguments.prog} edit {name} --anyway takes it all the same."
        said = f"{name} was not changed. {admission.refused} {again}"
        return Page((Text(said),), {"name": name, "refused": admission.refused}, failed=True)
    tool = admission.tool
    return Page((Text(f"{name} was changed; this is revision {tool.revision}."),), _as_data(tool, PROJECT))


def check(box: Toolbox, arguments: Namespace) -> Page:
    """Run cases again and show which fail, which tools behave alike, and what a model proposes."""
    check_words(arguments)
    foreign = box.foreign(arguments.names)
    allowed = _may_run(foreign, arguments)
    if arguments.names and not allowed:
        raise _not_agreed(foreign, arguments)
    if arguments.accept:
        box.accept(arguments.names[0], arguments.accept)
    checked = list(box.check(arguments.names, foreign=allowed))
    rows = []
    data = []
    for tool, report in checked:
        why = why_refused(report)
        rows.append((tool.name, "fails" if why else "passes", f"{len(tool.cases)}", why))
        data.append({"name": tool.name, "passed": not why, "cases": len(tool.cases), "why": why})
    failed = [row for row in rows if row[3]]
    blocks: list[Block] = [Table(("tool", "", "cases", "why"), tuple(failed or rows))]
    blocks.append(Text(f"{len(rows) - len(failed)} of {len(rows)} tools pass their cases."))
    if not allowed:
        blocks.append(Text(_not_agreed(foreign, arguments).message))
    result: dict[str, Any] = {"tools": data, "not_run": [] if allowed else foreign}
    if arguments.alike:
        pairs = list(box.alike())
        result["alike"] = [asdict(pair) for pair in pairs]
        told = tuple((pair.one, pair.other, str(pair.cases)) for pair in pairs)
        blocks.append(Table(("these two", "behave alike", "on cases"), told))
        if not pairs:
            blocks.append(Text("No two tools behave alike on each other's cases."))
    if arguments.propose:
        result["proposed"] = {}
        for tool, report in checked:
            if why_refused(report):
                blocks.append(Text(f"{tool.name}: mend it first; no case was asked for."))
                continue
            more, result["proposed"][tool.name] = propose(box, tool.name, arguments)
            blocks += more
    return Page(tuple(blocks), result, failed=bool(failed))


def _may_run(foreign: Sequence[str], arguments: Namespace) -> bool:
    """Tell whether these foreign tools may run: by the flag, or because the person says so now."""
    if not foreign or arguments.allow:
        return True
    if arguments.person is None or arguments.json:
        return False
    asked = f"Run {', '.join(foreign)} for the first time? It came from elsewhere; "
    shows = f"`{arguments.prog} show {foreign[0]}` shows the code. [y/N] "
    try:
        return bool(arguments.person.agrees(asked + shows))
    except CannotAskError:
        return False


def _not_agreed(foreign: Sequence[str], arguments: Namespace) -> InputError:
    prog = arguments.prog
    return InputError(
        f"Not run, since it came from elsewhere: {', '.join(foreign)}. Read it with {prog} show, then: "
        f"{prog} {arguments.command} {' '.join(foreign)} --allow foreign"
    )


def keep(box: Toolbox, arguments: Namespace) -> Page:
    """Copy tools, with those they call, into the personal toolbox."""
    personal = box.stores[PERSONAL]
    kept = []
    for name in arguments.names:
        place, tool = box.find(name)
        kept += [_keep(personal, each) for each in (*box.helpers(tool, place), tool)]
    names = [tool.name for tool in kept]
    return Page((Text(f"In your personal toolbox: {', '.join(names)}."),), {"kept": names})


def forget(box: Toolbox, arguments: Namespace) -> Page:
    """Take tools out of the way."""
    stores = [(_writable(box, name), name) for name in arguments.names]
    for store, name in stores:
        store.forget([name])
    names = arguments.names
    said = f"Forgotten: {', '.join(names)}. {arguments.prog} restore {names[0]} brings it back."
    return Page((Text(said),), {"forgotten": names})


def restore(box: Toolbox, arguments: Namespace) -> Page:
    """Bring back a forgotten tool, of the project or else of the personal toolbox."""
    personal = box.stores.get(PERSONAL)
    forgotten = {tool.name for tool in personal.forgotten()} if personal is not None else set()
    own = {tool.name for tool in box.own.forgotten()}
    there = personal if personal is not None and arguments.name in forgotten - own else box.own
    tool = there.restore(arguments.name)
    return Page((Text(f"{tool.name} is back."),), _as_data(tool, PROJECT if there is box.own else PERSONAL))


def trim(box: Toolbox, arguments: Namespace) -> Page:
    """Forget what is hardly ever used, or say what would be forgotten."""
    names = box.rarely_used()
    if not names:
        return Page((Text("Every tool is used often enough, or is too new to tell."),), {"trimmed": []})
    if not arguments.dry_run:
        box.own.forget(names)
    did = "Would be forgotten" if arguments.dry_run else "Forgotten, as hardly ever used"
    more = "" if arguments.dry_run else f" {arguments.prog} restore NAME brings one back."
    return Page((Text(f"{did}: {', '.join(names)}.{more}"),), {"trimmed": names})


def export(box: Toolbox, arguments: Namespace) -> Page:
    """Write tools, with those they call, into a new folder."""
    from creator_magic.toolbox.exchange.package import export_package, package_name
    from creator_magic.toolbox.exchange.skill import export_skill

    folder = Path(arguments.folder).expanduser()
    names = arguments.names or box.own.names()
    tools: dict[str, Tool] = {}
    for name in names:
        place, tool = box.find(name)
        tools |= {each.name: each for each in (*box.helpers(tool, place), tool)}
    if not tools:
        raise InputError("There is no tool to export.")
    if vars(arguments)["as"] == "skill":
        export_skill(list(tools.values()), folder)
        how = "SKILL.md tells an agent what is there."
    else:
        export_package(list(tools.values()), folder)
        name = package_name(folder.name)
        how = f"pip install {folder} installs it as {name}; pytest in it runs the cases."
    said = f"{folder}: {len(tools)} tool{_s(tools)}. {how}"
    return Page((Text(said),), {"folder": str(folder), "tools": list(tools)})


def import_tools(box: Toolbox, arguments: Namespace) -> Page:
    """Take in tools from outside, marked foreign."""
    from creator_magic.toolbox.exchange.arrival import read_tools

    path = Path(arguments.path).expanduser()
    arrival = read_tools(path, box.own.names())
    left_out = list(arrival.left_out)
    kept: list[Tool] = []
    moved: set[str] = set()
    for tool in _callers_last(arrival.tools):
        try:
            if moved & set(tool.calls):
                raise InputError(f"it calls {', '.join(moved & set(tool.calls))}, which is another tool here")  # noqa: TRY301
            new = box.keep(tool, f"imported from {path.name}")
        except InputError as error:
            left_out.append((tool.name, error.message))
            moved.add(tool.name)
            continue
        if new.name != tool.name:
            moved.add(tool.name)
        kept.append(new)
    blocks: list[Block] = [_table([(PROJECT, tool) for tool in kept])] if kept else []
    blocks += [Text(f"Left out: {name}: {why}.") for name, why in left_out]
    if any(tool.provenance.foreign for tool in kept):
        blocks.append(
            Text(
                "Nothing of it was run. Foreign tools are offered to no model until they pass their cases: "
                f"read them, then {arguments.prog} check NAME."
            )
        )
    data = {"tools": [_as_data(tool, PROJECT) for tool in kept], "left_out": left_out}
    return Page(tuple(blocks), data, failed=not kept)


def _keep(personal: ToolStore, tool: Tool) -> Tool:
    there = personal.find(tool.name)
    if there is None or there.source == tool.source:
        return personal.add(tool, "kept")
    if there.problem == tool.problem:
        return personal.revise(tool, "kept again")
    # Under its own name or not at all: others of the personal tools may call it.
    raise InputError(
        f"Your personal toolbox has another tool of the name {tool.name}, made for another problem. "
        "Forget that one first, or this one; nothing was changed."
    )


def _callers_last(tools: Iterable[Tool]) -> list[Tool]:
    by_name = {tool.name: tool for tool in tools}
    ordered: dict[str, Tool] = {}

    def take(tool: Tool, above: frozenset[str]) -> None:
        for name in tool.calls:
            if name in by_name and name not in above and name not in ordered:
                take(by_name[name], above | {name})
        ordered[tool.name] = tool

    for tool in by_name.values():
        if tool.name not in ordered:
            take(tool, frozenset({tool.name}))
    return list(ordered.values())


def _writable(box: Toolbox, name: str) -> ToolStore:
    place, _ = box.find(name)
    store = box.stores[place]
    if store.read_only:
        raise InputError(f"{name} belongs to a shared toolbox, which is only read here. Nothing was changed.")
    return store


def _table(found: Sequence[tuple[str, Tool]]) -> Table:
    rows = tuple(
        (
            tool.name,
            shorten(tool.summary, _WIDE, placeholder=" …"),
            f"{tool.uses} ({tool.successes} solved)" if tool.uses else "0",
            str(len(tool.cases)),
            _origin(tool.provenance),
            place,
        )
        for place, tool in found
    )
    return Table(("tool", "what it does", "uses", "cases", "from", "where"), rows)


def _facts(tool: Tool, place: str) -> Iterable[tuple[str, str]]:
    evidence = tool.provenance.evidence
    yield "where", place
    yield "from", _origin(tool.provenance)
    if tool.problem:
        yield "made for", tool.problem
    if evidence is None:
        yield "admitted on", "nothing: it has not been run here"
    else:
        solved = f"answered its problem with {_short(evidence.answer)}; " if evidence.answer else ""
        cases = f"{evidence.passed} case{'' if evidence.passed == 1 else 's'} passed"
        yield "admitted on", f"{solved}{cases} on {', '.join(evidence.versions)}"
    if tool.requirements:
        yield "needs", ", ".join(tool.requirements)
    if tool.calls:
        yield "calls", ", ".join(tool.calls)
    if tool.provenance.borrowed:
        yield "from its decision", ", ".join(tool.provenance.borrowed)
    yield "uses", f"{tool.uses}, {tool.successes} of them solved"


def _origin(provenance: Provenance) -> str:
    words: list[str] = [provenance.origin]
    if provenance.model:
        words.append(f"by {provenance.model}")
    if provenance.place:
        words.append(f"{'from' if provenance.origin == 'imported' else 'in'} {provenance.place}")
    return f"{' '.join(words)}{', foreign' if provenance.foreign else ''}"


def _diff(history: Sequence[Revision], number: int) -> Code:
    if number == 1:
        return Code("revision 1 is the first", history[0].tool.source)
    old, new = history[number - 2].tool.source, history[number - 1].tool.source
    lines = difflib.unified_diff(
        old.split("\n"), new.split("\n"), f"revision {number - 1}", f"revision {number}", lineterm=""
    )
    return Code(f"revision {number}: {history[number - 1].reason}", "\n".join(lines), "diff")


def _as_data(tool: Tool, place: str) -> dict[str, Any]:
    return {**asdict(tool), "where": place}


def _revision_data(revision: Revision) -> dict[str, Any]:
    tool = revision.tool
    return {"revision": tool.revision, "at": revision.at, "reason": revision.reason, "source": tool.source}


def _short(text: str) -> str:
    return shorten(text, _WIDE, placeholder=" …")


def _when(at: str) -> str:
    return at[:16].replace("T", " ")


def _s(things: Iterable[object]) -> str:
    return "" if len(list(things)) == 1 else "s"
