"""A snapshot: what the user's names reach, as it was, and the way back to it."""

from __future__ import annotations

import builtins
import gc
import sys
from dataclasses import dataclass
from importlib import import_module
from itertools import repeat
from operator import is_
from typing import TYPE_CHECKING, Any

from creator_magic.kernel.snapshot.limits import DEFAULT_LIMITS, Limits
from creator_magic.kernel.snapshot.memory import Allowance, told_already
from creator_magic.kernel.snapshot.mentions import mentions
from creator_magic.kernel.snapshot.owners import Owners, is_users_name
from creator_magic.kernel.snapshot.plain_functions import without_plain_functions
from creator_magic.kernel.snapshot.plans import register_savers
from creator_magic.kernel.snapshot.saver import Unprotected
from creator_magic.kernel.snapshot.walk import Beyond, Walk
from creator_magic.kernel.users_code import is_users

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from creator_magic.kernel.snapshot.saver import Saver
    from creator_magic.kernel.snapshot.walk import Saved


@dataclass(frozen=True, slots=True, eq=False)
class _Changed:
    """An object that code which worked has changed, with what it was and what it was left as."""

    kind: type
    saver: Saver
    thing: Any
    before: Any
    after: Any = None


class Snapshot:
    """The objects that names reach, as they are now.

    What the names themselves mean is saved elsewhere; this is about what is inside. Ends with
    `restore`, or with `changed` and `settle`, after which `undo` may be called; in any case with
    `close`, since while it lives, pandas copies what it would otherwise write in place.

    Parameters
    ----------
    namespace : dict
        The names.
    sources : sequence of str
        The code that is about to run: what it mentions is saved first.
    limits : Limits
        How much may be saved.
    """

    def __init__(
        self, namespace: dict[str, Any], sources: Sequence[str] = (), limits: Limits = DEFAULT_LIMITS
    ) -> None:
        spoken = mentions(sources, namespace)
        names = dict(namespace)
        names.pop("__builtins__", None)
        for module in spoken.modules:
            if is_users(module):
                names.setdefault(module, sys.modules[module])
        if spoken.nothing_else:
            said = {name: names[name] for name in spoken.names if name in names}
            names = {**without_plain_functions(names, namespace), **said}
        self._walk = Walk(limits, frozenset(spoken.words), (namespace, vars(builtins)))
        self._allowance = self._walk.allowance
        self._names = names
        self._changed: list[_Changed] = []
        self._not_kept: list[Any] = []
        self._owners: Owners | None = None
        collecting = gc.isenabled()
        # It would look through all that is saved again and again.
        gc.disable()
        try:
            self._walk.through(names, names if spoken.everything else [*spoken.names, *spoken.modules])
            self._freeze()
        except BaseException:
            self.close()
            raise
        finally:
            if collecting:
                gc.enable()

    def beyond(self) -> Iterator[str]:
        """Yield what the code could reach and nobody could put back, as "`name` is a generator"."""
        for root in self._walk.roots:
            if is_users_name(root.name):
                told = [each for each in root.beyond if each.itself or not each.seen]
                # What a generator holds goes without saying.
                told = [each for each in told if each.itself] or told
                for each in told:
                    yield _told((root.name,), each.what, itself=each.itself)

    def restore(self) -> tuple[str, ...]:
        """Make every object what it was, in place.

        Returns
        -------
        tuple of str
            What could not be, as "`name` is a generator", each once.
        """
        untouched, waiting = [], []
        for piece in self._pieces():
            if _untouched(piece):
                untouched.append(piece)
            else:
                waiting += _not_put_back(piece)
        # Twice: a view may have had to wait for the array whose memory it shows.
        for piece in untouched:
            if not _untouched(piece):
                waiting += _not_put_back(piece)
        touched = [each for each in waiting if not _put_back(*each)]
        lost: list[tuple[tuple[str, ...], str, bool]] = [
            ((root.name,), each.what, each.itself)
            for root in self._walk.roots
            if is_users_name(root.name)
            for each in root.beyond
            if not each.seen
        ]
        if touched:
            owners = Owners(self._names, self._walk.saved, [thing for _, thing, _ in touched])
            for saved, thing, _ in touched:
                holding = owners.names_of([thing])
                meaning = tuple(name for name in holding if self._names[name] is thing)
                lost.append((meaning or holding, _what(saved.saver, saved.kind), bool(meaning)))
        themselves = {names for names, _, itself in lost if itself}
        return tuple(
            dict.fromkeys(
                _told(names, what, itself=itself)
                for names, what, itself in lost
                if itself or names not in themselves
            )
        )

    def changed(self) -> tuple[str, ...]:
        """Return the names through which code that worked has changed something in place."""
        self._changed = [
            _Changed(piece.kind, piece.saver, thing, state)
            for piece in self._pieces()
            if not _untouched(piece)
            for thing, state in zip(piece.things, piece.states, strict=True)
            if _differs(piece.kind, piece.saver, thing, state)
        ]
        if not self._changed:
            return ()
        things = [each.thing for each in self._changed]
        self._owners = Owners(self._names, self._walk.saved, things)
        return tuple(filter(is_users_name, self._owners.names_of(things)))

    def settle(self) -> None:
        """Keep only what `undo` needs: the objects that changed, as they were and as they are now."""
        allowance = Allowance(self._allowance.limits, frozenset(), told_already)
        changed, owners, left = self._changed, self._owners, self._not_kept
        kept = []
        for each in changed:
            try:
                self._allowance.thaw(each.thing)
                after = each.saver.save(each.thing, allowance)
            except Exception:  # noqa: BLE001 - too large, or no more what its saver knows
                left.append(each.thing)
                continue
            kept.append(_Changed(each.kind, each.saver, each.thing, each.before, after))
        self.close()
        self._changed, self._owners, self._not_kept = kept, owners, left

    def undo(self) -> tuple[str, ...]:
        """After `settle`: make the objects that changed what they were, if nobody changed them since.

        Returns
        -------
        tuple of str
            The names of objects that are left as they are: they have changed since, or there was no
            room to keep what they were.
        """
        left = [
            each.thing
            for each in self._changed
            if not _as_left(each) or not _put_back(each, each.thing, each.before)
        ]
        left += self._not_kept
        names = self._owners.names_of(left) if self._owners is not None and left else ()
        self.close()
        return names

    def close(self) -> None:
        """Let go of everything."""
        self._walk.forget()
        self._names, self._changed, self._not_kept, self._owners = {}, [], [], None
        self._allowance.close()

    def _freeze(self) -> None:
        try:
            self._allowance.freeze()
        except OSError:
            what = self._allowance.limits.told_copied
            for saved in self._walk.saved:
                saved.root.beyond += [
                    Beyond(what, thing is saved.root.value, seen=False)
                    for thing in saved.things
                    if self._allowance.freezes(thing)
                ]

    def _pieces(self) -> Iterator[Saved]:
        for saved in self._walk.saved:
            yield from saved.pieces()


