"""Where a piece of code uses names of its module, in the order of evaluation.

Every occurrence of an identifier has a place: the identity of the syntax node that holds it, and its
position there (only `global a, b` holds several). A place stays valid as long as its tree is alive.
"""

# ruff: noqa: N815 (visitors are called after the nodes of `ast`)
from __future__ import annotations

import ast
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from creator_magic.kernel.hygiene.name_scopes import (
    bound_by,
    bound_by_import,
    declared,
    defaults,
    evaluated_at_definition,
    parameters,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from creator_magic.kernel.hygiene.name_scopes import Comprehension, Definition, Function

Place = tuple[int, int]
Kind = Literal["read", "call", "write", "delete", "mention"]
"""What an occurrence does. "call" has no place of its own: it is the moment at which a name that
was read before is called. A "mention" names a variable without touching its value: `global x`, `x: int`."""

EXHAUSTING = frozenset(
    {"all", "any", "dict", "frozenset", "list", "max", "min", "set", "sorted", "sum", "tuple"}
)
"""Builtins that run a generator expression to its end before they return."""


@dataclass(frozen=True, slots=True)
class Use:
    """One use of a name of the module.

    Parameters
    ----------
    kind : str
        One of `Kind`.
    name : str
        The name.
    place : tuple of int
        Where it stands.
    called : bool
        Whether a read is the callee of a call, so that its value goes nowhere else.
    depth : int
        In how many bodies it stands, each running later than the code around it: 0 for what runs
        with its statement, 1 inside a function of the module or a lambda, 2 inside a lambda there.
    sure : bool
        Whether it happens exactly once whenever the statement around it runs.
    unsure_scope : bool
        Whether it may as well mean an attribute of the class whose body it stands in.
    """

    kind: Kind
    name: str
    place: Place
    called: bool = False
    depth: int = 0
    sure: bool = True
    unsure_scope: bool = False


@dataclass(frozen=True, slots=True)
class _Where:
    """What surrounds the node being visited."""

    hidden: frozenset[str] = frozenset()  # names of the functions and comprehensions around it
    attributes: frozenset[str] = frozenset()  # names that the class body around it binds somewhere
    perhaps: frozenset[str] = frozenset()  # those of them that may be bound by now
    surely: frozenset[str] = frozenset()  # those of them that are bound by now
    own: frozenset[str] | None = None  # names that the scope around it binds; None for the module
    depth: int = 0
    sure: bool = True


def uses(node: ast.AST) -> list[Use]:
    """Return the uses of the module's names in `node`, a part of the module's own code.

    Parameters
    ----------
    node : ast.AST
        A statement or expression that belongs to the module's scope, or a whole module.

    Returns
    -------
    list of Use
        In the order of evaluation, as far as one statement goes; the bodies of functions follow
        what is evaluated at their definition.
    """
    finder = _Finder()
    finder.visit(node)
    return finder.uses


def definitions(body: Iterable[ast.stmt]) -> Iterator[tuple[str, Definition]]:
    """Yield the functions and classes that the module itself defines, also inside `if`, `try` and loops.

    Parameters
    ----------
    body : iterable of ast.stmt
        Statements of the module.

    Yields
    ------
    tuple of str and ast.AST
        The name, and the definition; of `f = lambda: ...` the lambda.
    """
    for statement in body:
        match statement:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield name, statement
                continue
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Lambda() as function):
                yield name, function
        for part in ast.iter_child_nodes(statement):
            if isinstance(part, ast.stmt):
                yield from definitions([part])
            elif isinstance(part, ast.ExceptHandler | ast.match_case):
                yield from definitions(part.body)


def uses_when_called(definition: Definition) -> list[Use]:
    """Return the uses that are not evaluated where a function or class is defined.

    Parameters
    ----------
    definition : ast.AST
        One of those that `definitions` yields.

    Returns
    -------
    list of Use
        The uses in the function's body, or in the methods of the class. A default that is a lambda
        belongs to neither.
    """
    inside = {id(part) for body in _bodies(definition) for part in ast.walk(body)}
    return [use for use in uses(definition) if use.depth and use.place[0] in inside]


