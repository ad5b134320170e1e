"""Functions that the person wrote in the notebook, as source that runs elsewhere.

A kept tool that calls one needs it. It is kept beside that tool, and stays the person's own: no model is
told more of it than its name, its parameters without their defaults, and its docstring.
"""

from __future__ import annotations

import ast
import linecache
import sys
from types import FunctionType, ModuleType
from typing import TYPE_CHECKING, Any

from creator_magic.errors import InputError
from creator_magic.reply.syntax import DEFINITIONS, Source, read_source
from creator_magic.toolbox.reading import tools_in

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping


Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
_MOST_PARTS = 50
_LONGEST_CONSTANT = 200
"""Characters of a constant that a function takes along; what is longer is data."""


def sources_of(names: Iterable[str], namespace: Mapping[str, Any], own: Collection[str]) -> dict[str, str]:
    """Return the functions of the person's among `names`, each with all that it needs of the notebook.

    Parameters
    ----------
    names : iterable of str
        What a tool reads.
    namespace : mapping
        The notebook's.
    own : collection of str
        The names in it that are the person's.

    Returns
    -------
    dict of str to str
        Sources by name, with imports, short constants and other definitions of the person's. A function
        that needs anything else, such as a frame, is left out.
    """
    written = {name: _definition(name, namespace, own) for name in names if _is_own(name, namespace, own)}
    whole = {name: _whole(name, source, namespace, own) for name, source in written.items() if source}
    return {name: source for name, source in whole.items() if source}


def _is_own(name: str, namespace: Mapping[str, Any], own: Collection[str]) -> bool:
    value = namespace.get(name)
    return name in own and isinstance(value, FunctionType) and value.__module__ == "__main__"


def _whole(name: str, source: str, namespace: Mapping[str, Any], own: Collection[str]) -> str:
    for _ in range(_MOST_PARTS):
        try:
            (found,) = tools_in(source, decision=f"{name}()")
        except (InputError, ValueError):
            return ""
        if not found.missing:
            return found.tool.source
        parts = [_definition(each, namespace, own) for each in found.missing]
        if not all(parts):
            return ""
        lines = sorted(filter(_is_line, parts), key=lambda part: not part.startswith(("import ", "from ")))
        definitions = [part for part in parts if not _is_line(part)]
        source = "\n\n\n".join(filter(None, ("\n".join(lines), *definitions, source)))
    return ""


def _definition(name: str, namespace: Mapping[str, Any], own: Collection[str]) -> str:
    """Return source that gives a name its meaning; empty if there is none that is short and true."""
    value = namespace.get(name)
    if isinstance(value, ModuleType):
        return f"import {value.__name__}" + (f" as {name}" if name != value.__name__ else "")
    if isinstance(value, FunctionType | type) and value.__module__ == "__main__":
        return _written(name, value) if name in own else ""
    module, known_as = getattr(value, "__module__", None), getattr(value, "__name__", "")
    if isinstance(module, str) and getattr(sys.modules.get(module), known_as or "?", None) is value:
        return f"from {module} import {known_as}" + (f" as {name}" if name != known_as else "")
    text = (
        repr(value)
        if isinstance(value, str | bytes | int | float | complex | tuple | list | dict | set)
        else ""
    )
    try:
        same = 0 < len(text) <= _LONGEST_CONSTANT and ast.literal_eval(text) == value
    except (ValueError, TypeError, SyntaxError):
        same = False
    return f"{name} = {text}" if same else ""


def _written(name: str, value: Any) -> str:
    """Return the text of a definition in the cell that it was run from; empty where that is not known."""
    functions = vars(value).values() if isinstance(value, type) else (value,)
    files = [each.__code__.co_filename for each in functions if isinstance(each, FunctionType)]
    cells = (read_source("".join(linecache.getlines(file))) for file in files)
    for cell in cells:
        if isinstance(cell, Source) and (node := _defined(name, value, cell)) is not None:
            lines = cell.code.split("\n")
            first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
            return "\n".join(lines[first - 1 : node.end_lineno])
    return ""


def _defined(name: str, value: Any, cell: Source) -> Definition | None:
    found = [node for node in cell.tree.body if isinstance(node, DEFINITIONS) and node.name == name]
    if isinstance(value, FunctionType):
        first = value.__code__.co_firstlineno
        found = [
            node for node in found if first in {node.lineno, *(each.lineno for each in node.decorator_list)}
        ]
    return found[-1] if found else None


def _is_line(source: str) -> bool:
    return not isinstance(ast.parse(source).body[0], DEFINITIONS)