def _untouched(piece: Saved) -> bool:
    """Tell whether nothing has changed, at the speed of C where most is as it was."""
    try:
        same_kind = all(map(is_, map(type, piece.things), repeat(piece.kind)))
        return same_kind and piece.saver.all_unchanged(piece.things, piece.states)
    except Exception:  # noqa: BLE001 - an object that is no more what its saver knows
        return False


def _differs(kind: type, saver: Saver, thing: Any, state: Any) -> bool:
    try:
        return type(thing) is not kind or not (saver.unchanged(thing, state) or saver.equal(thing, state))
    except Exception:  # noqa: BLE001 - as above
        return True


def _put_back(saved: Saved | _Changed, thing: Any, state: Any) -> bool:
    """Make one object what it was; tell whether it is."""
    try:
        if type(thing) is not saved.kind:
            # Past any `__setattr__` of the user's.
            (type if isinstance(thing, type) else object).__setattr__(thing, "__class__", saved.kind)
        if not saved.saver.unchanged(thing, state):
            saved.saver.restore(thing, state)
        return not _differs(saved.kind, saved.saver, thing, state)
    except Exception:  # noqa: BLE001 - it is named then
        return False


def _not_put_back(piece: Saved) -> list[tuple[Saved, Any, Any]]:
    """Put back all of a piece; return what could not be."""
    each = zip(repeat(piece), piece.things, piece.states)
    return [one for one in each if not _put_back(*one)]


def _as_left(each: _Changed) -> bool:
    return not _differs(each.kind, each.saver, each.thing, each.after)


def _told(names: Sequence[str], what: str, *, itself: bool) -> str:
    return f"{' and '.join(f'`{name}`' for name in names)} {_VERBS[itself][len(names) > 1]} {what}"


_VERBS = {True: ("is", "are"), False: ("holds", "hold")}


def _what(saver: Saver, kind: type) -> str:
    return (
        saver.what if isinstance(saver, Unprotected) else f"a {kind.__qualname__} that could not be put back"
    )


def _savers_in(name: str) -> Callable[[], Mapping[type, Saver]]:
    def load() -> Mapping[type, Saver]:
        module = import_module(f"creator_magic.kernel.snapshot.{name}")
        found: Mapping[type, Saver] = module.savers()
        return found

    return load


for _package, _module in (("numpy", "arrays"), ("pandas", "frames"), ("polars", "polars_frames")):
    register_savers(_package, _savers_in(_module))
