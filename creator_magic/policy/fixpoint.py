"""Values that depend on one another, and on themselves, found round by round."""

from __future__ import annotations

from typing import TYPE_CHECKING

from creator_magic.policy.values import limited

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from creator_magic.policy.values import Value, Values


class Fixpoint:
    """What was found in this round, and in the one before.

    Attributes
    ----------
    met_itself : bool
        Whether something depended on itself, so that another round may tell more.
    """

    def __init__(self) -> None:
        self._known: dict[object, Values] = {}
        self._before: dict[object, Values] = {}
        self._under_way: set[object] = set()
        self.met_itself = False

    def again(self) -> bool:
        """Begin anew with what is known by now; return whether anything was learnt since the last time."""
        learnt = self._known != self._before
        self._before, self._known = self._known, {}
        return learnt

    def once(self, key: object, find: Callable[[], Iterable[Value]]) -> Values:
        """Return what `find` finds, found once; what depends on itself is what it was last time."""
        found = self._known.get(key)
        if found is not None:
            return found
        if key in self._under_way:
            self.met_itself = True
            return self._before.get(key, frozenset())
        self._under_way.add(key)
        try:
            found = limited(find())
        finally:
            self._under_way.discard(key)
        self._known[key] = found
        return found
