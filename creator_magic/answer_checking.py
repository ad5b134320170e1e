"""`%creator check`: the student's own answer against the teacher's checks of an exercise.

What is said gives nothing away: of a check that does not hold the teacher's words for it, never the check,
nor what it expects. A question or a hint about the student's cell comes from the model, where it is asked
for; only then is the cell sent.
"""

from __future__ import annotations

import hashlib
import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

from creator_magic.cells.help_shown import ShownHelp
from creator_magic.course.exercise import Exercise, ExerciseCheck
from creator_magic.course.levels import level_given
from creator_magic.course.steps import CHECKED, HelpStep, hints_id, problem_id
from creator_magic.errors import CourseError, CreatorError, InputError, Interrupted, meant
from creator_magic.kernel.answer_checks import check_readable
from creator_magic.kernel.shell_names import ANSWER
from creator_magic.options import Options
from creator_magic.problem import Problem
from creator_magic.stages.help import word_level
from creator_magic.tutoring import exercise_named, words_of_help

if TYPE_CHECKING:
    from collections.abc import Sequence

    from creator_magic.own_answers import OwnAnswer
    from creator_magic.ports import Checked
    from creator_magic.session import Session
    from creator_magic.tutoring import Words


@dataclass(frozen=True, slots=True)
class CheckedAnswer:
    """What a check of an answer came to.

    Parameters
    ----------
    shown : ShownHelp
        What the student is shown.
    problem : str
        The problem, as `creator_magic.course.steps.problem_id` has it.
    exercise : str
        The name of the exercise; empty where there is none.
    steps : sequence of HelpStep
        The steps of the problem so far.
    """

    shown: ShownHelp
    problem: str
    exercise: str
    steps: Sequence[HelpStep]


def check_answer(
    session: Session, name: str | None, own_checks: tuple[str, ...], level: int | None, *, fresh: bool = False
) -> CheckedAnswer:
    """Check the student's last answer.

    Parameters
    ----------
    session : Session
        The shell's session.
    name : str or None
        The exercise; None for that of the problem which was stated last.
    own_checks : tuple of str
        Further checks, which the student gives.
    level : {1, 2} or None
        Whether to have a question (1) or a hint (2) from the model too, if a check does not hold.
    fresh : bool
        Whether to ask anew although a reply is recorded.

    Raises
    ------
    CourseError
        If the course does not open that much help.
    InputError
        If there is no such exercise, nothing to check by, or no answer that lasts.
    """
    course = session.settings.course
    for check in own_checks:
        check_readable(check)
    exercise = _exercise(session, name, wanted=not own_checks)
    text = exercise.problem or (session.last_stated[0] if session.last_stated else "")
    asked = problem_id(text or f"exercise {exercise.name}")
    hints = hints_id(session.last_stated[1].hints) if session.last_stated else ""
    if level is not None:
        level_given(course, level, session.steps.taken(asked, hints), create=False)
        _may_help(session, text)
    answer = session.own_answers.last()
    _lasts(answer)
    teachers = list(exercise.checks)
    checks = [*teachers, *(ExerciseCheck(check, f"{check} is not so.") for check in own_checks)]
    checked = _run(session, [each.check for each in checks], answer)
    held = [not each.failed for each in checked]
    # What does not work itself says nothing of the answer.
    wrong = [bool(each.failed) and not each.broken for each in checked]
    wrong_of_teacher = any(wrong[: len(teachers)])
    steps = session.steps.add(
        asked,
        HelpStep(
            CHECKED,
            passed=False if any(wrong) else all(held) or None,
            held=sum(held),
            checks=len(held),
            # Only what a teacher's check said counts towards the solution.
            answer=_answer_id(answer) if wrong_of_teacher else "",
        ),
    )
    lines = [f"Checked: {answer.shown}, {answer.origin}."]
    lines += [
        _said(number, check, found, own=number > len(teachers))
        for number, (check, found) in enumerate(zip(checks, checked, strict=True), 1)
    ]
    headline = _headline(exercise.name, held, len(held) - sum(held) - sum(wrong))
    words, notes = "", [_towards_the_solution(session, asked)] if wrong_of_teacher else []
    if level is not None and any(wrong):
        said = "\n".join(line for line, is_wrong in zip(lines[1:], wrong, strict=True) if is_wrong)
        try:
            given = _help(session, text, answer, said, level, fresh=fresh)
        except CreatorError as error:
            notes.append(f"No help: {error.message}")
        else:
            words, notes = given.text, [*given.notes, *notes]
            if (step := given.step(level, hints=hints, own=True)) is not None:
                steps = session.steps.add(asked, step)
    shown = ShownHelp(headline, words, lines=tuple(filter(None, lines)), notes=tuple(filter(None, notes)))
    return CheckedAnswer(shown, asked, exercise.name, steps)


