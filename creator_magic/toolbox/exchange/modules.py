"""A tool as a module of its own: its source, with an import for each tool that it calls."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from creator_magic.errors import InputError
from creator_magic.reply.syntax import Fault, read_source

if TYPE_CHECKING:
    from collections.abc import Mapping

    from creator_magic.toolbox.tool import Tool


def module_text(tool: Tool, modules: Mapping[str, str], prefix: str) -> str:
    """Return the text of a tool's module.

    Parameters
    ----------
    tool : Tool
        The tool.
    modules : mapping of str to str
        The modules of all exported tools, by name.
    prefix : str
        What an import of a module begins with, such as `.`.
    """
    imports = [f"from {prefix}{modules[name]} import {name}" for name in tool.calls if name in modules]
    lines = tool.source.split("\n")
    if imports:
        at = _after_futures(tool.source)
        lines[at:at] = [*imports, ""]
    return "\n".join(lines).strip("\n") + "\n"


def without_imports(source: str, modules: Mapping[str, str]) -> tuple[str, tuple[str, ...]]:
    """Return a module's source without its imports of other tools, and the tools it calls.

    Parameters
    ----------
    source : str
        The text of a module.
    modules : mapping of str to str
        Names of tools by the module, as an import spells it without its dots.

    Raises
    ------
    InputError
        If it is not Python.
    """
    read = read_source(source)
    if isinstance(read, Fault):
        raise InputError(f"The source {read.says}")
    lines = read.code.split("\n")
    calls: list[str] = []
    for node in reversed(read.tree.body):
        module = (node.module or "") if isinstance(node, ast.ImportFrom) else ""
        if isinstance(node, ast.ImportFrom) and module in modules:
            calls += [alias.name for alias in node.names]
            end = node.end_lineno or node.lineno
            # With the last of them goes the blank line that was put behind it.
            end += len(calls) == len(node.names) and lines[end : end + 1] == [""]
            del lines[node.lineno - 1 : end]
    return "\n".join(lines).strip("\n"), tuple(sorted(calls))


def _after_futures(source: str) -> int:
    last = 0
    for index, node in enumerate(ast.parse(source).body):
        docstring = not index and isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        if docstring or (isinstance(node, ast.ImportFrom) and node.module == "__future__"):
            last = node.end_lineno or 0
    return last
