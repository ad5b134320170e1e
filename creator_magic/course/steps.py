"""The steps of help: what was taken of each problem, and which answers of the student's own were checked.

Each step stands in two places. The output that shows it carries in its metadata all steps of the problem so
far, whichever front end shows it, so that a teacher who has the notebook has them:

    output.metadata.creator_magic = {"v": 1, "parent": …, "help": {"problem": "3f…", "name": "break-even",
        "steps": [{"level": 2, "at": "2026-11-03T14:02:11+00:00", "origin": "replayed", "withheld": 1, …}]}}

The project's file holds them too, for levels that open one after the other, also after the kernel was
restarted; where it cannot be used, the session remembers. Both lie with the student: they are a record of
what was done, and no proof of what was not.
"""

from __future__ import annotations

import hashlib
from contextlib import suppress
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal

from creator_magic.errors import StoreError
from creator_magic.project_store.help_steps import add_help_step, help_steps

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from creator_magic.project_store import ProjectStore

CHECKED = 0
"""The level of a step that gave nothing away: an answer of the student's own was checked."""

_PATIENCE = 0.5
"""Seconds to wait for whoever else writes."""


def problem_id(text: str) -> str:
    """Return what a problem is known by, however its lines are broken: 16 hexadecimal digits."""
    return hashlib.sha256(" ".join(text.split()).encode("utf-8", "surrogatepass")).hexdigest()[:16]


def hints_id(hints: Sequence[str]) -> str:
    """Return what hints are known by, since one may state another problem; empty where there are none."""
    return problem_id("\n".join(hints)) if hints else ""


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


@dataclass(frozen=True, slots=True)
class HelpStep:
    """One step.

    Parameters
    ----------
    level : int
        1 a question, 2 a hint, 3 the tool's signature and docstring, 4 the tool, 5 the solution; 0 for a
        check of the student's own answer.
    origin : {"called", "replayed", "scripted", "notebook", ""}
        Where what was shown came from: a model, a recording, a person who wrote it, cells that stood in the
        notebook; empty for a check.
    withheld : int
        How many pieces of code were taken out of a reply.
    revealed : bool
        Whether it was `%creator reveal` that gave it.
    own : bool
        Whether the student's own cell was sent along.
    passed : bool or None
        Whether all checks of the answer held; None where none was checked, or where those that did not hold
        do not work themselves.
    held, checks : int
        How many of how many checks did.
    answer : str
        Hash of the cell whose answer was checked and of the answer, where it did not pass the teacher's
        checks; else empty.
    hints : str
        The `hints_id` of the cell that it was given to.
    at : str
        When, in ISO 8601, UTC.
    """

    level: int
    origin: Literal["called", "replayed", "scripted", "notebook", ""] = ""
    withheld: int = 0
    revealed: bool = False
    own: bool = False
    passed: bool | None = None
    held: int = 0
    checks: int = 0
    answer: str = ""
    hints: str = ""
    at: str = field(default_factory=_now)

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> HelpStep:
        """Return the step that was kept so; what a later version added is left out."""
        known = {each.name for each in fields(cls)}
        return cls(**{name: value for name, value in kept.items() if name in known})


class HelpSteps:
    """The steps of a project.

    Parameters
    ----------
    store : ProjectStore
        The project's file.
    course : str
        Whose steps they are: another course's do not count.
    """

    def __init__(self, store: ProjectStore, course: str = "") -> None:
        self._store = store
        self._course = course
        self._here: dict[str, list[HelpStep]] = {}

    def of(self, problem: str) -> Sequence[HelpStep]:
        """Return the steps of a problem, by its `problem_id`, oldest first."""
        problem = self._kept_as(problem)
        here = self._here.get(problem, [])
        if not self._store.exists:
            return here
        with suppress(StoreError), self._store.reading() as connection:
            kept = [HelpStep.of(step) for step in help_steps(connection, problem)]
            return [*kept, *(step for step in here if step not in kept)]
        return here

    def add(self, problem: str, step: HelpStep) -> Sequence[HelpStep]:
        """Record a step, and return all of the problem; what is only shown again is no step."""
        before = self.of(problem)
        problem = self._kept_as(problem)
        if step.origin != "called" and any(replace(step, at=each.at) == each for each in before):
            return before
        self._here.setdefault(problem, []).append(step)
        with suppress(StoreError), self._store.transaction(_PATIENCE) as connection:
            add_help_step(connection, problem, step.level, asdict(step))
        return [*before, step]

    def _kept_as(self, problem: str) -> str:
        return problem_id(f"{self._course}\n{problem}") if self._course else problem

    def taken(self, problem: str, hints: str = "") -> int:
        """Return the highest level that was taken of a problem with these hints; 0 for none."""
        return max((step.level for step in self.of(problem) if step.hints == hints), default=0)

    def failed_answers(self, problem: str) -> int:
        """Return how many different answers to a problem did not pass the teacher's checks."""
        return len({step.answer for step in self.of(problem) if step.answer})


def help_metadata(problem: str, name: str, steps: Sequence[HelpStep]) -> dict[str, Any]:
    """Return what an output's metadata say of the steps of a problem, under `help`."""
    return {"problem": problem, "name": name, "steps": [asdict(step) for step in steps]}
