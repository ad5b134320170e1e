"""*Signature only*: of a tool a student sees the head and the docstring, and no code in the docstring.

A docstring is words of the model's as a hint is: whoever states the problem can ask for the code in there. It
goes the same way, but for examples, which show how the tool is called.
"""

from __future__ import annotations

import ast
import doctest
from typing import TYPE_CHECKING

from creator_magic.course.hints_only import WITHHELD, without_code
from creator_magic.python_source import parsed
from creator_magic.tool_stub import head_of

if TYPE_CHECKING:
    from collections.abc import Sequence

_LITERAL = (
    *(ast.Constant, ast.List, ast.Tuple, ast.Dict, ast.Set, ast.UnaryOp, ast.unaryop),
    *(ast.keyword, ast.expr_context),
)


def head_without_code(source: str, allowed: Sequence[str] = ()) -> tuple[str, int]:
    """Return the head and the docstring of the function that a source defines last.

    Parameters
    ----------
    source : str
        Python source.
    allowed : sequence of str
        Expressions and names that may be shown as code.

    Returns
    -------
    str
        Python; empty if the source defines no function.
    int
        How many pieces of code were taken out of the docstring.
    """
    withheld = 0

    def cleaned(name: str, docstring: str) -> str:
        nonlocal withheld
        parts = []
        for part in _parts(docstring):
            if isinstance(part, doctest.Example):
                shown = _calls(part.source, name)
                withheld += not shown
                parts.append(f">>> {part.source}{part.want}" if shown else f"{WITHHELD}\n")
            elif part.strip():
                hint = without_code(part, allowed)
                withheld += hint.withheld
                parts.append(f"{WITHHELD}\n" if hint.is_refused else hint.text)
            else:
                parts.append(part)
        return "".join(parts).strip()

    return head_of(source, cleaned), withheld


def _parts(docstring: str) -> Sequence[str | doctest.Example]:
    try:
        return doctest.DocTestParser().parse(docstring)
    except ValueError:  # examples that are badly indented are text
        return [docstring]


def _calls(example: str, name: str) -> bool:
    """Tell whether an example is one call of the function, with values written out and nothing else."""
    tree = parsed(example)
    match tree.body if tree is not None else ():
        case [ast.Expr(value=ast.Call(func=ast.Name(id=called), args=args, keywords=keywords))]:
            nodes = [node for argument in (*args, *keywords) for node in ast.walk(argument)]
            return (
                called == name and "\n" not in example.strip() and all(isinstance(n, _LITERAL) for n in nodes)
            )
    return False
