"""Another name for a tool, where its own is taken: in its source, its doctests and its cases."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from creator_magic.errors import InputError
from creator_magic.kernel.hygiene import Surroundings, keep_apart
from creator_magic.kernel.hygiene.example_edits import rename_in_examples
from creator_magic.toolbox.cases import as_doctest, cases_in
from creator_magic.toolbox.reading import describe

if TYPE_CHECKING:
    from collections.abc import Collection

    from creator_magic.toolbox.tool import Tool


def renamed(tool: Tool, taken: Collection[str]) -> Tool:
    """Return a tool under a name that is free, such as `area_2`.

    Parameters
    ----------
    tool : Tool
        A tool whose name is taken.
    taken : collection of str
        The names of other tools.

    Raises
    ------
    InputError
        If its source uses the name in a way that cannot be followed, such as in a text it evaluates.
    """
    names = set(taken)
    apart = keep_apart(tool.source, None, Surroundings(frozenset(names), frozenset(), lambda *_: True))
    name = apart.renamed_in_tool.get(tool.name)
    if apart.tool is None or apart.refused or name is None:
        raise InputError(f"{tool.name} is the name of another tool, and cannot be changed in this one.")
    described = describe(apart.tool, name)
    cases = [
        case
        for old in tool.cases
        for case in cases_in(rename_in_examples(as_doctest(old), {tool.name: name}), old.origin)
    ]
    return replace(
        tool,
        name=name,
        source=described.source,
        signature=described.signature,
        docstring=described.docstring,
        cases=tuple(cases),
    )
