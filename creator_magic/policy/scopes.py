"""Scopes of code, the functions and classes that it defines, and where each bound value comes from.

What a name is bound to is kept as a *source*: an expression with the scope it stands in, and how the
value comes out of it.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

Position = tuple[int, int, int]
"""Cell, line and column."""

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


@dataclass(slots=True, eq=False)
class Scope:
    """One scope: the module, a class or a function."""

    parent: Scope | None
    is_class: bool = False
    definition: Definition | None = None
    bound: dict[str, list[Source]] = field(default_factory=dict)
    elsewhere: dict[str, Literal["global", "nonlocal"]] = field(default_factory=dict)


@dataclass(slots=True, eq=False)
class Definition:
    """A function, a lambda or a class of the code's."""

    node: FunctionNode | ast.ClassDef
    scope: Scope
    outer: Scope
    results: list[ast.expr] = field(default_factory=list)
    calls: list[tuple[ast.Call, Scope, int]] = field(default_factory=list)

    @property
    def parameters(self) -> list[str]:
        """The names of what it is called with."""
        if isinstance(self.node, ast.ClassDef):
            made = self.scope.bound.get("__init__", [])
            return [name for source in made if source.definition for name in source.definition.parameters]
        return [argument.arg for argument in parameters(self.node.args)]

    @property
    def is_method(self) -> bool:
        """Whether it is a function in the body of a class."""
        return self.outer.is_class and not isinstance(self.node, ast.ClassDef)


class Source(NamedTuple):
    """Where a bound value comes from.

    `how` is `value` for the expression itself, `item` for one of its items, `held` for what has it as
    an item, `dotted` for an import, `own` for a definition, `parameter` for an argument, `unknown`
    for anything.
    """

    how: Literal["value", "item", "held", "dotted", "own", "parameter", "unknown"]
    scope: Scope
    node: ast.expr | None = None
    name: str = ""
    definition: Definition | None = None


def parameters(arguments: ast.arguments) -> list[ast.arg]:
    """Return all parameters of a function, in order; `*args` and `**kwargs` last."""
    several = [one for one in (arguments.vararg, arguments.kwarg) if one is not None]
    return [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, *several]
