"""The words of generated code and of what it calls: whatever it changes on purpose, it names.

A library changes attributes of its own too, such as caches and what it sets up when it is first
used. Winding those back may break it, so only what the code can have meant is put back.
"""

from __future__ import annotations

import re
from types import FunctionType, MethodType, ModuleType
from typing import TYPE_CHECKING, Any

from creator_magic.kernel.users_code import code_within, is_users

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from types import CodeType

_WORD = re.compile(r"[^\W\d]\w*")

_COMPUTED_ATTRIBUTE = frozenset(
    {"setattr", "delattr", "__setattr__", "__delattr__", "__dict__", "vars", "globals", "exec", "eval"}
    | {"f_globals", "__globals__", "patch", "reload"}
)
"""What lets code change an attribute whose name it does not spell out."""

_COMPUTED_MODULE = frozenset(
    {"modules", "import_module", "__import__", "exec", "eval", "__subclasses__", "get_objects", "getmodule"}
)
"""What lets code reach a module or a class that neither it nor a value in its hands names."""


class Words:
    """The words of `sources` and of the person's functions, classes and modules that they name.

    Parameters
    ----------
    sources : iterable of str
        Python code.
    namespace : mapping of str to object
        The person's names.

    Attributes
    ----------
    computes_attributes : bool
        Whether the code may change an attribute that it does not spell out.
    computes_modules : bool
        Whether it may reach a module that it does not spell out.
    """

    def __init__(self, sources: Iterable[str], namespace: Mapping[str, Any]) -> None:
        self._words: set[str] = set()
        self._namespace = namespace
        self._followed: set[int] = set()
        for source in sources:
            self._add(_WORD.findall(source))
        self.computes_attributes = not self._words.isdisjoint(_COMPUTED_ATTRIBUTE)
        self.computes_modules = not self._words.isdisjoint(_COMPUTED_MODULE)

    def __contains__(self, word: str) -> bool:
        return word in self._words

    def among(self, names: Mapping[str, Any]) -> set[str]:
        """Return those of `names` that the code says."""
        return self._words & names.keys()

    def _add(self, words: Iterable[str]) -> None:
        new = set(words) - self._words
        self._words |= new
        for word in new & self._namespace.keys():
            self._follow(self._namespace[word])

    def _follow(self, value: Any) -> None:
        """Add what `value` and its classes are called, and what the person's own code in it says."""
        if id(value) in self._followed:
            return
        self._followed.add(id(value))
        # By its type: an object of the person's may answer a question for its class in any way.
        kind = type(value)
        if kind is MethodType:
            self._follow(value.__self__)
            self._follow(value.__func__)
        for cls in (value if issubclass(kind, type) else kind).__mro__:
            self._add([*_WORD.findall(str(cls.__module__)), cls.__name__])
        if issubclass(kind, ModuleType):
            self._add(_WORD.findall(value.__name__))
            self._follow_parts(value, value.__name__)
        elif issubclass(kind, type):
            self._follow_parts(value, value.__module__)
        elif kind is FunctionType and is_users(value.__module__):
            self._add(_words_of(value.__code__))

    def _follow_parts(self, place: Any, module: Any) -> None:
        if isinstance(module, str) and is_users(module):
            for part in list(vars(place).values()):
                if type(part) is FunctionType or issubclass(type(part), type):
                    self._follow(part)


def _words_of(code: CodeType) -> Iterable[str]:
    for part in code_within(code):
        yield from part.co_names
        for constant in part.co_consts:
            if isinstance(constant, str):
                yield from _WORD.findall(constant)
