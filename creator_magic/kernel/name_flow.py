"""What each use of a name means where it runs: the name from outside, the tool's, or the decision's.

A module's variable is one slot that code refills as it runs. Following both cells in the order of
execution tells which fillings can be in the slot at each use: the reaching definitions of compiler
construction (A. V. Aho, R. Sethi, J. D. Ullman, *Compilers*, 1986), with three fillings only. What
may be so counts as so: a use that could mean two things is reported with both.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from enum import IntFlag
from typing import TYPE_CHECKING

from creator_magic.kernel.name_scopes import Use, definitions, uses

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from creator_magic.kernel.name_scopes import Definition, Place


class Slot(IntFlag):
    """Whose value can be in a name; no bit where code cannot get or nothing is bound."""

    NOTHING = 0
    OUTER = 1
    TOOL = 2
    DECISION = 4


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
        Whether it stands in a body that runs before the decision begins.
    """

    use: Use
    cell: Slot
    meaning: Slot = Slot.NOTHING
    early: bool = False


@dataclass(frozen=True, slots=True)
class Flow:
    """What following the cells showed.

    Parameters
    ----------
    occurrences : dict
        By name, every identifier that means a name of the module.
    start : dict
        What can be in each name when the decision begins.
    late : frozenset of str
        Names that functions of the tool bind or delete while the decision runs.
    """

    occurrences: dict[str, list[Occurrence]]
    start: dict[str, Slot]
    late: frozenset[str]


def follow(
    cells: Iterable[tuple[Slot, ast.Module]], whose: Callable[[str, Slot], Slot], after_delete: Callable[[str], Slot]
) -> Flow:
    """Follow the cells' code in the order in which it runs.

    Parameters
    ----------
    cells : iterable of (Slot, ast.Module)
        The tool, the decision, or both, in this order.
    whose : callable
        Called with a name and the cell that binds it: which filling that binding is.
    after_delete : callable
        Called with a name: what it means once it is deleted, `OUTER` for a builtin.

    Returns
    -------
    Flow
        What each identifier can mean.
    """
    walk = _Walk(whose, after_delete)
    for cell, tree in cells:
        walk.run(cell, tree)
    walk.finish()
    by_name: dict[str, list[Occurrence]] = {}
    for occurrence in walk.occurrences.values():
        by_name.setdefault(occurrence.use.name, []).append(occurrence)
    return Flow(by_name, walk.start, frozenset(walk.late))


State = dict[str, Slot]


def _join(*states: State) -> State:
    """Return what can be in each name if any of `states` can be."""
    joined: State = {}
    for state in states:
        for name, slot in state.items():
            joined[name] = joined.get(name, Slot.NOTHING) | slot
    return joined


@dataclass(slots=True, eq=False)
class _Body:
    """What runs when a function is called or a class is used."""

    cell: Slot
    uses: Sequence[Use]
    prompt: bool  # a call runs its own statements at once, and none of them afterwards
    reached: bool = False


@dataclass(slots=True)
class _Loop:
    """The states in which the body of a loop is left."""

    breaks: list[State] = field(default_factory=list)
    continues: list[State] = field(default_factory=list)


_LET_EXCEPTIONS_PASS = frozenset({"open", "localcontext", "errstate", "catch_warnings", "TemporaryDirectory"})


def _is_prompt(node: Definition) -> bool:
    """Whether calling what `node` defines runs its own statements before the call returns."""
    if isinstance(node, ast.ClassDef | ast.AsyncFunctionDef):
        return False
    if isinstance(node, ast.FunctionDef) and node.decorator_list:
        return False
    return not any(isinstance(part, ast.Yield | ast.YieldFrom | ast.Await) for part in ast.walk(node))


