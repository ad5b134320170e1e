"""The form of a variable: what may be told of it, before a budget decides how much is."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Literal

Use = Literal["", "sqlite3", "duckdb", "sqlalchemy", "object"]
"""What code does with it beyond looking at it: how it is queried, or that its methods are called."""

_DTYPE = re.compile(
    r"[A-Za-z]+\d*(?:\[(?:[num]?s|[mhDWMY])(?:, [A-Za-z_/]+)?\])?(?:\[\d*\])*|[<>|=]?[a-zA-Z]\d+"
)
_LONGEST_DTYPE = 40
_TYPE_WORDS = re.compile(r"[\w ]{1,40}")
_PLAIN_NAME = re.compile(r"(?![\s\d'\"(\[]|(?:None|True|False|nan)$)[^;()\n]*[^;()\s]")


@dataclass(frozen=True, slots=True)
class Item:
    """One named thing of a variable, such as a column.

    Parameters
    ----------
    name : str
        Its name, as code would write it.
    told : str
        The name as it is told, where that is not the same.
    detail : str
        What stands behind it if there is room, such as ` (int64)`.
    """

    name: str
    told: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """Several named things of one kind.

    Parameters
    ----------
    label : str
        What they are, such as `columns`, or `columns of table`.
    items : tuple of Item
        In their own order.
    details : str
        What their details are, in words; empty where names and details are only told together.
    of : str
        The name of what they belong to, such as the table.
    """

    label: str
    items: tuple[Item, ...]
    details: str = ""
    of: str = ""


@dataclass(frozen=True, slots=True)
class Form:
    """What may be told of one variable.

    Parameters
    ----------
    head : str
        What it is, in a few words.
    parts : tuple of Part
        What is in it, by name.
    docstring : str
        Its own or its type's; empty if there is none.
    use : str
        One of `Use`.
    also : tuple of str
        Further names that code may write, such as a function's parameters.
    size : str
        How large it is, and what else comes behind `head` if there is room.
    ranges : bool
        Whether the first and the last of dates are among what is told.
    """

    head: str
    parts: tuple[Part, ...] = ()
    docstring: str = ""
    use: Use = ""
    also: tuple[str, ...] = ()
    size: str = ""
    ranges: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """Every name in it, each once."""
        items = (item.name for part in self.parts for item in part.items)
        lists = (part.of for part in self.parts if part.of)
        return tuple(dict.fromkeys((*lists, *items, *self.also)))


def is_a(value: Any, kind: type) -> bool:
    """Tell whether a value is of a type, past `__class__`, which may be a property of anybody's."""
    return issubclass(type(value), kind)


def type_name(value: Any) -> str:
    """Return what the type of a value is called: with its module, unless that is Python's or the notebook."""
    return class_name(type(value))


def class_name(kind: type) -> str:
    """Return what a class is called: with its module, unless that is Python's or the notebook."""
    module = str(type.__getattribute__(kind, "__module__"))
    name = type.__getattribute__(kind, "__qualname__")
    return name if module in ("builtins", "__main__") else f"{module}.{name}"


def dtype_name(dtype: Any) -> str:
    """Name a dtype by its kind, width, unit and time zone; some hold values, such as categories."""
    try:
        text = str(dtype)
        if len(text) <= _LONGEST_DTYPE and _DTYPE.fullmatch(text):
            return text
        names = getattr(dtype, "names", None)
        if names:
            return f"structured with fields {', '.join(map(str, names))}"
        bare = re.split(r"[\[({]", text, maxsplit=1)[0].strip()
        return bare if _TYPE_WORDS.fullmatch(bare) else type(dtype).__name__
    except Exception:  # noqa: BLE001 - a dtype of anybody's may refuse to say what it is called
        return type(dtype).__name__


def column(name: Any, dtype: str, *further: str) -> Item:
    """Return a column.

    Parameters
    ----------
    name : object
        Its name: most often a text.
    dtype : str
        What its dtype is called.
    *further : str
        What else there is to say of it; what is empty is left out.
    """
    said = ", ".join(filter(None, (dtype, *further)))
    plain = str.__str__(name) if is_a(name, str) else name
    told = _told(plain)
    return Item(plain if is_a(plain, str) else told, told, f" ({said})" if said else "")


def _told(name: Any) -> str:
    """Return a name so that it stays on its line and can be told from its neighbours."""
    if type(name) is str:
        return name if name.isprintable() and _PLAIN_NAME.fullmatch(name) else repr(name)
    if type(name) is tuple:
        return f"({', '.join(map(_told_within, name))}{',' if len(name) == 1 else ''})"
    return _told_within(name)


def _told_within(name: Any) -> str:
    kind = type(name)
    if kind in _SCALARS or kind.__module__.partition(".")[0] in _LIBRARIES:
        return repr(name)
    # Its text may be code of anybody's.
    return f"<{class_name(kind)}>"


_SCALARS = frozenset({str, int, float, bool, complex, bytes, type(None)})
_LIBRARIES = frozenset({"pandas", "numpy", "datetime", "decimal"})
