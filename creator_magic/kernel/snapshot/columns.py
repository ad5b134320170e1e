"""The states of many objects in few lists.

A tuple for each of thousands of objects would be thousands that the garbage collector looks through,
before every attempt.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, overload


class Columns(Sequence[tuple[Any, ...]]):
    """The parts of several objects, those of one kind in one list.

    Parameters
    ----------
    columns : sequence of sequence
        For each kind of part that of every object.
    """

    def __init__(self, columns: Sequence[Sequence[Any]]) -> None:
        self.columns = columns

    def __len__(self) -> int:
        return len(self.columns[0])

    @overload
    def __getitem__(self, at: int) -> tuple[Any, ...]: ...
    @overload
    def __getitem__(self, at: slice) -> Columns: ...
    def __getitem__(self, at: int | slice) -> Any:
        found = [column[at] for column in self.columns]
        return Columns(found) if isinstance(at, slice) else tuple(found)
