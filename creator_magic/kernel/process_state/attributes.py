"""Attributes of modules and of their classes, as `math.pi = 3` and `DataFrame.total = ...` change them.

The dictionaries of every package that the code can reach are copied whole: copying references in C
takes less time than finding out which of them the code could change.
"""

from __future__ import annotations

import gc
import sys
from array import array
from bisect import bisect_left
from collections import defaultdict
from operator import is_
from types import ModuleType
from typing import TYPE_CHECKING, Any

from creator_magic.kernel.process_state.contents import Contents
from creator_magic.kernel.users_code import is_users

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from creator_magic.kernel.process_state.saver import Restore
    from creator_magic.kernel.process_state.words import Words

    _Owner = tuple[ModuleType | type, dict[str, Any]]

# Read past `__getattribute__`: a module that loads itself when it is looked at stays unloaded.
_module_dict: Callable[[ModuleType], dict[str, Any]] = vars(ModuleType)["__dict__"].__get__
_class_dict = vars(type)["__dict__"].__get__

_IMMUTABLE = 1 << 8
"""CPython's Py_TPFLAGS_IMMUTABLETYPE."""

_MOST = 10_000
"""Entries that a list, dictionary or set of a module may have to be saved: more take too long."""

_MISSING = object()


class Attributes:
    """The attributes of modules and of their classes.

    Saved are the person's own modules, and of each library that the code can reach all there is;
    the person's namespace is not, though it is a module too. What the lists, dictionaries and sets
    among the attributes hold is saved where the code names them, and in the person's own modules.

    Parameters
    ----------
    words : Words
        What the code speaks of.
    """

    says = "attributes of modules and of their classes that the code sets, rebinds or deletes"
    says_of_contents = "what lists, dictionaries and sets in modules hold, where the code names them"

    def __init__(self, words: Words) -> None:
        self._words = words
        self._of_libraries: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self._own: dict[int, tuple[_Owner, dict[str, Any]]] = {}
        self.contents = Contents([])

    def save(self) -> Restore:
        """Save what is loaded, and return what puts it back."""
        self.note()
        return self.restore

    def note(self) -> None:
        """Save what is loaded and was not saved yet, such as what an import brought."""
        words = self._words
        collecting = gc.isenabled()
        # Many new dictionaries, none of them garbage, would set it off.
        gc.disable()
        try:
            for module in _libraries.take_in():
                for owner, live in _with_classes(module):
                    if id(owner) not in self._own:
                        self._own[id(owner)] = (owner, live), live.copy()
                        self.contents.add(filter(_is_container, live.values()))
            for package, found in _libraries.packages.items():
                if words.computes_modules or package in words or package in ("builtins", "sys"):
                    saved = self._of_libraries[package]
                    for name, live in zip(found.names[len(saved) :], found.live[len(saved) :], strict=True):
                        if name in words:
                            named = (live[each] for each in words.among(live))
                            self.contents.add(filter(_is_container, named))
                    saved += map(dict.copy, found.live[len(saved) :])
        finally:
            if collecting:
                gc.enable()

    def restore(self) -> None:
        """Put back what the code can have meant to change, and everything in the person's own modules."""
        for (owner, now), before in self._own.values():
            self._put_back(owner, now, before)
        for package, saved in self._of_libraries.items():
            found = _libraries.packages[package]
            for owner, name, now, before in zip(found.owners, found.names, found.live, saved, strict=False):
                self._put_back(owner, now, before, name)

    def _put_back(
        self,
        owner: ModuleType | type,
        now: dict[str, Any],
        before: dict[str, Any],
        of_library: str | None = None,
    ) -> None:
        for name in _changed(before, now):
            if of_library is not None and not self._meant(of_library, name):
                continue
            if _is_submodule(before, name, now.get(name)):
                continue
            if isinstance(owner, type):
                # Past the metaclass, which may refuse, as an enumeration's does.
                if name in before:
                    type.__setattr__(owner, name, before[name])
                else:
                    type.__delattr__(owner, name)
            elif name in before:
                now[name] = before[name]
            else:
                del now[name]

    def _meant(self, owner: str, name: str) -> bool:
        """Whether the code can have meant to change `name` of a library's module or class `owner`."""
        words = self._words
        if name in words:
            return True
        # What begins with an underscore in a place that is not named is a library's own business.
        reached = owner in words or (words.computes_modules and not name.startswith("_"))
        return words.computes_attributes and reached


class _Package:
    """The modules and classes of a library: each, the last part of its name, and its live dictionary."""

    def __init__(self) -> None:
        self.owners: list[ModuleType | type] = []
        self.names: list[str] = []
        self.live: list[dict[str, Any]] = []


class _Libraries:
    """The modules and classes of libraries, by package; looked for once, when they are new."""

    def __init__(self) -> None:
        self._known: dict[str, ModuleType] = {}
        self._classes = array("Q")  # the ids, in order: a set of thousands takes ten times the room
        self.packages: dict[str, _Package] = defaultdict(_Package)

    def take_in(self) -> list[ModuleType]:
        """Take in what was loaded since the last time; return the modules that are no library's."""
        own = []
        for name, module in list(sys.modules.items()):
            # By its name here, of which it may have several, as `os.path` has.
            if self._known.get(name) is module or not issubclass(type(module), ModuleType):
                continue
            if name != "__main__" and is_users(name):
                own.append(module)
            elif name != "__main__":
                self._known[name] = module
                for owner, live in _with_classes(module):
                    self._add(owner, live, name)
        return own

    def _add(self, owner: ModuleType | type, live: dict[str, Any], module: str) -> None:
        called = module
        if isinstance(owner, type):
            known, identity = self._classes, id(owner)
            place = bisect_left(known, identity)
            if place < len(known) and known[place] == identity:
                return
            known.insert(place, identity)
            # Not where it was found: libraries import each other's classes.
            module, called = str(live.get("__module__")), owner.__name__
        package = self.packages[module.partition(".")[0]]
        package.owners.append(owner)
        package.names.append(sys.intern(called.rpartition(".")[2]))
        package.live.append(live)


_libraries = _Libraries()


def _with_classes(module: ModuleType) -> Iterator[_Owner]:
    namespace = _module_dict(module)
    yield module, namespace
    for value in list(namespace.values()):
        # By its type: an object may claim any class.
        if issubclass(type(value), type) and not value.__flags__ & _IMMUTABLE:
            [live] = gc.get_referents(_class_dict(value))
            yield value, live


def _is_container(value: object) -> bool:
    # What is loaded has a saver of its own, since it is not put back whole.
    return type(value) in (list, dict, set) and value is not sys.modules and len(value) <= _MOST  # type: ignore[arg-type]


def _changed(before: dict[str, Any], now: dict[str, Any]) -> list[str]:
    same = len(before) == len(now) and all(map(is_, before.values(), now.values()))
    if same and before.keys() == now.keys():
        return []
    names = {**before, **now}
    return [name for name in names if before.get(name, _MISSING) is not now.get(name, _MISSING)]


def _is_submodule(package: dict[str, Any], name: str, value: object) -> bool:
    """Whether this attribute is what an import leaves in a package; what is imported stays imported."""
    imported = sys.modules.get(f"{package.get('__name__')}.{name}")
    return issubclass(type(value), ModuleType) and imported is value
