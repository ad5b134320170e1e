"""Variables carried into a worker: pickled one by one, their large buffers beside the pickle.

Functions and classes of the notebook travel by value, which is what cloudpickle is for, and become
functions of the worker's own namespace: a global that they set is seen by the code that calls them, as
it is in the notebook. Modules travel by name. Values that two variables share stay shared.
"""

from __future__ import annotations

import io
import pickle
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from cloudpickle import Pickler

from creator_magic.kernel.variables import type_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

_MEBIBYTE = 1 << 20


@dataclass(frozen=True, slots=True)
class Uncarried:
    """A variable that cannot be had in a worker.

    Parameters
    ----------
    name : str
        Its name.
    kind : str
        Its type.
    reason : str
        Why, for the person; it may quote their data.
    """

    name: str
    kind: str
    reason: str

    def __str__(self) -> str:
        return f"`{self.name}` ({self.kind}): {self.reason}"


@dataclass(frozen=True, slots=True)
class Carried:
    """Variables on their way.

    Parameters
    ----------
    names : tuple of str
        In the order of the pickles.
    stream : bytes
        A pickle for each.
    buffers : tuple of memoryview
        The contents of arrays and the like, as they are in memory: they are not copied.
    uncarried : tuple of Uncarried
        What was asked for and could not be pickled.
    """

    names: tuple[str, ...] = ()
    stream: bytes = b""
    buffers: tuple[memoryview, ...] = ()
    uncarried: tuple[Uncarried, ...] = field(default=())


class LoadingError(Exception):
    """A variable could not be made again in the worker.

    Parameters
    ----------
    uncarried : Uncarried
        Which, and why.
    """

    def __init__(self, uncarried: Uncarried) -> None:
        super().__init__(str(uncarried))
        self.uncarried = uncarried


def carry(names: Iterable[str], namespace: Mapping[str, Any], limit: int) -> Carried:
    """Pickle the variables `names` of `namespace`.

    Parameters
    ----------
    names : iterable of str
        Which.
    namespace : mapping
        Where they are; functions whose globals it is become functions of the worker's namespace.
    limit : int
        What they may come to together, in MiB; 0 for no limit.

    Returns
    -------
    Carried
        What could be pickled, and the name of each that could not.

    Raises
    ------
    KeyboardInterrupt
        If the person interrupted.
    """
    wanted, uncarried = list(names), list[Uncarried]()
    while True:
        pickled = _Pickled(namespace, limit * _MEBIBYTE or sys.maxsize)
        for name in wanted:
            try:
                pickled.add(namespace[name])
            except KeyboardInterrupt:
                raise
            except BaseException as error:  # noqa: BLE001 - what a value's own code raises when it is pickled
                uncarried.append(Uncarried(name, type_name(namespace[name]), _reason(error, limit)))
                # What was pickled of it may be referred to later: begin again without it.
                wanted.remove(name)
                break
        else:
            return Carried(tuple(wanted), pickled.stream.getvalue(), tuple(pickled.buffers), tuple(uncarried))


def load(
    names: Sequence[str], stream: bytes, buffers: Iterable[bytearray], namespace: dict[str, Any]
) -> None:
    """Bind `names` in `namespace` to what was carried.

    Raises
    ------
    LoadingError
        If one cannot be made again here.
    """
    _Here.namespace = namespace
    unpickler = pickle.Unpickler(io.BytesIO(stream), buffers=buffers)  # noqa: S301 - from our own process
    for name in names:
        try:
            namespace[name] = unpickler.load()
        except Exception as error:
            raise LoadingError(Uncarried(name, "variable", _reason(error, 0))) from error


class _TooLargeError(Exception):
    """More than may be carried."""


class _OpenFileError(Exception):
    """A file, whose place in it would not be shared."""


class _Here:
    """Stands for the namespace of the notebook, on this side or the other."""

    namespace: dict[str, Any]

    def __reduce__(self) -> tuple[Callable[[], dict[str, Any]], tuple[()]]:
        return _namespace_here, ()


def _namespace_here() -> dict[str, Any]:
    return _Here.namespace


class _Pickled:
    """A growing stream of pickles that share what they have in common."""

    def __init__(self, namespace: Mapping[str, Any], limit: int) -> None:
        self.stream = _Bounded(limit)
        self.buffers: list[memoryview] = []
        self._pickler = _Pickler(self.stream, pickle.HIGHEST_PROTOCOL, self._take)
        # By what cloudpickle keeps for functions with the same globals.
        self._pickler.globals_ref[id(namespace)] = _Here()

    def add(self, value: Any) -> None:
        self._pickler.dump(value)

    def _take(self, buffer: pickle.PickleBuffer) -> None:
        view = buffer.raw()
        self.stream.count(view.nbytes)
        self.buffers.append(view)


class _Bounded(io.BytesIO):
    def __init__(self, limit: int) -> None:
        super().__init__()
        self._room = limit

    def count(self, size: int) -> None:
        self._room -= size
        if self._room < 0:
            raise _TooLargeError

    def write(self, data: Any, /) -> int:
        self.count(memoryview(data).nbytes)
        return super().write(data)


class _Pickler(Pickler):  # type: ignore[misc]  # cloudpickle is untyped
    def reducer_override(self, obj: Any) -> Any:
        if isinstance(obj, io.IOBase) and not isinstance(obj, io.BytesIO | io.StringIO):
            raise _OpenFileError
        return super().reducer_override(obj)


def _reason(error: BaseException, limit: int) -> str:
    match error:
        case _TooLargeError():
            return f"with it, the variables come to more than {limit:,} MiB"
        case _OpenFileError():
            return "it is, or holds, an open file"
        case _:
            said = " ".join(str(error).split())[:200]
            return f"{type(error).__name__}: {said}" if said else type(error).__name__
