"""What a cell that failed half-way has changed in place already, and would change again.

A cheap look at its text, for one line of warning before it runs again: an append that ran is in the list.
Nothing is saved before a person's own cells run, since that would cost them time with every cell.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from creator_magic.policy.notebook_lines import masked
from creator_magic.python_source import parsed

if TYPE_CHECKING:
    from collections.abc import Iterator

_GROWS = frozenset({"append", "appendleft", "extend", "extendleft", "insert", "write", "writelines", "put"})
_SHRINKS = frozenset({"pop", "popleft", "popitem", "remove"})
_WRITES_SQL = ("insert", "update", "delete", "alter", "drop", "create")
_COMPOUND = (ast.For, ast.AsyncFor, ast.While, ast.If, ast.With, ast.AsyncWith, ast.Try, ast.Match)
_APART = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)


def changed_already(source: str, reached: int) -> tuple[str, ...]:
    """Return the names that a failed cell changed in a way that running it again repeats.

    Parameters
    ----------
    source : str
        The cell.
    reached : int
        The line in which it failed, counted from 1; 0 if nothing of it ran.

    Returns
    -------
    tuple of str
        In the order of the lines. What the cell itself makes anew each time is not among them.
    """
    tree = parsed(source) or parsed(masked(source)[0])
    if tree is None or reached < 1:
        return ()
    names: dict[str, None] = {}
    fresh: set[str] = set()
    for statement in tree.body:
        if statement.lineno > reached:
            break
        ran = (statement.end_lineno or statement.lineno) < reached
        if ran or isinstance(statement, _COMPOUND):
            names.update(dict.fromkeys(name for name in _changed(statement) if name not in fresh))
        fresh |= _made(statement)
    return tuple(names)


def _changed(statement: ast.stmt) -> Iterator[str]:
    for node in _nodes(statement):
        match node:
            case ast.AugAssign(target=target) | ast.Delete(targets=[target]):
                yield from _root(target)
            case ast.Assign(targets=[target], value=value) if _reads(value, target):
                yield from _root(target)
            case ast.Call() if _repeats(node):
                yield from _root(node.func)
            case _:
                pass


def _nodes(node: ast.AST) -> Iterator[ast.AST]:
    """Yield what runs when `node` runs: not what stands in functions."""
    if not isinstance(node, _APART):
        yield node
        for child in ast.iter_child_nodes(node):
            yield from _nodes(child)


def _reads(value: ast.expr, target: ast.expr) -> bool:
    """Tell whether an assignment makes its target from itself, as `df = df.merge(more)` does."""
    wanted = ast.unparse(target)
    return any(ast.unparse(node) == wanted for node in ast.walk(value) if isinstance(node, type(target)))


def _repeats(call: ast.Call) -> bool:
    if not isinstance(call.func, ast.Attribute):
        return False
    if any(k.arg == "inplace" and isinstance(k.value, ast.Constant) and k.value.value for k in call.keywords):
        return True
    if call.func.attr in ("execute", "executemany", "executescript") and call.args:
        said = call.args[0].value if isinstance(call.args[0], ast.Constant) else None
        return isinstance(said, str) and said.lstrip().lower().startswith(_WRITES_SQL)
    return call.func.attr in _GROWS or call.func.attr in _SHRINKS


def _root(node: ast.expr) -> Iterator[str]:
    while isinstance(node, ast.Attribute | ast.Subscript | ast.Call | ast.Starred):
        node = node.func if isinstance(node, ast.Call) else node.value
    if isinstance(node, ast.Name):
        yield node.id


def _made(statement: ast.stmt) -> set[str]:
    """Return the names that a statement binds to something new, whenever it runs."""
    if isinstance(statement, ast.Assign):
        value = statement.value
        if isinstance(value, ast.Name | ast.Attribute | ast.Subscript):
            return set()  # another name for what was there before
        return {t.id for t in statement.targets if isinstance(t, ast.Name) and not _reads(value, t)}
    if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name) and statement.value:
        return {statement.target.id}
    if isinstance(statement, ast.Import | ast.ImportFrom):
        return {(alias.asname or alias.name).partition(".")[0] for alias in statement.names}
    return set()
