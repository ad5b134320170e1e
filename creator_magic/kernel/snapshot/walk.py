"""The way through everything that the names of a namespace reach.

Breadth first, and a whole layer's objects of one type at a time, so that the work of saving and of
finding the next layer is done in C. What the code mentions comes first; then the rest, what is
large last.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from itertools import compress, filterfalse, islice, repeat
from operator import is_, not_
from typing import TYPE_CHECKING, Any

from creator_magic.kernel.snapshot.memory import Allowance
from creator_magic.kernel.snapshot.plans import plan_of
from creator_magic.kernel.snapshot.saver import NoRoom

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from creator_magic.kernel.snapshot.limits import Limits
    from creator_magic.kernel.snapshot.saver import Saver

_LARGE = 2_000
"""Elements from which on the value of a name that the code does not mention waits for all the others."""

_PATIENCE = 10
"""How many times as long it may take by the clock: others may have the processor meanwhile."""

_SIZED = frozenset({list, dict, set, tuple})
"""Types whose length can be had without asking code of anybody's."""

_SLICE = 16_384
"""Objects that are saved between two looks at the clock."""


@dataclass(frozen=True, slots=True)
class Beyond:
    """Something that cannot be put back.

    Parameters
    ----------
    what : str
        What it is, with an article.
    itself : bool
        Whether the name means it, and not only something that holds it.
    seen : bool
        Whether it will be seen if it has changed.
    """

    what: str
    itself: bool
    seen: bool


@dataclass(slots=True, eq=False)
class Root:
    """A name that the code could reach, or all others together, with what was found on the way from it.

    Parameters
    ----------
    name : str
        The name; empty for those that the code does not mention.
    value : object
        What it means.

    Attributes
    ----------
    beyond : list of Beyond
        What of it cannot be put back.
    """

    name: str = ""
    value: object = None
    beyond: list[Beyond] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class Saved:
    """Objects of one type that one name reaches, as one saver saved them."""

    root: Root
    kind: type
    saver: Saver
    things: Sequence[Any]
    states: Sequence[Any]

    def pieces(self) -> Iterator[Saved]:
        """Yield parts of it that are looked at together."""
        for start in range(0, len(self.things), _PIECE):
            part = slice(start, start + _PIECE)
            yield Saved(self.root, self.kind, self.saver, self.things[part], self.states[part])


_PIECE = 4_096


