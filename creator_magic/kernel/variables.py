"""What a model is told about the user's variables: types, shapes, dtypes, column names; no values."""

from __future__ import annotations

import difflib
import inspect
import re
import sys
from typing import TYPE_CHECKING, Any

from creator_magic.errors import InputError
from creator_magic.kernel.shared_rows import shared_rows
from creator_magic.problem import Variable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_COLUMNS = 60
_DTYPE = re.compile(r"[A-Za-z]+\d*(?:\[(?:ns|us|ms|s)(?:, [A-Za-z_/]+)?\])?|[<>|=]?[a-zA-Z]\d+")


def describe(
    names: Sequence[str], namespace: Mapping[str, Any], rows: Mapping[str, int] | None = None
) -> tuple[Variable, ...]:
    """Describe the variables that `--use` and `--share` name.

    Parameters
    ----------
    names : sequence of str
        Names of variables.
    namespace : mapping
        Where they are looked up.
    rows : mapping of str to int or None
        How many rows of which of them the person shares.

    Returns
    -------
    tuple of Variable
        In the order of `names`, each once.

    Raises
    ------
    InputError
        If a name is not bound, or has no rows to share; close matches are offered, and nothing was sent.
    """
    for name in names:
        if name not in namespace:
            close = difflib.get_close_matches(name, [n for n in namespace if not n.startswith("_")], n=1)
            meant = f" Did you mean `{close[0]}`?" if close else " Run the cell that makes it first."
            flag = "--share" if rows and name in rows else "--use"
            raise InputError(f"{flag} names `{name}`, but there is no such variable in the notebook.{meant}")
    return tuple(_variable(name, namespace[name], (rows or {}).get(name, 0)) for name in dict.fromkeys(names))


def _variable(name: str, value: Any, rows: int) -> Variable:
    shared = shared_rows(name, value, rows) if rows else ""
    return Variable(name, description(value), shared, rows)


def description(value: Any) -> str:
    """Describe one value by its form, whatever the value's own methods do when they are asked.

    Parameters
    ----------
    value : object
        Anything.

    Returns
    -------
    str
        Type, and shape, dtypes, column names and missing counts, signature, or length where they apply.
    """
    try:
        return _form(value)
    except Exception:  # noqa: BLE001 - an object may refuse every question; its type remains
        return f"object of type {type_name(value)}"


def type_name(value: Any) -> str:
    """Return what the type of a value is called: with its module, unless that is Python's or the notebook."""
    kind = type(value)
    builtin = kind.__module__ in ("builtins", "__main__")
    return kind.__qualname__ if builtin else f"{kind.__module__}.{kind.__qualname__}"


def _form(value: Any) -> str:
    for library, describe_one in (("pandas", _pandas), ("polars", _polars), ("numpy", _numpy)):
        module = sys.modules.get(library)
        told = describe_one(value, module) if module is not None else None
        if told is not None:
            return told
    if inspect.ismodule(value):
        return f"module {value.__name__}"
    if inspect.isclass(value):
        return f"class {value.__name__}"
    if callable(value) and hasattr(value, "__name__"):
        return _function(value)
    return _container(value)


def _columns(columns: Sequence[tuple[Any, Any, int]]) -> str:
    told = [
        f"{name!s} ({_dtype(dtype)}{f', {missing} missing' if missing else ''})"
        for name, dtype, missing in columns[:_COLUMNS]
    ]
    if len(columns) > _COLUMNS:
        told.append(f"and {len(columns) - _COLUMNS} more")
    return "; ".join(told)


def _dtype(dtype: Any) -> str:
    """Name a dtype by its kind, width, unit and time zone; some hold values, such as categories."""
    text = str(dtype)
    if _DTYPE.fullmatch(text):
        return text
    names = getattr(dtype, "names", None)
    if names:
        return f"structured with fields {', '.join(map(str, names))}"
    return re.split(r"[\[({]", text, maxsplit=1)[0].strip() or type(dtype).__name__


def _pandas(value: Any, pandas: Any) -> str | None:
    if isinstance(value, pandas.DataFrame):
        missing = value.isna().sum().tolist()
        columns = list(zip(value.columns, value.dtypes, missing, strict=True))
        return (
            f"pandas DataFrame, {len(value)} rows, index of type {type(value.index).__name__}; "
            f"columns: {_columns(columns)}"
        )
    if isinstance(value, pandas.Series):
        missing = int(value.isna().sum())
        told = f", {missing} missing" if missing else ""
        return f"pandas Series, {len(value)} values of {_dtype(value.dtype)}{told}"
    if isinstance(value, pandas.Index):
        return f"pandas {type(value).__name__}, {len(value)} values of {_dtype(value.dtype)}"
    return None


def _polars(value: Any, polars: Any) -> str | None:
    if isinstance(value, polars.DataFrame):
        missing = value.null_count().row(0)
        columns = list(zip(value.columns, value.dtypes, missing, strict=True))
        return f"polars DataFrame, {value.height} rows; columns: {_columns(columns)}"
    if isinstance(value, polars.LazyFrame):
        schema = value.collect_schema()
        return f"polars LazyFrame; columns: {_columns([(n, t, 0) for n, t in schema.items()])}"
    if isinstance(value, polars.Series):
        return f"polars Series, {len(value)} values of {_dtype(value.dtype)}"
    return None


def _numpy(value: Any, numpy: Any) -> str | None:
    if isinstance(value, numpy.generic):
        return f"numpy {type(value).__name__}"
    if isinstance(value, numpy.ndarray):
        return f"numpy array of shape {value.shape}, dtype {_dtype(value.dtype)}"
    return None


def _function(value: Any) -> str:
    try:
        signature = signature_without_defaults(inspect.signature(value))
    except (TypeError, ValueError):
        signature = "(...)"
    return f"function {value.__name__}{signature}"


def signature_without_defaults(signature: inspect.Signature) -> str:
    """Return the names and kinds of a function's parameters, as in `(price, *, rate=...)`."""
    # Defaults may be values of the user's; a parameter's name and kind are enough to call it.
    bare = [
        p.replace(default=p.empty if p.default is p.empty else ..., annotation=p.empty)
        for p in signature.parameters.values()
    ]
    return str(signature.replace(parameters=bare, return_annotation=signature.empty)).replace(
        "Ellipsis", "..."
    )


def _container(value: Any) -> str:
    if isinstance(value, dict):
        keys, values = _kinds(value), _kinds(value.values())
        return f"{type_name(value)} with {len(value)} keys of type {keys}, values of type {values}"
    if isinstance(value, list | tuple | set | frozenset):
        return f"{type_name(value)} of {len(value)} items of type {_kinds(value)}"
    if isinstance(value, str | bytes | bytearray):
        return f"{type_name(value)} of length {len(value)}"
    if value is None or isinstance(value, bool | int | float | complex):
        return type_name(value)
    methods = [name for name in dir(type(value)) if not name.startswith("_")][:_COLUMNS]
    return f"object of type {type_name(value)}{', with ' + ', '.join(methods) if methods else ''}"


def _kinds(values: Any) -> str:
    kinds = sorted({type_name(value) for value in list(values)[:1000]})
    return " or ".join(kinds[:5]) if kinds else "any"
