"""Fenced blocks in a model's text, however the model spelled the fences.

The rules are CommonMark's (https://spec.commonmark.org/0.31.2/#fenced-code-blocks), widened where
models stray from them and one sensible reading is left: prose before a fence on its line, code
after a language on it, a closing fence forgotten before the next one, any indentation. A fence
within a triple-quoted string of Python code is text of that string.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from creator_magic.reply.syntax import MAX_CODE, STARTER, trimmed

if TYPE_CHECKING:
    from creator_magic.ports import Role

MAX_FENCES = 1_000
"""Lines with a fence that are read at most."""

Language = Literal["python", "plain", "other"]
"""Marked as Python; not marked at all; marked as something else."""

_RUN = re.compile(r"`{3,}|~{3,}")
_LIST_MARKER = re.compile(r"\s*(?:(?:[-*+]|\d{1,3}[.)])\s+)+")
_WORDS = re.compile(r"[^\W_+#]+[+#]*")
_PYTHON = frozenset({"python", "python2", "python3", "py", "py2", "py3", "ipython", "ipython3"})
_NO_CODE = frozenset({"output", "outputs", "result", "results", "traceback", "error"})
_CONSOLE = frozenset({"console", "repl", "session"})
_MARKDOWN = frozenset({"markdown", "md"})
_ROLES: dict[str, Role] = {"tool": "tool", "decision": "decision"}

_MARKUP = re.compile(r"<[^<>]{0,20}>|[*_#>`]")
_ADJECTIVES = (
    "the|this|its|an?|expected|example|sample|console|program|code|final|printed|resulting|actual|your"
)
_VERBS = "outputs?|prints?|returns?|gives?|yields?|produces?|displays?|shows?"
_ANNOUNCES_OUTPUT = re.compile(
    rf"\W*(?:(?:{_ADJECTIVES}|solution|execution|running|\d+)\W+)*(?:outputs?|results?|stdout|prints|printed)\b"
    rf"|.*\b(?:it|this|that|which|and|will|would|should|code|program|script)\s+"
    rf"(?:{_VERBS})(?:\s+(?:the following|something like|as follows))?\W*$"
    r"|.*\boutput(?:\s+(?:is|was|will be|would be|should be|looks like))?\W*$"
    r"|here(?:\W*s|\s+is|\s+are)\s+the\s+results?\W*$"
)
_LABEL_LENGTH = 300

_TRIPLE = re.compile(
    r"'''|\"\"\"|#[^\n]*|'[^'\\\n]*(?:\\.[^'\\\n]*)*'?|\"[^\"\\\n]*(?:\\.[^\"\\\n]*)*\"?", re.DOTALL
)
_ENDS = {quotes: re.compile(r"\\.|" + quotes, re.DOTALL) for quotes in ("'''", '"""')}


@dataclass(frozen=True, slots=True)
class Block:
    """What stands between two fences.

    Parameters
    ----------
    language : {"python", "plain", "other"}
        What the opening fence says.
    role : {"tool", "decision"} or None
        The part of a solution that the opening fence says it is.
    code : str
        The content, dedented, without the prompts of an interactive session.
    closed : bool
        Whether a closing fence was found.
    start : int
        Where the opening fence stands in the text.
    announced : bool
        Whether the line above announces output, as ``Output:`` does.
    """

    language: Language
    role: Role | None
    code: str
    closed: bool
    start: int
    announced: bool


@dataclass(frozen=True, slots=True)
class _Mark:
    """A line with a fence: what stands before it, the fence, and the info string after it."""

    start: int
    end: int
    before: str
    fence: str
    info: str

    @property
    def leads(self) -> bool:
        """Whether nothing but blanks stands before the fence."""
        return not self.before.strip()

    @property
    def listed(self) -> bool:
        """Whether nothing but the marker of a list item stands before the fence."""
        return len(self.before) < _LABEL_LENGTH and _LIST_MARKER.fullmatch(self.before) is not None

    def ends(self, opening: _Mark) -> bool:
        """Tell whether the fence could close what `opening` opened."""
        return self.fence[0] == opening.fence[0] and len(self.fence) >= len(opening.fence)