def _exercise(session: Session, name: str | None, *, wanted: bool) -> Exercise:
    exercises = session.settings.course.exercises
    if name is None and session.last_stated is not None:
        name = exercise_named(session, session.last_stated[0]) or None
    written = [shlex.quote(each) for each in exercises]
    if name is None and wanted and len(exercises) == 1:
        only = next(iter(exercises.values()))
        # Where another problem was stated, it is no exercise.
        name = only.name if not only.problem or session.last_stated is None else None
    if name is None:
        if not wanted:
            return Exercise("", ())
        ways = "Say what must hold of your answer, as in %creator check --check 'answer > 0'"
        known = f", or name an exercise: {', '.join(written)}" if exercises else ""
        raise InputError(f"There are no checks for this problem. {ways}{known}.")
    if name not in exercises:
        there = meant(name, written, " There is ") if exercises else " There are no exercises here."
        raise InputError(f"There is no exercise {name}.{there}")
    if wanted and not exercises[name].checks:
        raise InputError(f"The exercise {name} has no checks. Ask your teacher, or give one with --check.")
    return exercises[name]


def _lasts(answer: OwnAnswer) -> None:
    """Refuse what the first check would use up, for the others and for the student."""
    try:
        once = iter(answer.value) is answer.value
    except Exception:  # noqa: BLE001 - what cannot be gone through is not used up
        return
    if once:
        from creator_magic.kernel.variables import type_name

        raise InputError(
            f"Your answer is of type {type_name(answer.value)}, which can be gone through only once: make it "
            f"a list, {ANSWER} = list({ANSWER if answer.named else '…'}), then check it."
        )


def _may_help(session: Session, text: str) -> None:
    """Refuse help with the student's own cell where there can be none, before anything is run."""
    course = session.settings.course
    if course.calls == "recorded":
        raise CourseError(
            f"{course.called} replays recorded replies only, so no model can look at a cell of yours. "
            "Leave out --help-level to check your answer, or ask your teacher."
        )
    if session.settings.sharing == "forbidden":
        raise InputError(
            "Sharing is forbidden here, and your cell would be sent with the values in it. Leave out "
            "--help-level to check your answer."
        )
    if not text:
        raise InputError("Which problem is it? Run its %%solve or %%create cell first, then check again.")


def _run(session: Session, checks: list[str], answer: OwnAnswer) -> tuple[Checked, ...]:
    try:
        return session.kernel.check_apart(checks, answer.value, session.settings.timeout or None)
    except KeyboardInterrupt:
        raise Interrupted("the check was stopped; every variable is as it was.") from None


def _said(number: int, check: ExerciseCheck, checked: Checked, *, own: bool) -> str:
    if not checked.failed:
        return f"Check {number} holds."
    if checked.broken and own:
        return f"Check {number}, {check.check}, does not work itself: {checked.failed[0].why}."
    if checked.broken:
        return (
            f"Check {number} does not work itself, whatever your answer is. Run the cells above; if that "
            "changes nothing, tell your teacher."
        )
    if checked.failed[0].raised:
        return (
            f"Check {number} cannot be made of your answer, which is: {checked.form}. {check.says}".rstrip()
        )
    return f"Check {number} does not hold. {check.says}".rstrip()


def _headline(name: str, held: Sequence[bool], broken: int) -> str:
    count = f"{sum(held)} of {len(held)} checks hold"
    if broken:
        count += f", {broken} {'does' if broken == 1 else 'do'} not work"
    if all(held):
        count = "The check holds" if len(held) == 1 else f"All {len(held)} checks hold"
    return f"{name}: {count[0].lower()}{count[1:]}" if name else count


def _towards_the_solution(session: Session, problem: str) -> str:
    course = session.settings.course
    if course.most_help == "solution" or course.revealing < 0:
        return ""
    missing = course.revealing - session.steps.failed_answers(problem)
    if missing <= 0:
        return "The solution is open now: %creator reveal"
    more = "one more answer that does" if missing == 1 else f"{missing} more answers that do"
    return f"The solution opens after {more} not pass."


def _help(session: Session, text: str, answer: OwnAnswer, said: str, level: int, *, fresh: bool) -> Words:
    redact = session.redaction()
    problem = Problem(redact(text))
    try:
        own = redact(answer.source)
        return words_of_help(session, problem, word_level(level), Options(fresh=fresh), own=own, said=said)
    except KeyboardInterrupt:
        raise Interrupted("the question to the model was stopped; the answer was checked.") from None
    finally:
        session.keep_accounts()


def _answer_id(answer: OwnAnswer) -> str:
    said = f"{answer.source.strip()}\n{answer.shown}"
    return hashlib.sha256(said.encode("utf-8", "surrogatepass")).hexdigest()[:16]
