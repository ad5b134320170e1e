"""From the source of a tool cell to the tool: which definition it is, and all that it needs.

The syntax tree says what each statement binds, and the compiler which global names it reads; from the
tool's definition on, whatever binds a name that is read belongs to the tool. Nothing is run.
"""

from __future__ import annotations

import ast
import builtins
import dis
import re
import warnings
from dataclasses import dataclass, replace
from itertools import takewhile
from types import CodeType
from typing import TYPE_CHECKING

from creator_magic.errors import InputError
from creator_magic.reply.syntax import DEFINITIONS, IMPORTS, Fault, is_main_guard, read_source, root_name
from creator_magic.tool_stub import signature
from creator_magic.toolbox.cases import cases_in
from creator_magic.toolbox.requirements import required_by
from creator_magic.toolbox.tool import Provenance, Tool

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from creator_magic.reply.syntax import Source

_Function = ast.FunctionDef | ast.AsyncFunctionDef
_GIVEN = frozenset(dir(builtins)) | {"__annotations__", "__conditional_annotations__", "__file__"}
_LONGEST_SUMMARY = 160
_SECTION = re.compile(
    r"\s*(?:[:@]param|>>>|(?:args|arguments|param\w*|inputs?|returns?|examples?)\s*:?\s*$)", re.IGNORECASE
)
_READS = {"LOAD_NAME", "LOAD_GLOBAL", "LOAD_FROM_DICT_OR_GLOBALS", "LOAD_CLASSDEREF"}


@dataclass(frozen=True, slots=True)
class Found:
    """A tool that was read from source.

    Parameters
    ----------
    tool : Tool
        With its name, source, signature, documentation, requirements, calls and cases.
    missing : tuple of str
        Names that it reads and nothing binds: it cannot run elsewhere.
    """

    tool: Tool
    missing: tuple[str, ...] = ()


def tools_in(
    source: str, *, decision: str = "", known: Collection[str] = (), each: bool = False
) -> tuple[Found, ...]:
    """Return the tools that a cell's source holds.

    Parameters
    ----------
    source : str
        The source of a tool cell.
    decision : str
        The code that calls it. The functions it calls are the tools, and imports, constants and
        definitions of its own serve the tool where its cell lacks them.
    known : collection of str
        Names of the toolbox's tools: such a name, where nothing else binds it, is a call of that tool.
    each : bool
        Whether every public function counts, and not only those that no other one calls.

    Returns
    -------
    tuple of Found
        In their order; usually one.

    Raises
    ------
    InputError
        If the source is not Python or defines no function.
    """
    read = read_source(source.replace("\r\n", "\n"))
    if isinstance(read, Fault):
        raise InputError(f"The source {read.says}")
    around = read_source(decision.replace("\r\n", "\n")) if decision else None
    pieces = _pieces(read)
    lent = [] if around is None or isinstance(around, Fault) else _lendable(around)
    definitions = [p for p in pieces if isinstance(p.node, _Function)]
    if not definitions:
        raise InputError("The source defines no function, so there is no tool in it.")
    called = frozenset() if around is None or isinstance(around, Fault) else around.loaded
    tools = definitions if each else _roots(definitions, called)
    return tuple(_found(piece, pieces, lent, frozenset(known), read) for piece in _public(tools))


@dataclass(frozen=True, slots=True)
class _Piece:
    """A top-level statement with its text, what it binds or changes, and what it reads."""

    node: ast.stmt
    text: str
    gap: int
    binds: frozenset[str]
    reads: frozenset[str]


def _public(definitions: list[_Piece]) -> list[_Piece]:
    shown = [p for p in definitions if not _name(p).startswith("_")] or definitions
    last = {_name(piece): piece for piece in shown}
    return list(last.values())


def _roots(definitions: list[_Piece], called: frozenset[str]) -> list[_Piece]:
    used = [p for p in definitions if _name(p) in called]
    if used:
        return used
    inner = {name for p in definitions for name in p.reads - {_name(p)}}
    # Functions that call each other in a circle have no root: the last one is taken for it.
    return [p for p in _public(definitions) if _name(p) not in inner] or definitions[-1:]


def _name(piece: _Piece) -> str:
    assert isinstance(piece.node, _Function)  # noqa: S101 - for mypy
    return piece.node.name


