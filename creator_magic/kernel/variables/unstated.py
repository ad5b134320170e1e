"""Variables that a problem plainly speaks of and that nobody named: a hint for the person, and no guess.

What is not stated is not sent. A word is taken for a variable only where it can hardly be anything
else: in backticks, or spelt like no word of a language.
"""

from __future__ import annotations

import inspect
import re
import sys
import types
from itertools import compress
from typing import TYPE_CHECKING, Any

from creator_magic.kernel.shell_names import SHELL_NAMES
from creator_magic.kernel.variables.form import is_a

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

_MOST = 3
_QUOTED = re.compile(r"`([^`\n]+)`")
_WORD = re.compile(r"(?<![\w.@/-])[A-Za-z_]\w*")
_NO_LANGUAGE_S = re.compile(r"_|\d|[a-z][A-Z]|^[^aeiouyAEIOUY]{2,}$|^df|df$")
_ABBREVIATIONS = frozenset(
    [
        *("km", "kg", "cm", "mm", "nm", "mg", "ml", "gb", "mb", "kb", "tb", "hz", "khz", "mhz", "ghz", "kw"),
        *("kwh", "ft", "lb", "lbs", "mph", "kph", "ms", "ns", "hr", "hrs", "pct", "pts", "pm", "bc", "vs"),
        *("st", "nd", "rd", "th", "mr", "mrs", "dr", "phd", "tv", "pc", "cd", "dvd", "pdf", "csv", "tsv"),
        *("sql", "html", "http", "https", "css", "xml", "png", "jpg"),
    ]
)


def unstated(
    text: str, namespace: Mapping[str, Any], own: Collection[str], stated: Collection[str]
) -> tuple[str, ...]:
    """Return a line for each variable that a problem speaks of and that was not named.

    Parameters
    ----------
    text : str
        The problem and its hints.
    namespace : mapping
        The notebook's variables.
    own : collection of str
        Those that are the person's.
    stated : collection of str
        Those whose form, or whose signature, is sent anyway.
    """
    quoted = {word for said in _QUOTED.findall(text) for word in (said, *_WORD.findall(said)[:1])}
    plain = {word for word in _WORD.findall(_QUOTED.sub(" ", text)) if _is_no_word(word)}
    known = {id(namespace.get(name)) for name in stated}
    # Of the thousands of names of a long session, nearly all are neither said nor a frame's. By their ids,
    # since a class need not be hashable.
    types_of = list(map(type, namespace.values()))
    ids = list(map(id, types_of))
    kinds = dict(zip(ids, types_of, strict=True))
    frames = {at for at, kind in kinds.items() if any(issubclass(kind, each) for each in _kinds(_FRAMES))}
    looked_at = (quoted | plain).union(compress(namespace, map(frames.__contains__, ids)))
    others = [
        name
        for name in compress(namespace, map(looked_at.__contains__, namespace))
        if name in own and name[0] != "_" and name not in SHELL_NAMES and id(namespace[name]) not in known
    ]
    of_stated = {column for name in stated for column in _columns(namespace.get(name))}
    spoken = (quoted | plain) - of_stated
    lines = []
    for name in others:
        value = namespace[name]
        is_plain = name in quoted - of_stated and type(value) is not types.ModuleType
        if is_plain or (name in spoken and _is_data_or_function(value)):
            lines.append(f"`{name}` was not named: {_add(name)}")
        elif column := next((column for column in _columns(value) if column in spoken), ""):
            lines.append(f"`{column}` is a column of `{name}`, which was not named: {_add(name)}")
    return tuple(lines[:_MOST])


def _add(name: str) -> str:
    return f"add --use {name}, and its form is sent."


def _is_data_or_function(value: object) -> bool:
    return type(value) is types.FunctionType or any(is_a(value, kind) for kind in _kinds(_DATA))


def _columns(value: Any) -> Iterator[str]:
    for kind in _kinds(_FRAMES):
        if is_a(value, kind):
            # Past what a subclass may do when it is asked.
            columns = inspect.getattr_static(kind, "columns").__get__(value, kind)
            yield from (name for name in columns if type(name) is str)


def _kinds(names: Mapping[str, tuple[str, ...]]) -> Iterator[type]:
    for library, types_ in names.items():
        module = sys.modules.get(library)
        if module is not None:
            yield from (getattr(module, name) for name in types_)


_FRAMES = {"pandas": ("DataFrame",), "polars": ("DataFrame",), "duckdb": ("DuckDBPyRelation",)}
_DATA = {
    "pandas": ("DataFrame", "Series"),
    "polars": ("DataFrame", "LazyFrame", "Series"),
    "duckdb": ("DuckDBPyRelation",),
    "numpy": ("ndarray",),
}


def _is_no_word(word: str) -> bool:
    return bool(_NO_LANGUAGE_S.search(word)) and word.lower() not in _ABBREVIATIONS
