"""Which names reach an object: asked only where one has changed."""

from __future__ import annotations

from itertools import compress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from creator_magic.kernel.snapshot.walk import Saved


class Owners:
    """The way from objects back to the names that reached them when they were saved.

    It holds on to none of them.

    Parameters
    ----------
    names : mapping of str to object
        The names and what they mean.
    saved : sequence of Saved
        Everything that was saved.
    things : iterable of object
        The objects that may be asked about.
    """

    def __init__(self, names: Mapping[str, object], saved: Sequence[Saved], things: Iterable[object]) -> None:
        self._names = dict(zip(names, map(id, names.values()), strict=True))
        self._parents: dict[int, set[int]] = {}
        met: set[int] = set()
        wanted = set(map(id, things))
        while wanted:
            met |= wanted
            found = set()
            for each in saved:
                # Nearly all of what a long session has leads to none of them, which is told in C.
                if wanted.isdisjoint(map(id, each.saver.reached_all(each.states))):
                    continue
                for thing, state in zip(each.things, each.states, strict=True):
                    for child in wanted.intersection(map(id, each.saver.reached(state))):
                        self._parents.setdefault(child, set()).add(id(thing))
                        found.add(id(thing))
            wanted = found - met

    def names_of(self, things: Iterable[Any]) -> tuple[str, ...]:
        """Return the names that reach any of `things`, the user's own before the shell's."""
        reached = set(map(id, things))
        waiting = list(reached)
        while waiting:
            new = self._parents.get(waiting.pop(), set()) - reached
            reached |= new
            waiting += new
        found = tuple(compress(self._names, map(reached.__contains__, self._names.values())))
        return tuple(filter(is_users_name, found)) or found[:1]


def is_users_name(name: str) -> bool:
    """Tell whether the user keeps something under a name, and not the shell, or nobody in particular."""
    return not name.startswith("_") and name not in ("In", "Out")
