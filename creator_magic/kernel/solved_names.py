"""What each solve bound, and what its names meant before: the way back over the names of a solve."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from creator_magic.kernel.ownership import Claim, Ownership

_ABSENT = object()
"""What a name means that is not bound."""

_REBOUND = object()
"""What a solve's name means when the person has assigned it since."""


@dataclass(frozen=True, slots=True)
class Undone:
    """What taking back a solve came to.

    Parameters
    ----------
    removed : tuple of str
        Names that the solve created; they are gone.
    restored : tuple of str
        Names that mean again what they meant before.
    left : tuple of str
        Names that were bound anew or deleted since; they stay as they are.
    put_back : tuple of str
        Names whose objects the solve changed in place; these are what they were.
    not_put_back : tuple of str
        Names whose objects were changed again since, or were too large to keep; they stay as they are.
    """

    removed: tuple[str, ...] = ()
    restored: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    put_back: tuple[str, ...] = ()
    not_put_back: tuple[str, ...] = ()


@dataclass(slots=True)
class _Binding:
    before: Any
    claim: Claim | None
    after: Any = _ABSENT


class SolvedNames:
    """The names that each solve bound last.

    Parameters
    ----------
    namespace : dict
        The namespace, live.
    ownership : Ownership
        Whose its names are.
    """

    def __init__(self, namespace: dict[str, Any], ownership: Ownership) -> None:
        self._namespace = namespace
        self._ownership = ownership
        self._solves: dict[str, dict[str, _Binding]] = {}
        self._noted: dict[str, dict[str, _Binding]] = {}
        self._owners: dict[str, set[str]] = {}

    def begin(self, owner: str) -> None:
        """Let `undo` lead back to this moment."""
        self._take(owner)
        self._solves[owner] = {}

    def knows(self, names: Iterable[str]) -> bool:
        """Tell whether a solve that can be undone bound one of `names`."""
        return not self._owners.keys().isdisjoint(names)

    def note(self, owner: str, names: Iterable[str], before: Mapping[str, Any]) -> None:
        """Take note that `owner` binds `names`, before it claims them.

        Parameters
        ----------
        owner : str
            The solve.
        names : iterable of str
            What it binds.
        before : mapping of str to object
            The namespace as it was.
        """
        noted = self._noted.setdefault(owner, {})
        for name in names:
            noted.setdefault(name, _Binding(before.get(name, _ABSENT), self._ownership.claim_of(name)))

    def keep(self) -> None:
        """Let what was noted stand; a solve that ran again still leads back to before it ran first."""
        for owner, noted in self._noted.items():
            bound = self._solves.setdefault(owner, {})
            for name, binding in noted.items():
                bound.setdefault(name, binding).after = self._namespace.get(name, _ABSENT)
                self._owners.setdefault(name, set()).add(owner)
        self._noted = {}

    def forget_noted(self) -> None:
        """Drop what was noted: it has been taken back already."""
        self._noted = {}

    def release(self, names: Iterable[str]) -> None:
        """Take note that the person assigns `names`: what they mean is theirs."""
        for name in names:
            for owner in self._owners.get(name, ()):
                self._solves[owner][name].after = _REBOUND

    def undo(self, owner: str) -> Undone:
        """Give each name that `owner` bound its former meaning, unless it was bound anew since."""
        removed, restored, left = [], [], []
        for name, binding in self._take(owner).items():
            self._forget_meaning(name, binding)
            now = self._namespace.get(name, _ABSENT)
            ours = now is binding.after or self._ownership.owns(owner, name)
            if binding.after is _REBOUND or not ours:
                if now is not binding.before:
                    left.append(name)
            elif binding.before is _ABSENT:
                self._namespace.pop(name, None)
                self._ownership.reclaim(name, None)
                removed.append(name)
            else:
                self._namespace[name] = binding.before
                self._ownership.reclaim(name, binding.claim)
                restored.append(name)
        return Undone(tuple(sorted(removed)), tuple(sorted(restored)), tuple(sorted(left)))

    def _forget_meaning(self, name: str, undone: _Binding) -> None:
        """Another solve that found what is undone now leads back to what was before both."""
        for owner in self._owners.get(name, ()):
            other = self._solves[owner][name]
            if other.before is undone.after:
                other.before, other.claim = undone.before, undone.claim

    def _take(self, owner: str) -> dict[str, _Binding]:
        """Return what is known of `owner`, and forget it."""
        bound = self._solves.pop(owner, {})
        for name in bound:
            self._owners[name].discard(owner)
            if not self._owners[name]:
                del self._owners[name]
        return bound
