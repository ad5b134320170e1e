"""Uses of a name that no syntax shows: text that is run as code, and views of the whole namespace."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from creator_magic.kernel.hygiene.name_uses import uses

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_RUN_TEXT = frozenset({"eval", "exec", "compile"})
_RUN_TEXT_METHODS = frozenset({"evaluate", "timeit", "run_cell", "run_line_magic", "run_cell_magic"})
_QUERIES = frozenset({"query", "eval"})  # of a frame: `@x` is a variable, `x` a column
_PANDAS = frozenset({"pd", "pandas"})  # its own `eval` takes `x` for a variable
_VIEWS_OF_HERE = frozenset({"locals", "vars", "dir"})


def why_unseen(name: str, trees: Iterable[ast.Module]) -> str:
    """Return why a name cannot change unseen, or nothing if it can.

    Parameters
    ----------
    name : str
        A name that code binds at module level.
    trees : iterable of ast.Module
        All code in which the name would change.

    Returns
    -------
    str
        The reason; empty if every use of the name shows in the syntax.
    """
    trees = list(trees)
    texts = [text for tree in trees for text in _texts(tree)]
    variable = re.compile(rf"@{re.escape(name)}\b")
    word = re.compile(rf"\b{re.escape(name)}\b")
    for tree in trees:
        for runner, is_query in _runners(tree):
            if any(map((variable if is_query else word).search, texts)):
                return (
                    f"{name} needs another name here, and text that `{runner}` runs names it: "
                    f"write that as code, or name the variable differently"
                )
        for view in _views(tree):
            return (
                f"{name} needs another name here, and `{view}` may look it up unseen: "
                f"do without `{view}`, or name the variable differently"
            )
    return ""


def _texts(tree: ast.Module) -> Iterator[str]:
    """Yield the texts in code that are not docstrings."""
    notes = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in notes:
            yield node.value


def _runners(tree: ast.Module) -> Iterator[tuple[str, bool]]:
    """Yield what runs text as code, and whether only its `@x` are variables."""
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Name(id=function)) if function in _RUN_TEXT:
                yield function, False
            case ast.Call(func=ast.Attribute(attr=function)) if function in _RUN_TEXT_METHODS:
                yield function, False
            case ast.Call(func=ast.Attribute(value=ast.Name(id=module), attr="eval")) if module in _PANDAS:
                yield "eval", False
            case ast.Call(func=ast.Attribute(attr=function)) if function in _QUERIES:
                yield function, True


def _views(tree: ast.Module) -> Iterator[str]:
    """Yield what shows the module's variables by name."""
    for node in ast.walk(tree):
        match node:
            case ast.Name(id="globals"):
                yield "globals()"
            case ast.alias(name="__main__"):
                yield "__main__"
            case ast.Attribute(attr="user_ns" | "user_global_ns" as attribute):
                yield attribute
    bare = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call) and not node.args}
    for use in uses(tree):
        if use.name in _VIEWS_OF_HERE and use.kind == "read" and use.depth == 0 and use.place[0] in bare:
            yield f"{use.name}()"
