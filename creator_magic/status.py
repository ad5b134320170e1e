"""What `%creator` shows: the model, what was spent, and every setting."""

from __future__ import annotations

from typing import TYPE_CHECKING

from creator_magic.cells.request import current_request
from creator_magic.config import shown_endpoint
from creator_magic.cost_report import spent_text
from creator_magic.course.course import DOORS, GIVEN, WRITTEN
from creator_magic.model.money import money_for
from creator_magic.running_front_end import running_front_end

if TYPE_CHECKING:
    from pathlib import Path

    from creator_magic.config import CreatorMagic
    from creator_magic.course.course import Course
    from creator_magic.session import Session


def status_text(session: Session) -> str:
    """Return what a person wants to know at a glance; the key itself is never in it."""
    settings = session.settings
    creating = settings.creation_model_name()
    lines = [
        f"Model:    {settings.model_name() or 'not set'}{f' (tools: {creating})' if creating else ''}",
        f"Endpoint: {shown_endpoint(settings.endpoint())}, key {'set' if settings.key() else 'not set'}",
    ]
    lines.append(cassette_text(session))
    lines.append(
        f"Session:  {session.solves} magic cell{'' if session.solves == 1 else 's'}; "
        f"{spent_text(session.accounts.session.total)}"
    )
    money = money_for(session.accounts.session, settings.prices)
    if money is not None:
        lines.append(f"Cost:     {money}, by your prices")
    if settings.course.restricts:
        lines.append(f"Course:   {course_text(settings.course)}")
    lines += [f"Limits:   {limit}" for limit in (_limits_text(settings),) if limit]
    front_end = running_front_end(current_request(session.shell), in_kernel=session.in_kernel)
    lines.append(f"Shown in: {front_end.found}")
    lines += [f"          - {line}" for line in front_end.advice]
    lines.append("More:     %creator cost, %creator log, %creator settings, %creator help")
    return "\n".join(lines)


def course_text(course: Course) -> str:
    """Return in a line what a course opens."""
    said = [f"help up to {GIVEN[course.most_help]}"]
    closed = [WRITTEN.get(door, f"%%{door}") for door in DOORS if not course.opens(door)]
    if closed:
        said.append(f"closed: {', '.join(closed)}")
    if course.models is not None:
        said.append(f"models: {', '.join(sorted(course.models)) or 'none'}")
    if course.sharing == "forbidden":
        said.append("no values are sent")
    if course.calls == "recorded":
        said.append("replies are recorded ones")
    return f"{course.name or 'creator.toml'}; {'; '.join(said)}"


def _limits_text(settings: CreatorMagic) -> str:
    names = [f"{span}_{kind}" for span in ("solve", "session") for kind in ("calls", "tokens", "money")]
    return ", ".join(f"{name} {getattr(settings, name):g}" for name in names if getattr(settings, name))


def cassette_text(session: Session) -> str:
    """Return which cassettes are used, how, and what they hold; a course's goes first."""
    models, path, mode = session.models, session.models.cassette_path(), session.settings.recording()
    lines = []
    if (course := models.course_recording()) is not None:
        held = _replies(len(course)) if course.path.is_file() else "it is not there"
        lines.append(f"Recorded: {_shown(course.path, session)} of the course (only read), {held}")
    if mode is None:
        lines.append("Cassette: off")
    elif session.settings.course.calls == "recorded":
        lines.append("Cassette: not used; the course replays its own recording alone")
    else:
        held = _replies(len(models.cassette()) if path.is_file() else 0)
        lines.append(f"Cassette: {_shown(path, session)} ({mode}), {held}")
    return "\n".join(lines)


def _shown(path: Path, session: Session) -> Path:
    return path.relative_to(session.project) if path.is_relative_to(session.project) else path


def _replies(count: int) -> str:
    return f"{count} {'reply' if count == 1 else 'replies'}"


def settings_text(session: Session) -> str:
    """Return every setting with its value and what it is for."""
    settings = session.settings
    parts = []
    for name, trait in sorted(settings.traits(config=True).items()):
        value = getattr(settings, name)
        if name == "base_url" and value:
            # A URL may hold a password.
            value = shown_endpoint(value)
        parts.append(f"CreatorMagic.{name} = {value!r}\n    {trait.help}")
    return "\n".join([*parts, "", "Set one with: %config CreatorMagic.NAME = VALUE"])
