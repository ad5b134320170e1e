"""A model's text becomes tool code and decision code, or a sentence on why it cannot.

`fences` finds blocks, `pieces` tells which of them are code, `division` where a tool ends; here
stands what each stage makes of it. A text with no single sensible reading is `Unusable`, and its
reason is fit to be sent back to the model.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from creator_magic.reply.division import is_preamble, split, without_examples
from creator_magic.reply.fences import MAX_FENCES, Block, find_blocks
from creator_magic.reply.pieces import WANTED, Piece, UnusableError, find_pieces, legible
from creator_magic.reply.syntax import DEFINITIONS, Fault, Source, joined, read_source, visible

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from creator_magic.ports import CodeStage, Role

_DIAGNOSIS = 600
_THINKING = re.compile(
    r"\A\s*<(think|thinking|thought|reasoning)>|^[ \t]*</(?:think|thinking|thought|reasoning)>[ \t]*$",
    re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class ReplyCode:
    """The code that a reply holds; every part of it is Python.

    Parameters
    ----------
    tool : str or None
        The tool, if the reply holds one.
    decision : str or None
        The decision, if the reply holds one.
    diagnosis : str
        The prose before the first code, cut to some 600 characters.
    """

    tool: str | None
    decision: str | None
    diagnosis: str


@dataclass(frozen=True, slots=True)
class Unusable:
    """Why a reply gave no code that may run.

    Parameters
    ----------
    reason : str
        What was wrong and what is wanted, for the person and for the model.
    code : str or None
        The code as far as it could be read, to be shown and not run; `reason` counts its lines.
    diagnosis : str
        The prose before the first code, cut to some 600 characters.
    syntax : bool
        Whether the code is no Python.
    """

    reason: str
    code: str | None
    diagnosis: str
    syntax: bool


_Parts = tuple[str | None, str | None]


def read_reply(
    text: str, stage: CodeStage, finish_reason: str | None, tool_names: frozenset[str] = frozenset()
) -> ReplyCode | Unusable:
    """Read the code out of a model's reply.

    Parameters
    ----------
    text : str
        The whole text of the reply, whatever it holds.
    stage : {"creation", "reuse", "decision", "rectification", "entangled", "program"}
        The stage that asked; it says what an untagged block is.
    finish_reason : str or None
        As the protocol gives it. None and ``"length"`` mean that the text was cut off, and half
        of a program is not run even if it parses.
    tool_names : frozenset of str
        Names of the tools that the model was shown.

    Returns
    -------
    ReplyCode or Unusable
        The code, or why there is none. No text raises.

    Notes
    -----
    The stages and what their replies hold are those of CREATOR (arXiv 2305.14318, §3). That tool
    and decision may share a block follows from its "entangled" variant (§4.2), where a model gives
    both at once.
    """
    text = cleaned(text)
    blocks: Sequence[Block] = ()
    try:
        blocks = _blocks(text, stage)
        check_finish(text, blocks, finish_reason)
        pieces = find_pieces(text, blocks, stage, tool_names)
        tool, decision = _READERS[stage](pieces, tool_names)
        _check_parts(tool, decision, stage)
    except UnusableError as problem:
        start = _first_code(blocks) if problem.start is None else problem.start
        code = visible(problem.code) if problem.code else None
        return Unusable(problem.reason, code, diagnosis_before(text, start), problem.syntax)
    # A repeated block was left out of the pieces, and is no prose all the same.
    starts = [pieces[0].start, *(block.start for block in blocks if block.language == "python")]
    return ReplyCode(tool, decision, diagnosis_before(text, min(starts)))


def cleaned(text: str) -> str:
    """Return a reply with plain line ends, without what a model thought aloud before it."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").removeprefix("\ufeff")
    # Local reasoning models put drafts before the answer; the mark that opens them may be missing.
    mark = _THINKING.search(text) if "<" in text else None
    if mark is None:
        return text
    name = mark.group(1)
    if name is None:
        return text[mark.end() :]
    _, closing, answer = text[mark.end() :].partition(f"</{name}>")
    return answer if closing else ""


def _blocks(text: str, stage: CodeStage) -> Sequence[Block]:
    blocks = find_blocks(text)
    if blocks is None:
        raise UnusableError(f"The reply held more than {MAX_FENCES:,} code fences. {WANTED[stage]}")
    return blocks


def check_finish(text: str, blocks: Sequence[Block], finish_reason: str | None) -> None:
    """Raise `UnusableError` if a reply was cut off or stopped."""
    if finish_reason is None or finish_reason == "length":
        why = "the stream ended early" if finish_reason is None else "it reached the limit of its length"
        reason = f"The reply was cut off: {why}. Its code is not run; a complete and shorter reply is wanted."
        raise UnusableError(reason, legible(text, blocks))
    if finish_reason == "content_filter":
        reason = "The reply was stopped by the endpoint's content filter, so its code is not run."
        raise UnusableError(reason, legible(text, blocks))


def _check_parts(tool: str | None, decision: str | None, stage: CodeStage) -> None:
    """Raise if what was put together is not Python, though its pieces are, or does not do its part."""
    for role, code in (("tool", tool), ("decision", decision)):
        source = read_source(code) if code is not None else None
        if isinstance(source, Fault):
            raise UnusableError(f"The {role} {source.says}", code, syntax=source.syntax)
        if role == "tool" and source is not None and not source.defined:
            raise UnusableError(f"The tool defines no function. {WANTED[stage]}", code)
        if role == "decision" and source is not None and not any(map(_acts, source.tree.body)):
            reason = f"The decision does nothing: it makes no call. {WANTED[stage]}"
            raise UnusableError(reason, code)


