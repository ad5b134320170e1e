"""A notebook of a course, run as its students come to run it, on the course's recording alone.

Each magic cell is run once for every level of help that the course opens, and then as it stands: what is
asked on the way is what students can come to ask. Where a reply is missing, whoever rehearses may have it
recorded, and the cell is run again.
"""

from __future__ import annotations

import asyncio
import copy
import json
import os
import re
import shlex
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from creator_magic.cells.notebook import without_generated
from creator_magic.cells.notebook_file import read_notebook
from creator_magic.course.course import NEVER
from creator_magic.course.course_file import course_of_notebook
from creator_magic.course.levels import NOTHING_LEFT, TOOL
from creator_magic.course.steps import problem_id
from creator_magic.errors import NotebookError
from creator_magic.headless import end_kernel, start_kernel
from creator_magic.model.cassette_line import asked_of, key_of
from creator_magic.model.course_recording import CourseRecording
from creator_magic.model.told_questions import question_told
from creator_magic.notebook_pass import runs
from creator_magic.notebook_run import NotebookRun, title_of
from creator_magic.question_words import in_words
from creator_magic.teaching.rehearsal import QUESTIONS
from creator_magic.teaching.stated_problem import stated_problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from jupyter_client.client import KernelClient
    from nbformat import NotebookNode

    from creator_magic.course.course import Course
    from creator_magic.ports import Question
    from creator_magic.teaching.stated_problem import StatedProblem

_INTO = re.compile(r"\s--into[ =](\w+)")
_ANSWER = "creator_magic_answer"
_OF_STUDENT = re.compile(r"^%creator (check|reveal)\b", re.MULTILINE)
"""What waits for an answer of a student's own."""

_LEVEL = re.compile(r"\s--help-level[ =]\d+")
_SHORT = re.compile(r"(\d+ of \d+) checks hold")
"""What `%creator check` says where not all do."""

_BEGIN = (
    "__import__('creator_magic.teaching.rehearsal', fromlist=['rehearse'])"
    ".rehearse(get_ipython(), {folder!r}, exact={exact!r})"
)


@dataclass(frozen=True, slots=True)
class Finding:
    """What a teacher should see to.

    Parameters
    ----------
    kind : {"missing", "fails", "waits", "notebook", "course", "looser", "differs", "stale",
        "skipped"}
        What it is about: a reply that is not recorded, a cell that fails, one that cannot be run before
        students have written theirs, a notebook or a course file that cannot be used, what a course file says
        in vain, replies that were recorded in other surroundings, a reply that nothing asks for, what was
        not run: a notebook that is not in Python, and what comes after the end of a kernel.
    message : str
        What there is to say, in a line or two.
    cell : int
        Which cell, counted from 1 over those that hold code; 0 where it is about no cell.
    title : str
        The cell's first line; for a magic cell its first line of text too.
    """

    kind: str
    message: str
    cell: int = 0
    title: str = ""

    @property
    def fault(self) -> bool:
        """Whether it keeps a course from being ready."""
        return self.kind not in ("waits", "looser", "differs", "stale", "skipped")


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """What rehearsing a notebook came to.

    Parameters
    ----------
    path : Path
        The notebook.
    findings : tuple of Finding
        In notebook order.
    asked : frozenset of str
        The keys of all that was asked.
    problems : frozenset of str
        All problems that were asked about, as `creator_magic.course.steps.problem_id` has them.
    cells : int
        How many cells hold code.
    seconds : float
        Wall time, with the start of the kernel.
    """

    path: Path
    findings: tuple[Finding, ...]
    asked: frozenset[str] = frozenset()
    problems: frozenset[str] = frozenset()
    cells: int = 0
    seconds: float = 0.0


async def rehearse_notebook(
    path: Path,
    recording: Path,
    *,
    record: Callable[[Question], None] | None = None,
    project: Path | None = None,
    cell_seconds: float | None = None,
) -> Rehearsed:
    """Run a notebook as students come to run it; its file stays as it is.

    Parameters
    ----------
    path : Path
        The notebook; the kernel works in its folder.
    recording : Path
        The recording of its course.
    record : callable or None
        Has a reply recorded that is missing; None where what is missing is only told.
    project : Path or None
        The folder where the tools it makes are kept; None for one of its own, as with an empty toolbox.
    cell_seconds : float or None
        Time limit for each run of a cell, in seconds.
    """
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="creator-magic-") as own:
        folder = project or Path(own)
        try:
            run = _Rehearsal(path, recording, folder, record, cell_seconds)
        except NotebookError as error:
            return Rehearsed(path, (Finding("notebook", error.message),))
        language = run.notebook.metadata.get("kernelspec", {}).get("language", "python")
        if language.lower() != "python":
            return Rehearsed(path, (Finding("skipped", f"it is in {language}, and was not run"),))
        try:
            await start_kernel(run, path, _environment(path, folder))
            await run.execute()
        except NotebookError as error:
            run.findings.append(Finding("notebook", error.message))
        finally:
            await end_kernel(run)
    seconds = time.monotonic() - began
    asked, problems = frozenset(run.asked), frozenset(run.problems)
    return Rehearsed(path, tuple(run.findings), asked, problems, run.number, seconds)


