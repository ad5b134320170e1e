"""What exploring teaches a tool that has no fault: examples of good calls, and inputs that fail.

Both are doctests, so that whoever takes them takes cases that the tool must pass from then on.
"""

from __future__ import annotations

import ast
import textwrap
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from creator_magic.explore.trial import Observation, Trial

HEAD = "Learnt by exploring it:"
_GOOD, _FAILING = 3, 2
_LONGEST = 88
_OF_THE_CALLER = {"TypeError", "NameError", "SyntaxError", "AttributeError", "ImportError"}
"""Errors that say more of how it was called than of what it does."""


def with_what_was_learnt(source: str, name: str, trials: Sequence[Trial]) -> str:
    """Return a tool's source with examples from its trials at the end of its docstring.

    Parameters
    ----------
    source : str
        The source; it is returned as it is where there is nothing to add, or no docstring to add to.
    name : str
        The tool.
    trials : sequence of Trial
        Those of its present version.
    """
    node = next((n for n in ast.parse(source).body if isinstance(n, _FUNCTIONS) and n.name == name), None)
    docstring = node.body[0] if node is not None else None
    if not isinstance(docstring, ast.Expr) or not isinstance(docstring.value, ast.Constant):
        return source
    text = ast.get_source_segment(source, docstring.value) or ""
    quotes = text[-3:]
    known = str(docstring.value.value)
    examples = [each for each in learnt(name, trials) if each.splitlines()[0][4:] not in known]
    if quotes not in ('"""', "'''") or not examples:
        return source
    indent = " " * docstring.col_offset
    added = textwrap.indent("\n\n".join([*([] if HEAD in known else [HEAD]), *examples]), indent)
    longer = f"{text[:-3].rstrip()}\n\n{added}\n{indent}{quotes}"
    return source.replace(text, longer, 1)


def learnt(name: str, trials: Sequence[Trial]) -> list[str]:
    """Return what trials teach, each as a doctest: good calls, then inputs that fail, each error once."""
    good, failing = dict[str, str](), dict[str, str]()
    for trial in trials:
        if trial.reflection is not None and trial.reflection.fault == "tool":
            continue  # nobody is to be taught what is wrong
        for call, observation in _calls(name, trial):
            last = observation.text.splitlines()[-1]
            if observation.ok and trial.passed and observation.text == last and " at 0x" not in last:
                good.setdefault(call, f">>> {call}\n{last}")
            elif _is_refusal(observation):
                shown = f">>> {call}\nTraceback (most recent call last):\n    ...\n{last}"
                failing.setdefault(last, shown)
    return [*good.values()][:_GOOD] + [*failing.values()][:_FAILING]


def _is_refusal(seen: Observation) -> bool:
    """Tell whether a tool raised what says something of its input, and did not just break on it."""
    return seen.kind == "error" and not seen.inside and seen.error not in _OF_THE_CALLER


_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def _calls(name: str, trial: Trial) -> Iterator[tuple[str, Observation]]:
    """Yield the turns that are one call of the tool with plain values, where a docstring can hold them."""
    for turn in trial.turns:
        body = ast.parse(turn.code).body if turn.code else []
        expression = body[0].value if len(body) == 1 and isinstance(body[0], ast.Expr) else None
        if turn.observation is None or not isinstance(expression, ast.Call):
            continue
        given = [*expression.args, *(keyword.value for keyword in expression.keywords)]
        named = isinstance(expression.func, ast.Name) and expression.func.id == name
        plain = all(isinstance(node, _PLAIN) for value in given for node in ast.walk(value))
        call = ast.unparse(expression)
        lines = [call, *turn.observation.text.splitlines()[-1:]]
        fits = all(len(line) <= _LONGEST and "\\" not in line and '"""' not in line for line in lines)
        if named and plain and fits:
            yield call, turn.observation


_PLAIN = (
    ast.Constant,
    ast.List,
    ast.Tuple,
    ast.Dict,
    ast.Set,
    ast.UnaryOp,
    ast.BinOp,
    ast.operator,
    ast.unaryop,
    ast.expr_context,
)
