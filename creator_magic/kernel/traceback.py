"""Tracebacks of generated cells: their lines and what they called, none of our own frames."""

from __future__ import annotations

import linecache
import os
import traceback
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from creator_magic.inert import inert
from creator_magic.kernel.close_attributes import close_attributes
from creator_magic.ports import Failure, Frame
from creator_magic.redaction import Redaction

if TYPE_CHECKING:
    from collections.abc import Container, Mapping
    from types import TracebackType

    from creator_magic.ports import CodeCell, FailureKind

_LINES = 60
_LINE = 1_000
_MESSAGE = 10_000
_OURS = f"{Path(__file__).parents[1]}{os.sep}"


def failure_of(
    error: BaseException,
    kind: FailureKind,
    cell: CodeCell,
    files: Mapping[str, str],
    message: str | None = None,
) -> Failure:
    """Describe an exception that a generated cell raised.

    Parameters
    ----------
    error : BaseException
        What was raised.
    kind : str
        The kind of failure.
    cell : CodeCell
        The cell that was running.
    files : mapping of str to str
        The names under which generated cells were compiled, to the keys of the cells.
    message : str or None
        What to say instead of the exception's own message.
    """
    told = traceback.TracebackException(
        type(error), error, _below_us(error.__traceback__, files), lookup_lines=True, compact=True
    )
    _without_us(told)
    frames = tuple(
        Frame(files[level.filename], level.lineno or 0, level.name, (level.line or "").strip())
        for level in told.stack
        if level.filename in files
    )
    # What is shown here is kept in the notebook's file, as the record of the attempt.
    redact = Redaction.of(os.environ)
    said = redact(_said(error)) if message is None else message
    lines = tuple(map(redact, _lines(told, files)))
    if kind == "timeout":
        lines = (*lines[:-1], f"TimeLimit: {said}")
    of_library = type(error).__module__ != "__main__"
    wrong, close = close_attributes(error)
    return Failure(
        kind, type(error).__name__, said, cell.key, frames, lines, of_library, wrong=wrong, close=close
    )


def _below_us(trace: TracebackType | None, files: Mapping[str, str]) -> TracebackType | None:
    """Drop the levels above the first generated cell: they are ours."""
    while trace is not None and trace.tb_frame.f_code.co_filename not in files:
        trace = trace.tb_next
    return trace


def _without_us(told: traceback.TracebackException) -> None:
    """Drop what the code called of ours, such as what stands in for `input`."""
    link: traceback.TracebackException | None = told
    while link is not None:
        link.stack[:] = [level for level in link.stack if not level.filename.startswith(_OURS)]
        link = link.__cause__ or link.__context__


def _said(error: BaseException) -> str:
    try:
        return inert(_cut(str(error), _MESSAGE))
    except KeyboardInterrupt:
        raise
    except BaseException:  # noqa: BLE001 - an exception whose text cannot be had must not hide itself
        return f"<the text of this {type(error).__name__} cannot be shown>"


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[:most]} …"


def _lines(told: traceback.TracebackException, files: Mapping[str, str]) -> tuple[str, ...]:
    lines = "".join(told.format()).splitlines()
    for filename, key in files.items():
        lines = [line.replace(f'File "{filename}", line', f"{key} cell, line") for line in lines]
    if len(lines) > _LINES:
        left_out = len(lines) - _LINES
        lines = [
            *lines[: _LINES // 3],
            f"  [... {left_out} lines left out ...]",
            *lines[-(_LINES - _LINES // 3) :],
        ]
    return tuple(inert(_cut(line, _LINE)) for line in lines)


class _Lines(Sequence[str]):
    """The lines of a source, split when they are asked for, which those of most cells never are."""

    __slots__ = ("_source",)

    def __init__(self, source: str) -> None:
        self._source = source

    def __len__(self) -> int:
        return len(self._split())

    def __getitem__(self, place: Any) -> Any:
        return self._split()[place]

    def _split(self) -> list[str]:
        return self._source.splitlines(keepends=True)


def remember_source(filename: str, source: str) -> None:
    """Let tracebacks and `inspect.getsource` find the lines of a generated cell."""
    linecache.cache[filename] = (len(source), None, cast("list[str]", _Lines(source)), filename)


def forget_source(filename: str) -> None:
    """Undo `remember_source`."""
    linecache.cache.pop(filename, None)


def forget_frames(error: BaseException, files: Container[str]) -> None:
    """Let go of what the frames of generated cells hold, and of the way that an exception came.

    Parameters
    ----------
    error : BaseException
        What a generated cell raised; those that led to it are followed.
    files : container of str
        The names under which generated cells were compiled. Other frames may be the user's.
    """
    waiting: list[BaseException | None] = [error]
    seen: set[int] = set()
    while waiting:
        link = waiting.pop()
        if link is None or id(link) in seen:
            continue
        seen.add(id(link))
        waiting += (link.__cause__, link.__context__)
        if isinstance(link, BaseExceptionGroup):
            waiting += link.exceptions
        for frame, _ in traceback.walk_tb(link.__traceback__):
            if frame.f_code.co_filename in files:
                with suppress(RuntimeError):
                    frame.clear()
        link.__traceback__ = None
