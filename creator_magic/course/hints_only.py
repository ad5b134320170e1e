"""*Hints only*: a model may question, explain and hint, and what a student is shown carries no code.

A teacher who sets this asks the model to keep to it, and does not rely on it: each reply is read here,
and code is taken out. The structure of Markdown is read more widely than its renderers do, since what
one of them shows as prose another shows as code, and a student can copy either.

When in doubt it is withheld. A hint that comes a second later, or in other words, costs little.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote

from creator_magic.course.code_signs import ALLOWED, is_prose, is_pseudo_code, shows_code
from creator_magic.course.disguises import plain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

WITHHELD = "[…]"
"""What stands in the place of code; it needs no translation."""

_ROUNDS = 6
"""Times that a reply is read at most: what is left is read again until nothing more is found."""

_PARTS = 2
"""Pieces that are no whole by themselves, from which on they are put together: one may be spoken of."""

_BULK = 0.5
"""The share of a reply that must remain for it to be worth showing."""

_PREFIX = re.compile(r"(?:\s|>(?!>>)|[-*+•]\s|\(?\d{1,3}[.)]\s|\(?[a-z][)]\s|#{1,6}\s|\[[ x]\]\s)*")
_FENCE = re.compile(r"`{3,}|~{3,}")
_NO_LANGUAGE = frozenset({"", "text", "txt", "plain", "plaintext", "output", "error", "math", "latex", "tex"})
_SET_APART = re.compile(
    r"<(pre|code|kbd|samp|tt|script|style|textarea|xmp|listing|plaintext|template|math|details)\b[^>\n]{0,300}>"
    r"|\\begin\{(lstlisting|verbatim|minted|algorithm\w{0,3}|algorithmic)\}",
    re.IGNORECASE,
)
_SHOWN_AS_TEXT = frozenset({"math", "details", "style"})
_TICKS = re.compile(r"`+")
_OPERATOR_SPOKEN_OF = re.compile(r"(?<!`)`[-+*/%=<>!&|^~@]{1,3}`(?!`)")
_LINK = re.compile(
    r"(?<![\w\])!])\[([^\]\n]{0,300})\]\(<?([^\s()<>]{0,2000}(?:\([^\s()]{0,200}\))?[^\s()<>]{0,300})>?[^()\n]{0,200}\)"
)
_ADDRESS = re.compile(
    r"(?:https?|ftp)://[^\s<>\"'`\])]+(?:\([^\s()]{0,80}\))?|[\w.+-]{1,64}@[\w-]{1,64}(?:\.[\w-]{1,64})+"
)
_CALL_OF_ADDRESS = re.compile(
    r"(?<!_)\b(?:print|sum|len|mean|range|append|input|int|def|return|for|import)\b.{0,3}[( ]"
)
_FORMULA = re.compile(
    r"\$\$([^$\n]{1,2000})\$\$|\$([^$\n]{1,500})\$|\\\((.{1,500}?)\\\)|\\\[(.{1,2000}?)\\\]"
)
_TEX = re.compile(r"\\[A-Za-z]{2,}|[\^_]\{|\\[,;! ]")
_WORDS_IN_TEX = re.compile(r"\\(?:text\w{0,6}|math(?:tt|it|bf|sf)|verb|mbox)\*?\s?\{([^{}]{0,300})\}")
_OPERATOR_IN_TEX = re.compile(r"\\(?:mathrm|operatorname)\*?\s?\{(\w{1,60})\}")
_INDEX_IN_TEX = re.compile(r"_\{([^{}\\]{0,40})\}")
_COMMAND_IN_TEX = re.compile(r"\\(?:[A-Za-z]{1,30}\*?|[,;:! \\])")
_ENVIRONMENT_OF_CODE = re.compile(
    r"\\(?:begin\{(?:lstlisting|verbatim|minted|algorithm)|lstinline|verb\b|mintinline|State\b)"
)
_TABLE_ROW = re.compile(r"\s*\|.*\|\s*$")
_QUOTED_PIECE = re.compile(r"[\"“”„«'\u2018]([^\"“”„«»'\u2018\u2019\n]{1,24})[\"“”»'\u2019]")
_NAME = re.compile(r"[^\W\d]\w{1,60}")
_AROUND_MARKS = re.compile(r" ?([^\w\s]) ?")
_METHOD = re.compile(r"\.\w{1,60}(?:\(\))?")
_SHORT_LINE = 28


@dataclass(frozen=True, slots=True)
class Hint:
    """What a student may be shown of a reply.

    Parameters
    ----------
    text : str
        The reply without its code, `WITHHELD` in its place; the reply itself, byte for byte, if it carries
        none; empty if too little would remain, or what remains could be joined into code.
    withheld : int
        How many pieces were taken out.
    """

    text: str
    withheld: int

    @property
    def is_refused(self) -> bool:
        """Whether nothing is left to show, so that the model is to be asked again."""
        return self.withheld > 0 and not self.text


def without_code(reply: str, allowed: Sequence[str] = ()) -> Hint:
    """Take code out of a model's reply.

    It needs the whole reply: code may begin as a word of prose. A reply that is streamed must therefore
    not be shown before it is complete.

    Parameters
    ----------
    reply : str
        What the model wrote, in Markdown and in any human language.
    allowed : sequence of str
        Single expressions that the teacher allows, such as ``len(numbers)`` or ``df.groupby``. Each may
        be said, with any blanks in it, but not made part of more code: ``n = len(numbers)`` is withheld.

    Returns
    -------
    Hint
        What may be shown. Taking code out of its text again changes nothing.
    """
    cover = _cover(allowed)
    text = reply
    taken: list[str] = []
    for _ in range(_ROUNDS):
        suspects = frozenset(name for piece in taken for name in _NAME.findall(plain(piece)))
        shorter, pieces = _reduced(text, cover, suspects)
        if not pieces:
            break
        text = shorter
        taken += pieces
    else:
        return Hint("", len(taken))
    if _joins_into_code(text, cover):
        return Hint("", len(taken) + 1)
    if taken and _size(text.replace(WITHHELD, "")) < _BULK * _size(reply):
        return Hint("", len(taken))
    return Hint(text, len(taken))


def _size(text: str) -> int:
    return sum(map(len, text.split()))


def _cover(allowed: Sequence[str]) -> Callable[[str], str]:
    """Return what puts `ALLOWED` in the place of each allowed expression; an identifier needs none."""
    expressions = sorted({one.strip() for one in allowed if one.strip()}, key=len, reverse=True)
    rules = [
        r"(?<![\w.])" + r"\s{0,3}".join(map(re.escape, re.findall(r"\w+|[^\w\s]", one))) + r"(?!\w)"
        for one in expressions
        if not one.isidentifier()
    ]
    if not rules:
        return lambda text: text.replace(ALLOWED, "")
    either = re.compile("|".join(rules))
    return lambda text: either.sub(ALLOWED, text.replace(ALLOWED, ""))


def _reduced(text: str, cover: Callable[[str], str], suspects: frozenset[str]) -> tuple[str, list[str]]:
    """Return the text with the code that one reading finds taken out, and what was taken."""
    taken: list[str] = []
    text = _without_fences(text, cover, suspects, taken)
    text = _without_elements(text, cover, suspects, taken)
    text = _without_spans(text, cover, suspects, taken)
    text = _without_lines(text, cover, suspects, taken)
    return text, taken


def _without_fences(
    text: str, cover: Callable[[str], str], suspects: frozenset[str], taken: list[str]
) -> str:
    if "```" not in text and "~~~" not in text:
        return text
    lines = text.split("\n")
    kept: list[str] = []
    position = 0
    while position < len(lines):
        line = lines[position]
        fence = _opening(line)
        end = position + 1
        if fence is None:
            kept.append(line)
        else:
            while end < len(lines) and not _closes(lines[end], fence[0]):
                end += 1
            inside, info = lines[position + 1 : end], line[fence.end() :]
            end = min(end + 1, len(lines))
            if info.strip().lower() in _NO_LANGUAGE and not _are_code(inside, cover, suspects):
                kept += lines[position:end]
            else:
                taken.append("\n".join((info, *inside)))
                kept.append(line[: fence.start()] + WITHHELD)
        position = end
    return "\n".join(kept)


def _opening(line: str) -> re.Match[str] | None:
    """Return the fence that opens a block on this line, also behind prose; none if it ends there."""
    found = list(_FENCE.finditer(line))
    return found[0] if len(found) % 2 else None


def _closes(line: str, fence: str) -> bool:
    stripped = line[_prefix(line) :].strip()
    return len(stripped) >= len(fence) and stripped == fence[0] * len(stripped)


def _are_code(lines: Sequence[str], cover: Callable[[str], str], suspects: frozenset[str]) -> bool:
    """Tell whether lines that are set apart are code; prose, a formula or an error message may be, too."""
    return any(
        _line_is_code(line, cover, suspects) or shows_code(cover(line), alone=True) or is_pseudo_code(line)
        for line in lines
    )


def _without_elements(
    text: str, cover: Callable[[str], str], suspects: frozenset[str], taken: list[str]
) -> str:
    """Take out what HTML or LaTeX sets apart as code, to its end or that of the reply."""
    if "<" not in text and "\\begin" not in text:
        return text
    kept: list[str] = []
    position, lower = 0, text.lower()
    while (match := _SET_APART.search(text, position)) is not None:
        name = (match[1] or match[2]).lower()
        closing = f"</{name}" if match[1] else f"\\end{{{name}}}"
        end = lower.find(closing, match.end())
        inside = text[match.end() : end if end >= 0 else len(text)]
        after = match.end() if name in _SHOWN_AS_TEXT else match.end() + len(inside)
        if name in _SHOWN_AS_TEXT or (match[1] and not _are_code(inside.split("\n"), cover, suspects)):
            kept.append(text[position:after])
            position = after
            continue
        taken.append(inside)
        kept += (text[position : match.start()], WITHHELD)
        position = len(text) if end < 0 else end + len(closing)
        if text[position : position + 1] == ">":
            position += 1
    return "".join((*kept, text[position:]))


def _spans(text: str) -> Iterator[tuple[int, int, int]]:
    """Yield where each stretch of inline code starts and ends, and how many backticks enclose it."""
    runs = [(run.start(), len(run[0])) for run in _TICKS.finditer(text)]
    later: dict[int, list[int]] = {}
    for index in range(len(runs) - 1, -1, -1):
        later.setdefault(runs[index][1], []).append(index)
    index = 0
    while index < len(runs):
        start, ticks = runs[index]
        same = later[ticks]
        while same and same[-1] <= index:
            same.pop()
        if same and "\n\n" not in text[start : runs[same[-1]][0]][:2000]:
            end = runs[same[-1]][0] + ticks
            yield start, end, ticks
            index = same[-1]
        index += 1


def _without_spans(text: str, cover: Callable[[str], str], suspects: frozenset[str], taken: list[str]) -> str:
    if "`" not in text:
        return text
    kept: list[str] = []
    position = 0
    for start, end, ticks in _spans(text):
        inside = text[start + ticks : end - ticks]
        if shows_code(cover(inside), alone=True, suspects=suspects):
            taken.append(inside)
            kept += (text[position:start], WITHHELD)
            position = end
    return "".join((*kept, text[position:]))


def _without_lines(text: str, cover: Callable[[str], str], suspects: frozenset[str], taken: list[str]) -> str:
    lines = text.split("\n")
    code = {
        index for index, line in enumerate(lines) if line.strip() and _line_is_code(line, cover, suspects)
    }
    pseudo = [index for index, line in enumerate(lines) if is_pseudo_code(line[_prefix(line) :])]
    if len(pseudo) > 1:
        code.update(pseudo)
    if not code:
        return text
    for step in (1, -1):
        for index in sorted(code, reverse=step < 0):
            beside = index + step
            while 0 <= beside < len(lines) and beside not in code and _is_beside(lines[beside]):
                code.add(beside)
                beside += step
    kept: list[str] = []
    for index, line in enumerate(lines):
        if index not in code:
            kept.append(line)
            continue
        taken.append(line)
        if index - 1 not in code:
            kept.append(WITHHELD)
    return "\n".join(kept)


def _is_beside(line: str) -> bool:
    """Tell whether a line next to code is part of it, as it neither ends it nor says something."""
    return line.strip() not in {"", WITHHELD} and not is_prose(line)


def _prefix(line: str) -> int:
    match = _PREFIX.match(line)
    return match.end() if match else 0


def _line_is_code(line: str, cover: Callable[[str], str], suspects: frozenset[str]) -> bool:
    if ">>>" in line and shows_code(line.strip()):
        return True
    line = line[_prefix(line) :]
    if "`" in line:
        line = (_OPERATOR_SPOKEN_OF.sub(" ", line) if is_prose(line) else line).replace("`", "")
    line = cover(line).replace(WITHHELD, " … ")
    if "://" in line or "@" in line:
        if any(_hides_code(address[0]) for address in _ADDRESS.finditer(line)):
            return True
        line = _LINK.sub(r" \1 ", line)
        line = _ADDRESS.sub(" ", line)
    else:
        line = _LINK.sub(r" \1 ", line)
    if _ENVIRONMENT_OF_CODE.search(line):
        return True
    if _TEX.search(line):
        for match in _FORMULA.finditer(line):
            if shows_code(_words_of_formula(match[0]), suspects=suspects):
                return True
        line = _words_of_formula(_FORMULA.sub(" ", line))
    return shows_code(line, suspects=suspects)


def _hides_code(address: str) -> bool:
    decoded = unquote(address).replace("+", " ")
    return _CALL_OF_ADDRESS.search(decoded) is not None


def _words_of_formula(formula: str) -> str:
    """Return what a formula in LaTeX says, without its commands."""
    formula = _WORDS_IN_TEX.sub(r"\1", formula.replace("\\_", "\x1a"))
    formula = _INDEX_IN_TEX.sub(lambda index: re.sub(r"\W", "", index[1]), formula)
    formula = _OPERATOR_IN_TEX.sub(r"\\\1", formula)
    return re.sub(r"[{}^_$&]", "", _COMMAND_IN_TEX.sub(" ", formula)).replace("\x1a", "_")


def _joins_into_code(text: str, cover: Callable[[str], str]) -> bool:
    """Tell whether the short pieces that remain make code when they are put together."""
    pieces = list(_pieces(text))
    if sum(map(_is_incomplete, pieces)) < _PARTS:
        letters = "-".join(piece for piece in pieces if len(piece) == 1)
        return shows_code(letters)
    if not any(map(str.isalpha, "".join(pieces))):
        return False
    spaced = " ".join(pieces)
    return any(
        shows_code(cover(joined)) for joined in ("".join(pieces), spaced, _AROUND_MARKS.sub(r"\1", spaced))
    )


def _pieces(text: str) -> Iterator[str]:
    for line in text.split("\n"):
        line = line[_prefix(line) :].strip()  # noqa: PLW2901 - the line without what is before it
        if _TABLE_ROW.match(line):
            yield from (cell.strip(" `*") for cell in line.strip("|").split("|") if cell.strip(" `*:-"))
        elif 0 < len(line) <= _SHORT_LINE and not is_prose(line) and line != WITHHELD:
            yield line.strip("`*") or line
        else:
            found = [(start, line[start + ticks : end - ticks].strip()) for start, end, ticks in _spans(line)]
            found += [(match.start(), match[1]) for match in _QUOTED_PIECE.finditer(line)]
            yield from (piece for _, piece in sorted(found) if piece)


def _is_incomplete(piece: str) -> bool:
    """Tell whether a piece is a part of an expression: it lacks a bracket, or an operand on a side."""
    return (
        any(piece.count(opening) != piece.count(closing) for opening, closing in ("()", "[]", "{}"))
        or (piece[0] in "=.,*/%+" and not _METHOD.fullmatch(piece))
        or piece[-1] in "=(+*/<>"
        or re.fullmatch(r"\(\s?\w+\s?\)", piece) is not None
        or re.fullmatch(r"(?:def|for|import|return|in|lambda)\s?.{0,12}", piece) is not None
    )