def _found(
    root: _Piece, pieces: list[_Piece], lent: list[_Piece], known: frozenset[str], read: Source
) -> Found:
    taken, borrowed, missing = _closure(root, pieces, lent, known)
    calls = tuple(sorted(missing & known - {_name(root)}))
    kept = [piece for piece in pieces if id(piece) in taken]
    extra = [piece for piece in lent if id(piece) in taken]
    of_cell = [p for p in pieces if not _is_idle(p)]
    whole = not extra and len(kept) == len(of_cell)
    source = read.code if whole else _joined([*extra, *kept])
    described = describe(source, _name(root))
    tool = replace(described, calls=calls, provenance=Provenance(borrowed=tuple(sorted(borrowed))))
    return Found(tool, tuple(sorted(missing - known)))


def describe(source: str, name: str) -> Tool:
    """Return the tool `name` with what its source says of it.

    Parameters
    ----------
    source : str
        Whole Python source.
    name : str
        The function that is the tool.

    Raises
    ------
    InputError
        If the source is not Python or does not define `name`.
    """
    read = read_source(source)
    if isinstance(read, Fault):
        raise InputError(f"The source {read.says}")
    tree = read.tree
    found = [node for node in tree.body if isinstance(node, _Function) and node.name == name]
    if not found:
        raise InputError(f"The source does not define {name}.")
    docstring = ast.get_docstring(found[-1]) or ""
    return Tool(
        name=name,
        source=read.code,
        signature=signature(found[-1]),
        summary=_summary(docstring),
        docstring=docstring,
        requirements=required_by([tree]),
        cases=cases_in(docstring),
    )


def _summary(docstring: str) -> str:
    lines = docstring.partition("\n\n")[0].split("\n")
    text = " ".join(" ".join(takewhile(lambda line: not _SECTION.match(line), lines)).split())
    sentence = text.partition(". ")[0]
    if len(sentence) > _LONGEST_SUMMARY:
        return sentence[: _LONGEST_SUMMARY - 1] + "…"
    return sentence.removesuffix(".")


def _closure(
    root: _Piece, pieces: list[_Piece], lent: list[_Piece], known: frozenset[str]
) -> tuple[set[int], set[str], frozenset[str]]:
    """Return the pieces that `root` needs, the names that were lent to it, and those that are missing."""
    taken: set[int] = set()
    borrowed: set[str] = set()
    missing: set[str] = set()
    needed = {_name(root)}
    while True:
        before = len(taken), len(needed)
        for piece in pieces:
            if id(piece) not in taken and _belongs(piece, needed, pieces):
                taken.add(id(piece))
                needed |= piece.reads
        bound = {name for piece in pieces for name in piece.binds} | _GIVEN
        missing = {name for name in needed if name not in bound}
        star = [p for p in pieces if "*" in p.binds]
        if star and missing - known:
            taken |= {id(piece) for piece in star}
            missing &= known
        for piece in lent:
            wanted = piece.binds & (missing - known)
            if wanted and id(piece) not in taken:
                taken.add(id(piece))
                borrowed |= wanted
                needed |= piece.reads
        missing -= {name for piece in lent if id(piece) in taken for name in piece.binds}
        if before == (len(taken), len(needed)):
            return taken, borrowed, frozenset(missing)


def _belongs(piece: _Piece, needed: set[str], pieces: list[_Piece]) -> bool:
    if isinstance(piece.node, ast.ImportFrom) and piece.node.module == "__future__":
        return True
    if isinstance(piece.node, ast.Expr):
        # `random.seed(0)` or `TABLE.append(1)` prepares what it names; a call of a function is an example.
        func = piece.node.value.func if isinstance(piece.node.value, ast.Call) else None
        root = root_name(func) if isinstance(func, ast.Attribute) else None
        return root in needed and any(
            root in other.binds and not isinstance(other.node, DEFINITIONS) for other in pieces
        )
    if isinstance(piece.node, DEFINITIONS):
        later = [p for p in pieces if isinstance(p.node, DEFINITIONS) and p.binds == piece.binds]
        return bool(piece.binds & needed) and piece is later[-1]
    return not is_main_guard(piece.node) and bool(piece.binds & needed)


def _is_idle(piece: _Piece) -> bool:
    """Tell whether leaving a statement out changes nothing: a docstring of the cell."""
    return isinstance(piece.node, ast.Expr) and isinstance(piece.node.value, ast.Constant)


