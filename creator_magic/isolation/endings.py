"""What is said of a worker that did not live to say it itself."""

from __future__ import annotations

import re
import signal
from typing import TYPE_CHECKING, Any

from creator_magic.inert import inert
from creator_magic.kernel.outcome import filename_of
from creator_magic.ports import Failure, Frame

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from creator_magic.isolation.limits import IsolationLimits
    from creator_magic.ports import CodeCell, FailureKind

_LEVEL = re.compile(
    r'^  File "(?P<file><creator [^"]+>)", line (?P<line>\d+) in (?P<function>.+)$', re.MULTILINE
)


def failure_of_ending(
    ending: Mapping[str, Any], limits: IsolationLimits, cells: Sequence[CodeCell], running: CodeCell
) -> Failure:
    """Describe how a worker ended.

    Parameters
    ----------
    ending : mapping
        What its supervisor told: why it was stopped, its exit code, and the stack that it left.
    limits : IsolationLimits
        What it was held to.
    cells : sequence of CodeCell
        What it was to run.
    running : CodeCell
        The cell that was running.
    """
    kind, name, said = _in_words(str(ending.get("stopped")), int(ending.get("code", 0)), limits)
    levels = _levels(str(ending.get("stack")), cells)
    at = [f"  {level.key} cell, line {level.line}, in {level.function}\n    {level.text}" for level in levels]
    lines = (*(["Where it was (most recent call last):", *at] if at else []), f"{name}: {said}")
    return Failure(kind, name, said, running.key, levels, tuple("\n".join(lines).splitlines()))


def _in_words(stopped: str, code: int, limits: IsolationLimits) -> tuple[FailureKind, str, str]:
    told: dict[str, tuple[FailureKind, str, str]] = {
        "timeout": (
            "timeout",
            "TimeLimit",
            f"stopped after {limits.timeout or 0:g} s, by ending its process",
        ),
        "loading": ("timeout", "TimeLimit", "its variables could not be loaded in time"),
        "memory": ("memory", "MemoryLimit", f"its processes took more than {limits.memory:,} MiB together"),
        "processes": ("crash", "ProcessLimit", f"it started more than {limits.processes} processes"),
        "lost": ("crash", "ProcessCrashed", "it ended the process that watches over it"),
        "garbled": ("crash", "ProcessEnded", "it wrote into the line by which its outputs come"),
        "order": ("crash", "ProcessEnded", "its process was ended from outside"),
    }
    if stopped in told:
        return told[stopped]
    if code < 0:
        return "crash", *_by_signal(-code)
    return "crash", "ProcessEnded", f"it ended its process, with exit code {code}"


def _by_signal(number: int) -> tuple[str, str]:
    try:
        name = signal.Signals(number).name
    except ValueError:
        name = f"signal {number}"
    what = (signal.strsignal(number) or "").lower()
    said = f"it ended its process by {name}{f' ({what})' if what else ''}"
    if number == signal.SIGKILL:
        said += "; the system does so too where memory runs out"
    return "ProcessCrashed", said


def _levels(stack: str, cells: Sequence[CodeCell]) -> tuple[Frame, ...]:
    """Find the levels in generated cells in what `faulthandler` wrote, outermost first."""
    written = {filename_of(cell): cell for cell in cells}
    levels = []
    for level in reversed(list(_LEVEL.finditer(stack))):
        cell = written.get(level["file"])
        if cell is not None:
            number = int(level["line"])
            text = cell.source.splitlines()[number - 1 : number]
            levels.append(Frame(cell.key, number, level["function"], inert("".join(text)).strip()))
    return tuple(levels)