class Walk:
    """Saves what names reach.

    Parameters
    ----------
    limits : Limits
        How much may be saved.
    words : frozenset of str
        Every name and attribute in the code that is about to run.
    passed_over : iterable of object
        Objects that are not saved, such as the namespace itself.

    Attributes
    ----------
    allowance : Allowance
        What the savers may take.
    saved : list of Saved
        Everything saved so far, in the order in which it was met.
    roots : list of Root
        The names, those that the code mentions first.
    """

    def __init__(self, limits: Limits, words: frozenset[str], passed_over: Iterable[object]) -> None:
        self.allowance = Allowance(limits, words, self._cannot)
        # The objects are kept alive with their ids, which others would take otherwise.
        self._seen = {id(thing): thing for thing in passed_over}
        self._left = limits.objects
        self._deadlines = time.thread_time() + limits.seconds, time.monotonic() + _PATIENCE * limits.seconds
        self.saved: list[Saved] = []
        self.roots: list[Root] = []
        self._root = Root()

    def forget(self) -> None:
        """Let go of everything that was met."""
        self.saved, self.roots = [], []
        self._seen, self._root = {}, Root()

    def through(self, names: Mapping[str, object], mentioned: Iterable[str]) -> None:
        """Save what `names` reach, those in `mentioned` first and in that order."""
        first = {name: names[name] for name in mentioned if name in names}
        others = dict(names)
        for name, value in first.items():
            del others[name]
            root = Root(name, value)
            self.roots.append(root)
            waiting = self._go_on(root, _by_kind([[value]]))
            if waiting:
                limits = self.allowance.limits
                late = self._is_late()
                self._cannot(limits.told_seconds if late else limits.told_objects, None)
        rest, layer = Root(), _by_kind([others.values()])
        large = _large_taken_out(layer)
        self._go_on(rest, layer)
        for value in large:
            self._go_on(rest, _by_kind([[value]]))
        # One reference less to everything, which the garbage collector would follow.
        self._seen = {}

    def _cannot(self, what: str, thing: object, *, seen: bool = False) -> None:
        self._root.beyond.append(Beyond(what, thing is self._root.value, seen))

    def _go_on(self, root: Root, layer: dict[type, list[Any]]) -> bool:
        """Save what `root` reaches, layer after layer; tell whether something had to be left out."""
        self._root = root
        self.allowance.mentioned = bool(root.name)
        left_out = False
        while layer:
            following: list[Iterable[object]] = []
            for kind, things in layer.items():
                new = self._new(things)
                if new is None:
                    left_out = True
                elif new:
                    self._save(kind, plan_of(kind), new, following)
            layer = _by_kind(following)
        return left_out

    def _new(self, things: Sequence[Any]) -> Sequence[Any] | None:
        """Return those of `things` that were not met before, each once; None if they would be too much."""
        seen, met = self._seen, len(self._seen)
        if len(things) > self._left and self._too_many(things):
            return None
        for start in range(0, len(things), _SLICE):
            part = things[start : start + _SLICE]
            seen.update(zip(map(id, part), part, strict=True))
            if self._is_late():
                return None
        # What was met before has kept its place.
        new = len(seen) - met
        self._left -= new
        return things if new == len(things) else list(islice(reversed(seen.values()), new))

    def _is_late(self) -> bool:
        of_processor, by_the_clock = self._deadlines
        return time.thread_time() > of_processor or time.monotonic() > by_the_clock

    def _too_many(self, things: Sequence[Any]) -> bool:
        """Tell whether more of `things` are new than there is room for, or the time is over."""
        new: set[int] = set()
        for start in range(0, len(things), _SLICE):
            part = things[start : start + _SLICE]
            new.update(filterfalse(self._seen.__contains__, map(id, part)))
            if len(new) > self._left or self._is_late():
                return True
        return False

    def _save(
        self, kind: type, plan: Sequence[Saver], things: Sequence[Any], following: list[Iterable[object]]
    ) -> None:
        for saver in plan:
            saved, states = self._states(saver, things)
            if saved:
                self.saved.append(Saved(self._root, kind, saver, saved, states))
                following.append(saver.reached_all(states))

    def _states(self, saver: Saver, things: Sequence[Any]) -> tuple[Sequence[Any], Sequence[Any]]:
        try:
            return things, saver.save_all(things, self.allowance)
        except Exception:  # noqa: BLE001 - a third party's saver, or an object unlike others of its type
            saved, states = [], []
        for thing in things:
            try:
                states.append(saver.save(thing, self.allowance))
                saved.append(thing)
            except NoRoom:
                self._cannot(self.allowance.limits.told_copied, thing)
            except Exception as error:  # noqa: BLE001 - as above
                self._cannot(
                    f"a {type(thing).__qualname__} that could not be saved ({type(error).__name__})", thing
                )
        return saved, states


def _by_kind(groups: Iterable[Iterable[object]]) -> dict[type, list[Any]]:
    """Return all objects by their types, but for types of which nothing can be changed."""
    found: dict[type, list[Any]] = {}
    for group in groups:
        things = list(group)
        types = list(map(type, things))
        for kind in set(types):
            if plan_of(kind):
                found.setdefault(kind, []).extend(compress(things, map(is_, types, repeat(kind))))
    return found


def _large_taken_out(layer: dict[type, list[Any]]) -> list[Any]:
    """Take out of `layer` what is large; return it, the largest last."""
    large: list[Any] = []
    for kind in _SIZED & layer.keys():
        is_large = list(map(_LARGE.__lt__, map(len, layer[kind])))
        large += compress(layer[kind], is_large)
        layer[kind] = list(compress(layer[kind], map(not_, is_large)))
    return sorted(large, key=len)
