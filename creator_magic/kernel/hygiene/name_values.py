"""Whose value can be in each name at a moment, while code is followed in the order in which it runs."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from enum import IntFlag
from typing import TYPE_CHECKING

from creator_magic.kernel.hygiene.name_uses import Use, definitions, uses, uses_when_called

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from creator_magic.kernel.hygiene.name_scopes import Definition
    from creator_magic.kernel.hygiene.name_uses import Place


class Slot(IntFlag):
    """Whose value can be in a name; no bit where code cannot get or nothing is bound."""

    NOTHING = 0
    OUTER = 1
    TOOL = 2
    DECISION = 4


State = dict[str, Slot]


def join(*states: State) -> State:
    """Return what can be in each name if any of several states can hold.

    Parameters
    ----------
    *states : dict of str to Slot
        The states.

    Returns
    -------
    dict of str to Slot
        Their union.
    """
    joined: State = {}
    for state in states:
        for name, slot in state.items():
            joined[name] = joined.get(name, Slot.NOTHING) | slot
    return joined


@dataclass(slots=True)
class Occurrence:
    """An identifier in a cell, and what it can mean when it runs.

    Parameters
    ----------
    use : Use
        The identifier; of one that reads and binds (`x += 1`), the binding.
    cell : Slot
        The cell it stands in, `TOOL` or `DECISION`.
    meaning : Slot
        What it can mean; for a binding, whose it is.
    early : bool
        Whether it stands in a body of the tool that can run before the decision begins.
    """

    use: Use
    cell: Slot
    meaning: Slot = Slot.NOTHING
    early: bool = False


@dataclass(slots=True, eq=False)
class _Body:
    """What runs when a function is called or a class is used."""

    cell: Slot
    uses: Sequence[Use]
    prompt: bool  # a call runs its own statements at once, and none of them afterwards
    reached: bool = False


def _is_prompt(node: Definition) -> bool:
    """Whether calling what `node` defines runs its own statements before the call returns."""
    if isinstance(node, ast.ClassDef | ast.AsyncFunctionDef):
        return False
    if isinstance(node, ast.FunctionDef) and node.decorator_list:
        return False
    return not any(isinstance(part, ast.Yield | ast.YieldFrom | ast.Await) for part in ast.walk(node))


class Values:
    """What can be in each name now, what has been since, and what every occurrence so far can mean.

    Code that runs at an unknown time, such as a lambda that was handed on, sees all that its names
    mean from then to the end; what it binds can be there at any later moment.

    Parameters
    ----------
    whose : callable
        Called with a name and the cell that binds it: whose value that binding is.
    after_delete : callable
        Called with a name: what it means once it is deleted.

    Attributes
    ----------
    state : dict of str to Slot
        What can be in each name now.
    start : dict of str to Slot
        What can be in each name when the decision begins.
    late : set of str
        Names that functions of the tool bind while the decision runs.
    occurrences : dict of tuple to Occurrence
        By place, every identifier met so far.
    """

    def __init__(self, whose: Callable[[str, Slot], Slot], after_delete: Callable[[str], Slot]) -> None:
        self.whose = whose
        self.after_delete = after_delete
        self.cell = Slot.TOOL
        self.state: State = {}
        self.start: State = {}
        self.late: set[str] = set()
        self.occurrences: dict[Place, Occurrence] = {}
        self._changes: list[tuple[str, Slot]] = []
        self._stuck: State = {}  # what can be bound at any later moment
        self._waiting: dict[Place, int] = {}  # reads at an unknown time, with the earliest
        self._bodies: dict[str, list[_Body]] = {}

    def begin(self, cell: Slot, tree: ast.Module) -> None:
        """Prepare for following the statements of a cell.

        Parameters
        ----------
        cell : Slot
            Which cell begins.
        tree : ast.Module
            The cell.
        """
        self.cell = cell
        for use in uses(tree):
            if use.kind != "call":
                self._note(use, Slot.NOTHING)
            self.state.setdefault(use.name, Slot.OUTER)
        self.start = dict(self.state)
        for name, node in definitions(tree.body):
            body = _Body(cell, uses_when_called(node), _is_prompt(node))
            self._bodies.setdefault(name, []).append(body)

    def end(self) -> None:
        """Mark the end of a cell's statements."""
        if self.cell is Slot.TOOL:
            self.start = dict(self.state)

    def settle(self) -> None:
        """Settle what runs at an unknown time, now that all is known that can be in a name."""
        for place, time in self._waiting.items():
            occurrence = self.occurrences[place]
            name = occurrence.use.name
            occurrence.meaning |= self.since(time).get(name, Slot.NOTHING)
            occurrence.meaning |= self._stuck.get(name, Slot.NOTHING)
        for body in (body for bodies in self._bodies.values() for body in bodies if not body.reached):
            end = self.start if body.cell is Slot.TOOL else self.state
            for use in body.uses:
                if use.kind == "read":
                    self._note(use, end.get(use.name, Slot.OUTER))

    # Moments

    @property
    def time(self) -> int:
        """A number for now, for `since`."""
        return len(self._changes)

    def since(self, time: int) -> State:
        """Return all that names have come to mean after `time`.

        Parameters
        ----------
        time : int
            What `time` was then.

        Returns
        -------
        dict of str to Slot
            The names that have changed, with all they have meant.
        """
        changed: State = {}
        for name, slot in self._changes[time:]:
            changed[name] = changed.get(name, Slot.NOTHING) | slot
        return changed

    def go_to(self, state: State) -> None:
        """Continue where `state` holds.

        Parameters
        ----------
        state : dict of str to Slot
            What can be in the names there.
        """
        for name, slot in state.items():
            if self.state.get(name) != slot:
                self._set(name, slot)

    def stop(self) -> None:
        """Continue in code that is not reached from here."""
        self.state = dict.fromkeys(self.state, Slot.NOTHING)

    def _set(self, name: str, slot: Slot) -> None:
        slot |= self._stuck.get(name, Slot.NOTHING)
        self.state[name] = slot
        self._changes.append((name, slot))

    # Uses

    def apply(self, found: Sequence[Use]) -> None:
        """Go through uses that run now.

        Parameters
        ----------
        found : sequence of Use
            Those of a statement or expression, in the order of evaluation.
        """
        # In a comprehension, what is bound last may be read first the next time round.
        again = any(use.kind == "write" and not use.sure for use in found)
        for use in [*found, *found] if again else found:
            self._apply_one(use)

    def _apply_one(self, use: Use) -> None:
        slot = self.state.get(use.name, Slot.OUTER)
        if use.depth:
            if use.kind == "read":
                self._note(use, slot, early=self.cell is Slot.TOOL)
                self._waiting.setdefault(use.place, self.time)
                self.start_body(use.name, prompt=False)
        elif use.kind == "read":
            self._note(use, slot)
            if not use.called:
                self.start_body(use.name, prompt=False)
        elif use.kind == "call":
            self.start_body(use.name, prompt=True)
        elif use.kind == "mention":
            self._note(use, Slot.NOTHING)
        else:
            self._note(use, slot if use.kind == "delete" else Slot.NOTHING)
            filled = self.after_delete(use.name) if use.kind == "delete" else self.whose(use.name, self.cell)
            self._set(use.name, filled if use.sure else filled | slot)

    def _note(self, use: Use, meaning: Slot, *, early: bool = False) -> None:
        occurrence = self.occurrences.setdefault(use.place, Occurrence(use, self.cell))
        if use.kind != "read":
            occurrence.use = use
            meaning |= self.whose(use.name, occurrence.cell)
        occurrence.meaning |= meaning
        occurrence.early |= early

    def start_body(self, name: str, *, prompt: bool) -> None:
        """Let what a name defines run, with all that it calls.

        Parameters
        ----------
        name : str
            The name.
        prompt : bool
            Whether it is called now, and not only handed on; a generator still runs later.
        """
        slot = self.state.get(name, Slot.OUTER)
        todo = [(body, prompt) for body in self._bodies.get(name, ()) if self.whose(name, body.cell) & slot]
        reached: dict[tuple[int, bool], tuple[_Body, bool]] = {}
        while todo:
            body, prompt = todo.pop()
            prompt &= body.prompt
            if (id(body), prompt) in reached:
                continue
            reached[id(body), prompt] = (body, prompt)
            for use in body.uses:
                if use.kind == "call" or (use.kind == "read" and not use.called):
                    at_once = prompt and use.kind == "call" and use.depth == 1
                    todo += [(other, at_once) for other in self._bodies.get(use.name, ())]
        for body, prompt in reached.values():
            self._bind_in_body(body, prompt=prompt)
        for body, prompt in reached.values():
            self._read_in_body(body, prompt=prompt)

    def _bind_in_body(self, body: _Body, *, prompt: bool) -> None:
        for use in body.uses:
            if use.kind not in ("write", "delete"):
                continue
            filled = self.whose(use.name, body.cell) if use.kind == "write" else self.after_delete(use.name)
            if not prompt or use.depth > 1:
                self._stuck[use.name] = self._stuck.get(use.name, Slot.NOTHING) | filled
            if body.cell is not self.cell:
                self.late.add(use.name)
            self._set(use.name, self.state.get(use.name, Slot.OUTER) | filled)

    def _read_in_body(self, body: _Body, *, prompt: bool) -> None:
        body.reached = True
        for use in body.uses:
            if use.kind not in ("read", "delete"):
                continue
            self._note(use, self.state.get(use.name, Slot.OUTER), early=self.cell is Slot.TOOL)
            if not prompt or use.depth > 1:
                self._waiting.setdefault(use.place, self.time)
