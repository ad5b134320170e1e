"""A course's recording before a model: a file of replies that a whole class replays, and that is only read.

A student's problem may differ from the teacher's in what neither of them wrote: another version of pandas
describes a frame in other words, and a cell of the student's own stands where the teacher had none. Where
no model may be called, a reply to the same words serves in spite of that, and a notice says so.
"""

from __future__ import annotations

import difflib
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from creator_magic.course.course import GIVEN, HELP
from creator_magic.errors import InputError, ReplayMissError
from creator_magic.model.cassette import replayed
from creator_magic.model.cassette_file import Cassette
from creator_magic.model.cassette_line import Recording, asked_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from creator_magic.ports import Model, Question, Reply

_SOUGHT = {
    "creation": "the tool",
    "reuse": "the tool",
    "decision": "the code that answers it",
    "entangled": "the tool and the code that answers it",
    "plan": "the plan",
    "rectification": "the mending of code that failed",
    "review": "the review of the answer",
    "explanation": "the explanation",
    "mending": "the mending of a cell",
}

_DIFFERS = {
    "hints": "other hints (--hint)",
    "method": "another method (--method)",
    "inputs": "other variables (--use)",
    "checks": "other checks (--check)",
    "plan": "another plan",
    "sample": "fewer samples (--samples)",
}


@dataclass(frozen=True, slots=True)
class FoundReply:
    """A reply of a course's recording.

    Parameters
    ----------
    recording : Recording
        The reply.
    notices : tuple of str
        What the person should know of it.
    """

    recording: Recording
    notices: tuple[str, ...] = ()


class CourseRecording:
    """The file of replies that a course's students replay.

    Parameters
    ----------
    path : Path
        The file. It is read without a lock, and nothing is written beside it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._cassette = Cassette(path, only_read=True)

    def __repr__(self) -> str:
        return f"CourseRecording({self.path.name!r})"

    def __len__(self) -> int:
        return len(self._cassette)

    def find(self, question: Question, *, alike: bool) -> FoundReply | None:
        """Return the last reply to a question, whichever model gave it.

        Parameters
        ----------
        question : Question
            What is asked.
        alike : bool
            Whether one to the same words serves where there is none to this very question.

        Raises
        ------
        InputError
            If the file is there but cannot be read.
        """
        found = self._cassette.find(question)
        if found is not None:
            return FoundReply(found, self._cassette.take_notices())
        if not alike:
            return None
        wanted = asked_of(question)
        words, held = _words(wanted), self._cassette.asked()
        same = [
            (kept, asked)
            for key, asked in held.items()
            if _words(asked) == words and (kept := self._cassette.find_key(key)) is not None
        ]
        if not same:
            return None
        kept, asked = max(same, key=lambda each: each[0].number)
        return FoundReply(kept, (*self._cassette.take_notices(), *_told(asked, wanted)))

    def missing(self, question: Question) -> str:
        """Say in plain words that there is no reply to a question, and what the student can do."""
        if not self.path.is_file():
            return f"The recording of your course, {self.path}, is not there. Tell your teacher."
        wanted = asked_of(question)
        held = list(self._cassette.asked().values())
        sought = _SOUGHT.get(question.stage, "it")
        if question.stage == "help":
            sought = GIVEN[HELP[question.attempt - 1]]
        elif question.attempt > 1:
            sought += f" (attempt {question.attempt})"
        begun = f"The recording of your course, {self.path.name}, holds no reply for {sought}"
        of_problem = [asked for asked in held if asked.get("problem") == wanted["problem"]]
        same_stage = [
            asked
            for asked in of_problem
            if (asked.get("stage"), asked.get("attempt")) == (question.stage, question.attempt)
        ]
        if same_stage:
            differs = [told for key, told in _DIFFERS.items() if same_stage[-1].get(key) != wanted.get(key)]
            how = " and ".join(differs) or "another cell"
            return f"{begun} as it is asked here; it holds one with {how}. Undo that, or tell your teacher."
        if of_problem:
            return f"{begun}; other replies for this problem are there. Tell your teacher."
        texts = [str(asked.get("problem", "")) for asked in held]
        if difflib.get_close_matches(question.problem.text, texts, n=1, cutoff=0.8):
            return (
                f"{begun}, but it holds a problem whose text is nearly this one. Was the text of the cell "
                "changed? Undo the change, or tell your teacher."
            )
        return f"{begun}: this problem is not in it. Tell your teacher."


class CourseModel:
    """A model with a course's recording before it; satisfies `creator_magic.ports.Model`.

    Parameters
    ----------
    recording : CourseRecording
        Where replies are looked up.
    inner : Model or None
        Who is asked for what it does not hold; None where the course lets nobody be asked.
    alike : bool
        Whether a reply to the same words serves too.
    """

    def __init__(self, recording: CourseRecording, inner: Model | None, *, alike: bool) -> None:
        self._recording = recording
        self._inner = inner
        self._alike = alike

    def __repr__(self) -> str:
        return f"CourseModel({self._recording!r}, {self._inner!r})"

    def ask(self, question: Question, on_text: Callable[[str], None]) -> Reply:
        """Answer `question` from the recording, or by asking on.

        Returns
        -------
        Reply
            A replayed one has spent nothing.

        Raises
        ------
        ReplayMissError
            If the recording holds no reply and nobody else may be asked.
        InputError
            If the recording cannot be read and nobody else may be asked.
        """
        began = time.monotonic()
        try:
            found = self._recording.find(question, alike=self._alike)
        except InputError as error:
            if self._inner is None:
                raise InputError(f"{error.message} Tell your teacher.") from error
            found = None
        if found is not None:
            on_text(found.recording.text)
            return replayed(found.recording, began, found.notices)
        if self._inner is None:
            raise ReplayMissError(self._recording.missing(question))
        return self._inner.ask(question, on_text)


def _words(asked: dict[str, Any]) -> dict[str, Any]:
    """Return what identifies a question but for how variables are described and what of them is shared.

    A question back or a hint is about the problem: one that was recorded without a cell of the student's
    own serves with one.
    """
    left_out = {"shared", "shares_errors"}  # nothing is sent
    if asked.get("stage") == "help":
        left_out |= {"standing", "remark", "said"}
    words = {key: value for key, value in asked.items() if key not in left_out}
    return {**words, "inputs": [variable[0] for variable in asked.get("inputs") or () if variable]}


def _told(asked: dict[str, Any], wanted: dict[str, Any]) -> tuple[str, ...]:
    """Return what the reply to `asked` does not know of `wanted`."""
    recorded = dict(asked.get("inputs") or ())
    others = [name for name, description in wanted["inputs"] if recorded.get(name) != description]
    notices = []
    if others:
        notices.append(
            f"The reply was recorded where {', '.join(others)} had another form, such as other columns or "
            "another version of a library."
        )
    if wanted.get("standing") and not asked.get("standing"):
        notices.append("This was recorded for the problem as such; it does not know the cell you wrote.")
    return tuple(notices)
