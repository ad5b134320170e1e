"""What `%creator` shows: the model, what was spent, and every setting."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from creator_magic.session import Session


def status_text(session: Session) -> str:
    """Return what a person wants to know at a glance; the key itself is never in it."""
    settings, usage = session.settings, session.usage
    endpoint = settings.endpoint()
    host = (
        urlsplit(endpoint).netloc.rpartition("@")[2] or endpoint if endpoint else "the service's own address"
    )
    creating = settings.creation_model_name()
    lines = [
        f"Model:    {settings.model_name() or 'not set'}{f' (tools: {creating})' if creating else ''}",
        f"Endpoint: {host}, key {'set' if settings.key() else 'not set'}",
    ]
    lines.append(cassette_text(session))
    lines.append(
        f"Session:  {session.solves} magic cells, {usage.calls} calls, "
        f"{usage.prompt_tokens:,} tokens in ({usage.cached_tokens:,} cached), "
        f"{usage.completion_tokens:,} out ({usage.reasoning_tokens:,} reasoning)"
    )
    money = session.cost()
    if money is not None:
        lines.append(f"Cost:     {money:.4f}, by your prices")
    lines.append("Settings: %creator settings")
    return "\n".join(lines)


def cassette_text(session: Session) -> str:
    """Return which cassette is used, how, and what it holds."""
    path, mode = session.models.cassette_path(), session.settings.recording()
    if mode is None:
        return "Cassette: off"
    count = len(session.models.cassette()) if path.is_file() else 0
    shown = path.relative_to(session.project) if path.is_relative_to(session.project) else path
    return f"Cassette: {shown} ({mode}), {count} {'reply' if count == 1 else 'replies'}"


def settings_text(session: Session) -> str:
    """Return every setting with its value and what it is for."""
    settings = session.settings
    parts = []
    for name, trait in sorted(settings.traits(config=True).items()):
        parts.append(f"CreatorMagic.{name} = {getattr(settings, name)!r}\n    {trait.help}")
    return "\n".join([*parts, "", "Set one with: %config CreatorMagic.NAME = VALUE"])
