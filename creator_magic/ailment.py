"""What ails a cell of the person's that failed: its error, and the lines that the error passed through."""

from __future__ import annotations

from dataclasses import replace
from traceback import walk_tb
from typing import TYPE_CHECKING

from creator_magic.kernel.traceback import failure_of
from creator_magic.mending import Ailment
from creator_magic.ports import CodeCell, Failure, Frame
from creator_magic.stages.mending import CELL

if TYPE_CHECKING:
    from collections.abc import Iterator

    from IPython.core.interactiveshell import InteractiveShell

_TIMED = "<timed exec>"
"""The name under which `%%time` compiles the rest of its cell."""


def syntax_ailment(source: str, said: str) -> Ailment:
    """Return what ails a cell that is no Python.

    Parameters
    ----------
    source : str
        The cell.
    said : str
        What is wrong, as the end of a sentence.
    """
    return Ailment(source, Failure("syntax", "SyntaxError", f"The cell {said}", CELL))


def ailment_of(shell: InteractiveShell | None, source: str, error: Exception) -> Ailment:
    """Return what ails a cell that failed.

    Parameters
    ----------
    shell : InteractiveShell or None
        The shell that ran it.
    source : str
        The cell.
    error : Exception
        What it raised, or why it is no Python.
    """
    cell = CodeCell("decision", CELL, source)
    if isinstance(error, SyntaxError) and not _ran(shell, error):
        line = error.lineno or 0
        lines = source.splitlines()
        reads = f": {lines[line - 1].strip()}" if 0 < line <= len(lines) else ""
        said = f"is not Python: {error.msg}, in line {line}{reads}" if line else f"is not Python: {error.msg}"
        return syntax_ailment(source, said)
    file = _file_of(shell, error)
    failure = failure_of(error, "error", cell, {file: CELL} if file else {})
    frames = tuple(_frames(source, error, file))
    missing = (error.name.partition(".")[0],) if isinstance(error, ModuleNotFoundError) and error.name else ()
    failure = replace(failure, frames=frames, missing=missing)
    return Ailment(source, failure, frames[0].line if frames else 0)


def _frames(source: str, error: Exception, file: str | None) -> Iterator[Frame]:
    """Yield the levels of a traceback that lie in the cell, with the lines that they have in it."""
    lines = source.split("\n")
    # IPython drops the empty lines at a cell's beginning, and `%%time` its own line.
    skipped = {file: len(source) - len(source.lstrip("\n"))}
    skipped[_TIMED] = skipped[file] + 1
    levels = [(frame.f_code, line) for frame, line in walk_tb(error.__traceback__)]
    found = [(code, line) for code, line in levels if code.co_filename in skipped]
    timed = any(code.co_filename == _TIMED for code, _ in found)
    for code, number in found:
        if not (timed and code.co_filename == file):
            line = number + skipped[code.co_filename]
            yield Frame(CELL, line, code.co_name, _text(lines, line))


def _text(lines: list[str], number: int) -> str:
    return lines[number - 1].strip() if 0 < number <= len(lines) else ""


def _ran(shell: InteractiveShell | None, error: Exception) -> bool:
    """Tell whether code of the cell ran: it may have parsed, and raised a SyntaxError itself."""
    return _file_of(shell, error) is not None


def _file_of(shell: InteractiveShell | None, error: Exception) -> str | None:
    """Return the name under which IPython compiled the cell that raised `error`."""
    trace = error.__traceback__
    while trace is not None:
        if shell is not None and trace.tb_frame.f_globals is shell.user_global_ns:
            return trace.tb_frame.f_code.co_filename
        trace = trace.tb_next
    return None
