"""Offering generated code as a new cell once: a re-run, and a restarted kernel, offer nothing again.

Front ends that place no generated cells do not tell either whether the offered one still stands. So
the project's file remembers what was offered, by notebook and problem. Where that file cannot be
used, the session remembers.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from creator_magic.errors import StoreError
from creator_magic.project_store.offers import add_offer, was_offered

if TYPE_CHECKING:
    import sqlite3

    from creator_magic.project_store import ProjectStore


class Offers:
    """What was offered.

    Parameters
    ----------
    store : ProjectStore
        The project's file.
    """

    def __init__(self, store: ProjectStore) -> None:
        self._store = store
        self._here: set[tuple[str, str]] = set()
        self._unkept: set[tuple[str, str]] = set()

    def made(self, notebook: str, asked: str) -> bool:
        """Tell whether the code for what was `asked` has come to `notebook` before."""
        if (notebook, asked) in self._here:
            return True
        if self._store.exists:
            with suppress(StoreError), self._store.reading() as connection:
                return was_offered(connection, notebook, asked)
        return False

    def add(self, notebook: str, asked: str, *, lasting: bool = True) -> None:
        """Record that the code for what was `asked` has come to `notebook`; `write` makes it last.

        Parameters
        ----------
        notebook : str
            The notebook's name.
        asked : str
            Hash of the problem and of the options that matter.
        lasting : bool
            Whether it stays there when the session ends; a terminal's prompt does not.
        """
        if lasting and (notebook, asked) not in self._here:
            self._unkept.add((notebook, asked))
        self._here.add((notebook, asked))

    @property
    def waits(self) -> bool:
        """Whether something is to be written down."""
        return bool(self._unkept)

    def write(self, connection: sqlite3.Connection) -> None:
        """Write down what was added since the last time, within a transaction."""
        for notebook, asked in self._unkept:
            add_offer(connection, notebook, asked)

    def written(self) -> None:
        """Know that the transaction has ended well."""
        self._unkept.clear()
