"""What lists and dictionaries hold that a library, or Python, lets everybody add to.

Importing a library adds to them as well: pyplot has the shell call it after each cell, six adds a
finder. What is imported stays imported, so what an import added stays too.
"""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_MISSING = object()


class Contents:
    """The contents of `containers` as they are now; a call puts them back.

    Parameters
    ----------
    containers : iterable of list or mutable mapping
        The containers, live.
    then : callable or None
        Called after something was put back.
    """

    def __init__(self, containers: Iterable[Any], then: Callable[[], object] | None = None) -> None:
        self._saved = [(live, _copy(live)) for live in containers]
        self._then = then
        self._before_import: list[Any] = []

    def __call__(self) -> None:
        """Put them back."""
        changed = [_put_back(live, saved) for live, saved in self._saved]
        if self._then is not None and any(changed):
            self._then()

    def before_import(self) -> None:
        """Take note of what there is before an import."""
        self._before_import = [_copy(live) for live, _ in self._saved]

    def after_import(self) -> None:
        """Count what the import changed as if it had been so before the attempt."""
        for (live, saved), before in zip(self._saved, self._before_import, strict=True):
            if isinstance(live, list):
                known = set(map(id, before))
                new = [each for each in live if id(each) not in known]
                at = 0 if new and live[0] is new[0] else len(saved)
                saved[at:at] = new
            else:
                saved |= {
                    key: value for key, value in live.items() if not _same(before.get(key, _MISSING), value)
                }
                for key in before.keys() - live.keys():
                    saved.pop(key, None)
        self._before_import = []


def _same(one: Any, other: Any) -> bool:
    # Environment variables are texts made anew at each look.
    return one is other or (isinstance(one, str) and one == other)


def _copy(live: Any) -> Any:
    return list(live) if isinstance(live, list) else dict(live)


def _put_back(live: Any, saved: Any) -> bool:
    """Make `live` hold what `saved` holds; return whether it did not."""
    if isinstance(live, list):
        if len(live) == len(saved) and all(a is b for a, b in zip(live, saved, strict=True)):
            return False
        live[:] = saved
        return True
    assert isinstance(live, MutableMapping)  # noqa: S101 - for mypy
    changed = False
    for key in [*live]:
        if key not in saved:
            del live[key]
            changed = True
    for key, value in saved.items():
        if live.get(key, _MISSING) is not value:
            live[key] = value
            changed = True
    return changed
