"""Cases as doctests: read from a docstring, and written as one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from creator_magic.docstring_examples import examples_in
from creator_magic.toolbox.tool import Case

if TYPE_CHECKING:
    from creator_magic.toolbox.tool import CaseOrigin

RAISES = "Traceback (most recent call last):", "    ..."
"""The lines before the exception, where a case expects one."""


def cases_in(docstring: str, origin: CaseOrigin = "doctest") -> tuple[Case, ...]:
    """Return the examples of a docstring, each able to run alone.

    An example that shows something is a case; those before it that show nothing (imports,
    assignments) are its setup.

    Parameters
    ----------
    docstring : str
        Any text.
    origin : str
        What the cases are said to come from.

    Returns
    -------
    tuple of Case
        In their order; none if doctest cannot read the text.
    """
    try:
        examples = examples_in(docstring)
    except ValueError:
        return ()
    setup: list[str] = []
    cases = []
    for example in examples:
        source = example.source.rstrip("\n")
        if example.want:
            cases.append(Case(source, example.want, tuple(setup), origin))
        elif source.strip():
            setup.append(source)
    return tuple(cases)


def as_doctest(case: Case) -> str:
    """Return a case as the text of a doctest, without a line end.

    Parameters
    ----------
    case : Case
        Any case.
    """
    lines = [_prompted(source) for source in (*case.setup, case.call)]
    # A blank line would end what is expected.
    shown = ("<BLANKLINE>" if not line.strip() else line for line in case.expected.split("\n"))
    return "\n".join([*lines, *(shown if case.expected else ())])


def annotated(case: Case) -> str:
    """Return a case as the text of a doctest, below a comment that says what its note does."""
    return f"# {case.note}\n{as_doctest(case)}" if case.note else as_doctest(case)


def _prompted(source: str) -> str:
    first, *others = source.split("\n")
    return "\n".join([f">>> {first}", *(f"... {line}".rstrip() for line in others)])
