"""Code as the policy reads it: its scopes, what binds each name, and the places worth a look.

All cells are one module, as they are one namespace in the kernel.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from creator_magic.policy.bindings import Bindings
from creator_magic.policy.scopes import Definition, Scope, Source, parameters

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from creator_magic.policy.scopes import FunctionNode, Position


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
        self.bindings = Bindings()
        self.mentions: dict[str, list[int]] = defaultdict(list)
        self.calls_of: dict[str, list[int]] = defaultdict(list)
        self.places: list[Place] = []
        self.texts: list[Place] = []
        self.stores: list[Place] = []
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
        self.bindings.new_statement()
        stack: list[tuple[ast.AST, Scope, int]] = [(tree, self.bindings.module, self.bindings.statement)]
        while stack:
            node, scope, self.bindings.statement = stack.pop()
            if isinstance(node, ast.stmt):
                self.bindings.new_statement()
            at = self.bindings.statement
            visit = self._visitors.get(type(node))
            if visit is not None:
                inner = visit(node, scope, cell)
                if inner is not None:
                    stack += [(part, where, at) for part, where in inner]
                    continue
            stack += [(part, scope, at) for part in _parts(node)]

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
                self.bindings.bound_by[statement] += definition.parameters

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
            self.bindings.bind(scope, node.name, Source("own", scope, definition=definition))
            self._named[node.name].append(definition)
        for argument in parameters(arguments):
            self.bindings.bind(
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
        self.bindings.bind(scope, node.name, Source("own", scope, definition=definition))
        self._named[node.name].append(definition)
        self.used_plainly.update(id(base) for base in node.bases)
        outside = [*node.bases, *(keyword.value for keyword in node.keywords), *node.decorator_list]
        return [(part, scope) for part in outside] + [(part, inner) for part in node.body]

    def _import(self, node: ast.Import, scope: Scope, cell: int) -> list[tuple[ast.AST, Scope]]:
        for alias in node.names:
            self.bindings.new_statement()
            name = alias.name if alias.asname else alias.name.partition(".")[0]
            bound = alias.asname or name
            self.bindings.bind(scope, bound, Source("dotted", scope, name=name))
            self.imports.append((node, alias.name, cell))
            self._mention_module(alias.name)
        return []

    def _import_from(self, node: ast.ImportFrom, scope: Scope, cell: int) -> list[tuple[ast.AST, Scope]]:
        self.imports.append((node, node.module or "", cell))
        for alias in node.names:
            self.bindings.new_statement()
            self._mention_module(node.module or "")
            self._mention_module(alias.name)
            if node.level:
                self.bindings.bind(scope, alias.asname or alias.name, Source("unknown", scope))
            elif alias.name == "*":
                self.stars.append(node.module or "")
            else:
                source = Source("dotted", scope, name=f"{node.module}.{alias.name}")
                self.bindings.bind(scope, alias.asname or alias.name, source)
        return []

    def _mention_module(self, name: str) -> None:
        for part in name.split("."):
            self.mentions[part.lstrip("_")].append(self.bindings.statement)
            self.mentions[part].append(self.bindings.statement)

    def _assign(self, node: ast.Assign, scope: Scope, cell: int) -> None:  # noqa: ARG002
        self.used_plainly.add(id(node.value))
        for target in node.targets:
            self.bindings.bind_target(target, Source("value", scope, node.value))

    def _assign_one(
        self,
        node: ast.AnnAssign | ast.AugAssign | ast.NamedExpr,
        scope: Scope,
        cell: int,  # noqa: ARG002
    ) -> None:
        if node.value is not None:
            self.used_plainly.add(id(node.value))
            self.bindings.bind_target(node.target, Source("value", scope, node.value))
        if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
            grown = ast.BinOp(ast.Name(node.target.id, ast.Load()), node.op, node.value)
            ast.copy_location(grown.left, node.target)
            self.bindings.bind_target(node.target, Source("value", scope, ast.copy_location(grown, node)))

    def _loop(self, node: ast.For | ast.AsyncFor | ast.comprehension, scope: Scope, cell: int) -> None:  # noqa: ARG002
        self.used_plainly.add(id(node.iter))
        self.bindings.bind_target(node.target, Source("item", scope, node.iter))

    def _with(self, node: ast.withitem, scope: Scope, cell: int) -> None:  # noqa: ARG002
        if node.optional_vars is not None:
            self.bindings.bind_target(node.optional_vars, Source("value", scope, node.context_expr))

    def _except(self, node: ast.ExceptHandler, scope: Scope, cell: int) -> None:  # noqa: ARG002
        if node.name:
            self.bindings.bind(scope, node.name, Source("unknown", scope))

    def _match(self, node: ast.Match, scope: Scope, cell: int) -> None:  # noqa: ARG002
        for case in node.cases:
            for part in ast.walk(case.pattern):
                name = getattr(part, "name", None) or getattr(part, "rest", None)
                if isinstance(name, str):
                    # A capture of the whole is the subject; a deeper one, some part of it.
                    how: Literal["value", "item"] = "value" if part is case.pattern else "item"
                    self.bindings.bind(scope, name, Source(how, scope, node.subject))

    def _return(self, node: ast.Return | ast.Yield | ast.YieldFrom, scope: Scope, cell: int) -> None:  # noqa: ARG002
        definition = scope.definition
        if definition is not None and node.value is not None:
            definition.results.append(node.value)
            self.bindings.bound_by[self.bindings.statement].append(getattr(definition.node, "name", ""))

    def _delete(self, node: ast.Delete, scope: Scope, cell: int) -> None:  # noqa: ARG002
        self.deleted.update(target.id for target in node.targets if isinstance(target, ast.Name))

    def _expression(self, node: ast.Name | ast.Attribute | ast.Subscript, scope: Scope, cell: int) -> None:
        place = Place(node, scope, cell, self.bindings.statement)
        (self.places if isinstance(node.ctx, ast.Load) else self.stores).append(place)
        if isinstance(node, ast.Name):
            self._mention(node.id, node)
            return
        self.used_plainly.add(id(node.value))
        if isinstance(node, ast.Attribute):
            self._mention(node.attr, node)

    def _mention(self, name: str, node: ast.expr) -> None:
        quiet = name in self._quiet and id(node) in self.called
        (self.calls_of if quiet else self.mentions)[name].append(self.bindings.statement)

    def _call(self, node: ast.Call, scope: Scope, cell: int) -> None:
        self.places.append(Place(node, scope, cell, self.bindings.statement))
        self._calls.append((node, scope, self.bindings.statement))
        self.used_plainly.add(id(node.func))
        self.called.add(id(node.func))
        match node:
            case ast.Call(func=ast.Name(id="setattr"), args=[_, ast.Constant(value=str(name)), value]):
                self.bindings.bind_attribute(name, Source("value", scope, value))
            case ast.Call(func=ast.Attribute(value=container, attr=method), args=[*_, value]):
                if method in _FILLS:
                    self.bindings.put_into(container, Source("value", scope, value))

    def _compare(self, node: ast.Compare, scope: Scope, cell: int) -> None:  # noqa: ARG002
        self.used_plainly.update(map(id, node.comparators))

    def _constant(self, node: ast.Constant, scope: Scope, cell: int) -> list[tuple[ast.AST, Scope]]:
        if isinstance(node.value, str) and len(node.value) < _LONG:
            self.texts.append(Place(node, scope, cell, self.bindings.statement))
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
