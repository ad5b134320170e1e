"""Code as the policy reads it: its scopes, what binds each name, and the places worth a look.

All cells are one module, as they are one namespace in the kernel. What a name is bound to is kept
as a *source*: an expression with the scope it stands in, and how the value comes out of it.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

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


class Place(NamedTuple):
    """An expression worth a look, and where it stands: its scope, its cell, its statement's number."""

    node: ast.expr
    scope: Scope
    cell: int
    statement: int


class Code:
    """All cells, read.

    Parameters
    ----------
    quiet : frozenset of str
        Names that matter where they are called, and hand nothing on that does.
    """

    def __init__(self, quiet: frozenset[str]) -> None:
        self._visitors: dict[type, Callable[[Any, Scope, int], list[tuple[ast.AST, Scope]] | None]] = {
            kind: getattr(self, name) for kind, name in _VISITORS.items()
        }
        self._quiet = quiet
        self._statement = -1
        self.mentions: dict[str, list[int]] = defaultdict(list)
        self.calls_of: dict[str, list[int]] = defaultdict(list)
        self.bound_by: list[list[str]] = []
        self.module = Scope(None)
        self.places: list[Place] = []
        self.texts: list[Place] = []
        self.stores: list[Place] = []
        self.attributes: dict[str, list[Source]] = defaultdict(list)
        self.firm: dict[str, Position] = {}
        self.deleted: set[str] = set()
        self.stars: list[str] = []
        self.used_plainly: set[int] = set()
        self.called: set[int] = set()
        self.lambdas: dict[int, Definition] = {}
        self.imports: list[tuple[ast.Import | ast.ImportFrom, str, int]] = []
        self._named: dict[str, list[Definition]] = defaultdict(list)
        self._calls: list[tuple[ast.Call, Scope, int]] = []

    def read(self, cell: int, tree: ast.Module) -> None:
        """Read one cell, the next in order."""
        for statement in tree.body:
            for name in _firmly_bound(statement):
                self.firm.setdefault(name, (cell, statement.end_lineno or 0, statement.end_col_offset or 0))
        self._new_statement()
        stack: list[tuple[ast.AST, Scope, int]] = [(tree, self.module, self._statement)]
        while stack:
            node, scope, self._statement = stack.pop()
            if isinstance(node, ast.stmt):
                self._new_statement()
            at = self._statement
            visit = self._visitors.get(type(node))
            if visit is not None:
                inner = visit(node, scope, cell)
                if inner is not None:
                    stack += [(part, where, at) for part, where in inner]
                    continue
            stack += [(part, scope, at) for part in _parts(node)]

    def _new_statement(self) -> None:
        self._statement = len(self.bound_by)
        self.bound_by.append([])

    def link(self) -> None:
        """Tell each function of the code's by which calls it gets its arguments."""
        for call, scope, statement in self._calls:
            match call.func:
                case ast.Name(id=name):
                    methods = 0
                case ast.Attribute(attr=name):
                    methods = 1
                case _:
                    continue
            for definition in self._named.get(name, ()):
                if isinstance(definition.node, ast.ClassDef):
                    made = definition.scope.bound.get("__init__", [])
                    for source in made:
                        if source.definition is not None:
                            source.definition.calls.append((call, scope, 1))
                else:
                    definition.calls.append((call, scope, int(definition.is_method and methods)))
                for argument in [*call.args, *(keyword.value for keyword in call.keywords)]:
                    self.used_plainly.add(id(argument))
                self.bound_by[statement] += definition.parameters

    def bind(self, scope: Scope, name: str, source: Source) -> None:
        """Note that `name` is bound in `scope`."""
        how = scope.elsewhere.get(name)
        if how == "global":
            scope = self.module
        elif how == "nonlocal" and scope.parent is not None:
            outer = scope.parent
            while outer.parent is not None and (outer.is_class or name not in outer.bound):
                outer = outer.parent
            scope = outer
        scope.bound.setdefault(name, []).append(source)
        self.bound_by[self._statement].append(name)
        if scope.is_class:
            self.attributes[name].append(source)

    def _bind_attribute(self, name: str, source: Source) -> None:
        self.attributes[name].append(source)
        self.bound_by[self._statement].append(name)

    def _put_into(self, container: ast.expr, source: Source) -> None:
        """Note that a container holds `source` from now on."""
        held = source._replace(how="held") if source.how == "value" else Source("unknown", source.scope)
        match container:
            case ast.Name(id=name):
                self.bind(source.scope, name, held)
            case ast.Attribute(attr=name):
                self._bind_attribute(name, held)

    def bind_target(self, target: ast.expr, source: Source) -> None:
        """Note what an assignment to `target` binds."""
        scope = source.scope
        match target:
            case ast.Name(id=name):
                self.bind(scope, name, source)
            case ast.Attribute(attr=name):
                self._bind_attribute(name, source)
            case ast.Subscript():
                self._bind_key(target, source)
            case ast.Starred(value=inner):
                self.bind_target(inner, Source("unknown", scope))
            case ast.Tuple(elts=parts) | ast.List(elts=parts):
                self._bind_parts(parts, source)

    def _bind_key(self, target: ast.Subscript, source: Source) -> None:
        match target:
            case ast.Subscript(value=ast.Call(func=ast.Name(id=view)), slice=ast.Constant(value=str(name))):
                if view in ("globals", "locals", "vars"):
                    self.bind(self.module, name, source)
            case ast.Subscript(value=ast.Attribute(attr="__dict__"), slice=ast.Constant(value=str(name))):
                self._bind_attribute(name, source)
            case ast.Subscript(value=container):
                self._put_into(container, source)

    def _bind_parts(self, parts: list[ast.expr], source: Source) -> None:
        whole, scope = source.node, source.scope
        for number, part in enumerate(parts):
            if source.how == "item":
                # An item of an item: whatever any of them holds.
                self.bind_target(part, Source("item", scope, whole, name="deep"))
            elif isinstance(whole, ast.Tuple | ast.List) and len(whole.elts) == len(parts):
                self.bind_target(part, Source("value", scope, whole.elts[number]))
            else:
                self.bind_target(part, Source("item", scope, whole))

    # What is done at each kind of node; what is returned is read further, None for all parts

    def _function(self, node: FunctionNode, scope: Scope, cell: int) -> list[tuple[ast.AST, Scope]]:  # noqa: ARG002
        inner = Scope(scope)
        definition = Definition(node, inner, scope)
        inner.definition = definition
        arguments = node.args
        body: list[ast.AST] = [node.body] if isinstance(node, ast.Lambda) else list(node.body)
        if isinstance(node, ast.Lambda):
            definition.results.append(node.body)
            self.lambdas[id(node)] = definition
        else:
            self.bind(scope, node.name, Source("own", scope, definition=definition))
            self._named[node.name].append(definition)
        for argument in parameters(arguments):
            self.bind(
                inner, argument.arg, Source("parameter", scope, name=argument.arg, definition=definition)
            )
        outside: list[ast.AST | None] = [*arguments.defaults, *arguments.kw_defaults]
        outside += [argument.annotation for argument in parameters(arguments)]
        self.used_plainly.update(id(default) for default in outside)
        if not isinstance(node, ast.Lambda):
            outside += [*node.decorator_list, node.returns]
        for statement in body:
            self._declare(statement, inner)
        return [(part, scope) for part in outside if part is not None] + [(part, inner) for part in body]

    def _declare(self, statement: ast.AST, scope: Scope) -> None:
        # `global` counts for its whole function, wherever it stands.
        stack = [statement]
        while stack:
            node = stack.pop()
            if isinstance(node, ast.Global | ast.Nonlocal):
                how: Literal["global", "nonlocal"] = "global" if isinstance(node, ast.Global) else "nonlocal"
                scope.elsewhere.update(dict.fromkeys(node.names, how))
            elif isinstance(node, ast.stmt) and not isinstance(
                node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
            ):
                for name in _BODIES.intersection(node._fields):
                    stack += getattr(node, name)
            elif isinstance(node, ast.ExceptHandler | ast.match_case):
                stack += node.body

    def _class(self, node: ast.ClassDef, scope: Scope, cell: int) -> list[tuple[ast.AST, Scope]]:  # noqa: ARG002
        inner = Scope(scope, is_class=True)
        definition = Definition(node, inner, scope)
        inner.definition = definition
        self.bind(scope, node.name, Source("own", scope, definition=definition))
        self._named[node.name].append(definition)
        self.used_plainly.update(id(base) for base in node.bases)
        outside = [*node.bases, *(keyword.value for keyword in node.keywords), *node.decorator_list]
        return [(part, scope) for part in outside] + [(part, inner) for part in node.body]

    def _import(self, node: ast.Import, scope: Scope, cell: int) -> list[tuple[ast.AST, Scope]]:
        for alias in node.names:
            self._new_statement()
            name = alias.name if alias.asname else alias.name.partition(".")[0]
            bound = alias.asname or name
            self.bind(scope, bound, Source("dotted", scope, name=name))
            self.imports.append((node, alias.name, cell))
            self._mention_module(alias.name)
        return []

    def _import_from(self, node: ast.ImportFrom, scope: Scope, cell: int) -> list[tuple[ast.AST, Scope]]:
        self.imports.append((node, node.module or "", cell))
        for alias in node.names:
            self._new_statement()
            self._mention_module(node.module or "")
            self._mention_module(alias.name)
            if node.level:
                self.bind(scope, alias.asname or alias.name, Source("unknown", scope))
            elif alias.name == "*":
                self.stars.append(node.module or "")
            else:
                source = Source("dotted", scope, name=f"{node.module}.{alias.name}")
                self.bind(scope, alias.asname or alias.name, source)
        return []

    def _mention_module(self, name: str) -> None:
        for part in name.split("."):
            self.mentions[part.lstrip("_")].append(self._statement)
            self.mentions[part].append(self._statement)

    def _assign(self, node: ast.Assign, scope: Scope, cell: int) -> None:  # noqa: ARG002
        self.used_plainly.add(id(node.value))
        for target in node.targets:
            self.bind_target(target, Source("value", scope, node.value))

    def _assign_one(
        self,
        node: ast.AnnAssign | ast.AugAssign | ast.NamedExpr,
        scope: Scope,
        cell: int,  # noqa: ARG002
    ) -> None:
        if node.value is not None:
            self.used_plainly.add(id(node.value))
            self.bind_target(node.target, Source("value", scope, node.value))
        if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
            grown = ast.BinOp(ast.Name(node.target.id, ast.Load()), node.op, node.value)
            ast.copy_location(grown.left, node.target)
            self.bind_target(node.target, Source("value", scope, ast.copy_location(grown, node)))

    def _loop(self, node: ast.For | ast.AsyncFor | ast.comprehension, scope: Scope, cell: int) -> None:  # noqa: ARG002
        self.used_plainly.add(id(node.iter))
        self.bind_target(node.target, Source("item", scope, node.iter))

    def _with(self, node: ast.withitem, scope: Scope, cell: int) -> None:  # noqa: ARG002
        if node.optional_vars is not None:
            self.bind_target(node.optional_vars, Source("value", scope, node.context_expr))

    def _except(self, node: ast.ExceptHandler, scope: Scope, cell: int) -> None:  # noqa: ARG002
        if node.name:
            self.bind(scope, node.name, Source("unknown", scope))

    def _match(self, node: ast.Match, scope: Scope, cell: int) -> None:  # noqa: ARG002
        for case in node.cases:
            for part in ast.walk(case.pattern):
                name = getattr(part, "name", None) or getattr(part, "rest", None)
                if isinstance(name, str):
                    # A capture of the whole is the subject; a deeper one, some part of it.
                    how: Literal["value", "item"] = "value" if part is case.pattern else "item"
                    self.bind(scope, name, Source(how, scope, node.subject))

    def _return(self, node: ast.Return | ast.Yield | ast.YieldFrom, scope: Scope, cell: int) -> None:  # noqa: ARG002
        definition = scope.definition
        if definition is not None and node.value is not None:
            definition.results.append(node.value)
            self.bound_by[self._statement].append(getattr(definition.node, "name", ""))

    def _delete(self, node: ast.Delete, scope: Scope, cell: int) -> None:  # noqa: ARG002
        self.deleted.update(target.id for target in node.targets if isinstance(target, ast.Name))

    def _expression(self, node: ast.Name | ast.Attribute | ast.Subscript, scope: Scope, cell: int) -> None:
        place = Place(node, scope, cell, self._statement)
        (self.places if isinstance(node.ctx, ast.Load) else self.stores).append(place)
        if isinstance(node, ast.Name):
            self._mention(node.id, node)
            return
        self.used_plainly.add(id(node.value))
        if isinstance(node, ast.Attribute):
            self._mention(node.attr, node)

    def _mention(self, name: str, node: ast.expr) -> None:
        quiet = name in self._quiet and id(node) in self.called
        (self.calls_of if quiet else self.mentions)[name].append(self._statement)

    def _call(self, node: ast.Call, scope: Scope, cell: int) -> None:
        self.places.append(Place(node, scope, cell, self._statement))
        self._calls.append((node, scope, self._statement))
        self.used_plainly.add(id(node.func))
        self.called.add(id(node.func))
        match node:
            case ast.Call(func=ast.Name(id="setattr"), args=[_, ast.Constant(value=str(name)), value]):
                self._bind_attribute(name, Source("value", scope, value))
            case ast.Call(func=ast.Attribute(value=container, attr=method), args=[*_, value]):
                if method in _FILLS:
                    self._put_into(container, Source("value", scope, value))

    def _compare(self, node: ast.Compare, scope: Scope, cell: int) -> None:  # noqa: ARG002
        self.used_plainly.update(map(id, node.comparators))

    def _constant(self, node: ast.Constant, scope: Scope, cell: int) -> list[tuple[ast.AST, Scope]]:
        if isinstance(node.value, str) and len(node.value) < _LONG:
            self.texts.append(Place(node, scope, cell, self._statement))
        return []

    def _alone(self, node: ast.Expr, scope: Scope, cell: int) -> list[tuple[ast.AST, Scope]] | None:  # noqa: ARG002
        return [] if isinstance(node.value, ast.Constant) else None


