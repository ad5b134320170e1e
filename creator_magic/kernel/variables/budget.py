"""One budget for the descriptions of all variables, so that 1,700 columns do not drown the problem.

What every variable is always goes. Then come names, those first that occur in the problem, then in
turn from each list, so that a long one does not crowd out a short one; then sizes, and what stands
behind the names, such as dtypes; then docstrings. What does not fit is counted, and said.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from creator_magic.kernel.variables.form import Form, Item, Part

_SEPARATOR = "; "
_FOR_SIZES = 0.25
"""The share of the budget within which sizes go before names."""


@dataclass(frozen=True, slots=True)
class Fitted:
    """What is told of one variable.

    Parameters
    ----------
    text : str
        The description, in one line.
    left_out : tuple of str
        What is not in it, in words.
    names : frozenset of str
        The names that are.
    """

    text: str
    left_out: tuple[str, ...]
    names: frozenset[str]


def fit(forms: Mapping[str, Form], text: str, characters: int) -> dict[str, Fitted]:
    """Describe variables in no more than so many characters.

    Parameters
    ----------
    forms : mapping of str to Form
        The variables by name.
    text : str
        The problem and its hints: names that occur in it go first.
    characters : int
        How many all descriptions may have together, with the variables' names and a line each. What a
        variable is, in a few words, goes beyond them where even that is more.

    Returns
    -------
    dict of str to Fitted
        By name.
    """
    plans = {name: _Plan(form) for name, form in forms.items()}
    whole = {name: plan.everything() for name, plan in plans.items()}
    if _size(whole) <= characters:
        return whole
    room = _Room(characters - sum(_line(name) + len(plan.form.head) for name, plan in plans.items()))
    sizes_first = sum(len(plan.size()) for plan in plans.values()) < characters * _FOR_SIZES
    if sizes_first:
        _add_sizes(plans.values(), room)
    lists = [one for plan in plans.values() for one in plan.lists]
    _add_names(lists, room, f" {_spoken(text)} ")
    if not sizes_first:
        _add_sizes(plans.values(), room)
    for one in sorted(lists, key=_List.cost_of_details):
        if all(each.whole for each in lists) and room.take(one.cost_of_details()):
            one.details = True
    for plan in plans.values():
        plan.docstring = room.first_of(plan.docstrings())
    return {name: plan.fitted() for name, plan in plans.items()}


def _add_names(lists: Sequence[_List], room: _Room, spoken: str) -> None:
    if room.take(sum(one.cost_of_all_names() for one in lists)):
        for one in lists:
            one.names.update(range(len(one.part.items)))
        return
    for first in (True, False):
        names = sorted(
            (position, number)
            for number, one in enumerate(lists)
            for position, item in enumerate(one.part.items)
            if (f" {_spoken(item.name)} " in spoken) == first
        )
        for position, number in names:
            if room.take(lists[number].cost_of_name(position)):
                lists[number].names.add(position)


def _add_sizes(plans: Iterable[_Plan], room: _Room) -> None:
    for plan in plans:
        plan.sized = room.take(len(plan.size()))


class _Room:
    """The characters that are left."""

    def __init__(self, characters: int) -> None:
        self._left = characters

    def take(self, characters: int) -> bool:
        if characters > self._left:
            return False
        self._left -= characters
        return True

    def first_of(self, texts: Sequence[str]) -> str:
        """Return the first that fits."""
        return next((text for text in texts if self.take(len(text))), "")


@dataclass(slots=True)
class _List:
    """One list of names, as far as it is told."""

    part: Part
    names: set[int] = field(default_factory=set)
    details: bool = False

    @property
    def whole(self) -> bool:
        return len(self.names) == len(self.part.items)

    @property
    def noun(self) -> str:
        return self.part.label.partition(" of ")[0]

    def cost_of_name(self, position: int) -> int:
        item = self.part.items[position]
        told = len(_SEPARATOR) + len(self._named(item))
        more = f"{_SEPARATOR}and {len(self.part.items):,} more, left out"
        return told if self.names else told + self._frame() + len(more)

    def cost_of_all_names(self) -> int:
        return sum(len(_SEPARATOR) + len(self._named(item)) for item in self.part.items) + self._frame()

    def cost_of_details(self) -> int:
        return sum(len(item.detail) for item in self.part.items) if self.part.details else 0

    def text(self) -> str:
        told = [
            self._named(item) + (item.detail if self.details and self.part.details else "")
            for position, item in enumerate(self.part.items)
            if position in self.names
        ]
        if not self.whole:
            told.append(f"and {len(self.part.items) - len(told):,} more, left out")
        return f"{self._label()}: {_SEPARATOR.join(told)}"

    def _named(self, item: Item) -> str:
        return (item.told or item.name) + ("" if self.part.details else item.detail)

    def lacks_details(self) -> bool:
        return not self.details and bool(self.names) and self.cost_of_details() > 0

    def _label(self) -> str:
        return f"{self.part.label} {self.part.of}".rstrip()

    def _frame(self) -> int:
        return len(f"{_SEPARATOR}{self._label()}: ")


class _Plan:
    """What is told of one variable, so far."""

    def __init__(self, form: Form) -> None:
        self.form = form
        self.lists = [_List(part) for part in form.parts]
        self.sized = False
        self.docstring = ""

    def size(self) -> str:
        return f", {self.form.size}" if self.form.size else ""

    def docstrings(self) -> list[str]:
        """Return what can be said of the docstring: all of it, or its first line."""
        whole = self.form.docstring
        first, *rest = whole.split("\n", 1)
        said = [whole, f"{first} ..."] if rest else [whole]
        return [f"{_SEPARATOR}docstring: {' '.join(one.split())}" for one in said if whole]

    def everything(self) -> Fitted:
        whole = _Plan(self.form)
        for one in whole.lists:
            one.names, one.details = set(range(len(one.part.items))), True
        whole.sized, whole.docstring = True, next(iter(self.docstrings()), "")
        return whole.fitted()

    def fitted(self) -> Fitted:
        told = [one for one in self.lists if one.names or not one.part.items]
        head = self.form.head + (self.size() if self.sized else "")
        names = (one.part.items[position].name for one in told for position in one.names)
        text = _SEPARATOR.join([head, *(one.text() for one in told)]) + self.docstring
        return Fitted(text, self._left_out(), frozenset(names))

    def _left_out(self) -> tuple[str, ...]:
        missing = Counter[str]()
        for one in self.lists:
            if one.part.of and one.part.items and not one.names:
                missing["tables"] += 1
            missing[one.noun] += len(one.part.items) - len(one.names)
        said = [f"{n:,} {noun if n > 1 else noun.removesuffix('s')}" for noun, n in missing.items() if n]
        said += dict.fromkeys(one.part.details for one in self.lists if one.lacks_details())
        if self.size() and not self.sized:
            said.append("the size")
        if self.docstring != next(iter(self.docstrings()), ""):
            said.append("the rest of the docstring" if self.docstring else "the docstring")
        return tuple(said)


def _line(name: str) -> int:
    return len(f"- {name}: \n")


def _size(fitted: Mapping[str, Fitted]) -> int:
    return sum(_line(name) + len(one.text) for name, one in fitted.items())


def _spoken(text: str) -> str:
    return " ".join(re.split(r"[\W_]+", text.casefold())).strip()
