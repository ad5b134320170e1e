"""What a snapshot may take, and the bytes of arrays: copied while there is room, else frozen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from creator_magic.kernel.snapshot.frozen import FrozenProcess, can_freeze, is_private
from creator_magic.kernel.snapshot.limits import free_memory
from creator_magic.kernel.snapshot.saver import NoRoom

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from creator_magic.kernel.snapshot.limits import Limits

_SIZEABLE = 16 << 20
"""Bytes from which on it is asked how much memory is free."""

_PER_OBJECT = 8
_CHUNK = 8 << 20


class Memory(Protocol):
    """The bytes of an array as they were."""

    worth_comparing: bool
    """Whether the array may have changed, as far as what the code mentions tells."""

    def same(self, array: Any) -> bool:
        """Tell whether the array, of the same size, holds them now."""
        ...

    def write_back(self, array: Any) -> None:
        """Make the array, of the same size and writeable, hold them again."""
        ...


class Copied:
    """A copy of an array's bytes; of an array of objects, the objects themselves.

    Parameters
    ----------
    array : numpy.ndarray
        The array.
    """

    worth_comparing = True

    def __init__(self, array: Any) -> None:
        import numpy as np

        self._copy = np.array(array, order="K", subok=False, copy=True)

    def same(self, array: Any) -> bool:
        import numpy as np

        if self._copy.dtype.char == "T":
            # Text of any length, which stands elsewhere.
            return bool(np.array_equal(array, self._copy))
        if self._copy.dtype.hasobject:
            return bool(_pointers(array) == _pointers(self._copy))
        now, then = _flat(array), _flat(self._copy)
        return all(_same_bytes(now[part], then[part]) for part in _parts(0, len(then)))

    def write_back(self, array: Any) -> None:
        import numpy as np

        np.copyto(array.view(np.ndarray), self._copy, casting="no")


class Frozen:
    """An array's bytes in a paused copy of this process.

    Parameters
    ----------
    array : numpy.ndarray
        In one piece.
    worth_comparing : bool
        Whether the code could have changed it.

    Attributes
    ----------
    process : FrozenProcess or None
        None until it has been made.
    """

    def __init__(self, array: Any, *, worth_comparing: bool) -> None:
        self.size = int(array.nbytes)
        self.worth_comparing = worth_comparing
        self.process: FrozenProcess | None = None
        self._address = int(array.ctypes.data)
        self._thawed: Any = None

    def same(self, array: Any) -> bool:
        return all(_same_bytes(then, now) for then, now in self._both(array))

    def write_back(self, array: Any) -> None:
        # Only what differs: writing would give this process a second copy of a page.
        for then, now in self._both(array):
            if not _same_bytes(then, now):
                now[...] = then

    def thaw(self) -> None:
        """Copy the bytes, so that the process is needed no more."""
        import numpy as np

        self._thawed = np.empty(self.size, np.uint8)
        for part in _parts(0, self.size):
            self._read(self._thawed[part], part.start)

    def _both(self, array: Any) -> Iterator[tuple[Any, Any]]:
        """Yield the parts of the array that may have changed, as they were and as they are."""
        import numpy as np

        now = _flat(array)
        buffer = np.empty(min(_CHUNK, self.size), np.uint8)
        for start, end in self._written(array):
            for part in _parts(start, end):
                if self._thawed is not None:
                    yield self._thawed[part], now[part]
                else:
                    then = buffer[: part.stop - part.start]
                    self._read(then, part.start)
                    yield then, now[part]

    def _written(self, array: Any) -> Iterable[tuple[int, int]]:
        stands = array.__array_interface__["data"][0] == self._address
        if self._thawed is not None or self.process is None or not stands:
            return [(0, self.size)]
        return self.process.written(self._address, self.size)

    def _read(self, target: Any, offset: int) -> None:
        if self.process is None:
            message = "the memory was not frozen"
            raise OSError(message)
        self.process.read_into(target, self._address + offset)


def _flat(array: Any) -> Any:
    """Return the bytes of an array of one piece as an array of them that shares its memory."""
    import numpy as np

    return np.asarray(array).reshape(-1, order="A").view(np.uint8)


def _parts(start: int, end: int) -> Iterator[slice]:
    for begin in range(start, end, _CHUNK):
        yield slice(begin, min(begin + _CHUNK, end))


def _same_bytes(some: Any, others: Any) -> bool:
    import numpy as np

    return bool(np.array_equal(some, others))


def _pointers(array: Any) -> Any:
    import ctypes

    return ctypes.string_at(array.ctypes.data, array.nbytes)


class Allowance:
    """What a snapshot may still take; the `Room` that savers are given.

    Parameters
    ----------
    limits : Limits
        How much it may take.
    words : frozenset of str
        Every name and attribute in the code that is about to run.
    cannot : callable
        Told what cannot be put back, and the object.

    Attributes
    ----------
    mentioned : bool
        Whether the code could reach what is being saved.
    """

    def __init__(self, limits: Limits, words: frozenset[str], cannot: Callable[..., None]) -> None:
        self.limits = limits
        self.words = words
        self.cannot = cannot
        self.mentioned = True
        self._taken = 0
        self._free: int | None = None
        self._frozen: dict[int, Frozen] = {}
        self._process: FrozenProcess | None = None

    def take(self, size: int) -> None:
        """Ask for room to copy `size` bytes, or raise `NoRoom`."""
        self._taken += size
        if self._taken > self.limits.copied or (self._taken > _SIZEABLE and self._taken > self._spare() // 5):
            self._taken -= size
            raise NoRoom

    def keep(self, array: Any) -> Memory | None:
        """Keep an array's bytes: by a copy while there is room, else frozen if that can be done."""
        try:
            # Each object that is copied into an array must be told that it is in one more.
            self.take(array.nbytes * (_PER_OBJECT if array.dtype.hasobject else 1))
        except NoRoom:
            frozen = sum(kept.size for kept in self._frozen.values()) + array.nbytes
            # The code may write all of it, and then both sides take their own.
            if not is_private(array) or array.dtype.hasobject or frozen > self._spare() or not can_freeze():
                self.cannot(self.limits.told_copied, array)
                return None
            kept = self._frozen[id(array)] = Frozen(array, worth_comparing=self.mentioned)
            return kept
        return Copied(array)

    def _spare(self) -> int:
        if self._free is None:
            self._free = free_memory()
        return self._free

    def freeze(self) -> None:
        """Freeze what was to be frozen: the last step, for all of it at once.

        Raises
        ------
        OSError
            If that fails, as where no process may be started any more.
        """
        if self._frozen:
            self._process = FrozenProcess()
            for kept in self._frozen.values():
                kept.process = self._process

    def freezes(self, array: Any) -> bool:
        """Tell whether an array's bytes are not copied but frozen."""
        return id(array) in self._frozen

    def thaw(self, array: Any) -> None:
        """Copy what an array held out of the frozen process, or raise `NoRoom`."""
        kept = self._frozen.get(id(array))
        if kept is not None:
            self.take(kept.size)
            kept.thaw()

    def close(self) -> None:
        """Give back what was taken."""
        if self._process is not None:
            self._process.close()


def told_already(what: str, thing: object, *, seen: bool = False) -> None:
    """Tell nobody: for objects about which everything is known."""
