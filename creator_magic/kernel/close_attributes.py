"""What a library has under names close to an attribute or an argument that it does not have."""

from __future__ import annotations

import inspect
import re
import sys
import types
from typing import TYPE_CHECKING, Any

from creator_magic.kernel.users_code import is_users

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_MOST = 3
_ARGUMENT = re.compile(r"([\w.]+)\(\) got an unexpected keyword argument '(\w+)'")


def close_attributes(error: BaseException) -> tuple[str, tuple[str, ...]]:
    """Return the wrong name of an attribute or an argument, and those of the library close to it.

    Only types, modules and signatures are looked at, and only those of libraries: nothing of the
    user's is among the names, and no property is asked.

    Parameters
    ----------
    error : BaseException
        What the code raised.

    Returns
    -------
    tuple of str and tuple of str
        An empty name where the error is of another kind.
    """
    if type(error) is AttributeError and type(error.name) is str:
        return error.name, _close(error.name, _attributes(error.obj))
    if type(error) is TypeError and len(error.args) == 1 and type(error.args[0]) is str:
        found = _ARGUMENT.search(error.args[0])
        if found is not None:
            return found[2], _close(found[2], _arguments(found[1]))
    return "", ()


def _close(wrong: str, names: Iterable[str]) -> tuple[str, ...]:
    import difflib

    return tuple(difflib.get_close_matches(wrong, sorted(set(names)), n=_MOST, cutoff=0.7))


def _attributes(owner: Any) -> Iterator[str]:
    if type(owner) is types.ModuleType:
        if not is_users(vars(owner).get("__name__")):
            yield from _public(vars(owner))
        return
    kind = owner if isinstance(owner, type) else type(owner)
    for each in type.mro(kind) if kind is not type else ():
        if not is_users(each.__module__):
            yield from _public(vars(each))


def _public(names: Iterable[Any]) -> Iterator[str]:
    return (name for name in names if type(name) is str and not name.startswith("_"))


def _arguments(qualified: str) -> Iterator[str]:
    """Yield what the functions of libraries take that are called so, as in `DataFrame.sort_values`."""
    for name, module in list(sys.modules.items()):
        if type(module) is types.ModuleType and "." not in name and name[0] != "_" and not is_users(name):
            try:
                function = _found(module, qualified)
                yield from _public(inspect.signature(function).parameters) if callable(function) else ()
            except (TypeError, ValueError, AttributeError):
                continue


def _found(module: types.ModuleType, qualified: str) -> Any:
    first, *rest = qualified.split(".")
    found = vars(module).get(first)
    for name in rest:
        found = inspect.getattr_static(found, name) if isinstance(found, type) else None
    return getattr(found, "__func__", found) if isinstance(found, staticmethod | classmethod) else found
