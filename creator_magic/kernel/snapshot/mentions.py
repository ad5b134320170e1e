"""What code speaks of: the names it could reach, directly or through functions of the user's it mentions."""

from __future__ import annotations

import ast
import functools
import re
from dataclasses import dataclass, field
from types import FunctionType, MethodType, UnionType
from typing import TYPE_CHECKING, Any

from creator_magic.kernel.users_code import code_within, is_users
from creator_magic.python_source import parsed

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from types import CodeType

_REACHES_ANYTHING = frozenset(
    {
        "globals", "locals", "vars", "exec", "eval", "compile", "get_ipython", "user_ns", "__main__",
        "inspect", "gc", "_getframe", "f_globals", "f_locals", "__globals__", "__dict__",
    }
)  # fmt: skip


_LOOKS_UP = _REACHES_ANYTHING | {
    "modules", "import_module", "__import__", "attrgetter", "methodcaller", "pickle", "ctypes", "doctest",
    "testmod", "unittest",
}  # fmt: skip
"""Words of code that may come to a name by its text, or to all names."""

_WORD = re.compile(r"\w+")


@dataclass(slots=True)
class Mentions:
    """What code speaks of.

    Attributes
    ----------
    names : dict of str to None
        Names of the namespace that it could reach, in the order in which it comes to them.
    modules : dict of str to None
        Modules that it imports.
    words : set of str
        Every name and attribute in it, and in the functions that it mentions.
    texts : set of str
        Every word in a text of theirs.
    """

    names: dict[str, None] = field(default_factory=dict)
    modules: dict[str, None] = field(default_factory=dict)
    words: set[str] = field(default_factory=set)
    texts: set[str] = field(default_factory=set)

    @property
    def nothing_else(self) -> bool:
        """Whether it reaches no name but these, and what these lead to."""
        return _LOOKS_UP.isdisjoint(self.words) and _LOOKS_UP.isdisjoint(self.texts)

    @property
    def everything(self) -> bool:
        """Whether it could reach any name, in ways that do not show in its text."""
        return not self.words.isdisjoint(_REACHES_ANYTHING)


def mentions(sources: Sequence[str], namespace: Mapping[str, Any]) -> Mentions:
    """Return what `sources` speak of.

    Parameters
    ----------
    sources : sequence of str
        Code that is about to run.
    namespace : mapping
        Where it will run.
    """
    found = Mentions()
    for source in sources:
        _read(source, found)
    functions = [namespace[name] for name in found.names if name in namespace]
    seen: set[int] = set()
    while functions:
        value = functions.pop()
        if id(value) in seen:
            continue
        seen.add(id(value))
        for code, known in _code_of(value):
            words = {word for part in code_within(code) for word in (*part.co_names, *part.co_freevars)}
            found.words |= words
            texts = (text for part in code_within(code) for text in part.co_consts if type(text) is str)
            found.texts.update(_WORD.findall(" ".join(texts)))
            # What it uses of a module of its own is reached through the function itself.
            if known is namespace:
                new = [word for word in words if word in namespace and word not in found.names]
                found.names.update(dict.fromkeys(new))
                functions.extend(namespace[word] for word in new)
        functions.extend(_called_by(value))
    return found


def _read(source: str, found: Mentions) -> None:
    tree = parsed(source)
    if tree is None:
        # With IPython's own syntax, as in a cell that the user edited, it may do anything.
        found.words.add("get_ipython")
        return
    nodes = list(ast.walk(tree))
    # A text that stands by itself, as a docstring does, is told to nobody.
    alone = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
    called = {id(node.func) for node in nodes if isinstance(node, ast.Call)}
    for node in nodes:
        match node:
            case ast.Name(id=name):
                found.names[name] = None
                found.words.add(name)
            # `np.array(...)` is not the `array` of a series.
            case ast.Attribute(attr=attribute) if attribute != "array" or id(node) not in called:
                found.words.add(attribute)
            case ast.Constant(value=str(text)) if id(node) not in alone:
                found.texts.update(_WORD.findall(text))
            case ast.Global(names=names) | ast.Nonlocal(names=names):
                found.names.update(dict.fromkeys(names))
            case ast.Import(names=aliases):
                found.modules.update((alias.name, None) for alias in aliases)
                found.words.update(alias.name for alias in aliases)
            case ast.ImportFrom(module=str(module), names=aliases):
                found.modules[module] = None
                found.words.update(alias.name for alias in aliases)


def _code_of(value: Any) -> Iterable[tuple[CodeType, object]]:
    """Return the code that calling `value`, or a method of it, would run, if it is the user's."""
    if _is(value, FunctionType):
        if is_users(value.__globals__.get("__name__")):
            yield value.__code__, value.__globals__
        return
    kind = value if _is(value, type) else type(value)
    for each in kind.__mro__:
        if is_users(type.__getattribute__(each, "__module__")):
            for attribute in vars(each).values():
                for function in (attribute, *_inside(attribute)):
                    if _is(function, FunctionType):
                        yield function.__code__, function.__globals__


def _called_by(value: Any) -> Iterable[object]:
    """Return the functions that a function of the user's calls besides those it finds by name."""
    if _is(value, FunctionType):
        for cell in value.__closure__ or ():
            try:
                if callable(cell.cell_contents):
                    yield cell.cell_contents
            except ValueError:
                # Not bound yet.
                continue
    elif _is(value, MethodType):
        yield value.__func__
        yield value.__self__
    elif _is(value, functools.partial):
        yield value.func
    elif type(value) is functools._lru_cache_wrapper:  # noqa: SLF001 - it has no other name
        yield value.__wrapped__


def _inside(attribute: Any) -> tuple[object, ...]:
    if _is(attribute, property):
        return (attribute.fget, attribute.fset, attribute.fdel)
    if _is(attribute, staticmethod | classmethod):
        return (attribute.__func__,)
    return ()


def _is(value: object, kind: type | UnionType) -> bool:
    """As `isinstance`, but without asking `value`, whose `__class__` may be code of the user's."""
    return issubclass(type(value), kind)
