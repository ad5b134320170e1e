"""What is told of everything else: modules, classes, plain values, containers and objects.

An object is known by its type: what methods there are and with which parameters. No attribute of the
object itself is asked for, since that may be a property that does something.
"""

from __future__ import annotations

import inspect
import re
import types
from typing import TYPE_CHECKING, Any

from creator_magic.kernel.users_code import is_users
from creator_magic.kernel.variables.form import Form, Item, Part, class_name, is_a, type_name
from creator_magic.kernel.variables.functions import docstring_of, signature_without_defaults

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

_LOOKED_AT = 1_000
"""Items of a container whose types are told."""

_COLLECTIONS: tuple[Any, ...] = (list, tuple, set, frozenset)
_TEXTS: tuple[Any, ...] = (str, bytes, bytearray)
_VERSION = re.compile(r"\d[\w.+]{0,30}")


def form_of(value: object) -> Form:
    """Return the form of any value.

    Parameters
    ----------
    value : object
        Anything.
    """
    if type(value) is types.ModuleType:
        return _module(value)
    if isinstance(value, type):
        return _class(value)
    head = _of_pythons_own(value)
    return Form(head) if head else _object(value)


def _of_pythons_own(value: Any) -> str:
    """Return what a plain value or a container is; empty for anything else."""
    name = type_name(value)
    if is_a(value, dict):
        keys, values = _kinds(dict.keys(value)), _kinds(dict.values(value))
        return f"{name} with {dict.__len__(value)} keys of type {keys}, values of type {values}"
    for kind in _COLLECTIONS:
        if is_a(value, kind):
            return f"{name} of {kind.__len__(value)} items of type {_kinds(kind.__iter__(value))}"
    for kind in _TEXTS:
        if is_a(value, kind):
            return f"{name} of length {kind.__len__(value)}"
    plain = value is None or any(is_a(value, kind) for kind in (bool, int, float, complex))
    return name if plain else ""


def _module(module: types.ModuleType) -> Form:
    names = vars(module)
    name, version = names.get("__name__"), names.get("__version__")
    told = f" {version}" if type(version) is str and _VERSION.fullmatch(version) else ""
    parts: tuple[Part, ...] = ()
    if is_users(name):
        own = (
            (each, value)
            for each, value in names.items()
            if type(value) is types.FunctionType and value.__module__ == name and not each.startswith("_")
        )
        parts = _part("functions", (Item(each, detail=_parameters(value)) for each, value in own))
    return Form(f"module {name}{told}", parts)


def _class(kind: type) -> Form:
    made = kind.__dict__.get("__init__")
    if type(made) is not types.FunctionType:
        return Form(f"class {class_name(kind)}", _members(kind), docstring_of(kind))
    also = tuple(inspect.signature(made).parameters)[1:]
    head = f"class {class_name(kind)}{_parameters(made, bound=True)}"
    return Form(head, _members(kind), docstring_of(kind), also=also)


def _object(value: object) -> Form:
    kind = type(value)
    called = inspect.getattr_static(kind, "__call__", None)
    said = (
        f", to be called with {_parameters(called, bound=True)}" if type(called) is types.FunctionType else ""
    )
    head = f"object of type {type_name(value)}{said}"
    if not is_users(kind.__module__) and not _does_things(kind):
        return Form(head)
    return Form(head, _members(kind), docstring_of(kind), "object" if _does_things(kind) else "")


def _does_things(kind: type) -> bool:
    """Tell whether objects of a type are there for what they do, as clients are, and not for their data."""
    return any(type(value) is types.FunctionType for _, value in _public(kind))


def _members(kind: type) -> tuple[Part, ...]:
    methods, attributes = [], []
    for name, value in _public(kind):
        function = value.__func__ if isinstance(value, staticmethod | classmethod) else value
        if isinstance(function, _FUNCTIONS):
            bound = not isinstance(value, staticmethod)
            methods.append(Item(name, detail=_parameters(function, bound=bound)))
        elif isinstance(value, _DATA):
            attributes.append(Item(name))
    declared = (name for each in kind.__mro__ for name in inspect.get_annotations(each))
    known = {item.name for item in (*methods, *attributes)}
    attributes += [
        Item(n) for n in dict.fromkeys(declared) if type(n) is str and n[0] != "_" and n not in known
    ]
    return (*_part("attributes", attributes), *_part("methods", methods))


def _part(label: str, items: Iterable[Item]) -> tuple[Part, ...]:
    listed = tuple(items)
    return (Part(label, listed, "parameters" if label != "attributes" else ""),) if listed else ()


def _public(kind: type) -> Iterator[tuple[str, Any]]:
    """Yield what a class and its bases offer, as it stands in them: nothing is asked of a descriptor."""
    seen = set()
    for each in type.mro(kind) if kind is not type else ():
        for name, value in type.__dict__["__dict__"].__get__(each).items():
            if type(name) is str and not name.startswith("_") and name not in seen:
                seen.add(name)
                yield name, value


def _parameters(function: Callable[..., Any], *, bound: bool = False) -> str:
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        return "(...)"
    own = list(signature.parameters.values())[1:] if bound else list(signature.parameters.values())
    return signature_without_defaults(signature.replace(parameters=own))


_FUNCTIONS = (
    types.FunctionType,
    types.BuiltinFunctionType,
    types.MethodDescriptorType,
    types.ClassMethodDescriptorType,
)
_DATA = (property, types.MemberDescriptorType, types.GetSetDescriptorType)


def _kinds(values: Iterable[object]) -> str:
    kinds = set()
    for number, value in enumerate(values):
        if number == _LOOKED_AT:
            break
        kinds.add(type_name(value))
    return " or ".join(sorted(kinds)[:5]) if kinds else "any"
