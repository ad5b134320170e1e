"""Generated code whose names are kept apart from those of the notebook it runs in.

Code that answers one problem says `cost = cost(3)` or `range = 1500` without harm when it runs once,
alone. In a live kernel it takes a tool, a builtin or a variable of the user's away from every cell
that follows, and from its own second run. `keep_apart` gives such variables other names.
"""

from __future__ import annotations

import ast
import re
import symtable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from creator_magic.kernel.name_bindings import Binding, bindings
from creator_magic.kernel.name_choice import BUILTINS, NameCase, NamePlan, UnrenamableError, new_name, plan
from creator_magic.kernel.name_flow import follow
from creator_magic.kernel.name_values import Slot
from creator_magic.kernel.unseen_uses import why_unseen

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from creator_magic.kernel.name_edits import NumberedCode
    from creator_magic.kernel.name_flow import Flow

WHOLE_CELL = "*"
"""Stands in `KeptApart.refused` for a reason that is not about one name."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the names in a notebook mean already.

    Parameters
    ----------
    protected : frozenset of str
        Names that no generated code may bind: the user's, the tools of other solves, the name
        given to `--into`. Builtins are protected without being listed.
    passing : frozenset of str
        Names that decisions of other solves bound: a decision may bind them again, a tool may not.
    same_import : callable
        Called with a module, an attribute of it or None, and a name: whether that import gives
        exactly the object that the name means already.
    unbound : frozenset of str
        Those of `protected` that have no value yet, so that generated code which reads them can
        only mean its own.
    """

    protected: frozenset[str]
    passing: frozenset[str]
    same_import: Callable[[str, str | None, str], bool]
    unbound: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class KeptApart:
    """A tool and a decision with names of their own.

    Parameters
    ----------
    tool, decision : str or None
        The code as it may run; as it was, if anything was refused.
    renamed_in_tool : dict of str to str
        Names that the tool binds, old to new; the decision uses the new ones too.
    renamed_in_decision : dict of str to str
        Names that the decision binds, old to new.
    refused : dict of str to str
        Names that would have to change and cannot, each with a reason for who wrote the code;
        `WHOLE_CELL` for a reason that is not about one name. Such code must not run.
    """

    tool: str | None
    decision: str | None
    renamed_in_tool: dict[str, str] = field(default_factory=dict)
    renamed_in_decision: dict[str, str] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)

    @property
    def renamed(self) -> dict[str, str]:
        """All names that changed, old to new; where both cells changed one, the tool's new name."""
        return {**self.renamed_in_decision, **self.renamed_in_tool}


def keep_apart(tool: str | None, decision: str | None, surroundings: Surroundings) -> KeptApart:
    """Rename what a tool and its decision must not bind at module level.

    Neither may bind a builtin or a protected name, the tool no passing name, and the decision no
    name of its tool. Uses follow, in both cells. Afterwards the decision can run again and again,
    with the same outcome as its first run.

    Parameters
    ----------
    tool, decision : str or None
        The cells' code; None for a cell that is not there.
    surroundings : Surroundings
        The names around.

    Returns
    -------
    KeptApart
        The new code, or the old code and why it must not run. New names depend on nothing but the
        arguments, and what comes back would come back unchanged another time.
    """
    cells = {slot: text for slot, text in ((Slot.TOOL, tool), (Slot.DECISION, decision)) if text is not None}
    try:
        return _KeepApart(cells, surroundings).result()
    except _RefusedError as error:
        return KeptApart(tool, decision, refused=error.reasons)
    except RecursionError:
        return KeptApart(
            tool, decision, refused={WHOLE_CELL: "the code is nested too deeply: use shorter expressions"}
        )


class _RefusedError(Exception):
    def __init__(self, reasons: dict[str, str]) -> None:
        super().__init__(reasons)
        self.reasons = reasons


