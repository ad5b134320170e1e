"""What is told of functions: name, parameters and docstring; no default, and of annotations plain types."""

from __future__ import annotations

import ast
import functools
import inspect
import types
import typing
from typing import Any

from creator_magic.kernel.users_code import is_users
from creator_magic.kernel.variables.form import Form, class_name

_KINDS = (
    types.FunctionType,
    types.MethodType,
    types.BuiltinFunctionType,
    types.MethodWrapperType,
    functools.partial,
    functools._lru_cache_wrapper,  # noqa: SLF001 - it has no other name
)
_LONGEST = 1_000


def form_of(value: object) -> Form | None:
    """Return the form of a function, None for any other value.

    Parameters
    ----------
    value : object
        Anything.
    """
    function: Any = value
    if type(value) not in _KINDS and class_name(type(value)) != "numpy.ufunc":
        return None
    kind = "function"
    if type(value) is functools.partial:
        kind, name = "partial function of", getattr(function.func, "__name__", "one")
    else:
        name = function.__name__
    if inspect.iscoroutinefunction(function):
        kind = f"async {kind}"
    try:
        parameters = inspect.signature(function)
    except (TypeError, ValueError):
        return Form(f"{kind} {name}(...)", docstring=docstring_of(function))
    said = signature_without_defaults(parameters)
    if len(said) > _LONGEST:
        said = "(...)"
    return Form(f"{kind} {name}{said}", docstring=docstring_of(function), also=tuple(parameters.parameters))


def docstring_of(value: Any) -> str:
    """Return what a function or a class says of itself; of a library's the first line."""
    own = value.func if type(value) is functools.partial else value
    said = own.__dict__.get("__doc__") if isinstance(own, type) else own.__doc__
    if isinstance(own, type) and str(said).startswith(f"{own.__name__}("):
        return ""  # written by `dataclass`, with the defaults, which are values
    whole = inspect.cleandoc(said) if type(said) is str else ""
    return whole if is_users(own.__module__) else whole.partition("\n")[0]


def signature_without_defaults(signature: inspect.Signature) -> str:
    """Return a function's parameters and the types that they are said to have.

    Parameters
    ----------
    signature : inspect.Signature
        As Python has it.

    Returns
    -------
    str
        As in `(price: float, *, rate=...) -> float`.
    """
    # Defaults may be values of the user's; that there is one is enough to call it.
    bare = [
        p.replace(default=p.empty if p.default is p.empty else _LEFT_OUT, annotation=_plain(p.annotation))
        for p in signature.parameters.values()
    ]
    return str(signature.replace(parameters=bare, return_annotation=_plain(signature.return_annotation)))


class _Text:
    """What stands in a signature as this very text."""

    def __init__(self, text: str) -> None:
        self._text = text

    def __repr__(self) -> str:
        return self._text


_LEFT_OUT = _Text("...")


def _plain(annotation: Any) -> Any:
    if annotation is inspect.Parameter.empty:
        return annotation
    said = _type_said(annotation)
    return _Text(said) if said else inspect.Parameter.empty


def _type_said(annotation: Any) -> str:
    """Return an annotation made of types alone, else nothing: a `Literal` holds values."""
    if annotation is None or annotation is type(None):
        return "None"
    if isinstance(annotation, str):
        return annotation if _is_type(annotation) else ""
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is None:
        return class_name(annotation) if isinstance(annotation, type) else ""
    said = [_type_said(argument) if argument is not ... else "..." for argument in arguments]
    if not all(said):
        return ""
    if origin in (types.UnionType, typing.Union):
        return " | ".join(said)
    return f"{class_name(origin)}[{', '.join(said)}]" if isinstance(origin, type) else ""


def _is_type(text: str) -> bool:
    try:
        tree = ast.parse(text, mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return all(
        isinstance(node, _IN_TYPES) or (isinstance(node, ast.Constant) and node.value in (None, ...))
        for node in ast.walk(tree)
    )


_IN_TYPES = (
    *(ast.Expression, ast.Name, ast.Attribute, ast.Subscript, ast.Tuple, ast.List, ast.BinOp),
    *(ast.BitOr, ast.Load),
)
