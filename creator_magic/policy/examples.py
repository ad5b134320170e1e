"""The examples in docstrings as code: a doctest runs them, so they are judged with what they document."""

from __future__ import annotations

import ast

from creator_magic.docstring_examples import Example, examples_in
from creator_magic.python_source import parsed, statements


def with_examples(source: str) -> tuple[str, dict[int, int]]:
    """Return a cell's source with the examples of its docstrings below it.

    Parameters
    ----------
    source : str
        The source of a cell.

    Returns
    -------
    text : str
        The source; where it has examples, with these behind it.
    lines : dict of int to int
        For each line of an example, counted from 1, the line of the source that it stands in.
    """
    below: list[str] = []
    lines: dict[int, int] = {}
    length = source.count("\n") + 1
    for docstring, first in _docstrings(source):
        for example in _examples(docstring):
            if not _is_python(example.source):
                continue
            for offset, line in enumerate(example.source.rstrip("\n").split("\n")):
                below.append(line)
                lines[length + len(below)] = first + example.line + offset
    return ("\n".join([source, *below]), lines) if below else (source, {})


def _docstrings(source: str) -> list[tuple[str, int]]:
    tree = parsed(source)
    if tree is None:
        return []
    found = []
    for node in (tree, *statements(tree)):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Module):
            continue
        first = node.body[0] if node.body else None
        if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
            text = first.value.value
            if isinstance(text, str):
                found.append((text, first.lineno))
    return found


def _examples(docstring: str) -> list[Example]:
    try:
        return examples_in(docstring)
    except ValueError:
        return []


def _is_python(source: str) -> bool:
    return parsed(source) is not None
