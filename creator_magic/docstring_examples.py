"""The examples in a docstring, found as `doctest` finds them.

`doctest` itself brings `unittest`, and 0.8 MiB, into every kernel that judges or keeps a tool; examples are
run elsewhere.
"""

from __future__ import annotations

import re
from typing import NamedTuple

_EXAMPLE = re.compile(
    r"""
    (?P<source> ^(?P<indent>[ ]*) >>> .* (?:\n [ ]* \.\.\. .*)* ) \n?
    (?P<want> (?: (?![ ]*$) (?![ ]*>>>) .+ $\n? )* )  # until a blank line or the next prompt
    """,
    re.MULTILINE | re.VERBOSE,
)
_INDENT = re.compile(r"^[ ]*(?=\S)", re.MULTILINE)
_NO_CODE = re.compile(r"^[ ]*(#.*)?$")
_PROMPT = 4


class Example(NamedTuple):
    """Code that a docstring shows behind `>>>`.

    Parameters
    ----------
    source : str
        The code, without prompts.
    want : str
        What it is said to show; empty for nothing.
    line : int
        The line of the docstring that it begins in, counted from 0.
    """

    source: str
    want: str
    line: int


def examples_in(docstring: str) -> list[Example]:
    """Return the examples of a docstring, in their order.

    Parameters
    ----------
    docstring : str
        Any text.

    Raises
    ------
    ValueError
        If `doctest` would give it up.
    """
    if "doctest:" in docstring:
        from doctest import DocTestParser

        DocTestParser().get_examples(docstring)  # which knows its own options, and refuses others
    text = docstring.expandtabs()
    least = min(map(len, _INDENT.findall(text)), default=0)
    text = "\n".join(line[least:] for line in text.split("\n"))
    found = []
    for match in _EXAMPLE.finditer(text):
        indent = match["indent"]
        first, *others = match["source"].split("\n")
        want = match["want"].rstrip("\n").split("\n")
        if any(line[len(indent) + 3 :][:1] not in ("", " ") for line in (first, *others)):
            raise ValueError("there is no blank behind a prompt")
        if not all(line.startswith(f"{indent}.") for line in others):
            raise ValueError("a prompt is indented otherwise than the first")
        if not all(line.startswith(indent) for line in want if line):
            raise ValueError("what is shown is indented less than its prompt")
        source = "\n".join(line[len(indent) + _PROMPT :] for line in (first, *others))
        if not _NO_CODE.match(source):
            shown = "\n".join(line[len(indent) :] for line in want)
            found.append(Example(source, shown, text.count("\n", 0, match.start())))
    return found
