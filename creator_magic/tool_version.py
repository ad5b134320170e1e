"""The version of a tool: what was learnt of it, and holds for no other code."""

from __future__ import annotations

import ast
import hashlib
import textwrap


def version_of(*sources: str) -> str:
    """Return what tells a version of a tool from others: its code, whatever its comments and docstrings say.

    Parameters
    ----------
    *sources : str
        Its source, and those of the tools that it calls, in order.
    """
    return hashlib.sha256("\0".join(map(code_of, sources)).encode("utf-8", "replace")).hexdigest()[:16]


def code_of(source: str) -> str:
    """Return a source without its layout, comments and docstrings; as it is if it is no Python."""
    try:
        tree = ast.parse(textwrap.dedent(source))
    except (SyntaxError, ValueError):
        return source.strip()
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            first = node.body[0] if node.body else None
            if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
                node.body = node.body[1:] or [ast.Pass()]
    return ast.unparse(tree)
