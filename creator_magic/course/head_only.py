"""*Signature only*: of a tool a student sees the head and the docstring, and no code in the docstring.

A docstring is words of the model's as a hint is: whoever states the problem can ask for the code in there. It
goes the same way, but for examples, which show how the tool is called. Strings in the head and in examples,
what an example shows, and annotations carry no code either.

An example tells what it comes to: where the model's example is the problem itself, it tells the answer, and
a tool without parameters is the answer by another name.
"""

from __future__ import annotations

import ast
import doctest
from typing import TYPE_CHECKING

from creator_magic.course.hints_only import WITHHELD, without_code
from creator_magic.python_source import parsed
from creator_magic.tool_stub import head_of, strings_in

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

    def shows(strings: Sequence[str]) -> bool:
        # Together too: a piece of code in each of them would pass.
        return not any(without_code(each, allowed).withheld for each in (*strings, " ".join(strings)))

    def example(part: doctest.Example, name: str) -> str:
        nonlocal withheld
        call, strings = _call(part.source, name)
        if not (call and shows(strings)):
            withheld += 1
            return f"{WITHHELD}\n"
        if shows([part.want]):
            return f">>> {call}\n{part.want}"
        withheld += 1
        return f">>> {call}\n{WITHHELD}\n"

    def cleaned(name: str, docstring: str) -> str:
        nonlocal withheld
        parts = []
        for part in _parts(docstring):
            if isinstance(part, doctest.Example):
                parts.append(example(part, name))
            elif part.strip():
                hint = without_code(part, allowed)
                withheld += hint.withheld
                parts.append(f"{WITHHELD}\n" if hint.is_refused else hint.text)
            else:
                parts.append(part)
        return "".join(parts).strip()

    return head_of(source, cleaned, shows), withheld


def _parts(docstring: str) -> Sequence[str | doctest.Example]:
    try:
        return doctest.DocTestParser().parse(docstring)
    except ValueError:  # examples that are badly indented are text
        return [docstring]


def _call(example: str, name: str) -> tuple[str, list[str]]:
    """Return an example that is one call of the function with values written out, and the strings in it.

    A comment behind it is left out. Any other example is nothing.
    """
    tree = parsed(example)
    match tree.body if tree is not None and "\n" not in example.strip() else ():
        case [ast.Expr(value=ast.Call(func=ast.Name(id=called), args=args, keywords=keywords)) as written]:
            values = [*args, *keywords]
            literal = all(isinstance(node, _LITERAL) for value in values for node in ast.walk(value))
            if called == name and literal:
                call = example.encode()[: written.end_col_offset].decode()
                return call, [string for value in values for string in strings_in(value)]
    return "", []
