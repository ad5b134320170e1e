"""Generated source: whether it is Python, and if not, why, in words fit for a model and a person.

Whatever the text, reading it ends with an answer: a syntax tree or a fault, no exception, no
warning, and no more work than its length allows.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
import warnings
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import accumulate
from typing import TYPE_CHECKING

from creator_magic.python_source import LONGEST_REMEMBERED, REMEMBERED, parse

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MAX_CODE = 100_000
"""Characters of code that are read at most; parsing what is longer would hold up the notebook."""

STARTER = re.compile(
    r"^(?:(?:async[ \t]+)?def[ \t]+\w+[ \t]*\("
    r"|class[ \t]+\w+[ \t]*(?:\([^\n]*\))?[ \t]*:"
    r"|import[ \t]+\w+(?:\.\w+)*(?:[ \t]+as[ \t]+\w+)?(?:[ \t]*,[^\n]*)?[ \t]*(?:\#[^\n]*)?$"
    r"|from[ \t]+[\w.]+[ \t]+import[ \t]+[\w(*]"
    r"|@[\w.]+(?:\([^\n]*\))?[ \t]*\n(?:@|def|async|class))",
    re.MULTILINE,
)
"""A line that starts Python code and is hardly ever a line of prose."""

_MAGIC = re.compile(r"^\s*(?:%{1,2}[A-Za-z]|!|\?)|=\s*(?:![^=]|%[A-Za-z])|\?\s*$")
_UNSPEAKABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_LINE_SHOWN = 160

DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
BRANCHES = (ast.If, ast.Try)
IMPORTS = (ast.Import, ast.ImportFrom)
ASSIGNMENTS = (ast.Assign, ast.AnnAssign, ast.AugAssign)


@dataclass(frozen=True)
class Source:
    """Code that is Python, and what is asked about it again and again.

    Parameters
    ----------
    code : str
        The code, without blank lines before and blanks after it.
    tree : ast.Module
        Its syntax tree, which is shared and must not be changed.
    """

    code: str
    tree: ast.Module

    @cached_property
    def defined(self) -> frozenset[str]:
        """Names of the functions and classes that the top level defines."""
        return frozenset(node.name for node in in_branches(self.tree.body) if isinstance(node, DEFINITIONS))

    @cached_property
    def bound(self) -> frozenset[str]:
        """Names that the top level assigns, imports or defines."""
        return frozenset(name for node in self.tree.body for name in bound_by(node))

    @cached_property
    def loaded(self) -> frozenset[str]:
        """Names that are read anywhere, local ones included."""
        nodes = (node for node in ast.walk(self.tree) if isinstance(node, ast.Name))
        return frozenset(node.id for node in nodes if isinstance(node.ctx, ast.Load))

    @cached_property
    def dump(self) -> str:
        """What it says, whatever its layout and comments."""
        return ast.dump(self.tree)


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a text is not Python that can be used.

    Parameters
    ----------
    says : str
        What is wrong, as the end of a sentence whose subject is the code.
    syntax : bool
        Whether Python's own parser or compiler refuses the text.
    """

    says: str
    syntax: bool = True


def visible(text: str) -> str:
    """Return `text` with a mark for each character that a terminal or an encoding would trip over.

    Parameters
    ----------
    text : str
        Any text.

    Returns
    -------
    str
        The text with U+FFFD for control characters and lone surrogates.
    """
    return _UNSPEAKABLE.sub("\ufffd", text)


def trimmed(code: str) -> str:
    """Return `code` without blank lines before it and without blanks after it.

    Parameters
    ----------
    code : str
        Lines of code.

    Returns
    -------
    str
        The same lines; the indentation of the first stays, as it belongs to the code.
    """
    code = code.rstrip()
    body = code.lstrip()
    return code[code.rfind("\n", 0, len(code) - len(body)) + 1 :]


def read_source(code: str) -> Source | Fault:
    """Read `code` as plain Python, with top-level ``await`` allowed as notebooks allow it.

    Parameters
    ----------
    code : str
        What is thought to be code, with newlines as its only line ends.

    Returns
    -------
    Source or Fault
        The code and its tree, or why there is none. No-break spaces between tokens, which come
        from copied web pages, are read as spaces; nothing else is repaired.
    """
    code = trimmed(code)
    read = _read(code)
    if isinstance(read, Fault) and read.syntax and "\xa0" in code:
        read = _read(_with_plain_blanks(code))
    return read


def _read(code: str) -> Source | Fault:
    if len(code) > MAX_CODE:
        return Fault(f"is longer than {MAX_CODE:,} characters, which is too long to be used", syntax=False)
    odd = re.search("[\x00\ud800-\udfff]", code)
    if odd is not None:
        what = "a NUL character" if odd.group() == "\0" else "half of a surrogate pair, which is no character"
        return _fault_at(code, code.count("\n", 0, odd.start()) + 1, what)
    try:
        return _remembered(code) if len(code) <= LONGEST_REMEMBERED else _compilable(code)
    except SyntaxError as error:
        return _fault_at(code, error.lineno, error.msg)
    except (RecursionError, MemoryError, ValueError, OverflowError, SystemError):
        return Fault("is nested too deeply for Python to read it")


