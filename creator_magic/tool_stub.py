"""A tool as a model is told of it: its head and its docstring, without its code."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from creator_magic.reply.syntax import Source, read_source

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_PLAIN = (ast.Constant, ast.Name, ast.Attribute, ast.Tuple, ast.UnaryOp, ast.unaryop, ast.expr_context)
"""What a default may be made of, to be shown where no code is."""


def stub(head: str, docstring: str) -> str:
    """Return a function's head and docstring as Python.

    Parameters
    ----------
    head : str
        From `def` to the colon.
    docstring : str
        Without its quotes and indentation; empty if there is none.
    """
    if not docstring:
        return f"{head}\n    ..."
    quoted = docstring.replace("\\", "\\\\").replace('"""', '\\"\\"\\"').replace("\n", "\n    ")
    return f'{head}\n    """{quoted}\n    """' if "\n" in docstring else f'{head}\n    """{quoted}"""'


def stub_of(source: str, name: str, *, own: bool = False) -> str:
    """Return the stub of the function `name` that a source defines.

    Parameters
    ----------
    source : str
        Python source.
    name : str
        The function.
    own : bool
        Whether it is the person's: then its defaults, which may be values of theirs, stand as `...`, and
        its code stays out also where there is no docstring; of other functions only the code says then
        what they do, and the source is returned.
    """
    node = next((node for node in _functions(source) if node.name == name), None)
    docstring = ast.get_docstring(node) or "" if node is not None else ""
    if node is None or not (docstring or own):
        return source
    if own:
        node.args.defaults = [ast.Constant(...) for _ in node.args.defaults]
        node.args.kw_defaults = [default and ast.Constant(...) for default in node.args.kw_defaults]
    kind = "async def" if isinstance(node, ast.AsyncFunctionDef) else "def"
    return stub(f"{kind} {signature(node)}:", docstring)


def _as_it_is(name: str, docstring: str) -> str:  # noqa: ARG001 - as others are called
    return docstring


def head_of(source: str, cleaned: Callable[[str, str], str] = _as_it_is) -> str:
    """Return the head and the docstring of the function that a source defines last, and no other line of it.

    Parameters
    ----------
    source : str
        Python source.
    cleaned : callable
        Returns what is shown of a docstring, from the function's name and the docstring.

    Returns
    -------
    str
        Empty if it defines none. A default that is computed stands as `...`.
    """
    node = next(iter(reversed(list(_functions(source)))), None)
    if node is None:
        return ""
    node.args.defaults = [_stated(default) for default in node.args.defaults]
    node.args.kw_defaults = [default and _stated(default) for default in node.args.kw_defaults]
    kind = "async def" if isinstance(node, ast.AsyncFunctionDef) else "def"
    return stub(f"{kind} {signature(node)}:", cleaned(node.name, ast.get_docstring(node) or ""))


def _stated(default: ast.expr) -> ast.expr:
    plain = all(isinstance(part, _PLAIN) for part in ast.walk(default))
    return default if plain else ast.Constant(...)


def signature(node: ast.FunctionDef | ast.AsyncFunctionDef) -> str:
    """Return a function's head, as `area(width: float) -> float`."""
    returns = f" -> {ast.unparse(node.returns)}" if node.returns else ""
    return f"{node.name}({ast.unparse(node.args)}){returns}"


def last_function(source: str) -> str:
    """Return the name of the function that a source defines last; empty if it defines none."""
    return next((node.name for node in reversed(list(_functions(source)))), "")


def _functions(source: str) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    read = read_source(source)
    body = read.tree.body if isinstance(read, Source) else []
    return (node for node in body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
