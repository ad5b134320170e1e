"""Which parts of a reply are code: told from marks and content, never guessed out of prose.

A block marked as Python is code, unless it only shows a value. A block without a mark, and a text
without blocks, has to prove it: some prose parses as Python, and so does most printed output.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from creator_magic.reply.syntax import (
    ASSIGNMENTS,
    DEFINITIONS,
    IMPORTS,
    MAX_CODE,
    STARTER,
    Fault,
    Source,
    joined,
    read_source,
    trimmed,
    visible,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from creator_magic.ports import CodeStage, Role
    from creator_magic.reply.fences import Block

WANTED: dict[CodeStage, str] = {
    "creation": "Reply with one block that starts with ```python tool and defines the function.",
    "decision": "Reply with one block that starts with ```python decision and calls the tool.",
    "reuse": "Reply with a block that starts with ```python decision, or ```python tool, or with both.",
    "rectification": "Reply with blocks that start with ```python tool or ```python decision.",
    "entangled": "Reply with two blocks, one that starts with ```python tool, one with ```python decision.",
    "program": "Reply with one block that starts with ```python and holds the whole program.",
}
"""What each stage asks for, as the end of a reason."""

_SUBJECT: dict[CodeStage, str] = {
    "creation": "tool",
    "decision": "decision",
    "reuse": "code",
    "rectification": "code",
    "entangled": "code",
    "program": "program",
}
_VALUES = (
    *(ast.Constant, ast.Tuple, ast.List, ast.Dict, ast.Set, ast.Starred, ast.Name),
    *(ast.UnaryOp, ast.unaryop, ast.expr_context),
)
_QUOTED = 150
_CODE_IN_PROSE = re.compile(
    r"^(?:[A-Za-z_][\w.]*(?:\[[^\]\n]*\])?[ \t]*=[^=]"
    r"|[A-Za-z_][\w.]*\([^\n]*\)[ \t]*$"
    r"|[ \t]+return\b)",
    re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class Piece:
    """Code that stands in one place of a reply.

    Parameters
    ----------
    role : {"tool", "decision"} or None
        What its block is tagged as.
    source : Source
        The code.
    start : int
        Where it starts in the text.
    """

    role: Role | None
    source: Source
    start: int


class UnusableError(Exception):
    """A reply has no code that may run; carried from where it is found to where it is told.

    Parameters
    ----------
    reason : str
        What was wrong and what is wanted.
    code : str or None
        The code as far as it could be read.
    start : int or None
        Where the code starts in the text, None if it starts where the first block does.
    syntax : bool
        Whether the code is no Python.
    """

    def __init__(
        self, reason: str, code: str | None = None, start: int | None = None, *, syntax: bool = False
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.code = code
        self.start = start
        self.syntax = syntax


@dataclass(frozen=True, slots=True)
class _Broken:
    """A block that should be code and is not Python; late if a definition stands before it."""

    block: Block
    fault: Fault
    late: bool


def find_pieces(text: str, blocks: Sequence[Block], stage: CodeStage, tools: frozenset[str]) -> list[Piece]:
    """Return the code of a reply.

    Parameters
    ----------
    text : str
        The reply.
    blocks : sequence of Block
        Its fenced blocks.
    stage : {"creation", "reuse", "decision", "rectification", "entangled", "program"}
        The stage that asked.
    tools : frozenset of str
        Names of the tools that the model was shown.

    Returns
    -------
    list of Piece
        The code in its order, at least one piece.

    Raises
    ------
    UnusableError
        If there is no code, or code that is not Python.
    """
    # First, because a fence inside a string of unfenced code would look like a block.
    whole = None if text.lstrip().startswith("```") else _unfenced(text, 0)
    if isinstance(whole, Piece):
        return [whole]
    candidates = [block for block in blocks if _may_be_code(block)]
    if sum(len(block.code) for block in candidates) > MAX_CODE:
        raise _too_long(stage)
    pieces, broken = _read_blocks(candidates, tools)
    pieces, fault = _without_illustrations(pieces, broken, stage)
    if fault is not None:
        raise _syntax_error(fault, stage)
    return _without_repeats(pieces) or [_outside_blocks(text, blocks, stage)]


def legible(text: str, blocks: Sequence[Block]) -> str:
    """Return what looks like code in a reply that will not be used, to be shown.

    Parameters
    ----------
    text : str
        The reply.
    blocks : sequence of Block
        Its fenced blocks.

    Returns
    -------
    str
        The code, whether or not it parses; empty if there is none.
    """
    if not blocks:
        starter = STARTER.search(text)
        return "" if starter is None else trimmed(text[starter.start() : starter.start() + MAX_CODE])
    shown = (
        block.code
        for block in blocks
        if block.language == "python" or (_may_be_code(block) and STARTER.search(block.code))
    )
    return joined(shown)[:MAX_CODE]


def _may_be_code(block: Block) -> bool:
    return block.language == "python" or (block.language == "plain" and not block.announced)


def _read_blocks(blocks: Sequence[Block], tools: frozenset[str]) -> tuple[list[Piece], list[_Broken]]:
    pieces: list[Piece] = []
    broken: list[_Broken] = []
    known = {"print", "display", *tools}
    any_marked = any(block.language == "python" and not block.announced for block in blocks)
    marked = defining = False
    for block in blocks:
        source = read_source(block.code)
        if isinstance(source, Fault):
            if _should_be_code(block, any_marked=any_marked):
                broken.append(_Broken(block, source, late=defining))
            continue
        if block.language == "python":
            names_value = bool(pieces) and bool(source.loaded) and not block.announced
            # What is tagged as the decision is the decision, whatever it holds.
            stated = block.role == "decision" and bool(source.tree.body)
            is_code = stated or _is_action(source) or names_value
        else:
            # After a marked block `array([1, 2])` and `area = 50` are printed, `area(3)` is a call.
            printed = marked and known.isdisjoint(source.loaded) and not _starts_anew(source)
            is_code = not printed and _is_surely_code(source, fenced=True)
        if is_code:
            pieces.append(Piece(block.role, source, block.start))
            known |= source.bound
            marked = marked or block.language == "python"
            defining = defining or bool(source.defined)
    return pieces, broken


def _should_be_code(block: Block, *, any_marked: bool) -> bool:
    """Tell whether a block that does not parse was meant as code, and is not output or a sketch."""
    if block.language == "python":
        return not block.announced
    # Where no block is marked, leaving out one that looks like code would run half of a reply.
    return not any_marked and (STARTER.search(block.code) or _CODE_IN_PROSE.search(block.code)) is not None


def _without_illustrations(
    pieces: list[Piece], broken: list[_Broken], stage: CodeStage
) -> tuple[list[Piece], _Broken | None]:
    """Leave out untagged blocks beside tagged ones that suffice; return what is broken of the rest."""
    roles = {piece.role for piece in pieces} | {one.block.role for one in broken}
    needed: set[Role] = {"tool", "decision"}
    if stage in ("creation", "decision"):
        needed = {"tool" if stage == "creation" else "decision"}
    if needed <= roles:
        pieces = [piece for piece in pieces if piece.role is not None]
        broken = [one for one in broken if one.block.role is not None]
    for one in broken:
        example = stage == "creation" and one.block.role is None and one.late
        if not example or STARTER.search(one.block.code):
            return pieces, one
    return pieces, None


def _without_repeats(pieces: list[Piece]) -> list[Piece]:
    """Leave out a piece that a later one gives again, as in a complete program after its parts."""
    return [
        piece
        for index, piece in enumerate(pieces)
        if not any(_repeats(later, piece) for later in pieces[index + 1 :])
    ]


def _repeats(later: Piece, piece: Piece) -> bool:
    if later.role != piece.role:
        return False
    code, again = piece.source.code, later.source.code
    # A single statement within others may be meant twice.
    short = len(piece.source.tree.body) == 1 and not _starts_anew(piece.source)
    return code == again or (not short and f"\n{code}\n" in f"\n{again}\n")


def _too_long(stage: CodeStage) -> UnusableError:
    reason = f"The reply held more than {MAX_CODE:,} characters of code, which is too long to be used."
    return UnusableError(f"{reason} {WANTED[stage]}")


def _syntax_error(broken: _Broken, stage: CodeStage) -> UnusableError:
    block, fault = broken.block, broken.fault
    reason = f"The {block.role or _SUBJECT[stage]} {fault.says}"
    if not block.closed:
        reason += "\nThe fence of its block was not closed."
    return UnusableError(reason, block.code[:MAX_CODE], block.start, syntax=fault.syntax)


def _outside_blocks(text: str, blocks: Sequence[Block], stage: CodeStage) -> Piece:
    """Return code that stands outside any block, if there is one way only to take it."""
    if blocks:
        # A reply that was begun for the model inside a block starts with code and ends the block.
        begun = _unfenced(text[: blocks[0].start], 0)
        if isinstance(begun, Piece):
            return begun
    starter = None if blocks else STARTER.search(text)
    if starter is not None and _CODE_IN_PROSE.search(text, 0, starter.start()) is None:
        start = starter.start()
        if len(text) - start > MAX_CODE:
            raise _too_long(stage)
        rest = _unfenced(text, start)
        if isinstance(rest, Piece):
            return rest
        if isinstance(rest, Fault):
            reason = f"The reply held code outside a fenced block, and it {rest.says}\n{WANTED[stage]}"
            raise UnusableError(reason, text[start : start + MAX_CODE].rstrip(), start, syntax=rest.syntax)
    if any(block.language == "python" and block.code for block in blocks):
        reason = "The reply's Python block computes nothing; an answer has to come from code that runs."
        raise UnusableError(f"{reason} {WANTED[stage]}")
    said = visible(" ".join(text[: 4 * _QUOTED].split()))
    if not said:
        raise UnusableError(f"The reply held no Python code, it was empty. {WANTED[stage]}")
    said = said if len(said) <= _QUOTED else said[: _QUOTED - 1] + "…"
    raise UnusableError(f"The reply held no Python code. {WANTED[stage]} It began: {said}", start=len(text))


def _unfenced(text: str, start: int) -> Piece | Fault | None:
    """Read all of `text` from `start` as code that no fence marks."""
    code = text[start:].strip()
    if not code or len(code) > MAX_CODE:
        return None
    source = read_source(code)
    if isinstance(source, Fault):
        return source
    return Piece(None, source, start) if _is_surely_code(source, fenced=False) else None


def _is_action(source: Source) -> bool:
    """Tell whether code does more than name values, as ``5000``, ``...`` or ``x, y`` do."""
    return not all(
        (isinstance(node, ast.Expr) and all(isinstance(part, _VALUES) for part in ast.walk(node.value)))
        or (isinstance(node, ast.AnnAssign) and node.value is None)
        or isinstance(node, ast.Pass)
        for node in source.tree.body
    )


def _starts_anew(source: Source) -> bool:
    return any(isinstance(node, (*DEFINITIONS, *IMPORTS)) for node in source.tree.body)


def _is_surely_code(source: Source, *, fenced: bool) -> bool:
    """Tell whether text that nothing marks as Python was meant as Python.

    It defines a function, or calls something with the parenthesis directly after the name: prose
    such as ``Sorry``, ``Note: this`` and ``Done (5000)`` parses too. In a block, assignments,
    imports and classes are code as well; elsewhere ``x = 5`` may be an equation in a sentence.
    """
    lines = source.code.encode().split(b"\n")
    for node in ast.walk(source.tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            return True
        if isinstance(node, ast.Call) and node.func.end_lineno and node.func.end_col_offset:
            end = node.func.end_col_offset
            if lines[node.func.end_lineno - 1][end : end + 1] == b"(":
                return True
        if fenced and isinstance(node, (ast.ClassDef, *ASSIGNMENTS, *IMPORTS)):
            announced = isinstance(node, ast.AnnAssign) and node.value is None
            if not announced:
                return True
    return False