def _compilable(code: str) -> Source:
    tree = parse(code)
    with warnings.catch_warnings():
        # An invalid escape in generated code is its own affair, and no error of ours.
        warnings.simplefilter("ignore")
        # Only the compiler sees a `return` outside a function or an argument given twice.
        compile(tree, "<reply>", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)
    return Source(code, tree)


_remembered = lru_cache(maxsize=REMEMBERED)(_compilable)


def _fault_at(code: str, number: int | None, message: str) -> Fault:
    lines = code.split("\n")
    if number is None or not 1 <= number <= len(lines):
        return Fault(f"has a syntax error: {visible(message)}")
    line = lines[number - 1].strip()
    if _MAGIC.search(line):
        message = "only plain Python is wanted, without IPython magics, shell commands or '?'"
    shown = line if len(line) <= _LINE_SHOWN else line[: _LINE_SHOWN - 1] + "…"
    reads = f". The line reads: {visible(shown)}" if shown else ""
    return Fault(f"has a syntax error in line {number}: {visible(message)}{reads}")


def _with_plain_blanks(code: str) -> str:
    plain = code.replace("\xa0", " ")
    starts = [0, *accumulate(len(line) + 1 for line in plain.split("\n"))]
    inside = {
        getattr(tokenize, name, None) for name in ("STRING", "COMMENT", "FSTRING_MIDDLE", "TSTRING_MIDDLE")
    }
    pieces, done = [], 0
    try:
        for token in tokenize.generate_tokens(io.StringIO(plain, newline="\n").readline):
            if token.type in inside:
                start = starts[token.start[0] - 1] + token.start[1]
                end = starts[token.end[0] - 1] + token.end[1]
                pieces += [plain[done:start], code[start:end]]
                done = end
    except (tokenize.TokenError, SyntaxError):
        return code
    return "".join(pieces) + plain[done:]


def joined(codes: Iterable[str]) -> str:
    """Join pieces of code, a blank line between them.

    Parameters
    ----------
    codes : iterable of str
        The pieces; empty ones do not count.

    Returns
    -------
    str
        One text.
    """
    return "\n\n".join(code for code in codes if code)


def in_branches(body: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield statements, with those in branches of ``if`` and ``try`` in place of these.

    Parameters
    ----------
    body : iterable of ast.stmt
        Statements of one level.

    Yields
    ------
    ast.stmt
        Each statement, in no order of note.
    """
    # A loop, because a chain of a thousand `elif` is nested a thousand deep.
    waiting = list(body)
    while waiting:
        node = waiting.pop()
        if not isinstance(node, BRANCHES) or is_main_guard(node):
            yield node
            continue
        waiting += node.body
        waiting += node.orelse
        if isinstance(node, ast.Try):
            waiting += node.finalbody
            for handler in node.handlers:
                waiting += handler.body


def is_main_guard(node: ast.stmt) -> bool:
    """Tell whether a statement is ``if __name__ == "__main__":``.

    Parameters
    ----------
    node : ast.stmt
        Any statement.

    Returns
    -------
    bool
        Whether it is an ``if`` that asks for ``__name__``.
    """
    return isinstance(node, ast.If) and any(
        isinstance(part, ast.Name) and part.id == "__name__" for part in ast.walk(node.test)
    )


def root_name(node: ast.expr) -> str | None:
    """Return the name that attributes, calls and subscripts start from.

    Parameters
    ----------
    node : ast.expr
        An expression, such as ``a.b(1)[2]``.

    Returns
    -------
    str or None
        The name, such as ``a``; None if the expression starts from something else.
    """
    while isinstance(node, (ast.Attribute, ast.Call, ast.Subscript)):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else None


def bound_by(node: ast.stmt) -> set[str]:
    """Return the names that a definition, an import or an assignment binds or changes.

    Parameters
    ----------
    node : ast.stmt
        Any statement.

    Returns
    -------
    set of str
        The names; none for other statements.
    """
    if isinstance(node, DEFINITIONS):
        return {node.name}
    if isinstance(node, IMPORTS):
        return {(alias.asname or alias.name).partition(".")[0] for alias in node.names}
    if isinstance(node, (ast.AugAssign, ast.AnnAssign)):
        root = root_name(node.target)
        return {root} if root else set()
    if isinstance(node, ast.Assign):
        parts = (part for target in node.targets for part in ast.walk(target))
        return {part.id for part in parts if isinstance(part, ast.Name)}
    return set()
