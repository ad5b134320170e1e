"""The source of a cell as Python reads it."""

from __future__ import annotations

import ast
import warnings


def parsed(source: str) -> ast.Module | None:
    """Return the tree of a cell's source as it stands; None if it is not Python alone.

    Parameters
    ----------
    source : str
        The whole source; an invalid escape in it gives no warning, as it is its author's affair.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return ast.parse(source)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return None
