"""Help as a person sees it, below the cell that asked for it.

What a model wrote is text: nothing in it is rendered but bold letters, names set in `code`, and formulas as
front ends typeset them, so that nothing is loaded, run or linked.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from markupsafe import Markup, escape

from creator_magic.cells.templates import template
from creator_magic.inert import inert

_MORE_THAN_A_FORMULA = re.compile(
    r"\\(?:href|url|require|class|style|cssId|data|html|unicode|include|def|let|newcommand|newenv|csname|expand)"
)
"""TeX that does more than set signs: with it in the text, no formula in it is typeset."""

_SET = re.compile(r"`([^`\n]+)`|\*\*([^*\n]+)\*\*")


@dataclass(frozen=True, slots=True)
class ShownHelp:
    """What is shown.

    Parameters
    ----------
    headline : str
        What it is.
    words : str
        Paragraphs, in simple Markdown.
    code : str
        Python that may be seen; empty for none.
    lines : tuple of str
        What was found, above the words.
    notes : tuple of str
        What else to know: where it came from, what was left out, what comes next.
    """

    headline: str
    words: str = ""
    code: str = ""
    lines: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def as_text(self) -> str:
        """Return it in plain text."""
        parts = [self.headline, "\n".join(self.lines), self.words.strip(), self.code, "\n".join(self.notes)]
        return inert("\n\n".join(part for part in parts if part))

    def as_html(self) -> str:
        """Return it as HTML."""
        words = inert(self.words).strip()
        paragraphs = re.split(r"\n\s*\n", words) if words else []
        return template("help.html").render(
            headline=self.headline,
            typeset=_MORE_THAN_A_FORMULA.search(self.words) is None,
            lines=self.lines,
            paragraphs=[_set(paragraph) for paragraph in paragraphs],
            code=self.code,
            notes=self.notes,
        )


def _set(paragraph: str) -> Markup:
    """Return a paragraph as HTML, with its names and its bold words set as such."""

    def mark(found: re.Match[str]) -> str:
        code, bold = found.groups()
        return f"<code>{escape(code)}</code>" if code is not None else f"<strong>{escape(bold)}</strong>"

    parts, end = [], 0
    for found in _SET.finditer(paragraph):
        parts += [str(escape(paragraph[end : found.start()])), mark(found)]
        end = found.end()
    return Markup("".join([*parts, str(escape(paragraph[end:]))]))  # noqa: S704 - each part is escaped