def _acts(statement: ast.stmt) -> bool:
    """Return whether a statement of a decision can bring it nearer to an answer."""
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
        return statement.value.value is not ...
    return not isinstance(statement, (ast.Pass, ast.Import, ast.ImportFrom, *DEFINITIONS))


def _first_code(blocks: Iterable[Block]) -> int | None:
    return next((block.start for block in blocks if block.language == "python"), None)


def diagnosis_before(text: str, start: int | None) -> str:
    """Return the prose before `start`, cut."""
    prose = text[:start].strip()
    if len(prose) > _DIAGNOSIS:
        prose = prose[: _DIAGNOSIS - 1].rstrip() + "…"
    return visible(prose)


def _of(pieces: Iterable[Piece], role: Role | None) -> list[Source]:
    return [piece.source for piece in pieces if piece.role == role]


def _whole(sources: Iterable[Source]) -> str:
    return joined(source.code for source in sources)


def _tool(sources: Sequence[Source]) -> str:
    return without_examples(sources) or _whole(sources)


def _defines(code: str, names: frozenset[str]) -> bool:
    source = read_source(code)
    return isinstance(source, Source) and not names.isdisjoint(source.defined)


def _creation(pieces: Sequence[Piece], tools: frozenset[str]) -> _Parts:
    tool, decision, untagged = _tool(_of(pieces, "tool")), _whole(_of(pieces, "decision")), _of(pieces, None)
    tool = tool or without_examples(untagged)
    if tool:
        return tool, decision or None
    decision = decision or _whole(untagged)
    if not any(tools & piece.source.loaded for piece in pieces):
        raise UnusableError(f"The reply's code defines no function. {WANTED['creation']}", decision)
    # Where tools were offered, a decision alone uses one of them again.
    return None, decision


def _decision(pieces: Sequence[Piece], tools: frozenset[str]) -> _Parts:
    tool, sources = _tool(_of(pieces, "tool")), _of(pieces, "decision") or _of(pieces, None)
    decision = _whole(sources)
    if not tool:
        # Many models write the tool once more above the call, whatever the block is tagged as.
        made, rest = _divided(sources, tools)
        if _defines(made, tools):
            tool, decision = made, rest
        elif made and not rest:
            reason = f"The decision only defines functions and makes no call. {WANTED['decision']}"
            raise UnusableError(reason, made)
    if not decision:
        raise UnusableError(f"The reply repeats the tool and makes no call. {WANTED['decision']}", tool)
    return tool or None, decision


def _rectification(pieces: Sequence[Piece], tools: frozenset[str], *, helpers: bool = True) -> _Parts:
    """Return tool, decision, or both; `helpers` says whether a decision may define functions of its own."""
    untagged, decision = _of(pieces, None), _whole(_of(pieces, "decision"))
    if any(piece.role == "tool" for piece in pieces):
        # Beside a tagged tool, an untagged block is a further part of it or the decision.
        acts = [piece.role is None and split(piece.source, tools)[1] != "" for piece in pieces]
        tool = _tool(
            [p.source for p, act in zip(pieces, acts, strict=True) if p.role != "decision" and not act]
        )
        decision = decision or _whole(p.source for p, act in zip(pieces, acts, strict=True) if act)
        return tool, decision or None
    made, rest = _divided(untagged, tools)
    if decision:
        return made or None, decision
    used = {name for source in untagged for name in source.loaded}
    if helpers and rest and tools & used and not _defines(made, tools):
        # It calls the tool that stands, so what it defines are helpers of its own.
        return None, _whole(untagged)
    return made or None, rest or None


def _reuse(pieces: Sequence[Piece], tools: frozenset[str]) -> _Parts:
    # What is defined beside tools that are offered is a tool that is built on them.
    return _rectification(pieces, tools, helpers=False)


def _entangled(pieces: Sequence[Piece], _tools: frozenset[str]) -> _Parts:
    tool, decision = _rectification(pieces, frozenset())
    if tool is None:
        raise UnusableError(f"The reply held a decision but no tool. {WANTED['entangled']}", decision)
    if decision is None:
        raise UnusableError(f"The reply held a tool but no decision. {WANTED['entangled']}", tool)
    return tool, decision


def _program(pieces: Sequence[Piece], _tools: frozenset[str]) -> _Parts:
    return None, _whole(piece.source for piece in pieces)


_READERS: dict[CodeStage, Callable[[Sequence[Piece], frozenset[str]], _Parts]] = {
    "creation": _creation,
    "reuse": _reuse,
    "decision": _decision,
    "rectification": _rectification,
    "entangled": _entangled,
    "program": _program,
}


def _divided(sources: Sequence[Source], tools: frozenset[str]) -> tuple[str, str]:
    """Divide untagged code into tool and decision; where one block ends and another begins counts."""
    tool: list[str] = []
    decision: list[str] = []
    acted = False
    for source in sources:
        lead, rest = split(source, tools)
        if not lead:
            decision.append(source.code)
            acted = acted or not is_preamble(source, tools)
        elif not tool and not acted:
            # Blocks of imports and constants above the tool are there for it.
            tool, decision = [*decision, lead], [rest]
            acted = bool(rest)
        elif not rest and not (tool and any(decision)):
            tool.append(lead)
        else:
            decision.append(source.code)
    return joined(tool), joined(decision)