_FILLS = frozenset({"append", "add", "insert", "extend", "update", "setdefault", "appendleft", "__setitem__"})
_LONG = 400
"""Characters of a constant that is a text to be read, and no path or name."""

_LEAVES = frozenset({ast.Load, ast.Store, ast.Del})
_BODIES = frozenset({"body", "orelse", "finalbody", "handlers", "cases"})

_VISITORS = {
    ast.FunctionDef: "_function",
    ast.AsyncFunctionDef: "_function",
    ast.Lambda: "_function",
    ast.ClassDef: "_class",
    ast.Import: "_import",
    ast.ImportFrom: "_import_from",
    ast.Assign: "_assign",
    ast.AnnAssign: "_assign_one",
    ast.AugAssign: "_assign_one",
    ast.NamedExpr: "_assign_one",
    ast.For: "_loop",
    ast.AsyncFor: "_loop",
    ast.comprehension: "_loop",
    ast.withitem: "_with",
    ast.ExceptHandler: "_except",
    ast.Match: "_match",
    ast.Return: "_return",
    ast.Yield: "_return",
    ast.YieldFrom: "_return",
    ast.Delete: "_delete",
    ast.Name: "_expression",
    ast.Attribute: "_expression",
    ast.Subscript: "_expression",
    ast.Call: "_call",
    ast.Compare: "_compare",
    ast.Constant: "_constant",
    ast.Expr: "_alone",
}


def _parts(node: ast.AST) -> Iterator[ast.AST]:
    for name in node._fields:
        child = getattr(node, name, None)
        if isinstance(child, list):
            yield from (part for part in child if isinstance(part, ast.AST))
        elif isinstance(child, ast.AST) and type(child) not in _LEAVES:
            yield child


def parameters(arguments: ast.arguments) -> list[ast.arg]:
    """Return all parameters of a function, in order; `*args` and `**kwargs` last."""
    several = [one for one in (arguments.vararg, arguments.kwarg) if one is not None]
    return [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, *several]


def _firmly_bound(statement: ast.stmt) -> list[str]:
    """Return the names that are surely bound once a statement of the module has run."""
    match statement:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            return [name]
        case ast.Import(names=aliases) | ast.ImportFrom(names=aliases):
            return [alias.asname or alias.name.partition(".")[0] for alias in aliases]
        case ast.Assign(targets=targets):
            return [target.id for target in targets if isinstance(target, ast.Name)]
        case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr()):
            return [name]
    return []
