"""What an attempt may change, as it was before, and the way back to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from creator_magic.kernel.bindings import Bindings
from creator_magic.kernel.interruption import uninterrupted
from creator_magic.kernel.outcome import filename_of
from creator_magic.kernel.process_state import ProcessState
from creator_magic.kernel.snapshot import Snapshot
from creator_magic.kernel.traceback import forget_source

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType

    from creator_magic.kernel.snapshot import Limits
    from creator_magic.ports import CodeCell


class Transaction:
    """Names, the objects they reach, and the process, as they are now. Entered while the code runs.

    Parameters
    ----------
    namespace : dict
        Where the code runs.
    cells : sequence of CodeCell
        The code.
    limits : Limits
        How much of what the names reach is saved.

    Attributes
    ----------
    bindings : Bindings
        What the names mean.
    snapshot : Snapshot
        What they reach.
    files : dict of str to str
        The names under which the cells are compiled, to the keys of the cells.
    lost : tuple of str
        After `restore`: what could not be put back, each as "`name` is a generator".
    left : tuple of str
        After `restore`: what of the process could not be ended or put back, in plain words.
    """

    def __init__(self, namespace: dict[str, Any], cells: Sequence[CodeCell], limits: Limits) -> None:
        sources = [cell.source for cell in cells]
        self.bindings = Bindings(namespace)
        self.snapshot = Snapshot(namespace, sources, limits)
        self.files = {filename_of(cell): cell.key for cell in cells}
        self.lost: tuple[str, ...] = ()
        self.left: tuple[str, ...] = ()
        self._state = ProcessState(sources, namespace)

    def __enter__(self) -> Self:
        self._state.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._state.__exit__(kind, error, trace)

    def restore(self) -> None:
        """Make everything be as it was; an interrupt waits until that is done."""
        with uninterrupted():
            self.bindings.restore()
            # First the process: putting objects back takes builtins that the code may have replaced.
            self.left = self._state.restore()
            self.lost = self.snapshot.restore()
            self.snapshot.close()
            for filename in self.files:
                forget_source(filename)
