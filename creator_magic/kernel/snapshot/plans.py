"""Which savers the objects of a type need together: one for what is inside, others for what a class adds."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from creator_magic.kernel.snapshot.attributes import ATTRIBUTES, Slots, slots_of
from creator_magic.kernel.snapshot.saver import IMMUTABLE, Passage, Saver, Unprotected
from creator_magic.kernel.snapshot.standard_types import ATOMS, BY_TYPE, is_passed_over
from creator_magic.kernel.snapshot.unprotected_types import referents, unprotected_by_name
from creator_magic.kernel.users_code import is_users

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Plan = tuple[Saver, ...]
    Load = Callable[[], Mapping[type, Saver]]

_HEAP_TYPE = 1 << 9
_POINTER = 8
_BEFORE = -1
"""The offset of a `__dict__` that Python keeps before the object."""

_waiting: dict[str, list[Load]] = {}
_registered: dict[type, Saver] = {}
_broken: dict[str, Unprotected] = {}
_plans: WeakKeyDictionary[type, Plan] = WeakKeyDictionary()


def register_savers(package: str, load: Load) -> None:
    """Say how objects of a package's types are saved before generated code runs, and put back.

    Parameters
    ----------
    package : str
        The top-level name of the package that the types come from, such as "polars"; "__main__"
        for classes of the notebook.
    load : callable
        Called once, when an object of one of the package's types is met, so that nothing is
        imported before it is needed. Returns the savers by type; each also serves for what is
        derived from its type. `IMMUTABLE` passes objects over; an `Unprotected` names them.
    """
    _waiting.setdefault(package, []).append(load)
    _plans.clear()


def plan_of(kind: type) -> Plan:
    """Return the savers for objects that are exactly of type `kind`; none for immutable ones."""
    plan = _plans.get(kind)
    if plan is None:
        plan = _plans[kind] = () if kind in ATOMS else _made(kind)
    return plan


def _made(kind: type) -> Plan:
    _load_for(kind)
    users = is_users(type.__getattribute__(kind, "__module__"))
    base, plan = _known_base(kind)
    name = f"{kind.__module__}.{kind.__qualname__}"
    if base is object and not users:
        if is_passed_over(name):
            return ()
        unprotected = unprotected_by_name(name)
        if unprotected is not None:
            return (unprotected,)
    if plan == (IMMUTABLE,):
        plan = ()
    slots = [slot for slot in slots_of(kind) if not issubclass(base, slot.__objclass__)]
    if slots:
        plan += (Slots(slots),)
    if kind.__dictoffset__ and not base.__dictoffset__:
        plan += (ATTRIBUTES,)
    known = base in _registered or any(isinstance(saver, Unprotected) for saver in plan)
    if not known and _hides_state(kind, base, len(slots)):
        plan += (_hidden(kind),)
    if users and not issubclass(kind, type):
        plan += (_CLASS_TOO,)
    return plan


def _known_base(kind: type) -> tuple[type, Plan]:
    """Return the type that `kind` is or is derived from whose savers are known, and these."""
    for base in kind.__mro__:
        package = _package_of(base)
        if package in _broken:
            return kind, (_broken[package],)
        if base in _registered:
            return base, (_registered[base],)
    return next(((base, BY_TYPE[base]) for base in kind.__mro__ if base in BY_TYPE), (object, ()))


def _load_for(kind: type) -> None:
    for base in kind.__mro__:
        package = _package_of(base)
        for load in _waiting.pop(package, ()):
            try:
                _registered.update(load())
            except Exception as error:  # noqa: BLE001 - a third party's code
                what = f"an object of {package}, whose savers cannot be loaded ({type(error).__name__})"
                _broken[package] = Unprotected(what)


def _package_of(kind: type) -> str:
    return str(type.__getattribute__(kind, "__module__")).partition(".")[0]


def _hides_state(kind: type, base: type, slots: int) -> bool:
    """Tell whether C code keeps something in objects of `kind`, beside `base`, slots and `__dict__`."""
    known = base.__basicsize__ + _POINTER * slots
    # What newer Pythons keep before the object is not in its size.
    known += _POINTER * (kind.__dictoffset__ not in (0, _BEFORE) and not base.__dictoffset__)
    known += _POINTER * (kind.__weakrefoffset__ > 0 and not base.__weakrefoffset__)
    return kind.__basicsize__ > known


def _hidden(kind: type) -> Saver:
    if hasattr(kind, "__next__"):
        look = operator.methodcaller("__length_hint__") if hasattr(kind, "__length_hint__") else None
        return Unprotected("an iterator", look, referents)
    return Unprotected(
        f"an object of {kind.__module__}.{kind.__qualname__}, whose inside cannot be copied", None, referents
    )


_CLASS_TOO = Passage(lambda it: (type(it),))
"""An object of a class of the user's leads to the class, whose methods and attributes the code may change."""
