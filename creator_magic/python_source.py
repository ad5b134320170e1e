"""The source of a cell as Python reads it.

Many ask for the same few texts while one problem is worked on, so the last trees are remembered.
"""

from __future__ import annotations

import ast
import warnings
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

REMEMBERED, LONGEST_REMEMBERED = 16, 20_000
"""Texts whose trees are remembered, and how many characters such a text may have: a tree takes some
forty times the room."""


def parse(source: str) -> ast.Module:
    """Return the tree of a cell's source as it stands.

    Whoever asks for the same text shares the tree: it must not be changed.

    Parameters
    ----------
    source : str
        The whole source; an invalid escape in it gives no warning, as it is its author's affair.

    Raises
    ------
    SyntaxError, ValueError, RecursionError, MemoryError
        As `ast.parse` does.
    """
    return _remembered(source) if len(source) <= LONGEST_REMEMBERED else parse_anew(source)


def parsed(source: str) -> ast.Module | None:
    """Return what `parse` does; None if the source is not Python alone."""
    try:
        return parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def parse_anew(source: str) -> ast.Module:
    """Return what `parse` does, as a tree of the caller's own."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(source)


def statements(tree: ast.Module) -> Iterator[ast.stmt]:
    """Yield every statement of a tree, in the order of `ast.walk`, which looks at each expression too."""
    level: list[ast.AST] = [tree]
    while level:
        inner: list[ast.AST] = []
        for node in level:
            if isinstance(node, ast.stmt):
                yield node
            for block in _BLOCKS:
                inner += getattr(node, block, ())
        level = inner


_BLOCKS = ("body", "handlers", "orelse", "finalbody", "cases")

_remembered = lru_cache(maxsize=REMEMBERED)(parse_anew)
