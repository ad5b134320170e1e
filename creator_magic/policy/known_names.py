"""What dotted names do, looked up in `known_names.toml`."""

from __future__ import annotations

import sys
import tomllib
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, NamedTuple

from creator_magic.policy.effects import EFFECTS, Effect

if TYPE_CHECKING:
    from collections.abc import Iterator


class Known(NamedTuple):
    """What the table says of a name.

    Parameters
    ----------
    effect : str
        What it does, if what `by` says does not hold it back.
    by : {"mention", "mode", "target", "source"}
        By being mentioned at all; by the mode it opens a file in, the target it is given, the
        source it is given.
    position : int
        Where that argument stands.
    otherwise : str
        The mode, where none is given.
    """

    effect: Effect
    by: str = "mention"
    position: int = 0
    otherwise: str = ""


class KnownNames:
    """The table, in the form in which it is asked.

    Parameters
    ----------
    table : mapping
        `known_names.toml`.
    """

    def __init__(self, table: dict[str, Any]) -> None:
        self._exact: dict[str, Known] = {}
        self._whole: dict[str, Effect] = {}
        self._computing: set[str] = set()
        self.same: dict[str, str] = table["same"]
        self.gives: dict[str, str] = table["gives"]
        self._everyday = frozenset(table["everyday"])
        self._leads_on: list[str] = table["leads_on"]
        self._harmless_modules = frozenset(table["harmless_modules"])
        self.harmless_variables = frozenset(table["harmless_variables"])
        self._made = frozenset(table["made"]["known"])
        self._plain: dict[str, str] = {}
        self.on_import: dict[str, Effect] = table["on_import"]
        for effect in EFFECTS:
            for module, names in table.get(effect, {}).items():
                self._add(module, names, effect)
        self._add_by_argument(table)
        for module, names in table["computing"].items():
            self._computing.update(f"{module}.{name}" for name in names)
        for module, names in table["front_end"].items():
            self._exact.update({f"{module}.{name}": Known("kernel") for name in names})
        self._found: dict[str, Known | None] = {}
        self.quiet = frozenset(
            name.rpartition(".")[2] for name, known in self._exact.items() if known.by != "mention"
        )
        self.words = frozenset(self._words())

    def _words(self) -> Iterator[str]:
        """Yield the words without which no code does more than compute."""
        yield from self._leads_on
        yield from (f"_{module}" for module in _EVERYWHERE)
        whole = [f"{module}.*" for module in self._whole]
        for name in [*self._exact, *whole, *self.on_import, *self.same]:
            root = name.partition(".")[0]
            # Of a library that analysis is made of, only what matters counts.
            yield name.rpartition(".")[2] if root in self._everyday else root

    def _add(self, module: str, names: list[str], effect: Effect) -> None:
        for name in names:
            if name == "*":
                self._whole[module] = effect
            else:
                self._exact[f"{module}.{name}"] = Known(effect)

    def _add_by_argument(self, table: dict[str, Any]) -> None:
        for name, said in table["opens"].items():
            self._exact[name] = Known("write", "mode", said["mode"], said["otherwise"])
        for module, names in table["writes_to"].items():
            for name, position in names.items():
                self._exact[f"{module}.{name}"] = Known("write", "target", position)
        for module, names in table["reads_from"].items():
            for name, position in names.items():
                self._exact[f"{module}.{name}"] = Known("read", "source", position)

    def find(self, name: str) -> Known | None:
        """Return what is known of a dotted name; None if it computes, as far as is known."""
        if name not in self._found:
            self._found[name] = self._find(name)
        return self._found[name]

    def _find(self, name: str) -> Known | None:
        exact = self._exact.get(name)
        if exact is not None:
            return exact
        parent, _, last = name.rpartition(".")
        if not parent or last.endswith((")", "]")):
            return None
        if "(" in name or parent[0] == "?":
            return self._exact.get(f"?.{last}")
        # What a package also offers at its top, it often keeps further down; a method is also a
        # function of its class.
        elsewhere = (f"{name.partition('.')[0]}.{last}", f"{parent}().{last}")
        return self._of_module(name) or next((self._exact[n] for n in elsewhere if n in self._exact), None)

    def _of_module(self, name: str) -> Known | None:
        whole = name
        while whole:
            if whole in self._computing:
                return None
            parent = whole.rpartition(".")[0]
            if f"{parent}.*" in self._computing:
                return None
            if parent in self._whole:
                return Known(self._whole[parent])
            whole = parent
        return None

    def is_guarded(self, name: str) -> bool:
        """Tell whether a dotted name is a module of Python's own from which much can be got."""
        return name in sys.stdlib_module_names and name not in self._harmless_modules

    def matters(self, name: str) -> bool:
        """Tell whether a thing of this dotted name can lead to more than computing."""
        plain = self.plain(name)
        return not self.words.isdisjoint(plain.replace("()", "").split("."))

    def plain(self, name: str) -> str:
        """Return a dotted name as the table spells it.

        A module that another one has imported is still itself: `shutil.os.remove` is `os.remove`.
        Of what comes out of a call, only what the table knows keeps its name.
        """
        plain = self._plain.get(name)
        if plain is None:
            plain = self._plain[name] = self._spelt(name)
        return plain

    def _spelt(self, name: str) -> str:
        parts = name.split(".")
        if "(" in name or "[" in name or parts[0] == "?":
            head, bracket, rest = name.partition("(")
            if bracket and head[0] != "?":
                name = f"{self.plain(head)}({rest}"
            if name in self.gives:
                return self.gives[name]
            last = name.rpartition(".")[2]
            if name in self._made or name.rpartition(".")[0] in self._made:
                return name
            return "?" if last.endswith((")", "]")) or last == name else f"?.{last}"
        for number in range(len(parts) - 1, 0, -1):
            bare = parts[number].lstrip("_")
            hands_on = bare in _EVERYWHERE or (bare in _OF_PYTHON and parts[0] in sys.stdlib_module_names)
            if hands_on and parts[number - 1] != bare:
                parts = [bare, *parts[number + 1 :]]
                break
        for end in range(len(parts), 0, -1):
            same = self.same.get(".".join(parts[:end]))
            if same is not None:
                return self.plain(".".join([same, *parts[end:]]))
        return self.gives.get(".".join(parts), ".".join(parts))

    def result(self, name: str) -> str:
        """Return what a call of a dotted name gives."""
        return self.plain(f"{name}()")


_EVERYWHERE = frozenset(
    {"os", "sys", "subprocess", "shutil", "builtins", "importlib", "socket", "ctypes", "posix", "nt"}
)
"""Modules that others import, and so hand on."""

_OF_PYTHON = frozenset({"signal", "gc", "atexit", "runpy", "webbrowser", "pty"})
"""The same, where libraries have modules of their own by that name: `scipy.signal`."""


@cache
def known_names() -> KnownNames:
    """Return the table, read once."""
    text = files("creator_magic.policy").joinpath("known_names.toml").read_text("utf-8")
    return KnownNames(tomllib.loads(text))