class _KeepApart:
    """One call of `keep_apart`, step by step."""

    def __init__(self, cells: Mapping[Slot, str], surroundings: Surroundings) -> None:
        self.cells = cells
        self.surroundings = surroundings
        self.trees: dict[Slot, ast.Module] = {}
        self.bindings: dict[Slot, dict[str, list[Binding]]] = {Slot.TOOL: {}, Slot.DECISION: {}}

    def result(self) -> KeptApart:
        bound = {cell: _bound_names(text) for cell, text in self.cells.items()}
        tool, decision = bound.get(Slot.TOOL, frozenset()), bound.get(Slot.DECISION, frozenset())
        protected = BUILTINS | self.surroundings.protected
        if tool & (protected | self.surroundings.passing) or decision & (protected | tool):
            self._parse({})
            changes = self._changes()
            if any(changes.values()):
                return self._rename(changes)
        return KeptApart(self.cells.get(Slot.TOOL), self.cells.get(Slot.DECISION))

    def _parse(self, numbered: Mapping[Slot, NumberedCode]) -> None:
        for cell, text in self.cells.items():
            self.trees[cell] = numbered[cell].tree if cell in numbered else ast.parse(text)
            self.bindings[cell] = bindings(self.trees[cell])

    # What has to change

    def _changes(self) -> dict[Slot, list[str]]:
        """Return, for each cell, the names it binds and must not."""
        protected = BUILTINS | self.surroundings.protected
        forbidden = {
            Slot.TOOL: protected | self.surroundings.passing,
            Slot.DECISION: protected,
        }
        changes = {
            cell: [
                name
                for name in found
                if _may_change(name)
                and name in forbidden[cell]
                and not self._repeats_outer(name, cell)
                and not (cell is Slot.DECISION and self._repeats_tool(name))
            ]
            for cell, found in self.bindings.items()
        }
        changes[Slot.DECISION] += [
            name
            for name in self.bindings[Slot.DECISION]
            if _may_change(name)
            and name in self.bindings[Slot.TOOL]
            and name not in changes[Slot.TOOL]
            and name not in changes[Slot.DECISION]
            and not self._repeats_tool(name)
        ]
        return changes

    def _repeats_outer(self, name: str, cell: Slot) -> bool:
        """Whether all that a cell does to a name is import what the name means already."""
        return all(
            binding.kind == "import"
            and self.surroundings.same_import(binding.module, binding.attribute, name)
            for binding in self.bindings[cell][name]
        )

    def _repeats_tool(self, name: str) -> bool:
        """Whether all that the decision does to a name is bind what the tool bound to it."""
        tool = self.bindings[Slot.TOOL].get(name, [])
        again = {binding.value for binding in self.bindings[Slot.DECISION].get(name, [])}
        if not tool or again != {tool[0].value} or not tool[0].value:
            return False
        # An import that worked for the tool works again, whatever the tool does where it fails.
        return tool[0].kind == "import" or {binding.value for binding in tool} == again

    def _whose(self, name: str, cell: Slot) -> Slot:
        """Return whose value a cell's bindings of a name give it."""
        if name not in self.bindings[cell]:
            return cell
        if cell is Slot.DECISION and self._repeats_tool(name):
            return self._whose(name, Slot.TOOL)
        return Slot.OUTER if self._repeats_outer(name, cell) else cell

    # The change

    def _rename(self, changes: Mapping[Slot, list[str]]) -> KeptApart:
        from creator_magic.kernel.name_edits import EditError, rewrite, with_numbers

        names = frozenset(changes[Slot.TOOL]) | frozenset(changes[Slot.DECISION])
        try:
            numbered = {cell: with_numbers(text, names) for cell, text in self.cells.items()}
        except EditError as error:
            raise _RefusedError(dict.fromkeys(sorted(names), str(error))) from error
        self._parse(numbered)
        new = self._new_names(changes)
        plans = self._plans(names, new)
        in_examples = new[Slot.TOOL]
        texts: dict[Slot, str] = {}
        try:
            for cell, code in numbered.items():
                new_names = {
                    place: called
                    for one in plans
                    for place, called in one.new_names.items()
                    if place in code.numbers
                }
                lines = [one.first_lines[cell] for one in plans if cell in one.first_lines]
                texts[cell] = rewrite(code, new_names, lines, in_examples)
        except EditError as error:
            raise _RefusedError(dict.fromkeys(sorted(names), str(error))) from error
        self._check(texts, new, names)
        return KeptApart(texts.get(Slot.TOOL), texts.get(Slot.DECISION), new[Slot.TOOL], new[Slot.DECISION])

    def _new_names(self, changes: Mapping[Slot, list[str]]) -> dict[Slot, dict[str, str]]:
        taken = set(BUILTINS | self.surroundings.protected | self.surroundings.passing)
        for text in self.cells.values():
            taken.update(re.findall(r"\w+", text))
        new: dict[Slot, dict[str, str]] = {Slot.TOOL: {}, Slot.DECISION: {}}
        for cell in (Slot.TOOL, Slot.DECISION):
            for name in sorted(changes[cell]):
                new[cell][name] = new_name(self.bindings[cell][name][0], taken)
                taken.add(new[cell][name])
        return new

    def _plans(self, names: frozenset[str], new: Mapping[Slot, Mapping[str, str]]) -> list[NamePlan]:
        flow = follow(
            self.trees.items(), self._whose, lambda name: Slot.OUTER if name in BUILTINS else Slot.NOTHING
        )
        refused: dict[str, str] = {}
        plans: list[NamePlan] = []
        for name in sorted(names):
            try:
                plans.append(self._plan(name, new, flow))
            except UnrenamableError as error:
                refused[name] = str(error)
        if refused:
            raise _RefusedError(refused)
        return plans

    def _plan(self, name: str, new: Mapping[Slot, Mapping[str, str]], flow: Flow) -> NamePlan:
        if reason := why_unseen(name, self.trees.values()):
            raise UnrenamableError(reason)
        outer = self.surroundings.protected - self.surroundings.unbound
        case = NameCase(
            name,
            new[Slot.TOOL].get(name),
            new[Slot.DECISION].get(name),
            tool_binds=name in self.bindings[Slot.TOOL],
            has_outer_meaning=name in BUILTINS or name in outer,
            start=flow.start.get(name, Slot.OUTER),
            late=name in flow.late,
            bindings=[] if self._repeats_tool(name) else self.bindings[Slot.DECISION].get(name, []),
        )
        made = plan(case, flow.occurrences[name])
        for found in self.bindings.values():
            for binding in found.get(name, []):
                if binding.is_dotted and binding.place in made.new_names:
                    raise UnrenamableError(
                        f"`import` of a dotted module would bind {name}, which means something else here: "
                        f"give the import a name of its own with `as`"
                    )
        return made

    def _check(
        self, texts: Mapping[Slot, str], new: Mapping[Slot, Mapping[str, str]], names: frozenset[str]
    ) -> None:
        """Refuse a result that binds other names than those that were meant to be bound."""
        fresh = {called for cell in new.values() for called in cell.values()}
        for cell, text in texts.items():
            before = _table(self.cells[cell])
            after = _table(text)
            wrong = (_names_bound(after) - _names_bound(before) - fresh) | (
                _names_bound(after) & new[cell].keys()
            )
            if wrong or not _keeps_locals(before, after, fresh):
                raise _RefusedError(
                    dict.fromkeys(sorted(names), "the renamed code would bind other names than meant")
                )


