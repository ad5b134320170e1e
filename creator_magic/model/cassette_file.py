"""A cassette: replies kept in a file, one a line, so that a notebook runs again without a model.

Lines are only ever appended, each whole; of several with one key and model the last counts. All are read
through when the file is first looked into, which tells damage; of what they hold, only where each reply
stands is kept in memory.

A process that dies may leave half a line at the end: it is set aside before the next reply is kept.
Lines that were damaged otherwise stay where they are, and each reply in them that is whole is found.
"""

from __future__ import annotations

import contextlib
import errno
import os
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Literal, TypeVar

from creator_magic.damaged_files import set_aside, set_part_aside
from creator_magic.errors import InputError
from creator_magic.file_lock import locked
from creator_magic.model.cassette_line import (
    BEGINNING,
    VERSION,
    Recording,
    asked_of,
    decoded,
    key_of,
    line_of,
    marks_of,
    recording_of,
    whole_parts,
)
from creator_magic.project import FOLDER

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from contextlib import AbstractContextManager

    from creator_magic.ports import Question, Reply

_T = TypeVar("_T")

_BLOCK = 65536
_TO_APPEND = os.O_RDWR | os.O_APPEND | os.O_CREAT | getattr(os, "O_BINARY", 0)
_TAIL = 64
"""Bytes before the place read up to that must be unchanged, or the file is another one."""


