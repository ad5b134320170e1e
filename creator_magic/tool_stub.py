"""A tool as a model is told of it: its head and its docstring, without its code."""

from __future__ import annotations

import ast
from types import EllipsisType
from typing import TYPE_CHECKING

from creator_magic.python_source import parse_anew, parsed
from creator_magic.reply.syntax import Source, read_source

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

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


def _all_shown(strings: Sequence[str]) -> bool:  # noqa: ARG001 - as others are called
    return True


def head_of(
    source: str,
    cleaned: Callable[[str, str], str] = _as_it_is,
    shows: Callable[[Sequence[str]], bool] = _all_shown,
) -> str:
    """Return the head and the docstring of the function that a source defines last, and no other line of it.

    Parameters
    ----------
    source : str
        Python source.
    cleaned : callable
        Returns what is shown of a docstring, from the function's name and the docstring.
    shows : callable
        Tells whether strings, all those in defaults, may be shown.

    Returns
    -------
    str
        Empty if it defines none. A default that is computed stands as `...`, and so does an annotation
        that is more than names, since code can stand in either.
    """
    node = next(iter(reversed(list(_functions(source)))), None)
    if node is None:
        return ""
    given = node.args
    defaults = [
        each for each in (*given.defaults, *given.kw_defaults) if each is not None and _is_plain(each)
    ]
    with_strings = shows([string for default in defaults for string in strings_in(default)])

    def stated(default: ast.expr) -> ast.expr:
        shown = _is_plain(default) and (with_strings or not strings_in(default))
        return default if shown else ast.Constant(...)

    given.defaults = [stated(default) for default in given.defaults]
    given.kw_defaults = [default and stated(default) for default in given.kw_defaults]
    for each in (*given.posonlyargs, *given.args, given.vararg, *given.kwonlyargs, given.kwarg):
        if each is not None:
            each.annotation = _named(each.annotation)
    node.returns = _named(node.returns)
    kind = "async def" if isinstance(node, ast.AsyncFunctionDef) else "def"
    return stub(f"{kind} {signature(node)}:", cleaned(node.name, ast.get_docstring(node) or ""))


def strings_in(node: ast.AST) -> list[str]:
    """Return the strings that are written out in an expression, those of bytes too."""
    values = [part.value for part in ast.walk(node) if isinstance(part, ast.Constant)]
    decoded = [value.decode("latin-1") if isinstance(value, bytes) else value for value in values]
    return [value for value in decoded if isinstance(value, str)]


def _is_plain(default: ast.expr) -> bool:
    return all(isinstance(part, _PLAIN) for part in ast.walk(default))


def _named(annotation: ast.expr | None) -> ast.expr | None:
    return annotation if annotation is None or _names_a_type(annotation) else ast.Constant(...)


def _names_a_type(node: ast.expr) -> bool:
    parts: Sequence[ast.expr] = ()
    match node:
        case ast.Constant(value=str(text)) if inner := _written(text):
            parts = (inner,)
        case ast.Name() | ast.Constant(value=None | int() | EllipsisType()):
            pass
        case ast.Attribute(value=ast.Name() | ast.Attribute() as inner):
            parts = (inner,)
        case ast.Subscript(value=ast.Name() | ast.Attribute() as generic, slice=inner):
            parts = (generic, inner)
        case ast.BinOp(left=left, op=ast.BitOr(), right=right):
            parts = (left, right)
        case ast.Tuple(elts=parts) | ast.List(elts=parts):
            pass
        case _:
            return False
    return all(map(_names_a_type, parts))


def _written(annotation: str) -> ast.expr | None:
    """Return the expression that a string is, without a comment; None if it is none."""
    tree = parsed(annotation) if "#" not in annotation else None
    match tree.body if tree is not None else ():
        case [ast.Expr(value=inner)]:
            return inner
    return None


def signature(node: ast.FunctionDef | ast.AsyncFunctionDef) -> str:
    """Return a function's head, as `area(width: float) -> float`."""
    returns = f" -> {ast.unparse(node.returns)}" if node.returns else ""
    return f"{node.name}({ast.unparse(node.args)}){returns}"


def last_function(source: str) -> str:
    """Return the name of the function that a source defines last; empty if it defines none."""
    return next((node.name for node in reversed(list(_functions(source)))), "")


def _functions(source: str) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    read = read_source(source)
    # Into trees of their own, since what is shown is written into them.
    body = parse_anew(read.code).body if isinstance(read, Source) else []
    return (node for node in body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
