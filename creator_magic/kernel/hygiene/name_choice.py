"""Which occurrence of a name gets which new name, so that everything keeps its meaning."""

from __future__ import annotations

import builtins
import itertools
import keyword
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from creator_magic.kernel.hygiene.name_uses import Place
from creator_magic.kernel.hygiene.name_values import Slot
from creator_magic.kernel.shell_names import SHELL_NAMES

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from creator_magic.kernel.hygiene.name_bindings import Binding
    from creator_magic.kernel.hygiene.name_values import Occurrence

BUILTINS = frozenset(name for name in dir(builtins) if not name.startswith("_")) | SHELL_NAMES
"""Names that mean something everywhere in a notebook; constant, although IPython adds to the builtins."""


class UnrenamableError(Exception):
    """A name that has to change and cannot; the message says why and what would help."""


@dataclass(frozen=True, slots=True)
class NameCase:
    """All there is to know about one name that has to change.

    Parameters
    ----------
    name : str
        The name.
    in_tool : str or None
        The new name for what the tool binds, if that has to change.
    in_decision : str or None
        The new name for what the decision binds, if that has to change.
    tool_binds : bool
        Whether the tool binds the name anywhere.
    has_outer_meaning : bool
        Whether the name means something before the cells run.
    start : Slot
        What can be in the name when the decision begins.
    late : bool
        Whether functions of the tool bind the name while the decision runs.
    repeats_tool : bool
        Whether the decision only binds again what the tool binds.
    bindings : sequence of Binding
        Where the decision binds it.
    """

    name: str
    in_tool: str | None
    in_decision: str | None
    tool_binds: bool
    has_outer_meaning: bool
    start: Slot
    late: bool
    repeats_tool: bool
    bindings: Sequence[Binding]


@dataclass(frozen=True, slots=True)
class FirstLine:
    """An assignment `new = old` to put before the code that needs it.

    Parameters
    ----------
    new, old : str
        The names.
    places : frozenset of tuple
        The occurrences that need it; if there are none, it stands before all other code.
    """

    new: str
    old: str
    places: frozenset[Place]


@dataclass(slots=True)
class NamePlan:
    """What happens to the occurrences of one name.

    Parameters
    ----------
    new_names : dict
        By place, the occurrences that change.
    first_lines : dict
        By cell, a line `new = old` that it needs.
    """

    new_names: dict[Place, str] = field(default_factory=dict)
    first_lines: dict[Slot, FirstLine] = field(default_factory=dict)


def new_name(binding: Binding, taken: Collection[str]) -> str:
    """Return a name for what `binding` binds that is not among `taken`.

    Parameters
    ----------
    binding : Binding
        What is to be called otherwise.
    taken : collection of str
        Names that cannot be used.

    Returns
    -------
    str
        `x_value` for a variable, `f_2` for a function or class, `math_pow` for an import, counted
        up where that is taken.
    """
    if binding.kind == "definition":
        names: Iterator[str] = (f"{binding.name}_{count}" for count in itertools.count(2))
    else:
        last = binding.module.rpartition(".")[2]
        first = f"{last}_{binding.name}" if binding.kind == "import" and last else f"{binding.name}_value"
        names = itertools.chain([first], (f"{first}_{count}" for count in itertools.count(2)))
    return next(name for name in names if name not in taken and not keyword.iskeyword(name))


def plan(case: NameCase, occurrences: Sequence[Occurrence]) -> NamePlan:
    """Decide for every occurrence of a name what it is called.

    Parameters
    ----------
    case : NameCase
        The name and its new names.
    occurrences : sequence of Occurrence
        Every identifier that means this name of the module.

    Returns
    -------
    NamePlan
        The changes.

    Raises
    ------
    UnrenamableError
        If no choice of names keeps the meaning.
    """
    return _Planner(case, occurrences).plan()


