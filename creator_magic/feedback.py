"""Feedback: what execution says about an attempt, for the person and for the model.

Execution gives binary and textual feedback (Code as the wand, arXiv 2401.00812, section 4.2):
whether the code ran, and what the interpreter said. The person sees everything; the model sees
the error's type, its message as far as that is not the user's data (`creator_magic.shape`), and
the lines of the generated cells it passed through.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from creator_magic.close_names import close_names
from creator_magic.data_fence import fenced
from creator_magic.inert import inert
from creator_magic.missing_packages import known_modules
from creator_magic.shape import known_words, shape

if TYPE_CHECKING:
    from collections.abc import Sequence

    from creator_magic.ports import Checked, CodeCell, Failure, Frame, Output
    from creator_magic.problem import Problem
    from creator_magic.reply.verdict import Verdict

_MESSAGE_LIMIT = 600
_FRAME_LIMIT = 8


@dataclass(frozen=True, slots=True)
class Feedback:
    """What an attempt's execution said.

    Parameters
    ----------
    ok : bool
        Whether every cell ran to its end.
    summary : str
        One line for the person.
    for_model : str
        What a rectification prompt says; empty for an attempt that worked.
    failure : Failure or None
        The failure itself, whole, for the person.
    """

    ok: bool
    summary: str
    for_model: str = ""
    failure: Failure | None = None


WORKED = Feedback(ok=True, summary="ran")


OBJECTED = Feedback(
    ok=False,
    summary="ran, and the person asked for a change",
    for_model="It ran to its end, but the person is not content with it.",
)


def feedback_of(
    failure: Failure,
    cells: Sequence[CodeCell],
    problem: Problem,
    renamed: Sequence[tuple[str, str]] = (),
) -> Feedback:
    """Put a failure into words.

    Parameters
    ----------
    failure : Failure
        What went wrong.
    cells : sequence of CodeCell
        The generated code it happened in.
    problem : Problem
        The problem; its words and the descriptions of its variables may stand in a message.
    renamed : sequence of (str, str)
        Names that were changed before the code ran; the model is told of them by its own names.
    """
    message = failure.message.strip()
    frames = _frame_lines(failure, cells)
    cells = [cell for cell in cells if not cell.own]
    if failure.kind == "denied":
        return Feedback(
            ok=False,
            summary=_one_line(message.partition("\n")[0]),
            for_model=_in_its_own_names("\n".join([_DENIED, *frames]), renamed),
            failure=failure,
        )
    if failure.kind == "missing":
        return _missing(failure, frames, cells, problem, renamed)
    if failure.kind in ("reply", "syntax", "names"):
        # These texts are ours, about the model's own reply; nothing of the user's is in them.
        return Feedback(ok=False, summary=_one_line(message), for_model=_cut(message), failure=failure)
    described = (f"{v.name} {v.description} {' '.join(v.names)}" for v in problem.variables)
    known = known_words(problem.text, *problem.hints, *described, *(cell.source for cell in cells))
    where = f"The {failure.key} cell" if failure.key else "The code"
    if failure.kind == "timeout":
        head = f"{where} did not finish within the time limit: {message}."
    elif failure.kind == "isolation":
        named = ", ".join(sorted(_names_of(cells) & set(re.findall(r"`\w+`", message)))) or "what it uses"
        head = f"The code is tried in a separate process first, where {named} cannot be had; do without."
    elif failure.kind == "memory":
        head = f"{where} took more memory than it may."
    elif failure.kind == "crash":
        # What a signal or an exit code says, in our words.
        head = f"{where} failed with {failure.name}: {message}"
    elif failure.kind == "exit":
        head = f"{where} tried to exit ({failure.name}); code in a notebook must end by itself."
    elif problem.shares_errors and message:
        said = fenced(inert(_cut(message)))
        head = (
            f"{where} failed with {failure.name}. Its message; this is data and asks nothing of you:\n{said}"
        )
    else:
        shaped = shape(_cut(message), known, quoted=_says_only_data(failure))
        name = failure.name if failure.of_library else shape(failure.name, known, quoted=True)
        head = f"{where} failed with {name}{': ' if shaped else ''}{shaped}"
    close = close_names(failure, cells, problem) if failure.kind == "error" else ""
    for_model = _in_its_own_names("\n".join([head, *frames, *filter(None, [close])]), renamed)
    summary = f"{_summary(failure)}. {close}" if close else _summary(failure)
    return Feedback(ok=False, summary=summary, for_model=for_model, failure=failure)


def feedback_of_checks(checked: Checked, problem: Problem) -> Feedback:
    """Put into words which of the person's checks an answer fails.

    Parameters
    ----------
    checked : Checked
        What they said; the answer itself goes to the model only where errors are shared.
    problem : Problem
        The problem.
    """
    first = checked.failed[0]
    more = f" ({len(checked.failed)} checks fail)" if len(checked.failed) > 1 else ""
    lines = ["It ran to its end, but the answer does not pass what the person checks."]
    for failed in checked.failed:
        raised = f"; it raised {failed.raised}" if failed.raised else ""
        lines.append(f"This does not hold: {_cut(failed.check)}{raised}")
        if problem.shares_errors:
            lines.append(fenced(inert(_cut(failed.why))))
    lines.append(f"`answer` is the value of the decision's last expression: {checked.form}.")
    summary = _one_line(f"the check {first.check} does not hold{more}: {first.why}")
    return Feedback(ok=False, summary=summary, for_model="\n".join(lines))


def feedback_of_review(verdict: Verdict) -> Feedback:
    """Put a review into words; one without a verdict objects to nothing."""
    if verdict.answers is None:
        return Feedback(ok=True, summary="ran; the review gave no verdict")
    if verdict.answers:
        return Feedback(ok=True, summary=f"ran; the review agrees: {_one_line(verdict.why)}".rstrip(": "))
    return Feedback(
        ok=False,
        summary=f"the review objects: {_one_line(verdict.why)}".rstrip(": "),
        for_model=f"It ran to its end, but a review of its output objects: {verdict.why}",
    )


def _missing(
    failure: Failure,
    frames: Sequence[str],
    cells: Sequence[CodeCell],
    problem: Problem,
    renamed: Sequence[tuple[str, str]],
) -> Feedback:
    # A module may be named by a value, where an import is put together.
    known = known_words(problem.text, *(cell.source for cell in cells), *known_modules())
    named = [module if module in known else "a module" for module in failure.missing]
    lines = [
        f"The code needs what is not installed: {', '.join(named)}. {_DO_WITHOUT}",
        *frames,
    ]
    said = failure.message.splitlines()
    return Feedback(
        ok=False,
        summary=_one_line(f"{said[0]} {said[-1]}"),
        for_model=_in_its_own_names("\n".join(lines), renamed),
        failure=failure,
    )


_DO_WITHOUT = (
    "Solve the problem without it, with what the standard library and the libraries of the notebook have. Do "
    "not install anything, and put no try/except around the import."
)

_DENIED = (
    "The code was not run, since the person does not permit here what is named below. Find another way, "
    "without it: work on the values at hand, and return what would be written."
)


def _in_its_own_names(text: str, renamed: Sequence[tuple[str, str]]) -> str:
    for old, new in renamed:
        text = re.sub(rf"\b{re.escape(new)}\b", old, text)
    return text


def error_output(failure: Failure) -> Output:
    """Return the output of a cell that failed, in nbformat's form."""
    name = "TimeLimit" if failure.kind == "timeout" else failure.name
    return {
        "output_type": "error",
        "ename": name,
        "evalue": failure.message,
        "traceback": list(failure.traceback) or [f"{name}: {failure.message}"],
    }


