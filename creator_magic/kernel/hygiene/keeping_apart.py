"""Generated code whose names are kept apart from those of the notebook it runs in.

Code that answers one problem says `cost = cost(3)` or `range = 1500` without harm when it runs once,
alone. In a live kernel it takes a tool, a builtin or a variable of the user's away from every cell
that follows, and from its own second run. `keep_apart` gives such variables other names.
"""

from __future__ import annotations

import ast
import dis
import re
import warnings
from dataclasses import dataclass, field
from types import CodeType
from typing import TYPE_CHECKING

from creator_magic.kernel.hygiene.name_bindings import Binding, bindings
from creator_magic.kernel.hygiene.name_choice import (
    BUILTINS,
    NameCase,
    NamePlan,
    UnrenamableError,
    new_name,
    plan,
)
from creator_magic.kernel.hygiene.name_flow import follow
from creator_magic.kernel.hygiene.name_scopes import bound_by, declared
from creator_magic.kernel.hygiene.name_values import Slot
from creator_magic.kernel.hygiene.unseen_uses import why_unseen
from creator_magic.python_source import parse, statements

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from collections.abc import Set as AbstractSet

    from creator_magic.kernel.hygiene.name_flow import Flow

WHOLE_CELL = "*"
"""Stands in `KeptApart.refused` for a reason that is not about one name."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the names in a notebook mean already.

    Parameters
    ----------
    protected : set of str
        Names that no generated code may bind: the user's, the tools of other solves, the name
        given to `--into`. Builtins are protected without being listed.
    passing : set of str
        Names that decisions of other solves bound: a decision may bind them again, a tool may not.
    same_import : callable
        Called with a module, an attribute of it or None, and a name: whether that import gives
        exactly the object that the name means already.
    unbound : frozenset of str
        Those of `protected` that have no value yet, so that generated code which reads them can
        only mean its own.
    """

    protected: AbstractSet[str]
    passing: AbstractSet[str]
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
        with warnings.catch_warnings():
            # What Python has to say about the code, it says when the code runs.
            warnings.simplefilter("ignore")
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
        bound: dict[Slot, frozenset[str]] = {Slot.TOOL: frozenset(), Slot.DECISION: frozenset()}
        for cell, text in self.cells.items():
            self.trees[cell], bound[cell] = _read(text)
        tool, decision = bound[Slot.TOOL], bound[Slot.DECISION]
        protected = BUILTINS | self.surroundings.protected
        if tool & (protected | self.surroundings.passing) or decision & (protected | tool):
            self._find_bindings()
            changes = self._changes()
            if any(changes.values()):
                return self._rename(changes)
        return KeptApart(self.cells.get(Slot.TOOL), self.cells.get(Slot.DECISION))

    def _find_bindings(self) -> None:
        for cell, tree in self.trees.items():
            self.bindings[cell] = bindings(tree)

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
        from creator_magic.kernel.hygiene.name_edits import EditError, rewrite, with_numbers

        names = frozenset(changes[Slot.TOOL]) | frozenset(changes[Slot.DECISION])
        try:
            numbered = {cell: with_numbers(text, names) for cell, text in self.cells.items()}
        except EditError as error:
            raise _RefusedError(dict.fromkeys(sorted(names), str(error))) from error
        self.trees = {cell: code.tree for cell, code in numbered.items()}
        self._find_bindings()
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
        means_outer = [self._whose(name, cell) for cell in self.cells if name in self.bindings[cell]]
        case = NameCase(
            name,
            new[Slot.TOOL].get(name),
            new[Slot.DECISION].get(name),
            tool_binds=name in self.bindings[Slot.TOOL],
            has_outer_meaning=name in BUILTINS or name in outer or Slot.OUTER in means_outer,
            start=flow.start.get(name, Slot.OUTER),
            late=name in flow.late,
            repeats_tool=self._repeats_tool(name),
            bindings=self.bindings[Slot.DECISION].get(name, []),
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
            try:
                (before, local_before), (after, local_after) = _stored(self.cells[cell]), _stored(text)
            except SyntaxError as error:
                raise _RefusedError({WHOLE_CELL: f"the code is not Python: {error}"}) from error
            if after - before - fresh or after & new[cell].keys() or local_before != local_after:
                reason = "the renamed code would bind other names than meant"
                raise _RefusedError(dict.fromkeys(sorted(names), reason))


def _may_change(name: str) -> bool:
    """Whether a name is the code's own: `_` and `__name__` belong to Python and IPython."""
    return name != "_" and not (name.startswith("__") and name.endswith("__"))


_STORES_IN_MODULE = frozenset({"STORE_NAME", "DELETE_NAME"})


def _read(text: str) -> tuple[ast.Module, frozenset[str]]:
    """Return the tree of a cell and the names that it may bind at module level.

    Raises
    ------
    _RefusedError
        If nobody can tell.
    """
    try:
        tree = parse(text)
    except (SyntaxError, ValueError) as error:
        raise _RefusedError({WHOLE_CELL: f"the code is not Python: {error}"}) from error
    scopes: list[list[ast.stmt]] = []
    for node in statements(tree):
        if isinstance(node, ast.ImportFrom) and node.names[0].name == "*":
            reason = f"`from {node.module} import *` binds names nobody sees: import what is needed by name"
            raise _RefusedError({WHOLE_CELL: reason})
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            scopes.append(node.body)
    names = bound_by(tree.body).union(*(declared(body, ast.Global) for body in scopes))
    return tree, frozenset(filter(_may_change, names))


def _stored(text: str) -> tuple[set[str], list[frozenset[str]]]:
    """Return the module's names that compiled code binds, and the local names of each of its functions.

    It is another view than that of the renaming, on purpose.
    """
    codes = [compile(text, "<cell>", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)]
    names = {step.argval for step in dis.get_instructions(codes[0]) if step.opname in _STORES_IN_MODULE}
    functions: list[frozenset[str]] = []
    for code in codes:
        steps = [step for step in dis.get_instructions(code) if step.opname.endswith("_GLOBAL")]
        names.update(step.argval for step in steps if step.opname != "LOAD_GLOBAL")
        # From Python 3.12 a comprehension is part of the code around it, where one name can be both.
        local = {*code.co_varnames, *code.co_cellvars, *code.co_freevars} - {step.argval for step in steps}
        functions.append(frozenset(local))
        codes += [constant for constant in code.co_consts if isinstance(constant, CodeType)]
    return names, functions[1:]
