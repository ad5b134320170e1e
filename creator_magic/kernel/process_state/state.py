"""`ProcessState`: everything that code can change in the process without touching a name.

Saved before an attempt and put back if it fails. Each kind of state has a saver of its own; one that
fails keeps no other from its work, and is named in what `restore` returns.
"""

from __future__ import annotations

import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Self

from creator_magic.kernel.process_state.attributes import Attributes
from creator_magic.kernel.process_state.contents import Contents
from creator_magic.kernel.process_state.import_system import loaded_modules
from creator_magic.kernel.process_state.import_watch import watch_imports
from creator_magic.kernel.process_state.saver import Saver
from creator_magic.kernel.process_state.savers import ALWAYS, NEVER, SAVERS
from creator_magic.kernel.process_state.words import Words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from creator_magic.kernel.process_state.saver import Restore


class ProcessState:
    """The state of the process as it is now. While entered, it also takes note of what is imported.

    Parameters
    ----------
    sources : iterable of str
        The code that will run.
    namespace : mapping of str to object
        The person's names.
    """

    def __init__(self, sources: Iterable[str], namespace: Mapping[str, Any]) -> None:
        self._attributes = Attributes(Words(sources, namespace))
        self._restores: list[tuple[str, Restore]] = []
        self._failed: list[str] = []
        # Attributes come next to first, so that the rest is put back by functions as they were.
        attributes = Saver(Attributes.says, self._attributes.save)
        self._waiting: list[Saver] = [loaded_modules, attributes, *SAVERS]
        self._save()
        # Contents come last: what a saver above puts back may have to be followed by something.
        self._last: tuple[str, Restore] = (Attributes.says_of_contents, self._attributes.contents)
        self._leave: Callable[[], None] | None = None

    def __enter__(self) -> Self:
        self._leave = watch_imports(self._before_import, self._after_import)
        return self

    def __exit__(self, *_: object) -> None:
        leave, self._leave = self._leave, None
        if leave is not None:
            leave()

    def restore(self) -> tuple[str, ...]:
        """Put everything back.

        Returns
        -------
        tuple of str
            What could not be ended or put back, in plain words.
        """
        left = list(self._failed)
        for says, restore in (*self._restores, self._last):
            try:
                left += restore() or ()
            except BaseException as error:  # noqa: BLE001 - it may call the code's own objects, which raise anything
                left.append(_not_restored(says, error))
        return tuple(left)

    def _save(self) -> None:
        """Save what belongs to a module that is loaded by now."""
        waiting, self._waiting = self._waiting, []
        for saver in waiting:
            if saver.needs is not None and saver.needs not in sys.modules:
                self._waiting.append(saver)
                continue
            try:
                self._restores.append((saver.says, saver.save()))
            except Exception as error:  # noqa: BLE001 - a library may have changed; the others are saved all the same
                self._failed.append(_not_restored(saver.says, error))

    def _contents(self) -> Iterable[Contents]:
        return (each for _, each in (*self._restores, self._last) if isinstance(each, Contents))

    def _before_import(self) -> None:
        with suppress(Exception):
            for contents in self._contents():
                contents.before_import()

    def _after_import(self) -> None:
        """Save the state of what an import brought, as the import left it."""
        # The import itself went well, whatever the code has done to what is needed here.
        with suppress(Exception):
            for contents in self._contents():
                contents.after_import()
            self._attributes.note()
            self._save()


def _not_restored(says: str, error: BaseException) -> str:
    return f"not put back: {says} ({type(error).__name__})"


def undone() -> tuple[str, ...]:
    """Return what is put back after a failed attempt, a line for each kind of state."""
    return (
        Attributes.says,
        Attributes.says_of_contents,
        loaded_modules.says,
        *(saver.says for saver in SAVERS),
        *ALWAYS,
    )


def not_undone() -> tuple[str, ...]:
    """Return what cannot be put back, a line for each kind of state."""
    return NEVER