class _Planner:
    def __init__(self, case: NameCase, occurrences: Sequence[Occurrence]) -> None:
        self.case = case
        self.occurrences = occurrences
        self.called = {
            Slot.OUTER: case.name,
            Slot.TOOL: case.in_tool or case.name,
            Slot.DECISION: case.in_decision or case.name,
        }
        self.decision_binds = bool(case.bindings) and not case.repeats_tool

    def plan(self) -> NamePlan:
        case = self.case
        if any(occurrence.use.unsure_scope for occurrence in self.occurrences):
            raise UnrenamableError(
                f"in a class, {case.name} may mean its attribute or the variable outside: "
                f"give the attribute another name"
            )
        self._leave_builtins_to_the_tool()
        if self.decision_binds:
            self._check_tool_is_independent()
        result = NamePlan()
        self._unite_in_tool(result)
        self._unite_in_decision(result)
        for occurrence in self.occurrences:
            new = self._name_of(occurrence)
            if new != case.name:
                result.new_names[occurrence.use.place] = new
        return result

    def _meaning(self, occurrence: Occurrence) -> Slot:
        return self._without_absent(occurrence.meaning)

    def _without_absent(self, meaning: Slot) -> Slot:
        """Drop the meaning from outside where there is none: then that use would be an error anyway."""
        if self.case.has_outer_meaning or meaning == Slot.OUTER:
            return meaning
        return meaning & ~Slot.OUTER

    def _names(self, meaning: Slot) -> set[str]:
        return {self.called[slot] for slot in (Slot.OUTER, Slot.TOOL, Slot.DECISION) if slot & meaning}

    def _name_of(self, occurrence: Occurrence) -> str:
        meaning = self._meaning(occurrence)
        if meaning & Slot.DECISION:
            return self.called[Slot.DECISION]
        if not meaning:  # code that nothing gets to
            binds = self.case.tool_binds if occurrence.cell is Slot.TOOL else self.decision_binds
            meaning = occurrence.cell if binds else self.case.start
        return self.called[
            Slot.TOOL if meaning & Slot.TOOL else Slot.DECISION if meaning & Slot.DECISION else Slot.OUTER
        ]

    def _reads_decision(self, occurrence: Occurrence) -> bool:
        return bool(occurrence.meaning & Slot.DECISION)

    def _places(self, cell: Slot) -> frozenset[Place]:
        return frozenset(occurrence.use.place for occurrence in self.occurrences if occurrence.cell is cell)

    def _of_tool(self) -> list[Occurrence]:
        return [occurrence for occurrence in self.occurrences if occurrence.cell is Slot.TOOL]

    def _leave_builtins_to_the_tool(self) -> None:
        """Let a tool that calls a builtin keep it where the decision put plain data in its name.

        Otherwise the tool could not work at all: the data would be called.
        """
        case = self.case
        reads = [occurrence for occurrence in self._of_tool() if self._reads_decision(occurrence)]
        if (
            case.name in BUILTINS
            and not case.tool_binds
            and all(occurrence.use.called for occurrence in reads)
            and all(binding.is_data for binding in case.bindings)
        ):
            for occurrence in reads:
                occurrence.meaning = Slot.OUTER

    def _check_tool_is_independent(self) -> None:
        case = self.case
        if not case.tool_binds:
            for occurrence in self._of_tool():
                if occurrence.meaning == Slot.OUTER and not case.has_outer_meaning:
                    occurrence.meaning = Slot.DECISION
            return
        if case.late or any(self._reads_decision(occurrence) for occurrence in self._of_tool()):
            raise UnrenamableError(
                f"the tool binds {case.name} and its functions use it, and the decision binds it anew: "
                f"pass it to the tool as an argument, or give the decision's variable another name"
            )

    def _unite_in_tool(self, result: NamePlan) -> None:
        """Give the name from outside and the tool's one name where a use can mean either."""
        case = self.case
        meanings = [self._meaning(occurrence) & ~Slot.DECISION for occurrence in self.occurrences]
        if not any(
            len(self._names(meaning)) > 1 for meaning in [*meanings, self._without_absent(case.start)]
        ):
            return
        if case.repeats_tool:
            raise UnrenamableError(
                f"the tool binds {case.name} already: do not bind it in the decision again"
            )
        self._check_deletion(Slot.TOOL)
        self.called[Slot.OUTER] = self.called[Slot.TOOL]
        new = self.called[Slot.TOOL]
        result.first_lines[Slot.TOOL] = FirstLine(new, case.name, self._places(Slot.TOOL))

    def _unite_in_decision(self, result: NamePlan) -> None:
        """Give the decision's variable the value from outside first, where a use can mean either."""
        case = self.case
        mixed = [
            occurrence
            for occurrence in self.occurrences
            if self._reads_decision(occurrence) and len(self._names(self._meaning(occurrence))) > 1
        ]
        if not mixed:
            return
        start = self._without_absent(case.start)
        before = self._names(start)
        elsewhere = any(self._meaning(occurrence) & ~Slot.DECISION & ~start for occurrence in mixed)
        if any(occurrence.early for occurrence in mixed) or elsewhere or len(before) != 1:
            raise UnrenamableError(
                f"{case.name} means now this, now that, in a way that two names cannot keep apart: "
                f"give the decision's variable another name"
            )
        self._check_deletion(Slot.DECISION)
        # A function of the tool that follows may run before the decision names the variable itself.
        follows = any(self._reads_decision(occurrence) for occurrence in self._of_tool())
        places = frozenset[Place]() if follows else self._places(Slot.DECISION)
        result.first_lines[Slot.DECISION] = FirstLine(self.called[Slot.DECISION], before.pop(), places)
        for occurrence in self.occurrences:
            if occurrence.cell is Slot.DECISION:
                occurrence.meaning = Slot.DECISION

    def _check_deletion(self, cell: Slot) -> None:
        """Refuse where a deletion uncovers a builtin, which it would not do under a new name."""
        case = self.case
        if case.name in BUILTINS and any(
            occurrence.cell is cell and occurrence.use.kind == "delete" for occurrence in self.occurrences
        ):
            raise UnrenamableError(
                f"{case.name} is deleted, and what it means then cannot be told: do not delete it"
            )
