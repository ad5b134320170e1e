"""Expressions in Python's notation, computed without being run."""

from __future__ import annotations

import ast
import operator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_LONGEST = 4_000
_SIGNS: Mapping[type[ast.unaryop], Callable[[Any], Any]] = {ast.UAdd: operator.pos, ast.USub: operator.neg}
_OPERATORS: Mapping[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
}
_TAKE_TEXT = ("Decimal", "Symbol")


class UnreadableError(ValueError):
    """A text is no expression of numbers and of the names that are known."""


@dataclass(frozen=True, slots=True)
class Notation:
    """What may stand in an expression, and what becomes of it.

    Parameters
    ----------
    names : mapping of str to object
        Numbers and symbols.
    functions : mapping of str to callable
        What may be called. Of a name with dots, the whole is looked up first and then its last part, so
        that `np.float64(0.5)` is `float64(0.5)`.
    number : callable
        Makes a number of an int, float or complex.
    collection : callable
        Makes something of a list, a tuple or a set, which it gets as "list", "tuple" or "set" and its
        parts.
    """

    names: Mapping[str, Any]
    functions: Mapping[str, Callable[..., Any]]
    number: Callable[[Any], Any]
    collection: Callable[[str, list[Any]], Any] | None = None

    def value_of(self, text: str) -> Any:
        """Return what an expression comes to: of numbers, `+ - * / **`, and calls of what is known.

        A `^` is a power, as in LaTeX. The text is parsed, and what its syntax tree holds is computed node
        by node; nothing of it is run.

        Parameters
        ----------
        text : str
            An expression such as `Fraction(1, 2)` or `sqrt(2)/2`.

        Raises
        ------
        UnreadableError
            If there is anything else in it, or it cannot be computed.
        """
        if len(text) > _LONGEST:
            raise UnreadableError(text[:40])
        try:
            return self._of(ast.parse(text.strip().replace("^", "**"), mode="eval").body)
        except UnreadableError:
            raise
        except (SyntaxError, ValueError, TypeError, ArithmeticError, RecursionError, MemoryError) as error:
            raise UnreadableError(text[:40]) from error

    def _of(self, node: ast.expr) -> Any:
        match node:
            case ast.Constant(value=int() | float() | complex() as value) if not isinstance(value, bool):
                found = self.number(value)
            case ast.UnaryOp(op=sign, operand=operand) if type(sign) in _SIGNS:
                found = _SIGNS[type(sign)](self._of(operand))
            case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATORS:
                found = _OPERATORS[type(op)](self._of(left), self._of(right))
            case ast.Name() | ast.Attribute():
                found = _known(node, self.names)
            case ast.Call(func=called, args=arguments, keywords=[]):
                found = _known(called, self.functions)(*self._arguments(called, arguments))
            case ast.List(elts=parts) | ast.Tuple(elts=parts) | ast.Set(elts=parts) if self.collection:
                found = self.collection(type(node).__name__.lower(), [self._of(part) for part in parts])
            case _:
                raise UnreadableError(type(node).__name__)
        return found

    def _arguments(self, called: ast.expr, arguments: list[ast.expr]) -> list[Any]:
        match arguments:
            case [ast.Constant(value=str() as quoted)] if ast.unparse(called) in _TAKE_TEXT:
                return [quoted]
        return [self._of(argument) for argument in arguments]


def _known(node: ast.expr, names: Mapping[str, Any]) -> Any:
    dotted = ast.unparse(node) if isinstance(node, ast.Name | ast.Attribute) else ""
    last = dotted.rpartition(".")[2]
    if dotted not in names and last not in names:
        raise UnreadableError(dotted)
    return names[dotted if dotted in names else last]
