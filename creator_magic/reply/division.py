"""Where the tool ends in code that holds more than a tool.

The syntax tree decides. Text is only ever cut between whole lines, so that what is kept keeps its
layout and the comments that lead it.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Literal

from creator_magic.reply.syntax import (
    ASSIGNMENTS,
    BRANCHES,
    DEFINITIONS,
    IMPORTS,
    Source,
    bound_by,
    in_branches,
    is_main_guard,
    joined,
    root_name,
    trimmed,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

_Part = Literal["definition", "preamble", "statement"]


def split(source: Source, own: frozenset[str]) -> tuple[str, str]:
    """Split code that holds a tool and what follows it.

    The tool is what leads the code up to its last definition: imports, constants, docstrings and
    definitions, before anything else is done. Constants after the last definition are this
    problem's numbers and go with the rest, as do all definitions after the first statement.

    Parameters
    ----------
    source : Source
        The code.
    own : frozenset of str
        Names of tools; with what the code defines itself, these are the functions whose results
        are no constants.

    Returns
    -------
    tuple of str
        The tool, empty if nothing is defined in the lead, and the rest, empty if it does nothing.
    """
    body = source.tree.body
    own |= source.defined
    count = _lead(body, own)
    if not count:
        return "", source.code
    if all(_part(node, own) == "preamble" for node in body[count:]):
        return source.code, ""
    lines = source.code.split("\n")
    cut = body[count - 1].end_lineno or 0
    return trimmed("\n".join(lines[:cut])), trimmed("\n".join(lines[cut:]))


def is_preamble(source: Source, own: frozenset[str]) -> bool:
    """Tell whether `source` only imports and sets constants.

    Parameters
    ----------
    source : Source
        The code.
    own : frozenset of str
        Names of functions whose results are no constants.

    Returns
    -------
    bool
        Whether every top-level statement is of that kind.
    """
    return all(_part(node, own) == "preamble" for node in source.tree.body)


def without_examples(sources: Sequence[Source]) -> str:
    """Return the tool that `sources` hold together, without example use of it.

    From each source everything up to its last definition is kept. What follows is dropped where it
    runs the tool; imports and constants there stay if the tool reads them, or if nothing runs it.

    Parameters
    ----------
    sources : sequence of Source
        The code, in its order.

    Returns
    -------
    str
        The kept lines, empty if nothing is defined.
    """
    own = frozenset(name for source in sources for name in source.defined)
    parts = [[_part(node, own) for node in source.tree.body] for source in sources]
    if not any("definition" in of_source for of_source in parts):
        return ""
    last = max(index for index, of_source in enumerate(parts) if "definition" in of_source)
    ends = [_kept(of_source, early=index < last) for index, of_source in enumerate(parts)]
    if not any("statement" in of_source[end:] for of_source, end in zip(parts, ends, strict=True)):
        return joined(source.code for source in sources)
    wanted = {
        name
        for source, end in zip(sources, ends, strict=True)
        for node in source.tree.body[:end]
        for name in _read_by(node)
    }
    kept: list[str] = []
    for source, end in zip(reversed(sources), reversed(ends), strict=True):
        lines = source.code.split("\n")
        body = source.tree.body
        chosen = [index < end for index in range(len(body))]
        for index in reversed(range(end, len(body))):
            node = body[index]
            if isinstance(node, (*IMPORTS, *ASSIGNMENTS)) and not wanted.isdisjoint(bound_by(node)):
                chosen[index] = True
                wanted |= _read_by(node)
        kept.append(_statements(lines, body, chosen))
    return joined(reversed(kept))


def _kept(parts: Sequence[_Part], *, early: bool) -> int:
    if early and "statement" not in parts:
        # A block of imports and constants above the tool is there for it.
        return len(parts)
    return max((index + 1 for index, part in enumerate(parts) if part == "definition"), default=0)


def _statements(lines: list[str], body: Sequence[ast.stmt], chosen: Sequence[bool]) -> str:
    kept: list[str] = []
    previous = 0
    for node, keep in zip(body, chosen, strict=True):
        # Statements that share a line start no new lines: the first of them decides for all.
        end = node.end_lineno or previous
        if keep:
            kept += lines[previous:end]
        previous = end
    return trimmed("\n".join(kept))


def _lead(body: Sequence[ast.stmt], own: frozenset[str]) -> int:
    imported: set[str] = set()
    count = 0
    for index, node in enumerate(body):
        part = _part(node, own)
        if part == "definition":
            count = index + 1
        elif part == "statement" and (count or not _is_setup(node, imported)):
            break
        if isinstance(node, IMPORTS):
            imported |= bound_by(node)
    return count


def _is_setup(node: ast.stmt, imported: set[str]) -> bool:
    # `random.seed(0)` or `warnings.filterwarnings(...)` above the first definition prepares it.
    if not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)):
        return False
    func = node.value.func
    return isinstance(func, ast.Attribute) and root_name(func) in imported


def _part(node: ast.stmt, own: frozenset[str]) -> _Part:
    if isinstance(node, DEFINITIONS):
        return "definition"
    if isinstance(node, (*IMPORTS, ast.Pass, ast.Raise)):
        return "preamble"
    if isinstance(node, ast.Expr):
        return "preamble" if isinstance(node.value, ast.Constant) else "statement"
    if isinstance(node, ASSIGNMENTS):
        return "statement" if _calls(node, own) else "preamble"
    if isinstance(node, BRANCHES) and not is_main_guard(node):
        # `try: import a` / `except ImportError: def a(): ...` prepares like what it holds.
        inner = {
            "statement" if isinstance(leaf, BRANCHES) else _part(leaf, own) for leaf in in_branches([node])
        }
        return next((part for part in ("statement", "definition") if part in inner), "preamble")
    return "statement"


def _calls(node: ast.stmt, own: frozenset[str]) -> bool:
    return any(isinstance(part, ast.Call) and root_name(part.func) in own for part in ast.walk(node))


def _read_by(node: ast.stmt) -> set[str]:
    """Return the names that a statement may take from around it."""
    read: set[str] = set()
    local: set[str] = set()
    declared: set[str] = set()
    for part in ast.walk(node):
        if isinstance(part, ast.Name):
            (read if isinstance(part.ctx, ast.Load) else local).add(part.id)
        elif isinstance(part, ast.arg):
            local.add(part.arg)
        elif isinstance(part, ast.Global):
            declared.update(part.names)
    if not isinstance(node, DEFINITIONS):
        return read
    return (read - local) | declared
