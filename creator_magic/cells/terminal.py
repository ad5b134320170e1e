"""A solve in terminal IPython: a line a step, and in the end the code, highlighted."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, TextIO

from creator_magic.cells.plain_text import headline, keys_of, what_it_did
from creator_magic.events import Asked, Attempted, CellsWritten, Noticed, PersonAsked
from creator_magic.inert import coloured, inert

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from creator_magic.events import Event
    from creator_magic.feedback import Feedback
    from creator_magic.ports import CodeCell
    from creator_magic.solution import Solution


class TerminalProgress:
    """Prints what a solve is doing.

    Parameters
    ----------
    stream : text stream
        Where it prints.
    highlight : callable
        Turns Python source into text for the terminal.
    """

    def __init__(self, stream: TextIO, highlight: Callable[[str], str]) -> None:
        self._stream = stream
        self._highlight = highlight
        self._cells: tuple[CodeCell, ...] = ()
        self._began = time.monotonic()
        self.help: Mapping[str, Any] = {}

    def __call__(self, event: Event) -> None:
        """Print a line for each step."""
        match event:
            case Asked(stage, attempt):
                self._say(f"{stage}{f', attempt {attempt}' if attempt > 1 else ''} …")
            case CellsWritten(_, cells, running):
                self._cells = cells
                if running:
                    self._say(f"running the {keys_of(cells)} cell …")
            case Noticed(notices):
                for notice in notices:
                    self._say(notice)
            case PersonAsked(cells, _):
                for cell in cells:
                    self._code(cell)
            case Attempted(attempt) if not attempt.feedback.ok:
                self._failed(attempt.number, attempt.feedback)
            case _:
                pass

    def finish(self, solution: Solution, notes: Sequence[str]) -> None:
        """Print the code, the answer and the summary."""
        for run in solution.runs:
            self._code(run.cell)
            for output in run.outputs:
                if output["output_type"] == "stream":
                    self._print(output["text"].rstrip("\n"))
                elif output["output_type"] == "error":
                    self._print("\n".join(output["traceback"]))
                else:
                    self._print(str(output["data"].get("text/plain", "")))
        self._print("")
        said = [headline(solution), *what_it_did(solution)]
        if solution.sent:
            said.append(f"Sent: {solution.sent}")
        for line in (*said, *notes):
            self._print(line)

    def end(self, html: str, text: str, parent: str | None = None) -> None:  # noqa: ARG002 - a record's
        """Print what it came to, where that is no solve."""
        self._print(text)

    def add(self, lines: Sequence[str]) -> None:
        """Print what became known after the summary."""
        for line in lines:
            self._print(line)

    def stop(self, message: str) -> None:
        """Print why the solve ended without a solution, and the code that it had come to."""
        self._say(message)
        for cell in self._cells:
            self._code(cell)

    def undone(self, lines: Sequence[str], cells: Sequence[CodeCell]) -> None:
        """Leave what was printed; `%creator undo` prints the rest."""

    def _failed(self, number: int, feedback: Feedback) -> None:
        self._say(f"attempt {number} failed: {feedback.summary}")

    def _code(self, cell: CodeCell) -> None:
        self._print(f"\n# {cell.key} cell\n{self._highlight(inert(cell.source)).rstrip()}")

    def _say(self, text: str) -> None:
        self._print(f"[{time.monotonic() - self._began:5.1f} s] {text}")

    def _print(self, text: str) -> None:
        self._stream.write(f"{coloured(text)}\n")
        self._stream.flush()
