"""A mending as a person sees it, before they accept or refuse it: as HTML, as text, for a page to draw."""

from __future__ import annotations

from typing import TYPE_CHECKING

from creator_magic.cells.plain_text import cost_line
from creator_magic.cells.protocol import VERSION
from creator_magic.cells.templates import template
from creator_magic.inert import inert

if TYPE_CHECKING:
    from creator_magic.cells.protocol import Offered
    from creator_magic.mending import DiffLine, Mending

_SIGNS = {"place": "", "same": "  ", "gone": "- ", "new": "+ "}
_COLOURS = {"place": "\x1b[2m", "gone": "\x1b[31m", "new": "\x1b[32m"}


def head_of(mending: Mending) -> str:
    """Return one line: what it is, and what it took."""
    what = "A change is offered" if mending.source is not None else "The model would change nothing here"
    return f"{what} · {cost_line(mending)}"


def asked_of(mending: Mending) -> str:
    """Return what was sent, whole; empty where nothing was."""
    if not mending.sent:
        return ""
    called = [exchange.question for exchange in mending.exchanges if exchange.reply.origin == "called"]
    return "\n\n".join(message.content for question in called for message in question.messages)


def as_html(mending: Mending, ended: str = "") -> str:
    """Return a mending as HTML.

    Parameters
    ----------
    mending : Mending
        What is offered.
    ended : str
        What came of the offer, in a line; empty where that is open.
    """
    return template("mending.html").render(
        head=head_of(mending),
        diagnosis=mending.diagnosis,
        notes=_notes(mending),
        diff=mending.diff,
        sent=mending.sent,
        asked=asked_of(mending),
        ended=ended,
    )


def as_text(mending: Mending, ended: str = "", *, colours: bool = False) -> str:
    """Return a mending as text; arguments as for `as_html`, and whether a terminal shows colours."""
    said = [inert(line) for line in (mending.diagnosis, *_notes(mending)) if line]
    said += [_diff_text(line, colours=colours) for line in mending.diff]
    said.append(inert(head_of(mending)))
    if mending.sent:
        said.append(f"Sent: {mending.sent}")
    return "\n".join([*said, *([ended] if ended else ())])


def as_offered(
    mending: Mending, client: str, cell: str | None, at: str, replaces: str, *, shown: bool, accepted: bool
) -> Offered:
    """Return a mending for a page to draw; arguments as in `Offered`."""
    return {
        "v": VERSION,
        "op": "offered",
        "client": client,
        "id": mending.id,
        "cell": cell,
        "at": at,
        "replaces": replaces,
        "source": mending.source,
        "head": inert(head_of(mending)),
        "diagnosis": inert(mending.diagnosis),
        "notes": [inert(note) for note in _notes(mending)],
        "diff": [[line.kind, inert(line.text)] for line in mending.diff],
        "sent": mending.sent,
        "asked": inert(asked_of(mending)),
        "shown": shown,
        "accepted": accepted,
    }


def _notes(mending: Mending) -> list[str]:
    scripted = mending.replies_from("scripted") > 0
    return [
        *(["Scripted reply: written by hand, not by a model."] if scripted else ()),
        *mending.warnings,
        *mending.notices,
    ]


def _diff_text(line: DiffLine, *, colours: bool) -> str:
    text = f"{_SIGNS[line.kind]}{inert(line.text)}"
    colour = _COLOURS.get(line.kind, "") if colours else ""
    return f"{colour}{text}\x1b[0m" if colour else text
