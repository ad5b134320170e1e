"""Cases in a model's reply: doctests, assertions, or the tests of a test file."""

from __future__ import annotations

import ast
import doctest
import re
from contextlib import suppress
from dataclasses import replace
from textwrap import dedent
from typing import TYPE_CHECKING, TypeGuard

from creator_magic.reply.syntax import IMPORTS, Fault, read_source, root_name
from creator_magic.toolbox.cases import RAISES
from creator_magic.toolbox.tool import Case

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

MOST = 20
"""Cases that are taken from one reply."""

_LONGEST = 4_000
_FENCE = re.compile(r"^[ \t]*(?:`{3,}|~{3,}).*$", re.MULTILINE)
_PARAGRAPHS = re.compile(r"\n[ \t]*\n")
_TIGHT = re.compile(r"^([ \t]*(?:>>>|\.\.\.))(?=[^\s.])", re.MULTILINE)
_EXCEPTION = re.compile(r"[A-Za-z_][\w.]*(?:Error|Exception|Warning|Exit|Interrupt|Iteration)(?::.*)?")


def read_cases(text: str, name: str) -> tuple[Case, ...]:
    """Return the cases that a reply proposes for a tool, each able to run alone.

    Parameters
    ----------
    text : str
        The reply: doctests in or outside of fences, lines that assert, functions of a test file.
    name : str
        The tool. What does not call it, or defines it anew, is no case of it.

    Returns
    -------
    tuple of Case
        In their order, each once, at most `MOST`.
    """
    found: dict[tuple[str, ...], Case] = {}
    for part in _FENCE.split(text.replace("\r\n", "\n")):
        for case in _doctests(part) if ">>>" in part else _statements(part):
            alone = _alone(case, name)
            if alone is not None and len(alone.call) + len(alone.expected) <= _LONGEST:
                found.setdefault(identity(alone), alone)
    return tuple(found.values())[:MOST]


def identity(case: Case) -> tuple[str, ...]:
    """Return what two cases share that make the same call, however it is laid out."""
    return tuple(map(_normal, (*case.setup, case.call)))


def _normal(source: str) -> str:
    read = read_source(source)
    return source if isinstance(read, Fault) else read.dump


def _doctests(part: str) -> Iterator[Case]:
    setup: list[str] = []
    # By paragraphs: doctest gives up a whole text for one line that it cannot read.
    for paragraph in _PARAGRAPHS.split(_TIGHT.sub(r"\1 ", part)):
        with suppress(ValueError):
            for example in doctest.DocTestParser().get_examples(f"{paragraph}\n"):
                source = example.source.rstrip("\n")
                if example.want:
                    yield Case(source, _expected(example.want), tuple(setup), "model")
                elif source.strip():
                    setup.append(source)


def _expected(text: str) -> str:
    lines = text.rstrip().split("\n")
    while len(lines) > 1 and lines[-1].lstrip().startswith("#"):
        lines.pop()  # a remark on the next case
    if len(lines) == 1 and _EXCEPTION.fullmatch(lines[0].strip()):
        return "\n".join((*RAISES, lines[0].strip()))
    return "\n".join(lines)


def _statements(part: str) -> Iterator[Case]:
    """Yield the cases of code that asserts, or of the lines that do in a text that is no code."""
    read = read_source(dedent(part))
    if isinstance(read, Fault):
        lines = (read_source(line.strip()) for line in part.split("\n") if line.strip().startswith("assert "))
        trees = [line.tree for line in lines if not isinstance(line, Fault)]
    else:
        trees = [read.tree]
    for tree in trees:
        yield from _asserted(tree.body, ())


def _asserted(body: Sequence[ast.stmt], setup: tuple[str, ...]) -> Iterator[Case]:
    for node in body:
        if isinstance(node, ast.Assert):
            call, expected = _compared(node.test)
            yield Case(call, expected, setup, "model")
        elif isinstance(node, ast.With) and (raised := _raised(node)):
            yield Case(ast.unparse(node.body[-1]), "\n".join((*RAISES, raised)), setup, "model")
        elif isinstance(node, ast.FunctionDef) and node.name.startswith("test"):
            yield from _asserted(node.body, setup)
        elif isinstance(node, (ast.Assign, ast.AnnAssign, ast.Expr, *IMPORTS)):
            setup = (*setup, ast.unparse(node))


def _compared(test: ast.expr) -> tuple[str, str]:
    """Return a call and what it must show, for what must be true."""
    if isinstance(test, ast.Compare) and len(test.ops) == 1 and isinstance(test.ops[0], ast.Eq | ast.Is):
        with suppress(ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
            value = ast.literal_eval(test.comparators[0])
            if value is not None:  # which shows nothing
                return ast.unparse(test.left), repr(value)
    return f"bool({ast.unparse(test)})", "True"


def _raised(node: ast.With) -> str:
    """Return the exception of a `with pytest.raises(...)`; else nothing."""
    call = node.items[0].context_expr
    if not isinstance(call, ast.Call) or not ast.unparse(call.func).endswith(("raises", "assertRaises")):
        return ""
    return ast.unparse(call.args[0]) if call.args and isinstance(call.args[0], ast.Name) else ""


def _alone(case: Case, name: str) -> Case | None:
    """Return a case with as much setup as it needs; None if it does not call the tool."""
    read = read_source(case.call)
    if isinstance(read, Fault) or name not in read.loaded or name in read.bound:
        return None
    needed, setup = read.loaded, list[str]()
    for source in reversed(case.setup):
        before = read_source(source)
        if isinstance(before, Fault):
            continue
        node = before.tree.body[0] if before.tree.body else None
        if isinstance(node, IMPORTS) and name in before.bound:
            continue  # it is there
        root = root_name(node.value.func) if isinstance(node, ast.Expr) and _is_method(node.value) else None
        if before.bound & needed or root in needed:
            setup.insert(0, source)
            needed |= before.loaded
            if name in before.bound:
                return None
    return replace(case, setup=tuple(setup))


def _is_method(value: ast.expr) -> TypeGuard[ast.Call]:
    return isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute)
