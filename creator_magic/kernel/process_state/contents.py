"""What lists, sets and dictionaries hold that a library, or Python, lets everybody add to.

Importing a library adds to them as well: pyplot has the shell call it after each cell, six adds a
finder. What is imported stays imported, so what an import added stays too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_MISSING = object()


class Contents:
    """The contents of `containers` as they are now; a call puts them back.

    Parameters
    ----------
    containers : iterable of list, set or mutable mapping
        The containers, live.
    then : callable or None
        Called after something was put back.
    stays : callable or None
        Tells of a list's item or a mapping's key that was added whether it must not be taken out.
    """

    def __init__(
        self,
        containers: Iterable[Any],
        then: Callable[[], object] | None = None,
        stays: Callable[[Any], bool] | None = None,
    ) -> None:
        self._saved: list[tuple[Any, Any]] = []
        self._then = then
        self._stays = stays
        self.add(containers)
        self._before_import: list[Any] = []

    def add(self, containers: Iterable[Any]) -> None:
        """Save further containers."""
        self._saved += [(live, _copy(live)) for live in containers]

    def __call__(self) -> None:
        """Put them back."""
        changed = [self._put_back(live, saved) for live, saved in self._saved]
        if self._then is not None and any(changed):
            self._then()

    def _put_back(self, live: Any, saved: Any) -> bool:
        """Make `live` hold what `saved` holds; return whether it did not."""
        stays = self._stays
        if isinstance(live, list):
            known = set(map(id, saved))
            wanted = saved + [each for each in live if stays and id(each) not in known and stays(each)]
            if len(live) == len(wanted) and all(a is b for a, b in zip(live, wanted, strict=True)):
                return False
            live[:] = wanted
            return True
        if isinstance(live, set):
            different = live ^ saved
            live ^= different
            return bool(different)
        now, changed = _copy(live), False
        # Past what a kind of dictionary does with each value, such as to check it or to warn.
        kind: Any = dict if isinstance(live, dict) else type(live)
        for key in now:
            if key not in saved and not (stays and stays(key)):
                kind.__delitem__(live, key)
                changed = True
        for key, value in saved.items():
            if now.get(key, _MISSING) is not value:
                kind.__setitem__(live, key, value)
                changed = True
        return changed

    def before_import(self) -> None:
        """Take note of what there is before an import."""
        self._before_import = [_copy(live) for live, _ in self._saved]

    def after_import(self) -> None:
        """Count what the import changed as if it had been so before the attempt."""
        for (live, saved), before in zip(self._saved, self._before_import, strict=False):
            _take_over(live, before, saved)
        self._before_import = []


def _take_over(live: Any, before: Any, saved: Any) -> None:
    """Make the changes to `saved` that led from `before` to `live`."""
    if isinstance(live, list):
        known = set(map(id, before))
        new = [each for each in live if id(each) not in known]
        at = 0 if new and live[0] is new[0] else len(saved)
        saved[at:at] = new
    elif isinstance(live, set):
        saved |= live - before
        saved -= before - live
    else:
        now = _copy(live)
        changed = [key for key in now if not _same(before.get(key, _MISSING), now[key])]
        saved |= {key: now[key] for key in changed}
        for key in before.keys() - now.keys():
            saved.pop(key, None)


def _same(one: Any, other: Any) -> bool:
    # Environment variables are texts made anew at each look.
    return one is other or (isinstance(one, str) and one == other)


def _copy(live: Any) -> Any:
    if isinstance(live, list | set):
        return live.copy()
    return dict.copy(live) if isinstance(live, dict) else dict(live)
