"""New names written into the examples of docstrings."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_EXAMPLE = re.compile(r"^[ \t]*>>> .*(?:\n[ \t]*\.\.\. .*)*", re.MULTILINE)
_PROMPT = re.compile(r"^[ \t]*(?:>>>|\.\.\.) ", re.MULTILINE)


def rename_in_examples(docstring: str, names: Mapping[str, str]) -> str:
    """Return `docstring` with `names` changed in its `>>>` lines, and nowhere else.

    Parameters
    ----------
    docstring : str
        Any text.
    names : mapping of str to str
        Old names to new.

    Returns
    -------
    str
        The text; an example that is not Python stays as it is.
    """
    return _EXAMPLE.sub(lambda found: _rename_in_example(found[0], names), docstring) if names else docstring


def _rename_in_example(example: str, names: Mapping[str, str]) -> str:
    source = _PROMPT.sub("", example).split("\n")
    try:
        tree = ast.parse("\n".join(source))
    except SyntaxError:
        return example
    edits = [
        (node.lineno - 1, len(source[node.lineno - 1].encode()[: node.col_offset].decode()), node.id)
        for node in ast.walk(tree)
        if isinstance(node, ast.Name) and node.id in names
    ]
    if not all(source[row].startswith(name, column) for row, column, name in edits):
        return example
    lines = example.split("\n")
    prompts = [len(line) - len(code) for line, code in zip(lines, source, strict=True)]
    for row, column, name in sorted(edits, reverse=True):
        at = prompts[row] + column
        lines[row] = lines[row][:at] + names[name] + lines[row][at + len(name) :]
    return "\n".join(lines)
