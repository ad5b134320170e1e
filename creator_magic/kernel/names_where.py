"""A set of names that is asked name by name: a long session has thousands, and a cell binds a few."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator


class NamesWhere(AbstractSet[str]):
    """The names in `places` that are wanted, as they are whenever it is asked.

    Parameters
    ----------
    places : collection of str
        Where the names are looked for, such as a namespace.
    wanted : callable
        Tells of a name that stands there whether it belongs to the set.
    """

    def __init__(self, *places: Collection[str], wanted: Callable[[str], bool] = bool) -> None:
        self._places = places
        self._wanted = wanted

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and any(name in place for place in self._places) and self._wanted(name)

    def __iter__(self) -> Iterator[str]:
        return filter(self._wanted, dict.fromkeys(name for place in self._places for name in [*place]))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __or__(self, other: AbstractSet[str]) -> AbstractSet[str]:  # type: ignore[override]
        return NamesWhere(self, other)

    __ror__ = __or__

    def __sub__(self, other: AbstractSet[object]) -> AbstractSet[str]:
        return NamesWhere(self, wanted=lambda name: name not in other)

    @classmethod
    def _from_iterable(cls, names: Iterable[str]) -> frozenset[str]:  # type: ignore[override]
        return frozenset(names)