class _Walk(ast.NodeVisitor):
    """Goes through the statements of the module, keeping what can be in each name."""

    def __init__(self, whose: Callable[[str, Slot], Slot], after_delete: Callable[[str], Slot]) -> None:
        self.whose = whose
        self.after_delete = after_delete
        self.cell = Slot.TOOL
        self.occurrences: dict[Place, Occurrence] = {}
        self.start: State = {}
        self.late: set[str] = set()
        self._state: State = {}
        self._changes: list[tuple[str, Slot]] = []  # every value a name got, so that code that runs later can see all
        self._stuck: State = {}  # bindings that code which runs at an unknown time can make
        self._waiting: dict[tuple[Place, int], Slot] = {}  # reads at an unknown time, by place and earliest time
        self._bodies: dict[str, list[_Body]] = {}
        self._loops: list[_Loop] = []

    def run(self, cell: Slot, tree: ast.Module) -> None:
        self.cell = cell
        found = uses(tree)
        for use in found:
            if use.kind != "call":
                self._note(use, Slot.NOTHING)
            self._state.setdefault(use.name, Slot.OUTER)
        if cell is Slot.DECISION:
            self.start = dict(self._state)
        for name, node in definitions(tree.body):
            body = _Body(cell, [use for use in uses(node) if use.depth], _is_prompt(node))
            self._bodies.setdefault(name, []).append(body)
        self._visit_all(tree.body)
        if cell is Slot.TOOL:
            self.start = dict(self._state)

    def finish(self) -> None:
        """Settle what runs at an unknown time, now that all is known that can be in a name."""
        for (place, since), slot in self._waiting.items():
            occurrence = self.occurrences[place]
            name = occurrence.use.name
            seen = slot | self._stuck.get(name, Slot.NOTHING)
            for changed, value in self._changes[since:]:
                if changed == name:
                    seen |= value
            occurrence.meaning |= seen
        for bodies in self._bodies.values():
            for body in bodies:
                end = self.start if body.cell is Slot.TOOL else self._state
                for use in body.uses if not body.reached else ():
                    if use.kind == "read":
                        self._note(use, end.get(use.name, Slot.OUTER))

    # Uses

    def _note(self, use: Use, meaning: Slot, *, early: bool = False) -> None:
        occurrence = self.occurrences.setdefault(use.place, Occurrence(use, self.cell))
        if use.kind != "read":
            occurrence.use = use
            meaning |= self.whose(use.name, occurrence.cell)
        occurrence.meaning |= meaning
        occurrence.early |= early

    def _set(self, name: str, slot: Slot) -> None:
        slot |= self._stuck.get(name, Slot.NOTHING)
        self._state[name] = slot
        self._changes.append((name, slot))

    def _go_to(self, state: State) -> None:
        for name, slot in state.items():
            if self._state.get(name) != slot:
                self._set(name, slot)

    def _stop(self) -> None:
        """Mark what follows as code that is not reached from here."""
        self._state = dict.fromkeys(self._state, Slot.NOTHING)

    def _since(self, time: int) -> State:
        """Return all that names have meant since `time`, but not what they meant at `time`."""
        return _join(*({name: slot} for name, slot in self._changes[time:]))

    def _apply(self, found: Sequence[Use]) -> None:
        """Go through the uses in a statement; twice where an earlier one may run after a later one."""
        again = any(use.kind == "write" and not use.sure for use in found)
        for use in [*found, *found] if again else found:
            self._apply_one(use)

    def _apply_one(self, use: Use) -> None:
        slot = self._state.get(use.name, Slot.OUTER)
        if use.depth:
            if use.kind == "read":
                self._note(use, slot, early=self.cell is Slot.TOOL)
                self._waiting[use.place, len(self._changes)] = slot
                self._start_body(use.name, prompt=False)
        elif use.kind == "read":
            self._note(use, slot)
            if not use.called:
                self._start_body(use.name, prompt=False)
        elif use.kind == "call":
            self._start_body(use.name, prompt=True)
        elif use.kind == "mention":
            self._note(use, Slot.NOTHING)
        else:
            self._note(use, slot if use.kind == "delete" else Slot.NOTHING)
            filled = self.after_delete(use.name) if use.kind == "delete" else self.whose(use.name, self.cell)
            self._set(use.name, filled if use.sure else filled | slot)

    def _start_body(self, name: str, *, prompt: bool) -> None:
        """Let what `name` defines run: now if `prompt` and its code allows, else now or at any later time."""
        slot = self._state.get(name, Slot.OUTER)
        bodies = [body for body in self._bodies.get(name, ()) if self.whose(name, body.cell) & slot]
        todo = [(body, prompt) for body in bodies]
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
            for use in body.uses:
                if use.kind in ("write", "delete"):
                    self._bind_in_body(body, use, prompt=prompt and use.depth == 1)
        for body, prompt in reached.values():
            self._read_in_body(body, prompt=prompt)

    def _bind_in_body(self, body: _Body, use: Use, *, prompt: bool) -> None:
        filled = self.whose(use.name, body.cell) if use.kind == "write" else self.after_delete(use.name)
        if not prompt:
            self._stuck[use.name] = self._stuck.get(use.name, Slot.NOTHING) | filled
        if body.cell is not self.cell:
            self.late.add(use.name)
        self._set(use.name, self._state.get(use.name, Slot.OUTER) | filled)

    def _read_in_body(self, body: _Body, *, prompt: bool) -> None:
        body.reached = True
        early = self.cell is Slot.TOOL and body.cell is Slot.TOOL
        for use in body.uses:
            if use.kind not in ("read", "delete"):
                continue
            slot = self._state.get(use.name, Slot.OUTER)
            self._note(use, slot, early=early)
            if not prompt or use.depth > 1:
                self._waiting[use.place, len(self._changes)] = slot

    # Statements

    def _visit_all(self, nodes: Iterable[ast.AST]) -> None:
        for node in nodes:
            self.visit(node)

    def _evaluate(self, node: ast.AST | None) -> None:
        if node is not None:
            self._apply(uses(node))

    def generic_visit(self, node: ast.AST) -> None:
        self._evaluate(node)

    def visit_Assign(self, node: ast.Assign) -> None:
        defines = any(definitions([node]))
        self._apply([use for use in uses(node) if not (defines and use.depth)])

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> None:
        self._apply([use for use in uses(node) if not use.depth])
        if node.decorator_list:
            self._start_body(node.name, prompt=False)

    visit_AsyncFunctionDef = visit_FunctionDef
    visit_ClassDef = visit_FunctionDef

    def visit_If(self, node: ast.If) -> None:
        self._evaluate(node.test)
        before = dict(self._state)
        self._visit_all(node.body)
        after = dict(self._state)
        self._go_to(before)
        self._visit_all(node.orelse)
        self._go_to(_join(self._state, after))

    def visit_For(self, node: ast.For | ast.AsyncFor) -> None:
        self._evaluate(node.iter)
        self._visit_loop(node, node.target)

    visit_AsyncFor = visit_For

    def visit_While(self, node: ast.While) -> None:
        self._visit_loop(node, None)

    def _visit_loop(self, node: ast.For | ast.AsyncFor | ast.While, target: ast.expr | None) -> None:
        loop = _Loop()
        head = dict(self._state)
        exhausted: State = {}
        while True:
            self._go_to(head)
            if isinstance(node, ast.While):
                self._evaluate(node.test)
            if not (isinstance(node, ast.While) and isinstance(node.test, ast.Constant) and node.test.value):
                exhausted = _join(exhausted, self._state)
            self._evaluate(target)
            self._loops.append(loop)
            self._visit_all(node.body)
            self._loops.pop()
            again = _join(head, self._state, *loop.continues)
            if again == head:
                break
            head = again
        self._stop()
        self._go_to(exhausted)
        self._visit_all(node.orelse)
        self._go_to(_join(self._state, *loop.breaks))

    def visit_Break(self, _: ast.Break) -> None:
        self._loops[-1].breaks.append(self._state)
        self._stop()

    def visit_Continue(self, _: ast.Continue) -> None:
        self._loops[-1].continues.append(self._state)
        self._stop()

    def visit_Raise(self, node: ast.Raise) -> None:
        self._evaluate(node.exc)
        self._evaluate(node.cause)
        self._stop()

    def visit_Try(self, node: ast.Try) -> None:
        before, time = dict(self._state), len(self._changes)
        left = [(len(loop.breaks), len(loop.continues)) for loop in self._loops]
        self._visit_all(node.body)
        normal = dict(self._state)
        raised = _join(before, self._since(time))
        ends: list[State] = []
        for handler in node.handlers:
            self._go_to(raised)
            self._evaluate(handler.type)
            self._visit_handler(handler)
            ends.append(dict(self._state))
        self._go_to(normal)
        self._visit_all(node.orelse)
        after = _join(self._state, *ends)
        if node.finalbody:
            self._go_to(_join(before, self._since(time)))
            self._visit_all(node.finalbody)
            for loop, (breaks, continues) in zip(self._loops, left, strict=True):
                # A loop left from inside the `try` runs the final part on its way out.
                loop.breaks[breaks:] = [_join(state, self._state) for state in loop.breaks[breaks:]]
                loop.continues[continues:] = [_join(state, self._state) for state in loop.continues[continues:]]
            self._go_to(after)
            self._visit_all(node.finalbody)
        else:
            self._go_to(after)

    visit_TryStar = visit_Try

    def _visit_handler(self, handler: ast.ExceptHandler) -> None:
        if handler.name is None:
            self._visit_all(handler.body)
            return
        self._apply_one(Use("write", handler.name, (id(handler), 0)))
        self._visit_all(handler.body)
        self._apply_one(Use("delete", handler.name, (id(handler), 0)))

    def visit_With(self, node: ast.With | ast.AsyncWith) -> None:
        before, time = dict(self._state), len(self._changes)
        for item in node.items:
            self._evaluate(item.context_expr)
            self._evaluate(item.optional_vars)
        self._visit_all(node.body)
        if not all(_lets_exceptions_pass(item.context_expr) for item in node.items):
            self._go_to(_join(before, self._since(time), self._state))

    visit_AsyncWith = visit_With

    def visit_Match(self, node: ast.Match) -> None:
        self._evaluate(node.subject)
        failed = dict(self._state)
        ends: list[State] = []
        for case in node.cases:
            self._go_to(failed)
            time = len(self._changes)
            self._evaluate(case.pattern)
            self._evaluate(case.guard)
            failed = _join(failed, self._since(time))
            self._visit_all(case.body)
            ends.append(dict(self._state))
        last = node.cases[-1]
        if not (last.guard is None and isinstance(last.pattern, ast.MatchAs) and last.pattern.pattern is None):
            ends.append(failed)
        self._stop()
        self._go_to(_join(*ends))


def _lets_exceptions_pass(context: ast.expr) -> bool:
    """Whether a `with` on `context` is known not to swallow an exception, so that its body runs whole."""
    if not isinstance(context, ast.Call):
        return False
    callee = context.func
    name = callee.id if isinstance(callee, ast.Name) else callee.attr if isinstance(callee, ast.Attribute) else ""
    return name in _LET_EXCEPTIONS_PASS
