"""What code binds: its names, its attributes and what its containers hold, each to its sources."""

from __future__ import annotations

import ast
from collections import defaultdict

from creator_magic.policy.scopes import Scope, Source


class Bindings:
    """What the code that has been read binds.

    Attributes
    ----------
    module : Scope
        The outermost scope, which is one for all cells.
    attributes : dict of str to list of Source
        What is assigned to attributes, by their name alone.
    bound_by : list of list of str
        The names that each statement binds, by its number.
    statement : int
        The number of the statement that is being read.
    """

    def __init__(self) -> None:
        self.module = Scope(None)
        self.attributes: dict[str, list[Source]] = defaultdict(list)
        self.bound_by: list[list[str]] = []
        self.statement = -1

    def new_statement(self) -> None:
        """Begin a statement, with the next number."""
        self.statement = len(self.bound_by)
        self.bound_by.append([])

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
        self.bound_by[self.statement].append(name)
        if scope.is_class:
            self.attributes[name].append(source)

    def bind_attribute(self, name: str, source: Source) -> None:
        """Note that an attribute of this name is bound, of whatever object."""
        self.attributes[name].append(source)
        self.bound_by[self.statement].append(name)

    def put_into(self, container: ast.expr, source: Source) -> None:
        """Note that a container holds `source` from now on."""
        held = source._replace(how="held") if source.how == "value" else Source("unknown", source.scope)
        match container:
            case ast.Name(id=name):
                self.bind(source.scope, name, held)
            case ast.Attribute(attr=name):
                self.bind_attribute(name, held)

    def bind_target(self, target: ast.expr, source: Source) -> None:
        """Note what an assignment to `target` binds."""
        scope = source.scope
        match target:
            case ast.Name(id=name):
                self.bind(scope, name, source)
            case ast.Attribute(attr=name):
                self.bind_attribute(name, source)
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
                self.bind_attribute(name, source)
            case ast.Subscript(value=container):
                self.put_into(container, source)

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
