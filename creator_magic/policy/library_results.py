"""What calls of known functions give, where that is needed to follow a name further."""

from __future__ import annotations

from typing import TYPE_CHECKING

from creator_magic.policy.known_names import known_names
from creator_magic.policy.values import (
    UNKNOWN,
    Known,
    Partial,
    Value,
    Values,
    decoded,
    holding,
    joined,
    texts,
)

if TYPE_CHECKING:
    import ast
    from collections.abc import Callable, Iterable

    from creator_magic.policy.meaning import Meanings
    from creator_magic.policy.scopes import Scope

TEMPORARY = "tempfile.place"
"""A folder or file of the code's own that is gone afterwards, and what lies in it."""

NAMESPACES = frozenset({"builtins.globals()", "builtins.locals()", "builtins.vars()"})

LOOKS_UP = frozenset({"get", "pop", "setdefault", "__getitem__"})
"""Methods of a mapping that look one thing up."""

_GETTER = "operator.attrgetter()."


class Call:
    """A call of a library's function.

    Parameters
    ----------
    meanings : Meanings
        What its arguments can be.
    node : ast.Call
        The call.
    scope : Scope
        Where it stands.
    cell : int
        The number of its cell.
    """

    def __init__(self, meanings: Meanings, node: ast.Call, scope: Scope, cell: int) -> None:
        self.meanings = meanings
        self.node = node
        self.scope = scope
        self.cell = cell
        self.given = [meanings.of(argument, scope, cell) for argument in node.args]


def library_result(function: str, call: Call) -> Iterable[Value] | None:  # noqa: PLR0911 - a case each
    """Return what a function gives, or None where nothing is known of that.

    Parameters
    ----------
    function : str
        Its dotted name.
    call : Call
        How it is called.
    """
    if function == TEMPORARY:
        return (TEMPORARY,)
    plain = decoded(function, call.given)
    if plain is not None and plain != UNKNOWN:
        return plain
    rule = _RULES.get(function)
    if function == "builtins.dict" and call.node.keywords:
        return call.meanings.items_of(
            [keyword.value for keyword in call.node.keywords], call.scope, call.cell
        )
    if not call.given:
        return None
    if rule is not None:
        return rule(function, call)
    if function.startswith(_GETTER):
        return call.meanings.path(call.given[0], function.removeprefix(_GETTER))
    owner, _, last = function.rpartition(".")
    if last == "__getattribute__":
        return _bound_getattr(owner, call)
    if last in LOOKS_UP and is_mapping_of_names(owner):
        position = (call.cell, call.node.lineno, call.node.col_offset)
        return call.meanings.subscript(frozenset({owner}), call.given[0], call.scope, position)
    return None


def is_mapping_of_names(name: str) -> bool:
    """Tell whether a dotted name is a mapping through which anything can be had by its name."""
    return name in NAMESPACES or name == "sys.modules" or name.endswith(".__dict__")


def _import(function: str, call: Call) -> Iterable[Value]:
    names = texts(call.given[0])
    if function.endswith("__"):
        names = [name.partition(".")[0] for name in names]
    return list(map(known_names().plain, names)) or UNKNOWN


def _getattr(function: str, call: Call) -> Iterable[Value]:  # noqa: ARG001 - every rule has this form
    of, *rest = call.given
    found = {value for name in texts(rest[0] if rest else ()) for value in call.meanings.path(of, name)}
    return found.union(*rest[1:]) or UNKNOWN


def _bound_getattr(owner: str, call: Call) -> Iterable[Value]:
    of, names = call.given if len(call.given) > 1 else (frozenset({owner}), call.given[0])
    return {value for name in texts(names) for value in call.meanings.attribute(of, name)} or UNKNOWN


def _getter(function: str, call: Call) -> Iterable[Value]:  # noqa: ARG001
    return [_GETTER + name for name in texts(call.given[0])] or UNKNOWN


def _vars(function: str, call: Call) -> Iterable[Value]:  # noqa: ARG001
    return call.meanings.attribute(call.given[0], "__dict__")


def _partial(function: str, call: Call) -> Iterable[Value]:  # noqa: ARG001
    return (Partial(call.given[0], call.node, call.scope),)


def _first(function: str, call: Call) -> Iterable[Value]:  # noqa: ARG001
    return call.given[0]


def _item(function: str, call: Call) -> Iterable[Value]:  # noqa: ARG001
    return call.meanings.items(call.given[0])


def _rows(function: str, call: Call) -> Iterable[Value]:  # noqa: ARG001
    every = frozenset(item for values in call.given for item in call.meanings.items(values))
    return (holding([frozenset({holding([every], exact=False)})], exact=False),)


def _path(function: str, call: Call) -> Iterable[Value] | None:
    if TEMPORARY in call.given[0] and all(map(is_relative, call.given[1:])):
        return (TEMPORARY,)
    if function == "os.path.join":
        return joined([part for values in call.given for part in (values, frozenset({Known("/")}))][:-1])
    return None


def stays_inside(values: Values) -> bool:
    """Tell whether a path to a folder still leads below it with `values` written behind it."""
    return not any(isinstance(value, Known) and ".." in value.text for value in values)


def is_relative(values: Values) -> bool:
    """Tell whether `values`, joined to a folder as paths, lead below it."""
    if any(isinstance(value, Known) and value.text.startswith(("/", "~", "\\")) for value in values):
        return False
    return "pathlib.Path()" not in values and stays_inside(values)


_RULES: dict[str, Callable[[str, Call], Iterable[Value] | None]] = {
    **dict.fromkeys(("builtins.__import__", "importlib.import_module", "importlib.__import__"), _import),
    **dict.fromkeys(("builtins.getattr", "inspect.getattr_static"), _getattr),
    **dict.fromkeys(("operator.attrgetter", "operator.methodcaller"), _getter),
    "builtins.vars": _vars,
    "sqlalchemy.text": _first,
    "functools.partial": _partial,
    **dict.fromkeys(("builtins.next", "builtins.max", "builtins.min"), _item),
    **dict.fromkeys(("builtins.zip", "builtins.enumerate"), _rows),
    **dict.fromkeys(("pathlib.Path", "os.path.join"), _path),
    **dict.fromkeys(
        (f"os.path.{name}" for name in ("abspath", "expanduser", "realpath", "normpath")), _first
    ),
    **dict.fromkeys(("os.fspath", "os.fsdecode", "copy.copy", "copy.deepcopy", "functools.cache"), _first),
    **dict.fromkeys(("functools.wraps()", "functools.lru_cache()", "contextlib.closing"), _first),
    **dict.fromkeys(
        (
            f"builtins.{name}"
            for name in ("iter", "reversed", "list", "tuple", "set", "frozenset", "sorted", "dict")
        ),
        _first,
    ),
}
