"""What each expression of the code can be: its sources followed back, however they are named.

The analysis does not care for the order in which code runs: a name is whatever any of its bindings
makes it. So nothing is missed where the order is hard to tell, at the price of a false alarm where a
name is used for two things.
"""

from __future__ import annotations

import ast
import builtins
from typing import TYPE_CHECKING, Any

from creator_magic.policy.known_names import known_names
from creator_magic.policy.library_results import (
    NAMESPACES,
    TEMPORARY,
    Call,
    is_relative,
    library_result,
    stays_inside,
)
from creator_magic.policy.scopes import Source, parameters
from creator_magic.policy.values import (
    ANYTHING,
    MOST,
    UNKNOWN,
    Bound,
    Items,
    Known,
    Own,
    Partial,
    Value,
    Values,
    added,
    formatted,
    holding,
    joined,
    result_of_method,
    sliced,
    texts,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from creator_magic.policy.reading import Code
    from creator_magic.policy.scopes import Definition, Position, Scope

_NOTHING: Values = frozenset()
_BUILTINS = frozenset(dir(builtins))
_LONGEST_NAME = 160
_CONTAINERS = 3
"""Containers that are told apart in one expression."""


class Meanings:
    """The values of expressions.

    Parameters
    ----------
    code : Code
        All cells, read.
    outside : mapping of str to str
        What the names of the notebook mean: dotted names, as in `values`.
    """

    def __init__(self, code: Code, outside: Mapping[str, str]) -> None:
        self._code = code
        self._names = known_names()
        self._outside = outside
        self._evaluators: dict[type, Callable[[Any, Scope, int], Values]] = {
            kind: getattr(self, name) for kind, name in _EVALUATORS.items()
        }
        self._of_nodes: dict[int, Values] = {}
        self._known: dict[object, Values] = {}
        self._before: dict[object, Values] = {}
        self._under_way: set[object] = set()
        self.met_itself = False

    def again(self) -> bool:
        """Begin anew with what is known by now; return whether anything was learnt since the last time."""
        learnt = self._known != self._before
        self._before = self._known
        self._known, self._of_nodes = {}, {}
        return learnt

    def _once(self, key: object, find: Callable[[], Iterable[Value]]) -> Values:
        """Return what `find` finds, found once; what depends on itself is what it was last time."""
        found = self._known.get(key)
        if found is not None:
            return found
        if key in self._under_way:
            self.met_itself = True
            return self._before.get(key, _NOTHING)
        self._under_way.add(key)
        try:
            found = self._limited(find())
        finally:
            self._under_way.discard(key)
        self._known[key] = found
        return found

    def of(self, node: ast.expr, scope: Scope, cell: int = 0) -> Values:
        """Return what an expression can be.

        Parameters
        ----------
        node : ast.expr
            The expression.
        scope : Scope
            Where it stands.
        cell : int
            The number of its cell.
        """
        found = self._of_nodes.get(id(node))
        if found is None:
            evaluate = self._evaluators.get(type(node))
            found = UNKNOWN if evaluate is None else evaluate(node, scope, cell)
            self._of_nodes[id(node)] = found
        return found

    # Names

    def _name(self, node: ast.Name, scope: Scope, cell: int) -> Values:
        return self.named(node.id, scope, (cell, getattr(node, "lineno", 0), getattr(node, "col_offset", 0)))

    def named(self, name: str, scope: Scope, position: Position) -> Values:
        """Return what `name` can be in `scope`, used at `position`."""
        at: Scope | None = scope
        while at is not None and at.parent is not None:
            if name in at.bound and name not in at.elsewhere and (at is scope or not at.is_class):
                found = self._bound(at, name)
                return found | self._module(name, position) if at.is_class else found
            at = at.parent
        return self._module(name, position)

    def _module(self, name: str, position: Position) -> Values:
        module = self._code.bindings.module
        found = self._bound(module, name) if name in module.bound else _NOTHING
        firm = self._code.firm.get(name)
        if firm is not None and firm <= position and name not in self._code.deleted:
            return found
        if name in self._outside:
            return found | {self._names.plain(self._outside[name])}
        if name in ("__builtins__", "__loader__", "__spec__"):
            return found | {"builtins" if name == "__builtins__" else "importlib.machinery.loader"}
        found |= {self._names.plain(f"{star}.{name}") for star in self._code.stars}
        if name in _BUILTINS or self._names.find(f"builtins.{name}") is not None:
            return found | {f"builtins.{name}"}
        return found or UNKNOWN

    def _bound(self, scope: Scope, name: str) -> Values:
        return self._once((scope, name), lambda: self._sources(scope.bound[name]))

    def _sources(self, sources: list[Source]) -> set[Value]:
        return {value for source in sources for value in self._source(source)}

    def _source(self, source: Source) -> Values:  # noqa: PLR0911 - a case each
        match source:
            case Source("dotted", name=name):
                return frozenset({self._names.plain(name)})
            case Source("own", definition=definition) if definition is not None:
                return frozenset({Own(definition)})
            case Source("parameter", name=name, definition=definition) if definition is not None:
                return self._parameter(definition, name)
            case Source("value", scope, node) if node is not None:
                return self.of(node, scope)
            case Source("held", scope, node) if node is not None:
                values = self.of(node, scope)
                inside = frozenset(v for value in values if isinstance(value, Items) for v in value.all)
                return frozenset({holding([values | inside], exact=False)})
            case Source("item", scope, node, name) if node is not None:
                items = self.items(self.of(node, scope))
                return self.items(items) if name == "deep" else items
        return UNKNOWN

    def _limited(self, values: Iterable[Value]) -> Values:
        """Return `values`, or what little is left to say of them where they are many."""
        found: set[Value] = {
            v if not isinstance(v, str) or len(v) < _LONGEST_NAME else ANYTHING for v in values
        }
        containers = [value for value in found if isinstance(value, Items)]
        if len(containers) > _CONTAINERS:
            everything = self._limited({value for one in containers for value in one.all})
            found = found.difference(containers) | {holding([everything], exact=False)}
        if len(found) > MOST:
            found = {ANYTHING, *(v for v in found if not isinstance(v, Known | Items) and not _vague(v))}
        return frozenset(found)

    def _parameter(self, definition: Definition, name: str) -> Values:
        return self._once((definition, name), lambda: self._arguments_for(definition, name) or UNKNOWN)

    def _arguments_for(self, definition: Definition, name: str) -> set[Value]:
        node = definition.node
        assert not isinstance(node, ast.ClassDef)  # noqa: S101 - for mypy
        ordered = [*node.args.posonlyargs, *node.args.args]
        index = next((number for number, one in enumerate(ordered) if one.arg == name), None)
        if index == 0 and definition.is_method and definition.outer.definition is not None:
            return {Own(definition.outer.definition, made=True)}
        found = set(self._default(definition, name, index, len(ordered)))
        for call, scope, skipped in definition.calls:
            found |= self._given(call, scope, name, None if index is None else index - skipped)
        return found | self._annotated(definition, name)

    def _default(self, definition: Definition, name: str, index: int | None, count: int) -> Values:
        assert not isinstance(definition.node, ast.ClassDef)  # noqa: S101 - for mypy
        arguments = definition.node.args
        default: ast.expr | None = None
        if index is not None and index >= count - len(arguments.defaults):
            default = arguments.defaults[index - count]
        for argument, value in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
            if argument.arg == name:
                default = value
        return _NOTHING if default is None else self.of(default, definition.outer)

    def _annotated(self, definition: Definition, name: str) -> Values:
        assert not isinstance(definition.node, ast.ClassDef)  # noqa: S101 - for mypy
        for argument in parameters(definition.node.args):
            if argument.arg == name and isinstance(argument.annotation, ast.Name | ast.Attribute):
                types = self.of(argument.annotation, definition.outer)
                return frozenset({"pathlib.Path()"}) if "pathlib.Path" in types else _NOTHING
        return _NOTHING

    def _given(self, call: ast.Call, scope: Scope, name: str, index: int | None) -> Values:
        """Return what a call gives for a parameter."""
        starred = any(isinstance(argument, ast.Starred) for argument in call.args)
        if index is None and not any(keyword.arg == name for keyword in call.keywords):
            # `*args` gets what is left over; which, does not matter here.
            every = [self.of(a, scope) for a in call.args if not isinstance(a, ast.Starred)]
            return frozenset({holding(every)}) if every and not starred else UNKNOWN
        if index is not None and 0 <= index < len(call.args) and not starred:
            return self.of(call.args[index], scope)
        for keyword in call.keywords:
            if keyword.arg == name:
                return self.of(keyword.value, scope)
        return UNKNOWN if starred or any(keyword.arg is None for keyword in call.keywords) else _NOTHING

    # Parts of things

    def items(self, values: Values) -> Values:
        """Return what the items of `values` can be."""
        found: set[Value] = set()
        for value in values:
            match value:
                case Items():
                    found |= value.all
                case str() if value == TEMPORARY:
                    found.add(TEMPORARY)
                case str():
                    found.add(self._names.plain(f"{value}[]"))
                case _:
                    found.add(ANYTHING)
        return frozenset(found)

    def attribute(self, values: Values, name: str) -> Values:
        """Return what the attribute `name` of `values` can be."""
        found: set[Value] = set()
        for value in values:
            found |= self._attribute_of(value, name)
        return self._limited(found)

    def _attribute_of(self, value: Value, name: str) -> Values:  # noqa: PLR0911 - a case each
        match value:
            case str() if value == TEMPORARY:
                return frozenset({"pathlib.Path()" if name in ("parent", "parents") else TEMPORARY})
            case str() if name == "__dict__":
                return frozenset({f"{value}.__dict__" if value[0] != ANYTHING else ANYTHING})
            case str():
                if name == "__call__":
                    return frozenset({value})
                own = self._assigned(name) if value[0] == ANYTHING else _NOTHING
                return own or frozenset({self._names.plain(f"{value}.{name}")})
            case Known() | Items():
                return frozenset({Bound(value, name)})
            case Own(definition, made):
                return self._assigned(name) or self._inherited(definition, name, made=made)
        return UNKNOWN

    def _assigned(self, name: str) -> Values:
        """Return what the code has assigned to an attribute of this name, of whatever object."""
        sources = self._code.bindings.attributes.get(name)
        return self._once(("attribute", name), lambda: self._sources(sources)) if sources else _NOTHING

    def _inherited(self, definition: Definition, name: str, *, made: bool) -> Values:
        return self._once(
            ("base", definition, name, made), lambda: self._of_bases(definition, name, made=made)
        )

    def _of_bases(self, definition: Definition, name: str, *, made: bool) -> set[Value]:
        found: set[Value] = set()
        if isinstance(definition.node, ast.ClassDef):
            for base in definition.node.bases:
                for value in self.of(base, definition.outer):
                    if isinstance(value, str):
                        found |= self._attribute_of(self._names.plain(f"{value}()" if made else value), name)
                    elif isinstance(value, Own):
                        found |= self._inherited(value.definition, name, made=made)
        return found

    def subscript(self, values: Values, keys: Values, scope: Scope, position: Position) -> Values:
        """Return what `values[keys]` can be."""
        names = texts(keys)
        found: set[Value] = set()
        for value in values:
            if isinstance(value, str) and names and value != TEMPORARY:
                if value.endswith(".__dict__"):
                    found |= self.attribute(frozenset({value.removesuffix(".__dict__")}), names[0])
                elif value in NAMESPACES:
                    for name in names:
                        found |= self.named(name, scope, position)
                elif value == "sys.modules":
                    found |= {self._names.plain(name) for name in names}
                elif value == "builtins":
                    found |= {f"builtins.{name}" for name in names}
                else:
                    found |= self.items(frozenset({value}))
            else:
                found |= self.items(frozenset({value}))
        return frozenset(found)

    # Expressions

    def _constant(self, node: ast.Constant, scope: Scope, cell: int) -> Values:  # noqa: ARG002
        return UNKNOWN if node.value is ... else frozenset({Known(node.value)})

    def _attribute(self, node: ast.Attribute, scope: Scope, cell: int) -> Values:
        return self.attribute(self.of(node.value, scope, cell), node.attr)

    def _subscript(self, node: ast.Subscript, scope: Scope, cell: int) -> Values:
        values = self.of(node.value, scope, cell)
        if isinstance(node.slice, ast.Slice):
            bounds = [node.slice.lower, node.slice.upper, node.slice.step]
            known: list[Value] = []
            for bound in bounds:
                alternatives = frozenset({Known(None)}) if bound is None else self.of(bound, scope, cell)
                known.append(next(iter(alternatives)) if len(alternatives) == 1 else ANYTHING)
            return frozenset(sliced(value, known) for value in values)
        position = (cell, node.lineno, node.col_offset)
        return self.subscript(values, self.of(node.slice, scope, cell), scope, position)

    def _operation(self, node: ast.BinOp, scope: Scope, cell: int) -> Values:
        left, right = self.of(node.left, scope, cell), self.of(node.right, scope, cell)
        inside = is_relative if isinstance(node.op, ast.Div) else stays_inside
        if TEMPORARY in left and inside(right):
            return frozenset({TEMPORARY})
        match node.op:
            case ast.Div() if "pathlib.Path()" in left | right:
                return frozenset({"pathlib.Path()"})
            case ast.Add():
                return added(left, right)
            case ast.Mod():
                given = [right]
                if isinstance(node.right, ast.Tuple):
                    given = [self.of(part, scope, cell) for part in node.right.elts]
                return self._limited({v for template in left for v in formatted(template, given)})
        return UNKNOWN

    def _signed(self, node: ast.UnaryOp, scope: Scope, cell: int) -> Values:
        values = self.of(node.operand, scope, cell)
        if isinstance(node.op, ast.USub):
            return frozenset(
                Known(-v.value) if isinstance(v, Known) and isinstance(v.value, int) else ANYTHING
                for v in values
            )
        return UNKNOWN

    def _text(self, node: ast.JoinedStr, scope: Scope, cell: int) -> Values:
        parts = [
            self.of(part.value if isinstance(part, ast.FormattedValue) else part, scope, cell)
            for part in node.values
        ]
        if parts and TEMPORARY in parts[0] and all(map(stays_inside, parts[1:])):
            return frozenset({TEMPORARY})
        return joined(parts)

    def _container(self, node: ast.List | ast.Tuple | ast.Set, scope: Scope, cell: int) -> Values:
        return self.items_of(node.elts, scope, cell)

    def _dict(self, node: ast.Dict, scope: Scope, cell: int) -> Values:
        return self.items_of([*(key for key in node.keys if key is not None), *node.values], scope, cell)

    def items_of(self, parts: Sequence[ast.expr], scope: Scope, cell: int) -> Values:
        """Return a container of what `parts` can be."""
        exact = len(parts) <= MOST and not any(isinstance(part, ast.Starred) for part in parts)
        each = [
            self.items(self.of(part.value, scope, cell))
            if isinstance(part, ast.Starred)
            else self.of(part, scope, cell)
            for part in parts
        ]
        if not exact:
            each = [self._limited({value for values in each for value in values})]
        return frozenset({holding(each, exact=exact)})

    def _comprehension(
        self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp, scope: Scope, cell: int
    ) -> Values:
        return frozenset({holding([self.of(node.elt, scope, cell)], exact=False)})

    def _dict_comprehension(self, node: ast.DictComp, scope: Scope, cell: int) -> Values:
        return frozenset({holding([self.of(node.value, scope, cell)], exact=False)})

    def _choice(self, node: ast.IfExp | ast.BoolOp, scope: Scope, cell: int) -> Values:
        parts = [node.body, node.orelse] if isinstance(node, ast.IfExp) else node.values
        return self._limited({value for part in parts for value in self.of(part, scope, cell)})

    def _inner(
        self, node: ast.NamedExpr | ast.Await | ast.Starred | ast.YieldFrom, scope: Scope, cell: int
    ) -> Values:
        return self.of(node.value, scope, cell)

    def _lambda(self, node: ast.Lambda, scope: Scope, cell: int) -> Values:  # noqa: ARG002
        definition = self._code.lambdas.get(id(node))
        return UNKNOWN if definition is None else frozenset({Own(definition)})

    def _call(self, node: ast.Call, scope: Scope, cell: int) -> Values:
        functions = self.of(node.func, scope, cell)
        found: set[Value] = set()
        for function in functions:
            found |= self._called(function, node, scope, cell)
        return self._limited(found)

    def _called(self, function: Value, node: ast.Call, scope: Scope, cell: int) -> Values:
        match function:
            case Own(definition, False):
                if isinstance(definition.node, ast.ClassDef):
                    return frozenset({Own(definition, made=True)})
                return self._result(definition)
            case Bound():
                return result_of_method(function, [self.of(one, scope, cell) for one in node.args])
            case Partial(inner, call, where):
                whole = together(call, node)
                return frozenset(value for one in inner for value in self._called(one, whole, where, cell))
            case str():
                return self._library(function, node, scope, cell)
        return UNKNOWN

    def _result(self, definition: Definition) -> Values:
        scope = definition.scope
        return self._once(
            ("result", definition), lambda: {v for one in definition.results for v in self.of(one, scope)}
        )

    def _library(self, function: str, node: ast.Call, scope: Scope, cell: int) -> Values:
        """Return what a call of a function that is not the code's own gives."""
        found = library_result(function, Call(self, node, scope, cell))
        return frozenset({self._names.result(function)}) if found is None else self._limited(found)

    def path(self, values: Values, path: str) -> Values:
        """Return what an attribute of an attribute, and so on, can be; `path` is as `a.b`."""
        for name in path.split("."):
            values = self.attribute(values, name)
        return values


def _vague(value: Value) -> bool:
    return isinstance(value, str) and value.startswith(ANYTHING)


def together(first: ast.Call, second: ast.Call) -> ast.Call:
    """Return the call that a partial function makes when it is called."""
    call = ast.Call(first.func, [*first.args[1:], *second.args], [*first.keywords, *second.keywords])
    return ast.copy_location(call, second)


_EVALUATORS = {
    ast.Name: "_name",
    ast.Constant: "_constant",
    ast.Attribute: "_attribute",
    ast.Subscript: "_subscript",
    ast.BinOp: "_operation",
    ast.UnaryOp: "_signed",
    ast.JoinedStr: "_text",
    ast.List: "_container",
    ast.Tuple: "_container",
    ast.Set: "_container",
    ast.Dict: "_dict",
    ast.ListComp: "_comprehension",
    ast.SetComp: "_comprehension",
    ast.GeneratorExp: "_comprehension",
    ast.DictComp: "_dict_comprehension",
    ast.IfExp: "_choice",
    ast.BoolOp: "_choice",
    ast.NamedExpr: "_inner",
    ast.Await: "_inner",
    ast.Starred: "_inner",
    ast.Lambda: "_lambda",
    ast.Call: "_call",
}
