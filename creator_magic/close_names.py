"""Names close to a wrong one, for the feedback on an attempt: columns, tables, attributes, arguments.

Only what was sent anyway, or is a library's, is offered: the names of variables that the person
stated, and what `creator_magic.kernel.close_attributes` found in libraries. A wrong name counts only
if it stands in the code: any other is data.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from creator_magic.ports import CodeCell, Failure
    from creator_magic.problem import Problem, Variable

_MOST = 3
_CLOSE = 0.6
_LOOKUPS = frozenset(
    {
        *("KeyError", "AttributeError", "UndefinedVariableError", "TypeError"),
        *("ColumnNotFoundError", "SchemaFieldNotFoundError", "StructFieldNotFoundError"),
        *("BinderException", "CatalogException", "OperationalError", "ProgrammingError", "NoSuchTableError"),
    }
)
"""What libraries raise where there is no such column, table, attribute or argument."""

# Each by itself: what stands in one kind of quotes may hold others.
_WRONG = [
    re.compile(rule)
    for rule in (
        r"'([^'\n]+)'",
        r'"([^"\n]+)"',
        r"no such (?:column|table): (\S+)",
        r"with name (\S+) does not",
    )
]


def close_names(failure: Failure, cells: Sequence[CodeCell], problem: Problem) -> str:
    """Return which names are close to those that the code got wrong, as a sentence; empty if none is.

    Parameters
    ----------
    failure : Failure
        An exception that the code raised.
    cells : sequence of CodeCell
        The code.
    problem : Problem
        Its variables have names.
    """
    if failure.name not in _LOOKUPS:
        return ""
    sources = "\n".join(cell.source for cell in cells)
    variables = [one for one in problem.variables if _may_have_it(one, failure, sources)]
    found = {}
    for wrong in (failure.wrong, *_wrong_in(failure.message)):
        if wrong and re.search(rf"(?<!\w){re.escape(wrong)}(?!\w)", sources):
            close = [f"`{name}` of {of}" for name, of in _close(wrong, variables)]
            close += [f"`{name}`" for name in failure.close if wrong == failure.wrong]
            if close:
                found[wrong] = close[:_MOST]
    return " ".join(f"Close to `{wrong}`: {', '.join(close)}." for wrong, close in found.items())


def _wrong_in(message: str) -> Iterable[str]:
    # What comes behind is the library's own advice, or the statement.
    said = re.split(r"valid columns:|Candidate bindings:|Did you mean|\[SQL:", message)[0]
    for word in dict.fromkeys(word for rule in _WRONG for word in rule.findall(said)):
        yield word
        # `s.price` is the column of an alias.
        if "." in word:
            yield word.rpartition(".")[2]


def _may_have_it(variable: Variable, failure: Failure, sources: str) -> bool:
    """Tell whether it can be a variable's name that the code got wrong."""
    if failure.name == "TypeError":
        # An argument is that of the function which is named.
        return f"{variable.name}()" in failure.message
    kind = re.match(r"'(\w+)' object has no", failure.message)
    of_kind = kind is None or re.search(rf"\b{kind[1]}\b", variable.description) is not None
    return of_kind and re.search(rf"\b{variable.name}\b", sources) is not None


def _close(wrong: str, variables: Iterable[Variable]) -> list[tuple[str, str]]:
    import difflib

    of: dict[str, str] = {}
    for variable in variables:
        for name in variable.names:
            of.setdefault(name, variable.name)
    if wrong in of:
        return []
    by_letters: dict[str, str] = {}
    for name in of:
        by_letters.setdefault(_letters(name), name)
    close = difflib.get_close_matches(_letters(wrong), by_letters, n=_MOST, cutoff=_CLOSE)
    return [(by_letters[letters], of[by_letters[letters]]) for letters in close]


def _letters(name: str) -> str:
    """Return a name as it is compared: `Unit price` is close to `unit_price`."""
    return re.sub(r"[\W_]+", " ", name).casefold()
