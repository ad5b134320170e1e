"""A model's words for a person: paragraphs of plain text, in which nothing is rendered or loaded."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from creator_magic.cells.templates import template
from creator_magic.inert import inert

if TYPE_CHECKING:
    from creator_magic.ports import Reply


def as_text(reply: Reply) -> str:
    """Return a reply as text, with a last line on where it comes from."""
    return f"{inert(reply.text).strip()}\n\n{_source(reply)}"


def as_html(reply: Reply) -> str:
    """Return a reply as HTML."""
    paragraphs = re.split(r"\n\s*\n", reply.text.strip())
    return template("paragraphs.html").render(paragraphs=paragraphs, source=_source(reply))


def _source(reply: Reply) -> str:
    if reply.origin != "called":
        return f"A {reply.origin} reply; nothing was sent."
    usage = reply.usage
    tokens = f"{usage.prompt_tokens:,} tokens in, {usage.completion_tokens:,} out"
    sent = "Sent: the problem, the code"
    return f"Written by {reply.model or 'the model'}: {tokens}, {reply.seconds:.1f} s. {sent}"
