"""Results while they come in: each is appended whole, its trace before its row."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from dataclasses import asdict
from typing import TYPE_CHECKING, Self

from creator_magic.bench.results_file import traces_path
from creator_magic.errors import InputError
from creator_magic.file_lock import locked_until_closed

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path
    from types import TracebackType

    from creator_magic.bench.row import Row
    from creator_magic.bench.trace import Trace

_STEP = 1 << 16


class Appending:
    """A results file, and the traces beside it, opened to be added to by one run at a time.

    A last line that a kill has cut off is removed first: its problem is worked on again.

    Parameters
    ----------
    path : Path
        The results file.

    Raises
    ------
    InputError
        If it cannot be written, or another run is writing it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._handles: list[int] = []
        try:
            for each in (traces_path(path), path):
                self._handles.append(os.open(each, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o666))
            alone = locked_until_closed(self._handles[-1])
            for handle in self._handles if alone else ():
                _cut_to_whole_lines(handle)
        except OSError as error:
            self.close()
            raise InputError(f"The results {path} cannot be written: {error.strerror}.") from error
        if not alone:
            self.close()
            raise InputError(f"Another run is writing {path}. Wait for it, or name another file: --out FILE.")

    def add(self, results: Iterable[tuple[Row, Trace]]) -> None:
        """Append results.

        Raises
        ------
        InputError
            If they cannot be written, as on a full disk; those before them are whole.
        """
        both = list(results)
        lines = [[_line(trace) for _, trace in both], [_line(row) for row, _ in both]]
        try:
            for handle, each in zip(self._handles, lines, strict=True):
                _append(handle, b"".join(each))
        except OSError as error:
            raise InputError(
                f"The results {self.path} cannot be written: {error.strerror}. What is there is whole; with "
                "--resume the run goes on."
            ) from error

    def close(self) -> None:
        """Force what was added to the disk."""
        for handle in self._handles:
            with suppress(OSError):
                os.fsync(handle)
            os.close(handle)
        self._handles = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _line(result: Row | Trace) -> bytes:
    told = asdict(result)
    try:
        return json.dumps(told, ensure_ascii=False).encode() + b"\n"
    except UnicodeEncodeError:  # lone surrogates, which only an escape can carry
        return json.dumps(told).encode() + b"\n"


def _append(handle: int, data: bytes) -> None:
    before = os.fstat(handle).st_size
    try:
        while data:
            data = data[os.write(handle, data) :]
    except OSError:
        with suppress(OSError):
            os.ftruncate(handle, before)
        raise


def _cut_to_whole_lines(handle: int) -> None:
    size = end = os.fstat(handle).st_size
    while end > 0:
        start = max(0, end - _STEP)
        os.lseek(handle, start, os.SEEK_SET)
        at = os.read(handle, end - start).rfind(b"\n")
        if at >= 0:
            end = start + at + 1
            break
        end = start
    if end < size:
        os.ftruncate(handle, end)
