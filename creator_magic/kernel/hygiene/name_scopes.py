"""Python's rules of scope: what a scope binds, and what is evaluated where a function is defined.

They are those of the Python language reference, section 4.2, "Naming and binding".
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef
Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp


def bound_by(nodes: Iterable[ast.AST]) -> frozenset[str]:
    """Return the names that code binds in the scope it stands in, whether or not it is `global`.

    Parameters
    ----------
    nodes : iterable of ast.AST
        Statements or expressions of one scope.

    Returns
    -------
    frozenset of str
        The names, without those of functions, classes and comprehensions inside.
    """
    names: set[str] = set()
    todo = [(node, False) for node in nodes]
    while todo:
        node, in_comprehension = todo.pop()
        match node:
            case ast.Name(ctx=ast.Store() | ast.Del(), id=name) if not in_comprehension:
                names.add(name)
            case ast.NamedExpr(target=ast.Name(id=name)):
                names.add(name)
            case ast.Import(names=aliases) | ast.ImportFrom(names=aliases):
                names.update(bound_by_import(alias) for alias in aliases)
            case (
                ast.ExceptHandler(name=str(name))
                | ast.MatchAs(name=str(name))
                | ast.MatchStar(name=str(name))
            ):
                names.add(name)
            case ast.MatchMapping(rest=str(name)):
                names.add(name)
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                names.add(name)
                todo += [(part, in_comprehension) for part in evaluated_at_definition(node)]
                continue
            case ast.Lambda(args=args):
                todo += [(part, in_comprehension) for part in defaults(args)]
                continue
        inside = in_comprehension or isinstance(node, Comprehension)
        todo += [(part, inside) for part in ast.iter_child_nodes(node)]
    return frozenset(names)


def bound_by_import(alias: ast.alias) -> str:
    """Return the name that one clause of an import binds.

    Parameters
    ----------
    alias : ast.alias
        The clause.

    Returns
    -------
    str
        The name.
    """
    return alias.asname or alias.name.partition(".")[0]


def declared(body: Iterable[ast.AST], declaration: type[ast.Global | ast.Nonlocal]) -> frozenset[str]:
    """Return the names that a scope declares to be another's.

    Parameters
    ----------
    body : iterable of ast.AST
        Its statements.
    declaration : type
        `ast.Global` or `ast.Nonlocal`.

    Returns
    -------
    frozenset of str
        The names.
    """
    names: set[str] = set()
    todo = list(body)
    while todo:
        node = todo.pop()
        if isinstance(node, declaration):
            names.update(node.names)
        elif isinstance(node, ast.stmt | ast.ExceptHandler | ast.match_case) and not isinstance(
            node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
        ):
            todo += ast.iter_child_nodes(node)
    return frozenset(names)


def defaults(args: ast.arguments) -> list[ast.expr]:
    """Return the default values of parameters.

    Parameters
    ----------
    args : ast.arguments
        The parameters.

    Returns
    -------
    list of ast.expr
        The values.
    """
    return [*args.defaults, *(default for default in args.kw_defaults if default is not None)]


def evaluated_at_definition(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> list[ast.expr]:
    """Return what runs where a function or class is defined, around its body.

    Parameters
    ----------
    node : ast.AST
        The definition.

    Returns
    -------
    list of ast.expr
        Decorators, defaults, annotations, bases.
    """
    if isinstance(node, ast.ClassDef):
        return [*node.decorator_list, *node.bases, *(keyword.value for keyword in node.keywords)]
    notes = [parameter.annotation for parameter in parameters(node.args)]
    return [
        *node.decorator_list,
        *defaults(node.args),
        *(note for note in [*notes, node.returns] if note is not None),
    ]


def parameters(args: ast.arguments) -> list[ast.arg]:
    """Return all parameters, with those that take the rest.

    Parameters
    ----------
    args : ast.arguments
        The parameters as written.

    Returns
    -------
    list of ast.arg
        The parameters.
    """
    stars = [star for star in (args.vararg, args.kwarg) if star is not None]
    return [*args.posonlyargs, *args.args, *args.kwonlyargs, *stars]