def _bodies(definition: Definition) -> Iterator[ast.AST]:
    match definition:
        case ast.Lambda(body=body):
            yield body
        case ast.ClassDef(body=statements):
            for _, inner in definitions(statements):
                # An unknown decorator may run the method while the class is made.
                if isinstance(inner, ast.Lambda) or all(map(_keeps_for_later, inner.decorator_list)):
                    yield from _bodies(inner)
        case _:
            yield from definition.body


def _keeps_for_later(decorator: ast.expr) -> bool:
    return isinstance(decorator, ast.Name) and decorator.id in {"property", "staticmethod", "classmethod"}


class _Finder(ast.NodeVisitor):
    """Gathers the uses of the module's names, in the order of evaluation."""

    def __init__(self) -> None:
        self.uses: list[Use] = []
        self.where = _Where()

    @contextmanager
    def _at(self, where: _Where) -> Iterator[None]:
        before, self.where = self.where, where
        yield
        self.where = before

    def _visit_all(self, nodes: Iterable[ast.AST | None]) -> None:
        for node in nodes:
            if node is not None:
                self.visit(node)

    def _visit_unsure(self, nodes: Iterable[ast.AST]) -> None:
        with self._at(replace(self.where, sure=False)):
            self._visit_all(nodes)

    def _add(self, kind: Kind, name: str, node: ast.AST, position: int = 0, *, called: bool = False) -> None:
        where = self.where
        reads = kind in ("read", "call")
        if name in where.hidden or name in (where.surely if reads else where.attributes):
            return
        unsure_scope = name in where.perhaps
        place = (id(node), position)
        self.uses.append(Use(kind, name, place, called, where.depth, where.sure, unsure_scope))

    # Scopes

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        generic = frozenset(parameter.name for parameter in getattr(node, "type_params", []))
        with self._at(replace(self.where, hidden=self.where.hidden | generic)):
            self._visit_all(evaluated_at_definition(node))
            self._visit_body(node, node.body)
        self._add("write", node.name, node)

    visit_AsyncFunctionDef = visit_FunctionDef

    def visit_Lambda(self, node: ast.Lambda) -> None:
        self._visit_all(defaults(node.args))
        self._visit_body(node, [node.body])

    def _visit_body(self, node: Function, body: Collection[ast.AST]) -> None:
        """Visit what runs when a function is called; a class around it lends it no names."""
        bound = bound_by(body)
        elsewhere = declared(body, ast.Global)
        own = {parameter.arg for parameter in parameters(node.args)} | bound
        own -= elsewhere | declared(body, ast.Nonlocal)
        hidden = (self.where.hidden - elsewhere) | own
        with self._at(_Where(hidden=hidden, own=bound, depth=self.where.depth + 1)):
            self._visit_all(body)

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        generic = frozenset(parameter.name for parameter in getattr(node, "type_params", []))
        around = replace(self.where, hidden=self.where.hidden | generic)
        with self._at(around):
            self._visit_all(evaluated_at_definition(node))
        bound = bound_by(node.body)
        elsewhere = declared(node.body, ast.Global)
        inside = replace(around, hidden=around.hidden - elsewhere, attributes=bound - elsewhere, own=bound)
        perhaps: frozenset[str] = frozenset()
        surely: frozenset[str] = frozenset()
        for statement in node.body:
            binds = bound_by([statement]) & inside.attributes
            plain = isinstance(
                statement,
                ast.Assign
                | ast.Import
                | ast.ImportFrom
                | ast.FunctionDef
                | ast.AsyncFunctionDef
                | ast.ClassDef,
            ) or (isinstance(statement, ast.AnnAssign) and statement.value is not None)
            if not plain:
                perhaps |= binds
                surely -= binds
            with self._at(replace(inside, perhaps=perhaps - surely, surely=surely)):
                self.visit(statement)
            if plain:
                surely |= binds
        self._add("write", node.name, node)

    def _visit_comprehension(self, node: Comprehension, *, lazy: bool = False) -> None:
        first = node.generators[0]
        self.visit(first.iter)
        targets = frozenset[str]().union(*(bound_by([part.target]) for part in node.generators))
        where = self.where
        inside = _Where(where.hidden | targets, own=where.own, depth=where.depth + lazy, sure=False)
        with self._at(inside):
            for part in node.generators:
                if part is not first:
                    self.visit(part.iter)
                self._visit_all([part.target, *part.ifs])
            self._visit_all([node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt])

    def visit_ListComp(self, node: ast.ListComp | ast.SetComp | ast.DictComp) -> None:
        self._visit_comprehension(node)

    visit_SetComp = visit_ListComp
    visit_DictComp = visit_ListComp

    def visit_GeneratorExp(self, node: ast.GeneratorExp) -> None:
        self._visit_comprehension(node, lazy=True)

    # Order of evaluation

    def visit_Call(self, node: ast.Call) -> None:
        callee = node.func
        if isinstance(callee, ast.Name):
            self._add("read", callee.id, callee, called=True)
            exhausts = callee.id in EXHAUSTING
        else:
            self.visit(callee)
            exhausts = isinstance(callee, ast.Attribute) and callee.attr == "join"
        for part in [*node.args, *node.keywords]:
            if exhausts and isinstance(part, ast.GeneratorExp):
                self._visit_comprehension(part)
            else:
                self.visit(part)
        if isinstance(callee, ast.Name):
            self._add("call", callee.id, callee)

    def visit_NamedExpr(self, node: ast.NamedExpr) -> None:
        self._visit_all([node.value, node.target])

    def visit_Assign(self, node: ast.Assign) -> None:
        self._visit_all([node.value, *node.targets])

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        if isinstance(node.target, ast.Name):
            self._add("read", node.target.id, node.target)
        self._visit_all([node.value, node.target])

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        self._visit_all([node.value, node.annotation])
        if node.value is None and isinstance(node.target, ast.Name):
            self._add("mention", node.target.id, node.target)
        else:
            self.visit(node.target)

    def visit_BoolOp(self, node: ast.BoolOp) -> None:
        self.visit(node.values[0])
        self._visit_unsure(node.values[1:])

    def visit_Compare(self, node: ast.Compare) -> None:
        self._visit_all([node.left, node.comparators[0]])
        self._visit_unsure(node.comparators[1:])

    def visit_IfExp(self, node: ast.IfExp) -> None:
        self.visit(node.test)
        self._visit_unsure([node.body, node.orelse])

    def visit_For(self, node: ast.For | ast.AsyncFor) -> None:
        self._visit_all([node.iter, node.target, *node.body, *node.orelse])

    visit_AsyncFor = visit_For

    # Names

    def visit_Name(self, node: ast.Name) -> None:
        kinds: dict[type[ast.expr_context], Kind] = {ast.Load: "read", ast.Store: "write", ast.Del: "delete"}
        self._add(kinds[type(node.ctx)], node.id, node)

    def visit_Import(self, node: ast.Import | ast.ImportFrom) -> None:
        for alias in node.names:
            if alias.name != "*":
                self._add("write", bound_by_import(alias), alias)

    visit_ImportFrom = visit_Import

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> None:
        self._visit_all([node.type])
        if node.name is not None:
            self._add("write", node.name, node)
        self._visit_all(node.body)
        if node.name is not None:
            self._add("delete", node.name, node)

    def visit_MatchAs(self, node: ast.MatchAs) -> None:
        self._visit_all([node.pattern])
        if node.name is not None:
            self._add("write", node.name, node)

    def visit_MatchStar(self, node: ast.MatchStar) -> None:
        if node.name is not None:
            self._add("write", node.name, node)

    def visit_MatchMapping(self, node: ast.MatchMapping) -> None:
        self._visit_all([*node.keys, *node.patterns])
        if node.rest is not None:
            self._add("write", node.rest, node)

    def visit_Global(self, node: ast.Global) -> None:
        for position, name in enumerate(node.names):
            if self.where.own is None or name in self.where.own:
                self._add("mention", name, node, position)
