"""The table of an exploration that one can watch: what was imagined, called, observed and reflected."""

from __future__ import annotations

import time
from textwrap import shorten
from typing import TYPE_CHECKING

from creator_magic.explore.events import Imagined, Reflected, TrialBegan, TrialEnded, Tried
from creator_magic.explore.report import SCRIPTED, is_scripted
from creator_magic.tools_command.page import Page, Table, Text

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from creator_magic.explore.events import Event
    from creator_magic.explore.trial import Trial

_PAUSE = 0.1
"""Seconds between two drawings, but for those of finished trials."""

_ROWS = 12
_BAR = 24
_QUERY, _CALL, _OUTCOME, _REFLECTION = 160, 100, 100, 160
_COLUMNS = ("trial", "imagined query", "call", "outcome", "reflection")


class Progress:
    """Shows an exploration while it goes on; a listener.

    Parameters
    ----------
    show : callable
        Draws a page in the place of the one before.
    total : int
        How many trials are to be made, of all tools together.
    heads : sequence of str
        Lines that stay above the table.
    """

    def __init__(self, show: Callable[[Page], None], total: int, heads: Sequence[str]) -> None:
        self._show = show
        self._total = total
        self._heads = heads
        self._trials: list[Trial] = []
        self._done = self._solved = self._passed = 0
        self._doing = ""
        self._scripted = False
        self._drawn = 0.0
        self._began = time.monotonic()

    def __call__(self, event: Event) -> None:
        """Take note of a step."""
        trial = event.trial
        match event:
            case TrialBegan():
                self._trials = [*self._trials, trial][-_ROWS:]
                self._doing = "imagining a query"
            case Imagined():
                self._doing = "trying it"
            case Tried():
                self._doing = "looking at what the call showed"
            case Reflected():
                self._doing = "judging it"
            case TrialEnded():
                self._done += 1
                self._solved += trial.solved is True
                self._passed += trial.passed
                self._scripted = self._scripted or is_scripted(trial)
                self._doing = ""
        self._trials[-1] = trial
        if isinstance(event, TrialEnded) or time.monotonic() - self._drawn >= _PAUSE:
            self.draw()

    def draw(self, ended: str = "") -> Page:
        """Draw the table as it is; `ended` says how it ended."""
        state = ended or (f"{self._trials[-1].tool}: {self._doing} …" if self._trials and self._doing else "")
        page = Page(
            (
                *([Text(SCRIPTED)] if self._scripted else []),
                *map(Text, self._heads),
                Text(self._line()),
                Table(_COLUMNS, tuple(map(_row, self._trials))),
                *([Text(state)] if state else []),
            )
        )
        self._show(page)
        self._drawn = time.monotonic()
        return page

    @property
    def done(self) -> int:
        """How many trials were finished."""
        return self._done

    def _line(self) -> str:
        full = _BAR * self._done // self._total if self._total else _BAR
        minutes, seconds = divmod(int(time.monotonic() - self._began), 60)
        counts = (
            f"{self._done} of {self._total} trials, {self._solved} solved, {self._passed} passed the judge"
        )
        return f"{'█' * full}{'░' * (_BAR - full)} {counts} · {minutes}:{seconds:02}"


def _row(trial: Trial) -> tuple[str, ...]:
    last = trial.turns[-1] if trial.turns else None
    call = next((turn.code for turn in reversed(trial.turns) if turn.code), "")
    outcome = trial.answer
    if not outcome and last is not None and last.observation is not None:
        outcome = last.observation.text
    reflection = ""
    if trial.reflection is not None:
        verdict = {True: "solved", False: "not solved", None: "no verdict"}[trial.solved]
        judged = "" if trial.judgement is None else " · passed" if trial.passed else " · did not pass"
        reflection = f"{verdict}{judged}: {trial.reflection.why}"
    return (
        f"{trial.tool} {trial.episode}.{trial.number}",
        _cut(trial.query, _QUERY),
        _cut(call, _CALL),
        _cut(outcome, _OUTCOME),
        _cut(reflection, _REFLECTION),
    )


def _cut(text: str, longest: int) -> str:
    return shorten(text, longest, placeholder=" …") if len(text) > longest else text
