"""Problems without end, each with words of its own, and what the scripted model replies to them.

No problem is like another one, so that the toolbox is searched each time and finds no tool that fits: every
solve takes a creation and a decision. The arithmetic is the same throughout.
"""

from __future__ import annotations

import re
from typing import Any

_SYLLABLES = [first + second for first in "bdfgklmnprstvz" for second in ("a", "e", "i", "o", "u")]

NUMBERED = re.compile(r"Case (\d+)\b")
"""Finds the number of a problem in what is asked about it."""

FAILING = 500_000
"""Problems from this number on have a decision that fails at first."""


def word(number: int) -> str:
    """Return a word that no other number has."""
    syllables = []
    for _ in range(4):
        number, rest = divmod(number, len(_SYLLABLES))
        syllables.append(_SYLLABLES[rest])
    return "".join(syllables)


def _words(number: int) -> list[str]:
    return [word(41 * (number * 16 + place) + 1_000_003) for place in range(16)]


def problem(number: int) -> str:
    """Return the text of a problem."""
    some = " ".join(_words(number)[4:])
    return f"Case {number}: {some}, {number}.0 at 1.50 and 2.0 at 4.00, with 25 %."


def answer(number: int) -> float:
    """Return what a problem's decision comes to."""
    return round((number * 1.5 + 8.0) * 1.25, 2)


def tool(number: int) -> str:
    """Return the tool cell of a problem."""
    name, many, each, rate = (each.lower() for each in _words(number)[:4])
    return f'''def {name}({many}: list[float], {each}: list[float], {rate}: float) -> float:
    """Return the {name} of {many} and {each} with a {rate}.

    Parameters: {many} in pieces, {each} for a piece, {rate} as a fraction.

    >>> {name}([2.0], [3.0], 0.5)
    9.0
    """
    if len({many}) != len({each}):
        raise ValueError("as many {each} as {many} are needed")
    net = sum(amount * price for amount, price in zip({many}, {each}))
    return net * (1 + {rate})'''


def decision(number: int, *, failing: bool = False) -> str:
    """Return the decision cell of a problem."""
    rate = "missing_rate" if failing else "0.25"
    return (
        f"bought = [{number}.0, 2.0]\npriced = [1.5, 4.0]\n"
        f"round({_words(number)[0]}(bought, priced, {rate}), 2)"
    )


def reply(body: dict[str, Any]) -> str:
    """Return the reply to a request of creator-magic or of the bare client."""
    asked = "\n".join(str(message["content"]) for message in body["messages"])
    found = NUMBERED.search(asked)
    assert found is not None, asked
    number = int(found[1])
    if "What happened:" in asked:
        return f"The rate was not given.\n```python decision\n{decision(number)}\n```"
    if "The tool:" in asked:
        return f"```python decision\n{decision(number, failing=number >= FAILING)}\n```"
    return f"```python tool\n{tool(number)}\n```"
