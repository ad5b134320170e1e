"""The table of an exploration that one can watch: what was imagined, called, observed and reflected."""

from __future__ import annotations

import time
from dataclasses import replace
from textwrap import shorten
from typing import TYPE_CHECKING

from creator_magic.explore.events import (
    Imagined,
    Reflected,
    TrialBegan,
    TrialEnded,
    TrialHandedOut,
    TrialLost,
    Tried,
)
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
_DOING = {
    TrialBegan: "imagining a query",
    TrialHandedOut: "a worker makes a trial",
    Imagined: "trying it",
    Tried: "looking at what the call showed",
    Reflected: "judging it",
}
_Key = tuple[str, str, int, int]


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
        self._trials: dict[_Key, Trial] = {}
        self._doing: dict[_Key, str] = {}
        self._lost: list[str] = []
        self._done = self._solved = self._passed = 0
        self._scripted = False
        self._drawn = 0.0
        self._began = time.monotonic()

    def __call__(self, event: Event) -> None:
        """Take note of a step."""
        trial = event.trial
        key = trial.tool, trial.version, trial.episode, trial.number
        doing = _DOING.get(type(event))
        if doing is not None:
            self._doing[key] = doing
        else:
            del self._doing[key]
        if isinstance(event, TrialEnded):
            self._done += 1
            self._solved += trial.solved is True
            self._passed += trial.passed
            self._scripted = self._scripted or is_scripted(trial)
        elif isinstance(event, TrialLost):
            self._lost.append(f"{trial.tool} {trial.episode}.{trial.number}")
            trial = replace(trial, answer="(lost: its worker died)")
        if not isinstance(event, TrialHandedOut):
            self._trials[key] = trial
        over = len(self._trials) - _ROWS
        for old in [each for each in self._trials if each not in self._doing][: max(0, over)]:
            del self._trials[old]
        if isinstance(event, TrialEnded) or time.monotonic() - self._drawn >= _PAUSE:
            self.draw()

    def draw(self, ended: str = "") -> Page:
        """Draw the table as it is; `ended` says how it ended."""
        state = ended or self._state()
        page = Page(
            (
                *([Text(SCRIPTED)] if self._scripted else []),
                *map(Text, self._heads),
                Text(self._line()),
                Table(_COLUMNS, tuple(map(_row, self._trials.values()))),
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

    @property
    def lost(self) -> tuple[str, ...]:
        """Which trials were lost with their workers."""
        return tuple(self._lost)

    def _state(self) -> str:
        if len(self._doing) > 1:
            return f"{len(self._doing)} trials are being made …"
        return "".join(f"{tool}: {doing} …" for (tool, *_), doing in self._doing.items())

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
