"""A person's comments and layout, put back where a model rewrote a cell without them.

Models asked to leave a cell's other lines alone drop comments, turn quotes and close up blank lines all
the same. Where a line of the new text says what a line of the old one said, the old line stands, with
the comments and blank lines around it. What the code does never changes by that: it is checked.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections import Counter
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Self

from creator_magic.policy.notebook_lines import masked
from creator_magic.python_source import parsed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_LAYOUT = frozenset(
    {
        *(tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT),
        tokenize.ENDMARKER,
    }
)


@dataclass(frozen=True, slots=True)
class _Row:
    """One line: as it is, what it says without its layout (nothing, if it is blank), its comment."""

    text: str
    says: str
    comment: str

    @property
    def tail(self) -> str:
        """The comment with the space before it, if code stands before that."""
        code = self.text[: len(self.text) - len(self.comment)]
        return code[len(code.rstrip()) :] + self.comment

    @property
    def is_python(self) -> bool:
        """Whether it is read as Python: what stands in a magic, or in a string of lines, is for others."""
        return self.says != self.text

    @property
    def takes_comment(self) -> bool:
        """Whether a comment can be put behind it."""
        return self.is_python and not self.comment


@dataclass(frozen=True, slots=True)
class _Line:
    """A line that says something, with the blank and comment lines above it."""

    above: tuple[_Row, ...]
    row: _Row


@dataclass(frozen=True, slots=True)
class _Cell:
    lines: tuple[_Line, ...]
    below: tuple[_Row, ...]

    @classmethod
    def of(cls, source: str) -> Self:
        lines: list[_Line] = []
        above: list[_Row] = []
        for row in _rows(source):
            if row.says:
                lines.append(_Line(tuple(above), row))
                above = []
            else:
                above.append(row)
        return cls(tuple(lines), tuple(above))

    @property
    def comments(self) -> set[str]:
        rows = [row for line in self.lines for row in (*line.above, line.row)]
        return {row.comment for row in (*rows, *self.below)}


def keep_layout(original: str, mended: str) -> str:
    """Return a cell's new text with the old one's comments, blank lines, quotes and spaces.

    Parameters
    ----------
    original : str
        The cell as the person wrote it.
    mended : str
        Its new text, as a model wrote it.

    Returns
    -------
    str
        Code that does what `mended` does. What the model added, comments too, stays.
    """
    old, new = _Cell.of(original), _Cell.of(mended)
    tree = _tree(mended)
    if _tree(original) == tree:
        return mended  # where only layout differs, layout is what was asked for
    woven = [*_woven(old, new)]
    quoted = "\n".join(_as_quoted_in(original, row) for row in woven)
    plain = "\n".join(row.text for row in woven)
    return next((kept for kept in (quoted, plain) if _tree(kept) == tree), mended)


def lost_lines(original: str, mended: str) -> list[str]:
    """Return the comments and the notebook's own lines of a cell that its new text does not have."""
    lost = Counter(_kept_words(original))
    lost.subtract(_kept_words(mended))
    return [words for words, number in lost.items() if number > 0]


def _kept_words(source: str) -> Iterator[str]:
    for row in _rows(source):
        if row.comment:
            yield row.comment
        elif row.text.lstrip().startswith(("%", "!")) and row.says == row.text:
            yield row.text.strip()


def _woven(old: _Cell, new: _Cell) -> Iterator[_Row]:
    said, says = ([line.row.says for line in cell.lines] for cell in (old, new))
    partner: dict[int, int] = {}
    same: set[int] = set()
    for kind, i1, i2, j1, j2 in SequenceMatcher(None, said, says, autojunk=False).get_opcodes():
        if kind == "equal" or (kind == "replace" and i2 - i1 == j2 - j1):
            partner.update(zip(range(j1, j2), range(i1, i2), strict=True))
        elif kind == "replace":
            partner[j1] = i1  # what stands above the first line is above it still
        if kind == "equal":
            same.update(range(j1, j2))
    there = new.comments
    for number, line in enumerate(new.lines):
        theirs = old.lines[partner[number]] if number in partner else None
        follows = number == 0 or partner.get(number - 1, -2) + 1 == partner.get(number)
        yield from _layout(line.above, theirs.above if theirs else (), there, follows=follows)
        if theirs is None:
            yield line.row
        elif number in same and line.row.comment in ("", theirs.row.comment):
            yield theirs.row
        elif line.row.takes_comment and theirs.row.comment and theirs.row.comment not in there:
            yield replace(line.row, text=line.row.text.rstrip() + theirs.row.tail)
        else:
            yield line.row
    yield from _layout(new.below, old.below, there, follows=True)


def _layout(new: Sequence[_Row], old: Sequence[_Row], there: set[str], *, follows: bool) -> Sequence[_Row]:
    """Return the lines to stand in a place: the old ones, unless the new ones say something else.

    Parameters
    ----------
    new, old : sequence of _Row
        Blank lines and comments.
    there : set of str
        The comments that the new text has anywhere.
    follows : bool
        Whether the line above this place is the one that stood above it.
    """
    said, says = ([row.comment for row in rows if row.comment] for rows in (old, new))
    if (says and says != said) or (not says and not there.isdisjoint(said)):
        return new
    if not follows and not said:
        return new
    blank = [] if follows or says or (old and not old[0].comment) else [row for row in new if not row.comment]
    return [*blank, *old]


def _as_quoted_in(original: str, row: _Row) -> str:
    """Return a line with the quotes of a cell that has only one kind of them; a shell tells them apart."""
    if '"' in original or "'" not in original or not row.is_python:
        return row.text
    return re.sub(r"(?<!\")\"([^'\"\\]*)\"(?!\")", r"'\1'", row.text)


def _rows(source: str) -> list[_Row]:
    """Return the lines of a cell; those that cannot be read say what they are."""
    code = source if parsed(source) else masked(source)[0]
    texts, codes = source.split("\n"), code.split("\n")
    words: list[list[str]] = [[] for _ in texts]
    comments = [""] * len(texts)
    both = enumerate(zip(texts, codes, strict=True))
    whole = {number for number, (text, line) in both if text != line}
    last_read = -1
    try:
        for token in tokenize.generate_tokens(io.StringIO(code).readline):
            first, last = token.start[0] - 1, token.end[0] - 1
            if token.type == tokenize.COMMENT:
                comments[first] = token.string
            elif token.type not in _LAYOUT:
                if last > first:
                    whole.update(range(first, last + 1))
                words[first].append(_plain(token.string))
                last_read = last
    except (tokenize.TokenError, SyntaxError):
        whole.update(number for number in range(last_read + 1, len(texts)) if texts[number].strip())
    return [
        _Row(text, text, "") if number in whole else _Row(text, _said(text, words[number]), comments[number])
        for number, text in enumerate(texts)
    ]


def _said(text: str, words: Sequence[str]) -> str:
    indent = len(text) - len(text.lstrip())
    return f"{indent}:{' '.join(words)}" if words else ""


def _plain(word: str) -> str:
    """Return a string's token in one kind of quotes."""
    inner = word[1:-1]
    return f'"{inner}"' if word[:1] == "'" and not set(inner) & {"'", '"', "\\"} else word


def _tree(source: str) -> str:
    """Return what a cell does, but for the notebook's own lines, as a text; empty if it is not Python."""
    tree = parsed(source) or parsed(masked(source)[0])
    return ast.dump(tree) if tree else ""
