"""Tools that come from outside: read by their syntax alone, run by nobody, and marked foreign."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from creator_magic.cells.generated import KEY
from creator_magic.cells.notebook_file import read_notebook
from creator_magic.errors import CreatorError, InputError
from creator_magic.reply.syntax import Fault, joined, read_source
from creator_magic.toolbox.exchange.package import is_package, read_package
from creator_magic.toolbox.exchange.skill import is_skill, read_skill
from creator_magic.toolbox.reading import tools_in

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from pathlib import Path

    from creator_magic.toolbox.reading import Found
    from creator_magic.toolbox.tool import Tool


@dataclass(frozen=True, slots=True)
class Arrival:
    """What was read from outside.

    Parameters
    ----------
    tools : tuple of Tool
        The tools, marked foreign.
    left_out : tuple of (str, str)
        What looked like a tool and is none, with the reason.
    """

    tools: tuple[Tool, ...]
    left_out: tuple[tuple[str, str], ...] = ()


def read_tools(path: Path, known: Collection[str] = ()) -> Arrival:
    """Read the tools of a package or a skill that was exported, of a `.py` file, or of a notebook.

    Parameters
    ----------
    path : Path
        The folder or the file.
    known : collection of str
        Names of tools of the toolbox, which functions may call.

    Raises
    ------
    InputError
        If it cannot be read, or there is no tool in it.
    """
    try:
        arrival = _read(path, known)
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}.") from error
    if not arrival.tools and not arrival.left_out:
        raise InputError(f"There is no function in {path} that could be a tool.")
    tools = tuple(
        replace(tool, provenance=replace(tool.provenance, place=path.name, foreign=True))
        for tool in arrival.tools
    )
    return replace(arrival, tools=tools)


def _read(path: Path, known: Collection[str]) -> Arrival:
    if path.is_dir():
        if is_skill(path):
            return Arrival(tuple(read_skill(path)))
        if is_package(path):
            return Arrival(tuple(read_package(path)))
        raise InputError(
            f"{path} is no exported package and no skill: there is no tools.json, no SKILL.md in it."
        )
    if path.suffix == ".ipynb":
        return _of_notebook(path, known)
    return _sorted(tools_in(path.read_text("utf-8-sig"), known=known, each=True))


def _sorted(found: Sequence[Found], problem: str = "") -> Arrival:
    tools = []
    left_out = []
    for each in found:
        if each.missing:
            left_out.append(
                (each.tool.name, f"it needs {', '.join(each.missing)}, which nothing there binds")
            )
        else:
            provenance = replace(each.tool.provenance, origin="imported")
            tools.append(replace(each.tool, problem=problem, provenance=provenance))
    return Arrival(tuple(tools), tuple(left_out))


def _of_notebook(path: Path, known: Collection[str]) -> Arrival:
    """Return the tools of marked cells; of a notebook without them, its functions."""
    try:
        notebook, _ = read_notebook(path)
    except CreatorError as error:
        raise InputError(f"{error.message[0].upper()}{error.message[1:]}.") from error
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    marked = [cell for cell in cells if _mark(cell).get("role") == "tool"]
    if not marked:
        sources = [cell.source for cell in cells if not isinstance(read_source(cell.source), Fault)]
        whole = joined(source for source in sources if source.strip())
        read = read_source(whole)
        if isinstance(read, Fault) or not read.defined:
            return Arrival(())
        return _sorted(tools_in(whole, known=known, each=True))
    arrivals = [_of_cell(cell, cells, known) for cell in marked]
    return Arrival(
        tuple(tool for arrival in arrivals for tool in arrival.tools),
        tuple(pair for arrival in arrivals for pair in arrival.left_out),
    )


def _of_cell(cell: Any, cells: Sequence[Any], known: Collection[str]) -> Arrival:
    parent = _mark(cell).get("parent")
    of_solve = [other for other in cells if _mark(other).get("parent") == parent]
    decisions = [other.source for other in of_solve if _mark(other).get("role") == "decision"]
    stated = [other.source.partition("\n")[2] for other in cells if other.get("id") == parent]
    try:
        found = tools_in(cell.source, decision=decisions[0] if decisions else "", known=known)
    except InputError as error:
        return Arrival((), ((f"the cell {cell.get('id')}", error.message),))
    return _sorted(found, stated[0] if stated else "")


def _mark(cell: Any) -> dict[str, Any]:
    mark = cell.metadata.get(KEY)
    return mark if isinstance(mark, dict) else {}