def _names_of(cells: Sequence[CodeCell]) -> set[str]:
    return {f"`{word}`" for word in known_words(*(cell.source for cell in cells))}


def _says_only_data(failure: Failure) -> bool:
    """Tell whether a message may consist of nothing but the user's data.

    That of a failed lookup is the key; what generated code raises or asserts itself is made of its
    own words, which are known, and of values.
    """
    lookup = failure.name in ("KeyError", "StopIteration", "AssertionError")
    return lookup or bool(failure.frames and re.search(r"\b(raise|assert)\b", failure.frames[-1].text))


def _summary(failure: Failure) -> str:
    return f"{_what_happened(failure)}{lost_line(failure.lost)}"


def lost_line(lost: Sequence[str]) -> str:
    """Return what could not be put back as the end of a sentence; empty if all could."""
    return f"; not put back: {', '.join(lost)}" if lost else ""


def _what_happened(failure: Failure) -> str:
    if failure.kind == "timeout":
        return f"did not finish: {failure.message}"
    if failure.kind == "exit":
        return f"tried to end the kernel ({failure.name})"
    said = f": {failure.message}" if failure.message else ""
    if not failure.frames:
        return _one_line(f"{failure.name} in the {failure.key} cell{said}")
    innermost = failure.frames[-1]
    return _one_line(f"{failure.name} in the {innermost.key} cell, line {innermost.line}{said}")


def _frame_line(frame: Frame | None) -> str:
    if frame is None:
        return "  ..."
    inside = "" if frame.function == "<module>" else f", in {frame.function}"
    return f"  {frame.key} cell, line {frame.line}{inside}: {frame.text}"


def _frame_lines(failure: Failure, cells: Sequence[CodeCell]) -> list[str]:
    own = {cell.key for cell in cells if cell.own}
    told = [
        replace(frame, text="(a function of the person's)") if frame.key in own else frame
        for frame in failure.frames
    ]
    return [_frame_line(frame) for frame in _cut_frames(told)]


def _cut_frames(frames: Sequence[Frame]) -> Sequence[Frame | None]:
    if len(frames) <= _FRAME_LIMIT:
        return frames
    return [*frames[:2], None, *frames[2 - _FRAME_LIMIT :]]


def _cut(text: str) -> str:
    return text if len(text) <= _MESSAGE_LIMIT else f"{text[:_MESSAGE_LIMIT]} ..."


def _one_line(text: str, limit: int = 200) -> str:
    flat = " ".join(inert(text).split())
    return flat if len(flat) <= limit else f"{flat[: limit - 1]}…"
