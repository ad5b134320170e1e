"""What the stages of an exploration ask of a model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from creator_magic.data_fence import fenced
from creator_magic.ports import Message, Question
from creator_magic.problem import Problem
from creator_magic.stages.prompt import render

if TYPE_CHECKING:
    from collections.abc import Sequence

    from creator_magic.explore.trial import Trial, Turn
    from creator_magic.ports import Stage


@dataclass(frozen=True, slots=True)
class Remembered:
    """A query of the long-term memory, with its verdict in words."""

    query: str
    verdict: str


@dataclass(frozen=True, slots=True)
class Rejected:
    """A query that is not taken, and why, as a sentence."""

    query: str
    reason: str


def imagination(
    shown: str,
    trial: Trial,
    remembered: Sequence[Remembered],
    episode: Sequence[Trial],
    rejected: Rejected | None = None,
) -> Question:
    """Ask for a query that the tool can answer.

    Parameters
    ----------
    shown : str
        What a model is told of the tool: signature and docstring.
    trial : Trial
        Which one the query is for.
    remembered : sequence of Remembered
        The long-term memory.
    episode : sequence of Trial
        The short-term memory: the earlier trials of this episode.
    rejected : Rejected or None
        What was imagined the first time, where that is not taken.
    """
    messages = render("imagination", tool=shown, remembered=remembered, episode=episode, rejected=rejected)
    return _question("imagination", trial, "", messages, 2 if rejected else 1)


def trying(shown: str, trial: Trial, episode: Sequence[Trial], turns: Sequence[Turn], left: int) -> Question:
    """Ask for a call that brings the query nearer to its answer, or for the answer.

    Parameters
    ----------
    shown, trial, episode
        As for `imagination`; the trial has its query.
    turns : sequence of Turn
        What was replied so far, with what it showed.
    left : int
        How many calls may still be made.
    """
    said = list(render("trial", tool=shown, query=trial.query, episode=episode))
    for number, turn in enumerate(turns, 1):
        observed = turn.observation.text if turn.observation is not None else ""
        observed = f"It showed (data):\n{fenced(observed)}" if turn.code else observed
        last = number == len(turns) and not left
        said += [
            Message("assistant", turn.reply),
            Message("user", f"{observed}\n\n{_NO_MORE}" if last else observed),
        ]
    return _question("trial", trial, trial.query, tuple(said), len(turns) + 1)


_NO_MORE = "No more calls. Reply with a line that begins with `Answer:` now."


def reflection(shown: str, trial: Trial) -> Question:
    """Ask whether a trial solved its query, and why."""
    return _question("reflection", trial, trial.query, render("reflection", tool=shown, trial=trial))


def judging(shown: str, trial: Trial) -> Question:
    """Ask whether a trial may serve as an example."""
    return _question("judge", trial, trial.query, render("judge", tool=shown, trial=trial))


def fault(source: str, trial: Trial, why: str) -> Question:
    """Ask who is at fault for a trial that went wrong; `source` is the tool's whole code."""
    return _question("fault", trial, trial.query, render("fault", tool=source, trial=trial, why=why))


def fault_judging(shown: str, trial: Trial, case: str, showed: str) -> Question:
    """Ask whether a case, as a doctest, may be held against the tool, which showed something else."""
    messages = render("fault_judge", tool=shown, trial=trial, case=case, showed=showed)
    return _question("fault_judge", trial, trial.query, messages, said=case)


@dataclass(frozen=True, slots=True)
class Failing:
    """A case that a tool fails, as a doctest, with what it shows, and what was found."""

    case: str
    showed: str
    why: str


@dataclass(frozen=True, slots=True)
class Refused:
    """Code that cannot be taken, and why, as a sentence."""

    code: str
    reason: str


def tool_rectification(
    name: str,
    source: str,
    passed: Sequence[str],
    faults: Sequence[Failing],
    attempt: int,
    rejected: Refused | None = None,
) -> Question:
    """Ask for a tool without its faults.

    Parameters
    ----------
    name : str
        The tool.
    source : str
        Its code.
    passed : sequence of str
        Cases that it passes, as doctests.
    faults : sequence of Failing
        Cases that it fails.
    attempt : int
        Counted from 1.
    rejected : Refused or None
        What was replied last.
    """
    messages = render("tool_rectification", source=source, passed=passed, faults=faults, rejected=rejected)
    said = "\n\n".join(each.case for each in faults)
    return Question("tool_rectification", attempt, Problem(source), messages, trial=(name,), said=said)


def paraphrasing(trial: Trial, number: int) -> Question:
    """Ask for `number` paraphrases of the query of a trial."""
    messages = render("paraphrase", query=trial.query, number=number)
    return _question("paraphrase", trial, trial.query, messages, said=str(number))


def _question(
    stage: Stage, trial: Trial, query: str, messages: tuple[Message, ...], attempt: int = 1, said: str = ""
) -> Question:
    which = (trial.tool, trial.version, trial.course, trial.episode, trial.number)
    return Question(stage, attempt, Problem(query), messages, trial=which, said=said)
