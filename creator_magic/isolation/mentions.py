"""Which names of a notebook some code is about to use, the functions that it calls included."""

from __future__ import annotations

import ast
import symtable
import types
import warnings
from collections import deque
from typing import TYPE_CHECKING, Any

from creator_magic.kernel.shell_names import SHELL_NAMES
from creator_magic.kernel.users_code import code_within

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from creator_magic.ports import CodeCell

_AT_ONCE = frozenset({"listcomp", "setcomp", "dictcomp", "genexpr"})


def mentioned(cells: Sequence[CodeCell], namespace: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the names of `namespace` that running `cells` in order may look up.

    Parameters
    ----------
    cells : sequence of CodeCell
        The code; what it binds itself before it uses it is not counted.
    namespace : mapping
        The notebook's names. A function or class of the notebook brings those that it mentions.

    Returns
    -------
    tuple of str
        Sorted; modules included.
    """
    found: set[str] = set()
    waiting = deque(_free_names([cell.source for cell in cells]))
    while waiting:
        name = waiting.popleft()
        if name in found or name in SHELL_NAMES or name not in namespace:
            continue
        found.add(name)
        waiting.extend(_names_inside(namespace[name], namespace))
    return tuple(sorted(found))


def _free_names(sources: Sequence[str]) -> set[str]:
    free: set[str] = set()
    later: set[str] = set()
    bound: set[str] = set()
    for statement in _statements(sources):
        uses, inner_uses, binds = _of(statement)
        free |= uses - bound
        bound |= binds
        # A function may be called long after it was defined.
        later |= inner_uses
    return free | (later - bound)


def _statements(sources: Iterable[str]) -> Iterator[str]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for source in sources:
            try:
                tree = _parsed(source)
            except (SyntaxError, ValueError, RecursionError, MemoryError):
                continue  # running it will say so
            yield from (ast.unparse(statement) for statement in tree.body)


def _parsed(source: str) -> ast.Module:
    try:
        return ast.parse(source)
    except SyntaxError:
        from IPython.core.inputtransformer2 import TransformerManager

        # A person may have edited a generated cell, with IPython's own syntax.
        return ast.parse(TransformerManager().transform_cell(source))


def _of(statement: str) -> tuple[set[str], set[str], set[str]]:
    """Return what a statement uses at once, what its functions use, and what it binds."""
    try:
        top = symtable.symtable(statement, "<cell>", "exec")
    except SyntaxError:  # such as `await` at the top level
        tree = ast.parse(statement)
        names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
        return names, set(), set()
    uses = {symbol.get_name() for symbol in top.get_symbols() if symbol.is_referenced()}
    binds = {s.get_name() for s in top.get_symbols() if s.is_assigned() or s.is_imported()}
    if statement.startswith("del "):
        uses |= binds
    inner_uses: set[str] = set()
    tables = deque((table, True) for table in top.get_children())
    while tables:
        table, at_once = tables.popleft()
        at_once = at_once and (table.get_type() == "class" or table.get_name() in _AT_ONCE)
        named = {s.get_name() for s in table.get_symbols() if s.is_global() and s.is_referenced()}
        (uses if at_once else inner_uses).update(named)
        binds |= {s.get_name() for s in table.get_symbols() if s.is_declared_global() and s.is_assigned()}
        tables.extend((inner, at_once) for inner in table.get_children())
    return uses, inner_uses, binds


def _names_inside(value: Any, namespace: Mapping[str, Any]) -> set[str]:
    """Return the global names that a function or a class of the notebook mentions."""
    parts = vars(value).values() if isinstance(value, type) else [value]
    functions = [getattr(part, "__func__", part) for part in parts]
    return {
        name
        for function in functions
        if isinstance(function, types.FunctionType) and function.__globals__ is namespace
        for code in code_within(function.__code__)
        for name in code.co_names
    }
