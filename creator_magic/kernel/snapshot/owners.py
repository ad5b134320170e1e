"""Which names reach an object: asked only where one has changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from creator_magic.kernel.snapshot.walk import Saved


class Owners:
    """The way from objects back to the names that reached them when they were saved.

    Parameters
    ----------
    names : mapping of str to object
        The names and what they mean.
    saved : sequence of Saved
        Everything that was saved.
    """

    def __init__(self, names: Mapping[str, object], saved: Sequence[Saved]) -> None:
        self._names: dict[int, list[str]] = {}
        for name, value in names.items():
            self._names.setdefault(id(value), []).append(name)
        known = {id(thing) for each in saved for thing in each.things}
        self._parents: dict[int, set[int]] = {}
        for each in saved:
            for thing, state in zip(each.things, each.states, strict=True):
                for child in known.intersection(map(id, each.saver.reached(state))):
                    self._parents.setdefault(child, set()).add(id(thing))

    def names_of(self, things: Iterable[Any]) -> tuple[str, ...]:
        """Return the names that reach any of `things`, the user's own before the shell's."""
        reached = set(map(id, things))
        waiting = list(reached)
        while waiting:
            new = self._parents.get(waiting.pop(), set()) - reached
            reached |= new
            waiting += new
        found = [name for each, names in self._names.items() if each in reached for name in names]
        return tuple(name for name in found if is_users_name(name)) or tuple(found[:1])


def is_users_name(name: str) -> bool:
    """Tell whether the user keeps something under a name, and not the shell, or nobody in particular."""
    return not name.startswith("_") and name not in ("In", "Out")