def _lendable(source: Source) -> list[_Piece]:
    """Return what a decision may lend to its tool: imports, definitions, and numbers it has set."""
    pieces = _pieces(source)
    return [
        piece
        for piece in pieces
        if isinstance(piece.node, (*IMPORTS, *DEFINITIONS))
        or (isinstance(piece.node, (ast.Assign, ast.AnnAssign)) and _is_literal(piece.node.value))
    ]


def _is_literal(value: ast.expr | None) -> bool:
    try:
        ast.literal_eval(value) if value is not None else None
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return False
    return value is not None


def _pieces(source: Source) -> list[_Piece]:
    lines = source.code.split("\n")
    pieces = []
    end = 0
    for node in source.tree.body:
        decorators = getattr(node, "decorator_list", [])
        first = min([node.lineno, *(d.lineno for d in decorators)]) - 1
        last = node.end_lineno or node.lineno
        if first < end:  # it shares a line with the statement before
            text, gap = ast.get_source_segment(source.code, node) or "", 0
        else:
            start = first
            while start > end and lines[start - 1].lstrip().startswith("#"):
                start -= 1
            shares = any(
                other is not node and other.lineno == last and other.col_offset for other in source.tree.body
            )
            text = ast.get_source_segment(source.code, node) or "" if shares else "\n".join(lines[start:last])
            gap = sum(1 for line in lines[end:start] if not line.strip())
        binds, reads = _names(node)
        pieces.append(_Piece(node, text, gap, binds, reads))
        end = last
    return pieces


def _joined(pieces: Sequence[_Piece]) -> str:
    parts: list[str] = []
    before: ast.stmt | None = None
    for piece in pieces:
        if before is not None:
            both = isinstance(before, DEFINITIONS) or isinstance(piece.node, DEFINITIONS)
            parts.append("\n" * (1 + (2 if both else min(piece.gap, 1))))
        parts.append(piece.text)
        before = piece.node
    return "".join(parts)


def _names(node: ast.stmt) -> tuple[frozenset[str], frozenset[str]]:
    """Return the global names that a statement binds or changes, and those it reads."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        code = compile(
            ast.Module([node], []), "<tool>", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True
        )
    binds: set[str] = set()
    reads: set[str] = set()
    for level, part in _code_objects(code):
        for step in dis.get_instructions(part):
            if step.opname in _READS:
                reads.add(str(step.argval))
            elif step.opname == "STORE_GLOBAL" or (step.opname == "STORE_NAME" and not level):
                binds.add(str(step.argval))
    if isinstance(node, ast.ImportFrom) and any(alias.name == "*" for alias in node.names):
        binds.add("*")
    if not isinstance(node, DEFINITIONS):
        binds |= set(_changed(node))
    return frozenset(binds), frozenset(reads | set(_said(node)))


def _code_objects(code: CodeType, level: int = 0) -> Iterator[tuple[int, CodeType]]:
    yield level, code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _code_objects(constant, level + 1)


def _changed(node: ast.stmt) -> Iterator[str]:
    """Yield the names of objects whose items or attributes a statement sets."""
    for part in ast.walk(node):
        if isinstance(part, ast.Subscript | ast.Attribute) and isinstance(part.ctx, ast.Store):
            root = root_name(part)
            if root is not None:
                yield root


def _said(node: ast.stmt) -> Iterator[str]:
    """Yield the names in annotations that are texts, and in the examples of docstrings."""
    texts: list[str] = []
    for part in ast.walk(node):
        if isinstance(part, ast.arg | ast.AnnAssign):
            texts += _texts(part.annotation)
        elif isinstance(part, DEFINITIONS):
            texts += _texts(getattr(part, "returns", None))
            for case in cases_in(ast.get_docstring(part) or ""):
                texts += [*case.setup, case.call]
    bound: set[str] = set()
    for text in texts:
        read = read_source(text)
        if not isinstance(read, Fault):
            bound |= read.bound
            yield from read.loaded - bound


def _texts(annotation: ast.expr | None) -> list[str]:
    if annotation is None:
        return []
    return [
        part.value
        for part in ast.walk(annotation)
        if isinstance(part, ast.Constant) and isinstance(part.value, str)
    ]