@dataclass(frozen=True, slots=True)
class _Label:
    """What an opening fence says of its block."""

    language: Language | Literal["console", "markdown"]
    role: Role | None = None
    code: str = ""
    words: int = 0


def find_blocks(text: str) -> list[Block] | None:
    """Return the fenced blocks of `text`.

    Parameters
    ----------
    text : str
        A reply, with newlines as its only line ends.

    Returns
    -------
    list of Block or None
        The blocks in their order; None if the text holds more fences than `MAX_FENCES`.
    """
    marks = _marks(text)
    if marks is None:
        return None
    reader = _Reader(text, marks)
    return reader.blocks()


def _marks(text: str) -> list[_Mark] | None:
    found: list[_Mark] = []
    position = 0
    while (run := _RUN.search(text, position)) is not None:
        start = max(position, text.rfind("\n", position, run.start()) + 1)
        end = text.find("\n", run.end())
        end = len(text) if end < 0 else end
        info = text[run.end() : end]
        if run.group()[0] == "~" or "`" not in info:
            if len(found) == MAX_FENCES:
                return None
            found.append(_Mark(start, end, text[start : run.start()], run.group(), info.strip()))
        position = end + 1
    return found


class _Reader:
    """Pairs the fences of one text."""

    def __init__(self, text: str, marks: list[_Mark]) -> None:
        self.text = text
        self.marks = marks
        # Cleared by the first string that never ends: quotes that do not pair say nothing about
        # fences, and looking for their end again and again would take quadratic time.
        self.strings_end = True

    def blocks(self) -> list[Block]:
        found: list[Block] = []
        index = prose = 0
        while index < len(self.marks):
            mark = self.marks[index]
            label = _opening(mark)
            if label is None or label.language == "markdown":
                index += 1
                continue
            closing = self._closing(index, label)
            begin = min(mark.end + 1, len(self.text))
            if closing is None:
                end, following = len(self.text), len(self.marks)
            else:
                last = self.marks[closing]
                end = max(begin, last.start if last.leads else last.start + len(last.before))
                follower = _opening(last) if last.info else None
                opens = follower is not None and not (follower.language == "other" and follower.words > 1)
                following = closing if opens else closing + 1
            above = (
                self.text[max(prose, mark.start - _LABEL_LENGTH) : mark.start] + mark.before[-_LABEL_LENGTH:]
            )
            content = self.text[begin:end]
            found.append(_block(mark, label, content, closed=closing is not None, above=above))
            prose = self.marks[closing].end if closing is not None else end
            index = following
        return found

    def _closing(self, opening: int, label: _Label) -> int | None:
        """Return the index of the mark that ends the block, if one does."""
        mark = self.marks[opening]
        first: int | None = None
        quotes, position = "", mark.end
        for index in range(opening + 1, len(self.marks)):
            candidate = self.marks[index]
            if not self._may_end(candidate, mark, label):
                continue
            if label.language == "other" or not self.strings_end:
                return index
            if first is None:
                first = index
            stop = candidate.start + len(candidate.before)
            if stop - mark.end > MAX_CODE:
                break
            quotes = _open_quotes(self.text, position, stop, quotes)
            position = stop
            if not quotes:
                return index
        if first is not None:
            self.strings_end = False
        return first

    @staticmethod
    def _may_end(candidate: _Mark, opening: _Mark, label: _Label) -> bool:
        if not candidate.ends(opening):
            return False
        if not candidate.leads:
            # Code with the closing fence glued to its last line; `# ```' is a comment on fences.
            glued = "#" not in candidate.before or not candidate.before[-1].isspace()
            return glued and not candidate.info and not candidate.listed
        if not candidate.info or label.language != "other":
            return True
        # In a block of another language only the next Python block shows that an end was forgotten.
        return _label(candidate.info).language == "python"


