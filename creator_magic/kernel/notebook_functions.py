"""Functions that the person wrote in the notebook and speaks of, as candidates for reuse.

What is told of one is its name, its parameters and its docstring; its code and its defaults stay here.
"""

from __future__ import annotations

import inspect
import re
from types import FunctionType
from typing import TYPE_CHECKING, Any

from creator_magic.kernel.variables import signature_without_defaults
from creator_magic.ports import Candidate
from creator_magic.tool_stub import stub
from creator_magic.tool_version import version_of

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from creator_magic.problem import Problem

PLACE = "this notebook"
_SPOKEN_OF = re.compile(r"`([A-Za-z_]\w*)(?:\([^`\n]*\))?`|\b([A-Za-z_]\w*)\(|\b([A-Za-z]\w*_\w*)\b")
"""A name as code writes it: a word alone, such as `total`, may be no more than a word."""


def functions_spoken_of(
    problem: Problem, namespace: Mapping[str, Any], own: Collection[str]
) -> tuple[Candidate, ...]:
    """Return the person's functions that a problem, its hints or `--use` name.

    Parameters
    ----------
    problem : Problem
        What is stated.
    namespace : mapping
        Where the functions are.
    own : collection of str
        The names in it that are the person's.

    Returns
    -------
    tuple of Candidate
        In the order in which they are named.
    """
    texts = "\n".join((problem.text, *problem.hints))
    names = [variable.name for variable in problem.variables]
    names += [next(filter(None, groups)) for groups in _SPOKEN_OF.findall(texts)]
    return tuple(
        Candidate(name, _shown(name, namespace[name]), PLACE)
        for name in dict.fromkeys(names)
        if name in own and isinstance(namespace.get(name), FunctionType)
    )


def function_version(function: object) -> str:
    """Return what tells a version of a function of the notebook from others; empty for no function."""
    if not isinstance(function, FunctionType):
        return ""
    try:
        return version_of(inspect.getsource(function))
    except OSError:  # it was typed where nothing keeps the source
        return version_of(function.__code__.co_code.hex(), repr(function.__code__.co_consts))


def _shown(name: str, function: FunctionType) -> str:
    kind = "async def" if inspect.iscoroutinefunction(function) else "def"
    head = f"{kind} {name}{signature_without_defaults(inspect.signature(function))}:"
    docstring = inspect.getdoc(function)
    return stub(head, docstring or "")
