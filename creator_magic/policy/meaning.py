"""What each expression of the code can be: its sources followed back, however they are named.

The analysis does not care for the order in which code runs: a name is whatever any of its bindings
makes it. So nothing is missed where the order is hard to tell, at the price of a false alarm where a
name is used for two things.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from creator_magic.policy.fixpoint import Fixpoint
from creator_magic.policy.known_names import known_names
from creator_magic.policy.library_results import (
    NAMESPACES,
    TEMPORARY,
    Call,
    is_relative,
    library_result,
    stays_inside,
)
from creator_magic.policy.name_values import NameValues
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
    limited,
    result_of_method,
    sliced,
    texts,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from creator_magic.policy.reading import Code
    from creator_magic.policy.scopes import Definition, Position, Scope

_NOTHING: Values = frozenset()


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
        self._evaluators: dict[type, Callable[[Any, Scope, int], Values]] = {
            kind: getattr(self, name) for kind, name in _EVALUATORS.items()
        }
        self._of_nodes: dict[int, Values] = {}
        self._fixpoint = Fixpoint()
        self._values_of_names = NameValues(code, outside, self, self._fixpoint)

    def again(self) -> bool:
        """Begin anew where something depends on itself; return whether that may tell more."""
        self._of_nodes = {}
        return self._fixpoint.met_itself and self._fixpoint.again()

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
        return self._values_of_names.named(
            node.id, scope, (cell, getattr(node, "lineno", 0), getattr(node, "col_offset", 0))
        )

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
        return limited(found)

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
        return (
            self._fixpoint.once(("attribute", name), lambda: self._values_of_names.of_sources(sources))
            if sources
            else _NOTHING
        )

    def _inherited(self, definition: Definition, name: str, *, made: bool) -> Values:
        return self._fixpoint.once(
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
                        found |= self._values_of_names.named(name, scope, position)
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
                return limited({v for template in left for v in formatted(template, given)})
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
            each = [limited({value for values in each for value in values})]
        return frozenset({holding(each, exact=exact)})

    def _comprehension(
        self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp, scope: Scope, cell: int
    ) -> Values:
        return frozenset({holding([self.of(node.elt, scope, cell)], exact=False)})

    def _dict_comprehension(self, node: ast.DictComp, scope: Scope, cell: int) -> Values:
        return frozenset({holding([self.of(node.value, scope, cell)], exact=False)})

    def _choice(self, node: ast.IfExp | ast.BoolOp, scope: Scope, cell: int) -> Values:
        parts = [node.body, node.orelse] if isinstance(node, ast.IfExp) else node.values
        return limited({value for part in parts for value in self.of(part, scope, cell)})

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
        return limited(found)

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
        return self._fixpoint.once(
            ("result", definition), lambda: {v for one in definition.results for v in self.of(one, scope)}
        )

    def _library(self, function: str, node: ast.Call, scope: Scope, cell: int) -> Values:
        """Return what a call of a function that is not the code's own gives."""
        found = library_result(function, Call(self, node, scope, cell))
        return frozenset({self._names.result(function)}) if found is None else limited(found)

    def path(self, values: Values, path: str) -> Values:
        """Return what an attribute of an attribute, and so on, can be; `path` is as `a.b`."""
        for name in path.split("."):
            values = self.attribute(values, name)
        return values


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
