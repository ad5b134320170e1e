"""What each name of the code can be, by all that binds it, parameters by the calls that give them."""

from __future__ import annotations

import ast
import builtins
from typing import TYPE_CHECKING

from creator_magic.policy.known_names import known_names
from creator_magic.policy.scopes import Source, parameters
from creator_magic.policy.values import UNKNOWN, Items, Own, Value, Values, holding

if TYPE_CHECKING:
    from collections.abc import Mapping

    from creator_magic.policy.fixpoint import Fixpoint
    from creator_magic.policy.meaning import Meanings
    from creator_magic.policy.reading import Code
    from creator_magic.policy.scopes import Definition, Position, Scope

_NOTHING: Values = frozenset()
_BUILTINS = frozenset(dir(builtins))


class NameValues:
    """The values of names.

    Parameters
    ----------
    code : Code
        All cells, read.
    outside : mapping of str to str
        What the names of the notebook mean: dotted names, as in `values`.
    meanings : Meanings
        The values of the expressions that names are bound to.
    fixpoint : Fixpoint
        Keeps what was found.
    """

    def __init__(
        self, code: Code, outside: Mapping[str, str], meanings: Meanings, fixpoint: Fixpoint
    ) -> None:
        self._code = code
        self._outside = outside
        self._meanings = meanings
        self._fixpoint = fixpoint
        self._known_names = known_names()

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
            return found | {self._known_names.plain(self._outside[name])}
        if name in ("__builtins__", "__loader__", "__spec__"):
            return found | {"builtins" if name == "__builtins__" else "importlib.machinery.loader"}
        found |= {self._known_names.plain(f"{star}.{name}") for star in self._code.stars}
        if name in _BUILTINS or self._known_names.find(f"builtins.{name}") is not None:
            return found | {f"builtins.{name}"}
        return found or UNKNOWN

    def _bound(self, scope: Scope, name: str) -> Values:
        return self._fixpoint.once((scope, name), lambda: self.of_sources(scope.bound[name]))

    def of_sources(self, sources: list[Source]) -> set[Value]:
        """Return what can come from any of `sources`."""
        return {value for source in sources for value in self._source(source)}

    def _source(self, source: Source) -> Values:  # noqa: PLR0911 - a case each
        match source:
            case Source("dotted", name=name):
                return frozenset({self._known_names.plain(name)})
            case Source("own", definition=definition) if definition is not None:
                return frozenset({Own(definition)})
            case Source("parameter", name=name, definition=definition) if definition is not None:
                return self._parameter(definition, name)
            case Source("value", scope, node) if node is not None:
                return self._meanings.of(node, scope)
            case Source("held", scope, node) if node is not None:
                values = self._meanings.of(node, scope)
                inside = frozenset(v for value in values if isinstance(value, Items) for v in value.all)
                return frozenset({holding([values | inside], exact=False)})
            case Source("item", scope, node, name) if node is not None:
                items = self._meanings.items(self._meanings.of(node, scope))
                return self._meanings.items(items) if name == "deep" else items
        return UNKNOWN

    def _parameter(self, definition: Definition, name: str) -> Values:
        return self._fixpoint.once(
            (definition, name), lambda: self._arguments_for(definition, name) or UNKNOWN
        )

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
        return _NOTHING if default is None else self._meanings.of(default, definition.outer)

    def _annotated(self, definition: Definition, name: str) -> Values:
        assert not isinstance(definition.node, ast.ClassDef)  # noqa: S101 - for mypy
        for argument in parameters(definition.node.args):
            if argument.arg == name and isinstance(argument.annotation, ast.Name | ast.Attribute):
                types = self._meanings.of(argument.annotation, definition.outer)
                return frozenset({"pathlib.Path()"}) if "pathlib.Path" in types else _NOTHING
        return _NOTHING

    def _given(self, call: ast.Call, scope: Scope, name: str, index: int | None) -> Values:
        """Return what a call gives for a parameter."""
        starred = any(isinstance(argument, ast.Starred) for argument in call.args)
        if index is None and not any(keyword.arg == name for keyword in call.keywords):
            # `*args` gets what is left over; which, does not matter here.
            every = [self._meanings.of(a, scope) for a in call.args if not isinstance(a, ast.Starred)]
            return frozenset({holding(every)}) if every and not starred else UNKNOWN
        if index is not None and 0 <= index < len(call.args) and not starred:
            return self._meanings.of(call.args[index], scope)
        for keyword in call.keywords:
            if keyword.arg == name:
                return self._meanings.of(keyword.value, scope)
        return UNKNOWN if starred or any(keyword.arg is None for keyword in call.keywords) else _NOTHING
