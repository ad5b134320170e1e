"""Which statements can do more than compute at all: those that a word which matters leads to.

Most code names nothing that matters, and need not be followed. A statement matters if it names such a
word, or a name that one which matters has bound; names count by their spelling, whatever their scope.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from creator_magic.policy.reading import Code


def relevant_statements(code: Code, words: frozenset[str]) -> set[int]:
    """Return the numbers of the statements that matter.

    Parameters
    ----------
    code : Code
        All cells, read and linked.
    words : frozenset of str
        The words that matter.
    """
    found: set[int] = set()
    for word in words & code.calls_of.keys():
        found.update(code.calls_of[word])
    todo = list(words & code.mentions.keys())
    seen, followed = set(todo), set[int]()
    while todo:
        for statement in code.mentions.get(todo.pop(), ()):
            found.add(statement)
            if statement not in followed:
                followed.add(statement)
                new = set(code.bindings.bound_by[statement]) - seen
                seen |= new
                todo += new
    return found
