"""A model's text becomes the new text of a cell that a person wrote, or stays words.

Unlike a tool or a decision, such a cell may hold a notebook's own lines, `%magic` and `!command`, and
its comments and blank lines count.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from creator_magic.policy.notebook_lines import masked
from creator_magic.reply.fences import find_blocks
from creator_magic.reply.pieces import UnusableError
from creator_magic.reply.reading import Unusable, check_finish, cleaned, diagnosis_before
from creator_magic.reply.syntax import MAX_CODE, Fault, read_source

if TYPE_CHECKING:
    from collections.abc import Sequence

    from creator_magic.reply.fences import Block

_ALIKE = 0.5
"""How alike to the old cell a text must be to count as the new one, where the reply does not say."""

_WANTED = "Reply with one block that starts with ```python and holds the whole new text of the cell."


@dataclass(frozen=True, slots=True)
class WholeCell:
    """What a reply says of a cell.

    Parameters
    ----------
    source : str or None
        Its new text; None where the reply is words alone.
    diagnosis : str
        The prose before the code, cut to some 600 characters.
    """

    source: str | None
    diagnosis: str


def read_cell(text: str, original: str, finish_reason: str | None) -> WholeCell | Unusable:
    """Read the new text of a cell out of a model's reply.

    Parameters
    ----------
    text : str
        The whole text of the reply, whatever it holds.
    original : str
        The cell as it was.
    finish_reason : str or None
        As the protocol gives it.

    Returns
    -------
    WholeCell or Unusable
        The cell, or why there is none. No text raises.
    """
    text = cleaned(text)
    blocks = find_blocks(text) or ()
    code = [block for block in blocks if block.language != "other" and not block.announced and block.code]
    start = code[0].start if code else None
    try:
        check_finish(text, blocks, finish_reason)
        source = _chosen(code, original) if code else _unfenced(text, original)
        if source is not None:
            _check(source, original)
    except UnusableError as problem:
        return Unusable(problem.reason, problem.code, diagnosis_before(text, start), problem.syntax)
    return WholeCell(source, "" if source and not code else diagnosis_before(text, start))


def python_fault(source: str) -> str:
    """Return what is wrong with a cell as Python, as the end of a sentence; empty if nothing is.

    Parameters
    ----------
    source : str
        The cell; the notebook's own lines count as Python here.
    """
    # Plain first: a line of Python may begin with % too, where an expression goes on.
    if isinstance(read_source(source), Fault):
        found = read_source(masked(source)[0])
        return found.says if isinstance(found, Fault) else ""
    return ""


def _chosen(blocks: Sequence[Block], original: str) -> str:
    """Return the block that is the whole cell: models also quote the old one, or the line at fault."""
    codes = list(dict.fromkeys(block.code for block in blocks))
    new = [code for code in codes if code.strip() != original.strip()] or codes[:1]
    if len(new) > 1:
        likeness = {code: _alike(code, original) for code in new}
        whole = [code for code in new if likeness[code] >= _ALIKE]
        if len(whole) != 1:
            raise UnusableError(f"The reply held {len(new)} blocks. {_WANTED}", "\n\n".join(new))
        new = whole
    return new[0]


def _unfenced(text: str, original: str) -> str | None:
    source = text.strip("\n")
    return source if not python_fault(source) and _alike(source, original) >= _ALIKE else None


def _alike(source: str, original: str) -> float:
    one, other = ([line.strip() for line in text.splitlines() if line.strip()] for text in (source, original))
    return difflib.SequenceMatcher(None, one, other, autojunk=False).ratio()


def _check(source: str, original: str) -> None:
    if len(source) > MAX_CODE:
        raise UnusableError(f"The reply's code is too long. {_WANTED}")
    fault = python_fault(source)
    if fault:
        raise UnusableError(f"The new cell {fault}", source, syntax=True)
    if original.strip() and not source.strip():
        raise UnusableError(f"The reply's block is empty. {_WANTED}")