class _Rehearsal(NotebookRun):
    def __init__(
        self,
        path: Path,
        recording: Path,
        folder: Path,
        record: Callable[[Question], None] | None,
        cell_seconds: float | None,
    ) -> None:
        notebook, _ = read_notebook(path)
        super().__init__(without_generated(notebook), path, "", allow_errors=True, timeout=cell_seconds)
        self.findings: list[Finding] = []
        self.asked: set[str] = set()
        self.problems: set[str] = set()
        self.number = 0
        self._course = course_of_notebook(path)
        self._recording = CourseRecording(recording)
        self._questions = folder / QUESTIONS
        self._read_to = self._questions.stat().st_size if self._questions.is_file() else 0
        self._folder = folder
        self._record = record
        self._students_write = False

    async def execute(self) -> None:
        channels = self.client.kc
        if channels is None:
            raise NotebookError("the kernel is gone")
        await self._begin(channels)
        # Where code is shown and agreed to before it runs, students are asked, and agree.
        channels.allow_stdin = True
        agreeing = asyncio.ensure_future(_agree(channels))
        try:
            for index, cell in enumerate(tuple(self.notebook.cells)):
                if self.interrupted:
                    return
                if runs(cell):
                    self.number += 1
                    if self.died:
                        self._find("skipped", cell, "it was not run, since the kernel had ended")
                    else:
                        await self._rehearse(cell, index)
        finally:
            agreeing.cancel()

    async def _begin(self, channels: KernelClient) -> None:
        begin = _BEGIN.format(folder=str(self._folder), exact=self._record is not None)
        sent = channels.execute(begin, silent=True, store_history=False)
        reply = await self.client.async_wait_for_reply(sent)
        if reply is None or reply["content"]["status"] != "ok":
            why = reply["content"].get("evalue", "") if reply else "it does not answer"
            raise NotebookError(f"its kernel cannot use creator-magic ({why})")

    async def _rehearse(self, cell: NotebookNode, index: int) -> None:
        source, course = cell["source"], self._course
        if "raises-exception" in cell["metadata"].get("tags", ()):
            if beyond := await self._failure(cell, index):
                self._find("fails", cell, beyond)
            # It is meant to fail, and may show what a missing reply looks like.
            self.asked -= {key_of(asked_of(each)) for each in self._new_questions() if self._lacks(each)}
            return
        for made in students_cells(source, course):
            if not await self._runs(cell, made, index):
                return
            if NOTHING_LEFT in self._shown(index):
                self._find("fails", cell, "its recorded hint is nothing but code, and would not be shown")
        stated = stated_problem(source)
        if stated is None:
            return
        self._students_write = self._students_write or course.most_help != "solution"
        exercise, solves = course.exercise_of(stated.text), stated.magic == "solve"
        if solves or course.most_help != "solution":
            name = exercise.name if exercise is not None else ""
            if await self._shows_solution(cell, name, index) and name and solves:
                await self._check_solution(cell, name, _into(stated), index)

    async def _shows_solution(self, cell: NotebookNode, name: str, index: int) -> bool:
        """Have the solution shown if students can come to see it; return whether it was."""
        course = self._course
        if course.most_help == "solution":
            return True
        if course.revealing == NEVER or (course.revealing and not name):
            return False
        for number in range(course.revealing):
            if not await self._checks(cell, f"'no answer {number}'", name, index):
                return False
        return await self._runs(cell, "%creator reveal", index)

    async def _checks(self, cell: NotebookNode, answer: str, name: str, index: int) -> bool:
        """Have what an expression gives checked as a student's answer is; no name is bound."""
        check = f"%creator check {shlex.quote(name)}"
        return await self._runs(cell, answer, index) and await self._runs(cell, check, index)

    async def _check_solution(self, cell: NotebookNode, name: str, into: str, index: int) -> None:
        ran = await self._checks(cell, into, name, index)
        if ran and (short := _SHORT.search(self._shown(index))):
            self._find("fails", cell, f"of the checks of {name} {short[1]} hold of the recorded solution")

    def _shown(self, index: int) -> str:
        outputs = self.notebook.cells[index].get("outputs", ())
        return "".join(output.get("data", {}).get("text/plain", "") for output in outputs)

    async def _runs(self, cell: NotebookNode, source: str, index: int) -> bool:
        """Run what is made of a cell until no reply is missing; return whether it ran to its end."""
        recorded: set[str] = set()
        while True:
            tried = self.notebook.cells[index] = copy.deepcopy(cell)
            tried["source"] = source
            self.client.clear_display_id_mapping(index)
            reason = await self._failure(tried, index)
            missing = next((each for each in self._new_questions() if self._lacks(each)), None)
            if missing is None or self.died:
                if reason:
                    self._find("waits" if self._waits(cell, reason) else "fails", cell, reason)
                return not reason
            key = key_of(asked_of(missing))
            if self._record is None or key in recorded:
                sought = in_words(missing.stage, missing.attempt)
                self._find("missing", cell, f"no reply is recorded for its {sought}")
                return False
            recorded.add(key)
            await asyncio.to_thread(self._record, missing)

    async def _failure(self, cell: NotebookNode, index: int) -> str:
        """Run a cell; return why it failed, or an empty text."""
        failed = await self._cell(cell, index)
        return self.failures.pop().reason if failed and self.failures else ""

    def _waits(self, cell: NotebookNode, reason: str) -> bool:
        """Tell whether a cell failed for want of what students write themselves."""
        if _OF_STUDENT.search(cell["source"]) and reason.startswith(("InputError:", "CourseError:")):
            return True
        states = stated_problem(cell["source"]) is not None
        return self._students_write and not states and reason.startswith("NameError:")

    def _lacks(self, question: Question) -> bool:
        alike = self._record is None and self._course.calls == "recorded"
        return self._recording.find(question, alike=alike) is None

    def _new_questions(self) -> list[Question]:
        if not self._questions.is_file():
            return []
        with self._questions.open("rb") as file:
            file.seek(self._read_to)
            told = [json.loads(line) for line in file]
            self._read_to = file.tell()
        self.asked.update(key_of(each["asked"]) for each in told)
        self.problems.update(problem_id(each["asked"]["problem"]) for each in told)
        return [question_told(each) for each in told]

    def _find(self, kind: str, cell: NotebookNode, message: str) -> None:
        self.findings.append(Finding(kind, message, self.number, title_of(cell["source"])))


