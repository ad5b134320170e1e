"""The display record: one output under the magic cell, updated in place while a solve goes on.

It carries the generated cells in its metadata, so that whoever runs the notebook can put them
into the file, and it ends as the solve's summary.
"""

from __future__ import annotations

import time
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable
from uuid import uuid4

from creator_magic.cells.drawing_clock import Drawing
from creator_magic.cells.generated import KEY, VERSION, SolveSummary
from creator_magic.cells.plain_text import as_text, keys_of
from creator_magic.cells.summary import as_html, working_html
from creator_magic.events import (
    Asked,
    Attempted,
    Awaited,
    CellsWritten,
    Noticed,
    OutputGrew,
    PersonAsked,
    ReplyGrew,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from IPython.core.displaypub import DisplayPublisher

    from creator_magic.events import Event
    from creator_magic.ports import CodeCell, Output, Stage
    from creator_magic.solution import Attempt, Solution

_PAUSE = 0.1
"""Seconds between two drawings that nobody waits for; one for each token would slow the model down."""

_TICK = 1.0
"""Seconds until the next drawing while nothing happens, so that the person sees time pass."""

_TAIL = 4_000

_STAGES: dict[Stage, str] = {
    "creation": "Creating a tool",
    "reuse": "Looking whether a kept tool serves",
    "decision": "Deciding how to use it",
    "entangled": "Writing a tool and a decision",
    "rectification": "Rectifying",
    "review": "Reviewing the output",
    "plan": "Planning",
    "explanation": "Explaining",
    "mending": "Looking for the cause",
    "cases": "Proposing cases",
    "help": "Looking for a way to help",
    "program": "Writing a program",
}


_Finished = tuple[
    "Solution", "Sequence[Mapping[str, Any]]", tuple[str, ...], "Sequence[CodeCell]", "str | None"
]


class DisplayRecord:
    """Shows a solve under its magic cell.

    Parameters
    ----------
    show : callable
        Called with a MIME bundle, its metadata, and whether it updates the display shown before.
    beside_cells : bool
        Whether the front end places the generated cells, so that finished code and its outputs are
        to be seen there, and only there.

    Attributes
    ----------
    help : mapping
        The steps of help with the problem, as `creator_magic.course.steps` has them; empty for none.
    """

    def __init__(
        self,
        show: Callable[[Mapping[str, str], Mapping[str, Any], bool], None],
        *,
        beside_cells: bool = False,
    ) -> None:
        self._show = show
        self._beside_cells = beside_cells
        self._shown = False
        self._finished: _Finished | None = None
        self._status = "Solving"
        self._writing = ""
        self._outputs: Callable[[], tuple[Output, ...]] | None = None
        self._attempts: list[Attempt] = []
        self._notices: list[str] = []
        self._untried: tuple[CodeCell, ...] = ()
        self._began = time.monotonic()
        self._drawing = Drawing(self._draw)
        self.help: Mapping[str, Any] = {}

    def __call__(self, event: Event) -> None:
        """Take note of what happened, and draw it now and then; at once what the person must see first."""
        with self._drawing.lock:
            match event:
                case Asked(stage, attempt):
                    self._status = f"{_STAGES[stage]}{f' (attempt {attempt})' if attempt > 1 else ''}"
                    self._writing, self._outputs = "", None
                    self._draw_again()
                case Awaited():
                    self._drawing.soon(_PAUSE)
                case ReplyGrew(_, text):
                    self._writing = text
                    self._draw_again()
                case CellsWritten(_, cells, running):
                    if running:
                        self._status = f"Running the {keys_of(cells)} cell"
                    self._untried = () if self._beside_cells else cells
                    self._writing = "\n\n".join(cell.source for cell in self._untried)
                    self._drawing.soon(_PAUSE)
                case Noticed(notices):
                    self._notices += notices
                    self._draw()
                case PersonAsked(_, status):
                    self._status = status
                    self._draw()
                case OutputGrew(_, outputs) if not self._beside_cells:
                    self._outputs = outputs
                    self._drawing.soon(_PAUSE)
                case Attempted(attempt):
                    self._attempts.append(attempt)
                    self._untried = ()

    def _draw_again(self) -> None:
        # What is not awaited is replayed, and in a cell sooner than anybody could look here.
        if self._shown:
            self._drawing.soon(_PAUSE)

    def _draw(self) -> None:
        seconds = time.monotonic() - self._began
        status = f"{self._status} … {seconds:.0f} s"
        writing = self._writing
        if self._outputs is not None:
            printed = "".join(o["text"] for o in self._outputs() if o["output_type"] == "stream")
            writing = printed or writing
        self._send(
            {
                "text/html": working_html(status, writing[-_TAIL:], self._attempts, notes=self._notices),
                "text/plain": "\n".join([status, *self._notices]),
            },
            {},
        )
        self._drawing.at(self._drawing.drawn + _TICK)

    def finish(
        self,
        solution: Solution,
        cells: Sequence[Mapping[str, Any]],
        notes: Sequence[str],
        shown: Sequence[CodeCell],
        parent: str | None,
    ) -> None:
        """Draw the summary, with the generated cells in the metadata.

        Parameters
        ----------
        solution : Solution
            The outcome.
        cells : sequence of mapping
            The generated cells, in nbformat's form.
        notes : sequence of str
            Further lines for the person.
        shown : sequence of CodeCell
            Code that the record itself shows, since no cell of the notebook does.
        parent : str or None
            The id of the magic cell.
        """
        self._finished = (solution, cells, tuple(notes), shown, parent)
        self._writing, self._outputs = "", None
        usage, money = solution.usage, solution.money
        summary = SolveSummary(
            solved=solution.solved,
            answer_text=solution.answer_text,
            problem=solution.problem.text,
            attempts=len(solution.attempts),
            calls=usage.calls,
            replayed=solution.replies_from("replayed"),
            scripted=solution.replies_from("scripted"),
            prompt_tokens=usage.prompt_tokens,
            completion_tokens=usage.completion_tokens,
            seconds=round(solution.seconds, 2),
            priced=money is not None,
            amount=money.amount if money else 0.0,
            unpriced=", ".join(money.unpriced) if money else "",
            at_least=money is not None and money.at_least,
        )
        mark = {"v": VERSION, "parent": parent, "cells": list(cells), "summary": asdict(summary)}
        mark |= {"help": dict(self.help)} if self.help else {}
        self._send(
            {"text/html": as_html(solution, notes, shown), "text/plain": as_text(solution)}, {KEY: mark}
        )

    def add(self, lines: Sequence[str]) -> None:
        """Draw the summary once more, with what became known after it, the last of which this is."""
        if self._finished is not None and lines:
            solution, cells, notes, shown, parent = self._finished
            self.finish(solution, cells, (*notes, *lines), shown, parent)
        # The record stays as long as the solve can be undone, the prompts and replies need not.
        self._finished = None

    def stop(self, message: str) -> None:
        """Draw why the solve ended without a solution: an interrupt, a limit, a model that cannot be asked.

        What was written until then stays visible: it is paid for.
        """
        html = working_html(message, "", self._attempts, self._untried, self._notices)
        self._send({"text/html": html, "text/plain": message}, {})

    def end(self, html: str, text: str, parent: str | None = None) -> None:
        """Draw what it came to, where that is no solve.

        Parameters
        ----------
        html, text : str
            What it came to, twice.
        parent : str or None
            The id of the magic cell, for what is told of `help`.
        """
        mark = {KEY: {"v": VERSION, "parent": parent, "help": dict(self.help)}} if self.help else {}
        self._send({"text/html": html, "text/plain": text}, mark)

    def undone(self, lines: Sequence[str], cells: Sequence[CodeCell]) -> dict[str, Any]:
        """Draw that the solve was undone, with its code, and without cells for the notebook.

        Parameters
        ----------
        lines : sequence of str
            What was taken back and what was left, a headline first.
        cells : sequence of CodeCell
            The code, as far as it came.

        Returns
        -------
        dict
            The output that says so, in nbformat's form.
        """
        self._finished = None
        html = working_html(lines[0], "", self._attempts, cells or self._untried, lines[1:])
        data = {"text/html": html, "text/plain": "\n".join(lines)}
        self._send(data, {})
        return {"output_type": "display_data", "data": data, "metadata": {}}

    def _send(self, data: Mapping[str, str], metadata: Mapping[str, Any]) -> None:
        with self._drawing.lock:
            self._drawing.begin()
            self._show(data, metadata, self._shown)
            self._shown = True
            self._drawing.drawn = time.monotonic()


def display_under_cell(
    publisher: DisplayPublisher,
) -> Callable[[Mapping[str, str], Mapping[str, Any], bool], None]:
    """Return a way to show one display under the cell that is running, and to update it in place.

    Parameters
    ----------
    publisher : DisplayPublisher
        The front end's own: while generated code runs, the shell's belongs to its cell.
    """
    transient = {"display_id": uuid4().hex}

    def show(data: Mapping[str, str], metadata: Mapping[str, Any], update: bool) -> None:
        if update and isinstance(publisher, _KernelsPublisher):
            # Not by `publish`, which waits until all that was printed before is out: an update goes to where
            # its display stands.
            content = {"data": data, "metadata": metadata, "transient": transient}
            publisher.session.send(
                publisher.pub_socket,
                "update_display_data",
                content,
                parent=publisher.parent_header,
                ident=publisher.topic,
            )
        else:
            publisher.publish(data=dict(data), metadata=dict(metadata), transient=transient, update=update)

    return show


@runtime_checkable
class _KernelsPublisher(Protocol):
    """What ipykernel's publisher has."""

    session: Any
    pub_socket: Any
    topic: bytes
    parent_header: Any
