"""What names of the notebook mean, as dotted names: `rm` is `os.remove`, `here` a `pathlib.Path()`."""

from __future__ import annotations

import functools
import sys
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType
from typing import TYPE_CHECKING, Any

from creator_magic.kernel.shell_names import SHELL_NAMES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


def name_meanings(namespace: Mapping[str, Any], names: Iterable[str]) -> dict[str, str]:
    """Return what those of `names` mean that are a library's.

    Parameters
    ----------
    namespace : mapping
        The notebook's variables.
    names : iterable of str
        The names that code uses.

    Returns
    -------
    dict of str to str
        A module's name; a function's or a class's, with its module's; a class's with `()` behind it
        for an object of that class. Functions and classes of the notebook's own have no such name.
    """
    found = {}
    for name in names:
        if name in namespace and name not in SHELL_NAMES:
            meaning = _meaning(namespace[name])
            if meaning:
                found[name] = meaning
    return found


def _meaning(value: Any) -> str:
    # By type alone: what an object says of itself may be code of anybody's.
    if type(value) is ModuleType:
        return str(value.__dict__.get("__name__", ""))
    if type(value) is functools.partial:
        return _meaning(value.func)
    if type(value) in (MethodType, BuiltinFunctionType):
        owner = value.__self__
        if owner is not None and type(owner) is not ModuleType and not isinstance(owner, type):
            of = _of_library(type(owner))
            return f"{of}().{value.__name__}" if of else ""
    if isinstance(value, type) or type(value) in (FunctionType, BuiltinFunctionType, MethodType):
        return _of_library(value)
    of = _of_library(type(value))
    return f"{of}()" if of and not of.startswith("builtins.") else ""


def _of_library(value: Any) -> str:
    module, name = value.__module__, value.__qualname__
    if not isinstance(module, str) or module == "__main__" or "<" in name:
        return ""
    # Where a library offers a thing is how it is known, not where it keeps it.
    top = module.partition(".")[0]
    offered = getattr(sys.modules.get(top), "__dict__", {}).get(name)
    return f"{top if offered is value else module}.{name}"