def _opening(mark: _Mark) -> _Label | None:
    label = _label(mark.info)
    if mark.leads or mark.listed:
        return label
    # "Here is the code: ```python" opens a block, "put it in ``` marks" does not.
    if label.language == "python" and label.words == (1 if label.role is None else 2) and not label.code:
        return label
    return label if not mark.info and mark.before.rstrip().endswith(":") else None


def _label(info: str) -> _Label:
    words = [word.lower() for word in _WORDS.findall(info[:_LABEL_LENGTH])]
    first, second = [*words, "", ""][:2]
    count = len(words)
    language: Language | Literal["console", "markdown"] = "other"
    role: Role | None = None
    code = ""
    if words in ([], ["code"]):
        language = "plain"
    elif words in (["tool"], ["decision"]):
        language, role, count = "python", _ROLES[first], 2
    elif words[:2] in (["code", "cell"], ["tool", "code"]):
        language = "python"
    elif first in _MARKDOWN:
        language = "markdown"
    elif first == "pycon" or (first in _PYTHON and second in _CONSOLE):
        language = "console"
    elif first in _PYTHON and second not in _NO_CODE:
        language, role = "python", _ROLES.get(second)
        rest = info.partition(" ")[2].strip()
        code = rest if STARTER.match(rest) else ""
    return _Label(language, role, code, count)


def _block(mark: _Mark, label: _Label, content: str, *, closed: bool, above: str) -> Block:
    language: Language = "other"
    code = content
    if label.language != "other" and len(content) <= MAX_CODE:
        margin = " " * len(mark.before) if mark.listed else mark.before if mark.leads else ""
        code = _dedented(content.removeprefix("\ufeff"), margin)
        code = f"{label.code}\n{code}" if label.code else code
    if label.language in ("python", "plain"):
        language = "python" if label.language == "python" else "plain"
        first, _, rest = code.partition("\n")
        if language == "plain" and first.strip().lower() in _PYTHON:
            # The language stands below the fence instead of beside it.
            language, code = "python", rest
        code = _without_prompts(code) or code
    elif label.language == "console":
        session = _without_prompts(code)
        language, code = ("python", session) if session else ("other", code)
    lines = above.rstrip().rsplit("\n", 1)
    announced = _ANNOUNCES_OUTPUT.match(_MARKUP.sub(" ", lines[-1]).strip().lower()) is not None
    return Block(language, label.role, trimmed(code), closed, mark.start + len(mark.before), announced)


def _dedented(content: str, margin: str) -> str:
    lines = content.split("\n")
    if next((line for line in lines if line.strip()), "").startswith(margin):
        # A line of a string may be indented less than its fence: then it loses what it has.
        lines = [line[_shared(line, margin) :] for line in lines]
    margins = [line[: len(line) - len(line.lstrip())] for line in lines if line.strip()]
    # The first and the last in order differ earliest.
    common = _shared(min(margins), max(margins)) if margins else 0
    return "\n".join(line[common:] if line[:common].isspace() else line for line in lines)


def _shared(line: str, margin: str) -> int:
    count = 0
    while count < min(len(margin), len(line)) and line[count] == margin[count]:
        count += 1
    return count


def _without_prompts(code: str) -> str | None:
    """Return what was typed in an interactive session, None if `code` is not one."""
    if not code.lstrip().startswith(">>>"):
        return None
    typed: list[str] = []
    typing = False
    for line in code.split("\n"):
        prompt = line[:3]
        typing = prompt == ">>>" or (typing and prompt == "...")
        if typing:
            typed.append(line[3:].removeprefix(" "))
        elif STARTER.match(line):
            # Code without a prompt among lines with one: no session, so nothing may be dropped.
            return None
    return "\n".join(typed)


def _open_quotes(text: str, start: int, end: int, quotes: str) -> str:
    """Return the triple quotes that are open at `end`, given those open at `start`."""
    while True:
        if quotes:
            for match in _ENDS[quotes].finditer(text, start, end):
                if match.group() == quotes:
                    start, quotes = match.end(), ""
                    break
            else:
                return quotes
        for match in _TRIPLE.finditer(text, start, end):
            if match.group() in _ENDS:
                start, quotes = match.end(), match.group()
                break
        else:
            return ""
