"""How objects of one type are saved and put back: the protocol that every type is protected by.

A third party's type gets a `Saver` of its own by `register_savers`; frames and arrays have theirs
by the very same door.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from creator_magic.kernel.snapshot.memory import Memory


class NoRoom(Exception):  # noqa: N818 - said where it is raised, and never shown
    """An object is larger than what a snapshot may still copy."""


class Room(Protocol):
    """What a saver may ask of the snapshot while it saves."""

    @property
    def words(self) -> frozenset[str]:
        """Every name and attribute in the code that is about to run and in what it calls of the user's."""
        ...

    def take(self, size: int) -> None:
        """Ask for room to copy something.

        Parameters
        ----------
        size : int
            Bytes.

        Raises
        ------
        NoRoom
            If the limit would be passed. A saver lets it through; the object is told as unprotected.
        """
        ...

    def keep(self, array: Any) -> Memory | None:
        """Keep the bytes of a NumPy array that owns them; None if there is no room, which is then told."""
        ...

    def cannot(self, what: str, thing: object, *, seen: bool = False) -> None:
        """Tell that an object cannot be put back.

        Parameters
        ----------
        what : str
            What it is, with an article.
        thing : object
            The object.
        seen : bool
            Whether `unchanged` will see if it has changed, so that nothing need be said before.
        """
        ...


class Saver:
    """Saves objects of one type and puts them back, in place.

    The four methods for one object are the protocol; those for many at once may be replaced by
    faster ones. None of them may run code of the user's, such as `__eq__` or `__setattr__`.
    """

    def save(self, thing: Any, room: Room) -> Any:
        """Return what `restore` needs, with nothing in it that a later change to `thing` would change.

        Parameters
        ----------
        thing : object
            What is saved.
        room : Room
            Asked before anything sizeable is copied.

        Returns
        -------
        object
            A state, for the other methods.
        """
        raise NotImplementedError

    def reached(self, state: Any) -> Iterable[object]:  # noqa: ARG002 - for those that override it
        """Return the objects that a saved one leads to; they are saved in turn."""
        return ()

    def restore(self, thing: Any, state: Any) -> None:
        """Make `thing` what it was, in place; what it leads to is put back by its own saver.

        Raises
        ------
        Exception
            If that cannot be done; the object is then named to the user.
        """
        raise NotImplementedError

    def unchanged(self, thing: Any, state: Any) -> bool:
        """Tell whether `thing` is as it was when it was saved; False where data would have to be compared."""
        raise NotImplementedError

    def equal(self, thing: Any, state: Any) -> bool:  # noqa: ARG002 - as above
        """Tell whether `thing`, which `unchanged` could not vouch for, is worth the same by its data.

        Asked only to say what an attempt that worked has changed.
        """
        return False

    def save_all(self, things: Sequence[Any], room: Room) -> Sequence[Any]:
        """Save many objects."""
        return [self.save(thing, room) for thing in things]

    def reached_all(self, states: Sequence[Any]) -> Iterable[object]:
        """Return what many saved objects lead to."""
        return chain.from_iterable(map(self.reached, states))

    def all_unchanged(self, things: Sequence[Any], states: Sequence[Any]) -> bool:
        """Tell whether many objects are as they were."""
        return all(map(self.unchanged, things, states))


class Passage(Saver):
    """For objects that cannot be changed themselves but lead to others.

    Parameters
    ----------
    leads_to : callable
        Returns the objects that one leads to.
    """

    def __init__(self, leads_to: Callable[[Any], Iterable[object]]) -> None:
        self._leads_to = leads_to

    def save(self, thing: Any, room: Room) -> Iterable[object]:  # noqa: ARG002
        return self._leads_to(thing)

    def reached(self, state: Iterable[object]) -> Iterable[object]:
        return state

    def restore(self, thing: Any, state: Any) -> None:
        pass

    def unchanged(self, thing: Any, state: Any) -> bool:  # noqa: ARG002
        return True

    def all_unchanged(self, things: Sequence[Any], states: Sequence[Any]) -> bool:  # noqa: ARG002
        return True


class Unprotected(Saver):
    """For objects that nobody can put back; they are named to the user instead.

    Parameters
    ----------
    what : str
        What it is, in plain words with an article: "a generator".
    look : callable or None
        Returns something that changes whenever such an object does, if there is such a thing.
    leads_to : callable or None
        Returns objects that one leads to, which are protected all the same.
    """

    def __init__(
        self,
        what: str,
        look: Callable[[Any], object] | None = None,
        leads_to: Callable[[Any], Iterable[object]] | None = None,
    ) -> None:
        self.what = what
        self._look = look
        self._leads_to = leads_to

    def save(self, thing: Any, room: Room) -> tuple[object, tuple[object, ...]]:
        room.cannot(self.what, thing, seen=self._look is not None)
        seen = None if self._look is None else self._look(thing)
        return seen, () if self._leads_to is None else tuple(self._leads_to(thing))

    def reached(self, state: tuple[object, tuple[object, ...]]) -> Iterable[object]:
        return state[1]

    def restore(self, thing: Any, state: Any) -> None:
        pass

    def unchanged(self, thing: Any, state: tuple[object, tuple[object, ...]]) -> bool:
        return self._look is None or self._look(thing) == state[0]


IMMUTABLE = Passage(lambda _: ())
"""For objects that nothing can change: they are passed over."""