class Cassette:
    """A cassette's file; it need not exist before the first reply is added.

    What other processes append meanwhile is seen at the next look-up. Several threads may use it.

    Parameters
    ----------
    path : Path or str
        Where the file is.
    only_read : bool
        Whether it is somebody else's: then nothing is added, and nobody who holds its lock is waited for.
    """

    def __init__(self, path: Path | str, *, only_read: bool = False) -> None:
        self.path = Path(path)
        self._only_read = only_read
        self._read_to = 0
        self._tail = b""
        self._inode = 0
        self._unended = b""  # what stands behind the last end of a line
        self._known = False  # whether a line was one of ours
        self._damaged = False
        # Where a reply stands, in bytes: the last to a key, and the last of a model to it.
        self._newest: dict[str, int] = {}
        self._by_model: dict[tuple[str, str], int] = {}
        self._asked: dict[str, dict[str, Any]] = {}
        self._notices: list[str] = []
        self._told: set[str] = set()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        with self._lock:
            self._look(lambda _: None)
            return len(self._newest)

    def find(self, question: Question, model: str | None = None) -> Recording | None:
        """Return the last reply to `question`.

        Parameters
        ----------
        question : Question
            What is asked.
        model : str or None
            The model whose reply it must be; None for any.

        Raises
        ------
        InputError
            If the file is there but cannot be read.
        """
        return self.find_each([(question, model)])[0]

    def find_each(self, wanted: Sequence[tuple[Question, str | None]]) -> list[Recording | None]:
        """Return the last reply to each of several questions and its model; otherwise as `find`."""
        return self._find([(key_of(asked_of(question)), model) for question, model in wanted])

    def find_key(self, key: str) -> Recording | None:
        """Return the last reply that is kept under a key, of whichever model; otherwise as `find`."""
        return self._find([(key, None)])[0]

    def _find(self, wanted: Sequence[tuple[str, str | None]]) -> list[Recording | None]:
        with self._lock:
            found = self._look(lambda file: [self._recording(file, *each) for each in wanted])
        return [None] * len(wanted) if found is None else found

    def asked(self) -> Mapping[str, dict[str, Any]]:
        """Return what was asked, as `asked_of` gives it, by key; only where the file is another's.

        Raises
        ------
        InputError
            If the file is there but cannot be read.
        """
        with self._lock:
            self._look(lambda _: None)
            return dict(self._asked)

    def add(self, question: Question, reply: Reply, model: str, *, scripted: bool = False) -> None:
        """Append a reply, whole and at once, so that several processes may.

        Parameters
        ----------
        question : Question
            What was asked; its messages are kept for audit, except with a scripted reply.
        reply : Reply
            What was replied.
        model : str
            The model that was asked, by the name a person sets.
        scripted : bool
            Whether a person wrote the reply.

        Raises
        ------
        OSError
            If the file cannot be written, or is another one than a cassette; it is then as it was.
        """
        line = line_of(question, reply, model, scripted=scripted)
        with self._lock:
            while not self._append(line):
                pass  # the file was moved away meanwhile

    def take_notices(self) -> tuple[str, ...]:
        """Return what the person should know about the file; each sentence is returned once."""
        with self._lock:
            notices = tuple(dict.fromkeys(notice for notice in self._notices if notice not in self._told))
            self._told.update(notices)
            self._notices.clear()
        return notices

    def _append(self, line: bytes) -> bool:
        """Append a line; return whether it is in the file that has the name by then."""
        try:
            handle = os.open(self.path, _TO_APPEND, 0o666)
        except FileNotFoundError:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            handle = os.open(self.path, _TO_APPEND, 0o666)
        try:
            with locked(handle):
                if not _has_name(handle, self.path):
                    return False
                with os.fdopen(handle, "rb", closefd=False) as file:
                    self._take_in_new(file)
                last = self._unended
                if self._is_another(last):
                    self._set_aside()
                    return False
                if last and decoded(last) is None and not any(whole_parts(last)):
                    self._cut_off(handle, last)
                elif last:
                    line = b"\n" + line  # only its end is missing, as editors leave it
                _append_whole(handle, line)
        finally:
            os.close(handle)
        return True

    def _is_another(self, last: bytes) -> bool:
        """Tell whether the file holds something, and that is no cassette."""
        begins_like_ours = last[: len(BEGINNING)] == BEGINNING[: len(last)]
        return not self._known and (self._damaged or not begins_like_ours)

    def _set_aside(self) -> None:
        if self.path.parent.name != FOLDER:  # a person named it, and may have meant another
            raise OSError(errno.EINVAL, "it is no cassette. It was left as it is; name another file")
        aside = set_aside(self.path)
        self._notices = [
            f"{self.path.name} could not be read at all. It is now {aside.name}; a new one was begun."
        ]

    def _cut_off(self, handle: int, last: bytes) -> None:
        aside = set_part_aside(self.path, last)
        os.ftruncate(handle, os.fstat(handle).st_size - len(last))
        self._notices = [notice for notice in self._notices if notice != self._is_cut_off]
        self._notices.append(
            f"The last line of {self.path.name} was cut off and is now in {aside.name}; the rest is whole."
        )

    @property
    def _is_cut_off(self) -> str:
        return f"The last line of {self.path.name} was cut off; it cannot be read and is left out."

    def _look(self, at: Callable[[BinaryIO], _T]) -> _T | None:
        """Read what the file has gained, or all of it if it is another one by now; then look at it.

        None stands for a file that is not there.
        """
        try:
            with self.path.open("rb", _BLOCK) as file, self._undisturbed(file):
                self._take_in_new(file)
                return at(file)
        except FileNotFoundError:
            self._forget(0)
            return None
        except OSError as error:
            raise InputError(f"The cassette {self.path} cannot be read: {error.strerror}.") from error

    def _recording(self, file: BinaryIO, key: str, model: str | None) -> Recording | None:
        for _ in range(2):
            start = self._newest.get(key) if model is None else self._by_model.get((key, model))
            if start is None:
                return None
            line = _line_at(file, start)
            found = line and marks_of(line)
            if line and found and found[0] == key and model in (None, found[1]):
                return recording_of(line, start)
            # Somebody has edited what had been read.
            self._forget(0)
            self._take_in_new(file)
        return None

    def _undisturbed(self, file: BinaryIO) -> AbstractContextManager[None]:
        # Whoever may read a file may lock it, and so could keep a whole class waiting.
        return contextlib.nullcontext() if self._only_read else locked(file.fileno(), shared=True)

    def _take_in_new(self, file: BinaryIO) -> None:
        state = os.fstat(file.fileno())
        if state.st_ino != self._inode or self._tail_in(file) != self._tail:
            self._forget(state.st_ino)
        self._unended = b""
        if self._read_to < state.st_size:  # a device may have no end
            file.seek(self._read_to)
            self._take_in(file, state.st_size)

    def _tail_in(self, file: BinaryIO) -> bytes:
        file.seek(max(0, self._read_to - _TAIL))
        return file.read(min(_TAIL, self._read_to))

    def _forget(self, inode: int) -> None:
        self._read_to, self._tail, self._inode, self._unended = 0, b"", inode, b""
        self._known = self._damaged = False
        self._newest.clear()
        self._by_model.clear()
        self._asked.clear()

    def _take_in(self, file: BinaryIO, end: int) -> None:
        damaged = newer = 0
        while self._read_to < end and (raw := file.readline()):
            kind = self._take_in_line(raw)
            if not raw.endswith(b"\n"):
                # It is read again next time: it may not be complete.
                self._unended = raw
                if kind == "damaged":
                    self._notices.append(self._is_cut_off)
                break
            self._read_to += len(raw)
            damaged += kind == "damaged"
            newer += kind == "newer"
        self._tail = self._tail_in(file)
        self._damaged = self._damaged or damaged > 0
        if damaged:
            self._notices.append(
                f"{_lines(damaged)} of {self.path.name} cannot be read and {_are(damaged)} left out."
            )
        if newer:
            self._notices.append(
                f"{_lines(newer)} of {self.path.name} {_are(newer)} of a newer version of creator-magic "
                f"and {_are(newer)} left out."
            )

    def _take_in_line(self, raw: bytes) -> Literal["whole", "newer", "damaged", "blank"]:
        line = decoded(raw)
        if line is None:
            if not raw.strip():
                return "blank"
            for start, part in whole_parts(raw):
                self._known = self._index(part, self._read_to + start) or self._known
            return "damaged"
        version = line.get("v")
        if isinstance(version, int) and version > VERSION:
            self._known = True
            return "newer"
        if version != VERSION or not self._index(line, self._read_to):
            return "damaged"
        self._known = True
        return "whole"

    def _index(self, line: dict[str, Any], start: int) -> bool:
        marks = marks_of(line)
        if marks is None:
            return False
        key, _ = marks
        self._newest[key] = self._by_model[marks] = start
        if self._only_read:
            asked = line.get("asked")
            self._asked[key] = asked if isinstance(asked, dict) else {}
        return True


def _line_at(file: BinaryIO, start: int) -> dict[str, Any] | None:
    """Return the line that begins at a place, which may be within a damaged one."""
    file.seek(start)
    raw = file.readline()
    return decoded(raw) or next((line for at, line in whole_parts(raw) if not at), None)


def _has_name(handle: int, path: Path) -> bool:
    """Tell whether an open file still is the one at `path`."""
    try:
        return os.path.samestat(os.fstat(handle), path.stat())
    except FileNotFoundError:
        return False


def _append_whole(handle: int, data: bytes) -> None:
    before = os.fstat(handle).st_size
    written = 0
    try:
        while written < len(data):  # one write, unless the disk is nearly full
            written += os.write(handle, data[written:])
    except BaseException:
        with contextlib.suppress(OSError):
            if os.fstat(handle).st_size == before + written:
                os.ftruncate(handle, before)
        raise


def _are(count: int) -> str:
    return "is" if count == 1 else "are"


def _lines(number: int) -> str:
    return "A line" if number == 1 else f"{number} lines"