async def _agree(channels: Any) -> None:
    while True:
        await channels.get_stdin_msg(timeout=None)
        channels.input("yes")


def students_cells(source: str, course: Course) -> Iterator[str]:
    """Yield what students may make of a cell: one for each level of help that is open, and the cell itself.

    Parameters
    ----------
    source : str
        The cell as the teacher wrote it.
    course : Course
        What is open.
    """
    stated = stated_problem(source)
    if stated is None:
        yield source
        return
    rest = _INTO.sub("", _LEVEL.sub("", stated.flags))
    if stated.magic == "solve":
        rest += f" --into {_into(stated)}"
    rest += f"\n{stated.text}"
    for level in range(1, min(course.most_level, TOOL) + 1):
        yield f"%%{stated.magic} --help-level {level}{rest}"
    if course.most_level > TOOL and stated.magic == "solve":
        yield f"%%solve{rest}"


def _into(stated: StatedProblem) -> str:
    """Return the name that a magic cell's answer is bound to."""
    bound = _INTO.search(stated.flags)
    return bound[1] if bound else _ANSWER


def _environment(path: Path, folder: Path) -> dict[str, str]:
    """Return the environment of a kernel that has neither a model nor settings of the teacher's own."""
    own = ("CREATOR_", "OPENAI_", "PYTHONSTARTUP")
    bare = {name: value for name, value in os.environ.items() if not name.startswith(own)}
    return {
        **bare,
        "IPYTHONDIR": str(folder / "ipython"),  # a profile may set, load and run anything
        "CREATOR_PERSONAL_TOOLBOX": str(folder / "personal.sqlite"),
        "JPY_SESSION_NAME": str(path.resolve()),  # its metadata may hold the course
    }
