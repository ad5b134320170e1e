"""What every name of a namespace means at one moment, and the way back to it."""

from __future__ import annotations

from operator import is_
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet


class Bindings:
    """The bindings of `namespace` as they are now.

    Parameters
    ----------
    namespace : dict
        The namespace, live.
    """

    def __init__(self, namespace: dict[str, Any]) -> None:
        self._namespace = namespace
        self.saved = dict(namespace)

    def restore(self) -> None:
        """Make every name mean again what it meant: created ones go, changed and deleted ones return."""
        now = self._namespace
        for name in now.keys() - self.saved.keys():
            del now[name]
        missing = object()
        for name, value in self.saved.items():
            if now.get(name, missing) is not value:
                now[name] = value
        self._restore_order()

    def _restore_order(self) -> None:
        """Bring the names into their order, one after the other: none is missing for long."""
        in_order = True
        for is_now, name in zip(list(self._namespace), self.saved, strict=True):
            in_order = in_order and is_now == name
            if not in_order:
                self._namespace[name] = self._namespace.pop(name)

    def deleted(self) -> frozenset[str]:
        """Return the names that are bound no more."""
        if len(self.saved) <= len(self._namespace) and all(map(is_, self.saved, self._namespace)):
            # None; told in C, one name after the other.
            return frozenset()
        return frozenset(self.saved.keys() - self._namespace.keys())

    def restore_names(self, names: AbstractSet[str]) -> None:
        """Make only `names` mean again what they meant."""
        for name in names & self.saved.keys():
            self._namespace[name] = self.saved[name]
