"""Checking a course: all its notebooks run on its recording, side by side, and what is not ready is found."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from creator_magic.course.course_file import course_of_notebook
from creator_magic.course.steps import problem_id
from creator_magic.errors import CourseError
from creator_magic.model.cassette_file import Cassette
from creator_magic.model.cassette_line import key_of
from creator_magic.question_words import in_words
from creator_magic.teaching.looser import looser
from creator_magic.teaching.recorder import recording_of
from creator_magic.teaching.rehearsed_notebook import Finding, Rehearsed, rehearse_notebook

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Checked:
    """What checking a course came to.

    Parameters
    ----------
    notebooks : tuple of Rehearsed
        Each notebook, in the order they were named.
    findings : tuple of Finding
        What is about no notebook: course files, recordings, toolboxes, exercises.
    """

    notebooks: tuple[Rehearsed, ...]
    findings: tuple[Finding, ...]

    @property
    def ready(self) -> bool:
        """Whether students can go through all of it."""
        everything = (*self.findings, *(each for done in self.notebooks for each in done.findings))
        return not any(each.fault for each in everything)

    def as_data(self) -> dict[str, Any]:
        """Return all of it as plain data, for programs."""
        return {
            "ready": self.ready,
            "notebooks": [
                {
                    "notebook": str(done.path),
                    "cells": done.cells,
                    "questions": len(done.asked),
                    "seconds": round(done.seconds, 2),
                    "findings": [_as_data(each) for each in done.findings],
                }
                for done in self.notebooks
            ],
            "findings": [_as_data(each) for each in self.findings],
        }


def check_course(
    notebooks: Sequence[Path],
    *,
    whole: bool,
    jobs: int,
    cell_seconds: float | None = None,
    tell: Callable[[Rehearsed], object] = lambda _: None,
) -> Checked:
    """Check notebooks of a course; nothing is asked, and no file is written.

    Parameters
    ----------
    notebooks : sequence of Path
        The notebooks.
    whole : bool
        Whether they are all of the course's, so that a reply which none of them asks for is in vain.
    jobs : int
        How many run at once.
    cell_seconds : float or None
        Time limit for each run of a cell, in seconds.
    tell : callable
        Told of each notebook as it is done.
    """
    about_files = [*_of_files(notebooks)]
    if any(each.fault for each in about_files):
        return Checked((), tuple(about_files))
    done = asyncio.run(_rehearse_all(notebooks, jobs, cell_seconds, tell))
    found = [*about_files, *_of_exercises(done, whole=whole)]
    if not any(each.fault for run in done for each in run.findings):
        found += _of_recordings(done, whole=whole)
    return Checked(done, tuple(found))


async def _rehearse_all(
    notebooks: Sequence[Path], jobs: int, cell_seconds: float | None, tell: Callable[[Rehearsed], object]
) -> tuple[Rehearsed, ...]:
    places = asyncio.Semaphore(jobs)

    async def rehearse(path: Path) -> Rehearsed:
        async with places:
            done = await rehearse_notebook(path, recording_of(path), cell_seconds=cell_seconds)
        tell(done)
        return done

    return tuple(await asyncio.gather(*map(rehearse, notebooks)))


def _of_files(notebooks: Sequence[Path]) -> Iterator[Finding]:
    """Yield what is wrong with course files, recordings and toolboxes."""
    try:
        vain = dict.fromkeys(what for path in notebooks for what in looser(path.resolve()))
    except CourseError as error:
        yield Finding("course", error.message)
        return
    yield from (Finding("looser", what) for what in vain)
    told: dict[Path, None] = {}
    for path in notebooks:
        try:
            recording = recording_of(path)
            course = course_of_notebook(path)
        except CourseError as error:
            yield Finding("course", error.message)
            continue
        if recording not in told and not recording.is_file():
            yield Finding("missing", f"the recording {recording} is not there")
        told[recording] = None
        for toolbox in course.toolboxes:
            if toolbox not in told and not toolbox.is_file():
                yield Finding("course", f"the toolbox {toolbox} is not there")
            told[toolbox] = None


def _of_exercises(done: Sequence[Rehearsed], *, whole: bool) -> Iterator[Finding]:
    """Yield the exercises whose problem stands in none of the notebooks."""
    if not whole:
        return
    stated = {problem for run in done for problem in run.problems}
    told = set()
    for run in done:
        for exercise in course_of_notebook(run.path).exercises.values():
            missing = exercise.problem and problem_id(exercise.problem) not in stated
            if missing and exercise.name not in told:
                told.add(exercise.name)
                yield Finding("course", f"the problem of the exercise {exercise.name} stands in no notebook")


def _of_recordings(done: Sequence[Rehearsed], *, whole: bool) -> Iterator[Finding]:
    """Yield what the recordings hold in vain, and what they hold in another form."""
    of_recording: dict[Path, list[Rehearsed]] = defaultdict(list)
    for run in done:
        of_recording[recording_of(run.path)].append(run)
    for recording, runs in of_recording.items():
        asked = {key for run in runs for key in run.asked}
        problems = {problem for run in runs for problem in run.problems}
        held = {key_of(said): said for said in Cassette(recording, only_read=True).asked().values()}
        if others := len(asked - held.keys()):
            yield Finding(
                "differs",
                f"{others} of {len(asked)} replies were recorded where variables had another form, such as "
                "in another version of a library; they serve all the same",
            )
            continue
        for key, said in held.items():
            problem = str(said.get("problem", ""))
            if key not in asked and (whole or problem_id(problem) in problems):
                begins = problem.strip().partition("\n")[0]
                what = f"{in_words(said.get('stage', ''), said.get('attempt', 1))} of “{begins}”"
                yield Finding("stale", f"{recording.name} holds a reply that nothing asks for: {what}")


def _as_data(finding: Finding) -> dict[str, Any]:
    return {
        "kind": finding.kind,
        "fault": finding.fault,
        "message": finding.message,
        **({"cell": finding.cell, "title": finding.title} if finding.cell else {}),
    }
