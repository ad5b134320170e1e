"""What `solve` tells while it works; progress, cells and records listen.

Every event is frozen data. A listener is a function of one event; it must not change what
`solve` does.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from creator_magic.ports import CodeCell, Output, Reply, Stage
    from creator_magic.solution import Attempt, Solution


@dataclass(frozen=True, slots=True)
class Asked:
    """A model is being asked: the stage, and the attempt that the reply is for."""

    stage: Stage
    attempt: int


@dataclass(frozen=True, slots=True)
class ReplyGrew:
    """The reply so far, whole."""

    stage: Stage
    text: str


@dataclass(frozen=True, slots=True)
class Awaited:
    """Something takes its time from here on, such as a call: the person is to see that it goes on."""


@dataclass(frozen=True, slots=True)
class Replied:
    """The reply is complete."""

    stage: Stage
    reply: Reply


@dataclass(frozen=True, slots=True)
class CellsWritten:
    """Code for cells stands; `running` says whether it runs now or waits for its decision."""

    attempt: int
    cells: tuple[CodeCell, ...]
    running: bool


@dataclass(frozen=True, slots=True)
class Noticed:
    """The code that is about to run can change something that nobody can undo; each is said once."""

    notices: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PersonAsked:
    """The person is asked whether `cells` may run; `status` says so."""

    cells: tuple[CodeCell, ...]
    status: str


@dataclass(frozen=True, slots=True)
class OutputGrew:
    """A running cell's outputs changed; `outputs` returns them as they are now."""

    key: str
    outputs: Callable[[], tuple[Output, ...]]


@dataclass(frozen=True, slots=True)
class Attempted:
    """An attempt ended, well or not."""

    attempt: Attempt


@dataclass(frozen=True, slots=True)
class Ended:
    """The solve ended; `solution.solved` says how."""

    solution: Solution


Event = (
    Asked
    | Awaited
    | ReplyGrew
    | Replied
    | CellsWritten
    | Noticed
    | PersonAsked
    | OutputGrew
    | Attempted
    | Ended
)
Listener = Callable[[Event], None]


def growing(stage: Stage, emit: Listener) -> Callable[[str], None]:
    """Return what a model is asked with, as `creator_magic.ports.Model` has it, so that `emit` is told."""

    def on_text(text: str) -> None:
        emit(ReplyGrew(stage, text) if text else Awaited())

    return on_text


class Progress(Protocol):
    """Whoever shows a solve while it goes on."""

    def __call__(self, event: Event) -> None:
        """Take note of a step."""

    def stop(self, message: str) -> None:
        """Show why the solve ended without a solution."""