def _may_change(name: str) -> bool:
    """Whether a name is the code's own: `_` and `__name__` belong to Python and IPython."""
    return name != "_" and not (name.startswith("__") and name.endswith("__"))


def _table(text: str) -> symtable.SymbolTable:
    return symtable.symtable(text, "<cell>", "exec")


def _bound_names(text: str) -> frozenset[str]:
    """Return the names that code binds at module level, as Python's compiler sees them.

    Raises
    ------
    _RefusedError
        If nobody can tell.
    """
    try:
        table = _table(text)
    except (SyntaxError, ValueError, RecursionError) as error:
        raise _RefusedError({WHOLE_CELL: f"the code is not Python: {error}"}) from error
    if re.search(r"import\s*\(?\s*\*", text):
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.ImportFrom) and node.names[0].name == "*":
                reason = (
                    f"`from {node.module} import *` binds names nobody sees: import what is needed by name"
                )
                raise _RefusedError({WHOLE_CELL: reason})
    return frozenset(filter(_may_change, _names_bound(table)))


def _names_bound(table: symtable.SymbolTable) -> set[str]:
    in_module = table.get_type() == "module"
    names = {
        symbol.get_name()
        for symbol in table.get_symbols()
        if (symbol.is_assigned() or symbol.is_imported()) and (in_module or symbol.is_declared_global())
    }
    return names.union(*map(_names_bound, table.get_children()))


def _keeps_locals(before: symtable.SymbolTable, after: symtable.SymbolTable, fresh: set[str]) -> bool:
    """Whether no function got a new name for a variable of its own."""
    local = after.get_type() != "module" and any(
        symbol.get_name() in fresh and (symbol.is_local() or symbol.is_free())
        for symbol in after.get_symbols()
    )
    pairs = list(zip(before.get_children(), after.get_children(), strict=False))
    same = len(before.get_children()) == len(after.get_children())
    return same and not local and all(_keeps_locals(old, new, fresh) for old, new in pairs)
