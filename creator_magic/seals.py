"""What is known to be from here: cells that were written here, and code from elsewhere that was agreed to.

A notebook may come from anybody, and so may a whole project with its `.creator`: nothing in them can
vouch for itself. What is known is kept in the project's file as seals, which are keyed hashes (HMAC,
RFC 2104). Their key lies in the person's data folder, as Jupyter keeps the one of its own notebook
signatures: a seal that was made elsewhere says nothing here.
"""

from __future__ import annotations

import hmac
import os
import secrets
import tempfile
from contextlib import suppress
from functools import cached_property
from typing import TYPE_CHECKING

from creator_magic.errors import StoreError
from creator_magic.project_store.seals import add_seals, is_sealed

if TYPE_CHECKING:
    import sqlite3
    from pathlib import Path

    from creator_magic.project_store import ProjectStore

_KEY_BYTES = 32
_PATIENCE = 0.5
"""Seconds to wait for whoever else writes: an interrupt is held back meanwhile."""


def key_file() -> Path:
    """Return where the key is that this person's seals are made with."""
    import platformdirs

    return platformdirs.user_data_path("creator-magic", appauthor=False) / "seal.key"


class Seals:
    """What this person's kernels wrote, and what this person agreed to, in one project.

    Where the project's file or the key cannot be used, only this kernel remembers.

    Parameters
    ----------
    store : ProjectStore
        The project's file.
    """

    def __init__(self, store: ProjectStore) -> None:
        self._store = store
        self._here: set[bytes] = set()
        self._unkept: set[bytes] = set()

    def agreed(self, source: str) -> bool:
        """Tell whether the person has agreed to run this very code, which comes from elsewhere."""
        return self._known(self._seal("agreed", source))

    def agree(self, source: str) -> None:
        """Record that the person has agreed to run `source`."""
        self._add(self._seal("agreed", source), lasting=True)
        if self.waits:
            with suppress(StoreError):
                with self._store.transaction(_PATIENCE) as connection:
                    self.write(connection)
                self.written()

    def wrote(self, parent: str, key: str, sha: str, *, lasting: bool) -> None:
        """Record what stands in a generated cell; `write` makes it last.

        Parameters
        ----------
        parent : str
            The id of the magic cell.
        key : str
            The slot in its solve.
        sha : str
            The hash of the source.
        lasting : bool
            Whether it is to be known after this kernel too: what was written here, and not only run.
        """
        self._add(self._seal("wrote", parent, key, sha), lasting=lasting)

    def has_written(self, parent: str, key: str, sha: str) -> bool:
        """Tell whether a source of this hash stood in that cell here; what is other now was edited."""
        return self._known(self._seal("wrote", parent, key, sha))

    @property
    def waits(self) -> bool:
        """Whether something is to be written down."""
        return bool(self._unkept) and self._key is not None

    def write(self, connection: sqlite3.Connection) -> None:
        """Write down what was added since the last time, within a transaction."""
        add_seals(connection, self._unkept)

    def written(self) -> None:
        """Know that the transaction has ended well."""
        self._unkept.clear()

    def _add(self, seal: bytes, *, lasting: bool) -> None:
        if lasting and seal not in self._here:
            self._unkept.add(seal)
        self._here.add(seal)

    def _known(self, seal: bytes) -> bool:
        if seal in self._here:
            return True
        if self._key is not None and self._store.exists:
            with suppress(StoreError), self._store.reading() as connection:
                return is_sealed(connection, seal)
        return False

    def _seal(self, *what: str) -> bytes:
        said = "\0".join(what).encode("utf-8", "surrogatepass")
        return hmac.digest(self._key or b"", said, "sha256")

    @cached_property
    def _key(self) -> bytes | None:
        try:
            return _key_in(key_file())
        except OSError:
            return None


def _key_in(path: Path) -> bytes | None:
    """Return the key in `path`, made at the first need; None if something else is there."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        # Readable by its owner alone, and never half written; whoever comes first makes it.
        with tempfile.NamedTemporaryFile(dir=path.parent) as new:
            new.write(secrets.token_bytes(_KEY_BYTES))
            new.flush()
            with suppress(FileExistsError):
                os.link(new.name, path)
    key = path.read_bytes()
    return key if len(key) == _KEY_BYTES else None
