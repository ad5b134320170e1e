"""What each use of a name means where it runs: the name from outside, the tool's, or the decision's.

A module's variable is one slot that code refills as it runs. Following both cells in the order of
execution tells which fillings can be in the slot at each use: the reaching definitions of compiler
construction (A. V. Aho, R. Sethi, J. D. Ullman, *Compilers*, 1986), with three fillings only. What
may be so counts as so: a use that could mean two things is reported with both.
"""

# ruff: noqa: N815 (visitors are called after the nodes of `ast`)
from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from creator_magic.kernel.hygiene.name_uses import Use, definitions, uses, uses_when_called
from creator_magic.kernel.hygiene.name_values import Slot, Values, join

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from creator_magic.kernel.hygiene.name_values import Occurrence, State


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
    cells: Iterable[tuple[Slot, ast.Module]],
    whose: Callable[[str, Slot], Slot],
    after_delete: Callable[[str], Slot],
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
    values = Values(whose, after_delete)
    for cell, tree in cells:
        values.begin(cell, tree)
        walk = _Walk(values)
        for statement in tree.body:
            walk.visit(statement)
        values.end()
    values.settle()
    by_name: dict[str, list[Occurrence]] = {}
    for occurrence in values.occurrences.values():
        by_name.setdefault(occurrence.use.name, []).append(occurrence)
    return Flow(by_name, values.start, frozenset(values.late))


@dataclass(slots=True)
class _Loop:
    """The states in which the body of a loop is left."""

    breaks: list[State] = field(default_factory=list)
    continues: list[State] = field(default_factory=list)


_LET_EXCEPTIONS_PASS = frozenset({"open", "localcontext", "errstate", "catch_warnings", "TemporaryDirectory"})


class _Walk(ast.NodeVisitor):
    """Goes through the statements of a module, along every way that its execution can take."""

    def __init__(self, values: Values) -> None:
        self.values = values
        self._loops: list[_Loop] = []

    def _visit_all(self, nodes: Iterable[ast.AST]) -> None:
        for node in nodes:
            self.visit(node)

    def _evaluate(self, node: ast.AST | None) -> None:
        if node is not None:
            self.values.apply(uses(node))

    def generic_visit(self, node: ast.AST) -> None:
        self._evaluate(node)

    def _define(self, node: ast.stmt) -> None:
        """Go through a statement, except for what runs only once the functions that it defines do."""
        delayed = {use.place for _, definition in definitions([node]) for use in uses_when_called(definition)}
        self.values.apply([use for use in uses(node) if use.place not in delayed])

    def visit_Assign(self, node: ast.Assign) -> None:
        self._define(node)

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> None:
        self._define(node)
        if node.decorator_list:
            self.values.start_body(node.name, prompt=False)

    visit_AsyncFunctionDef = visit_FunctionDef
    visit_ClassDef = visit_FunctionDef

    def visit_If(self, node: ast.If) -> None:
        self._evaluate(node.test)
        before = dict(self.values.state)
        self._visit_all(node.body)
        after = dict(self.values.state)
        self.values.go_to(before)
        self._visit_all(node.orelse)
        self.values.go_to(join(self.values.state, after))

    def visit_For(self, node: ast.For | ast.AsyncFor) -> None:
        self._evaluate(node.iter)
        self._visit_loop(node, node.target)

    visit_AsyncFor = visit_For

    def visit_While(self, node: ast.While) -> None:
        self._visit_loop(node, None)

    def _visit_loop(self, node: ast.For | ast.AsyncFor | ast.While, target: ast.expr | None) -> None:
        loop = _Loop()
        head = dict(self.values.state)
        exhausted: State = {}
        while True:
            self.values.go_to(head)
            if isinstance(node, ast.While):
                self._evaluate(node.test)
            if not (isinstance(node, ast.While) and isinstance(node.test, ast.Constant) and node.test.value):
                exhausted = join(exhausted, self.values.state)
            self._evaluate(target)
            self._loops.append(loop)
            self._visit_all(node.body)
            self._loops.pop()
            again = join(head, self.values.state, *loop.continues)
            if again == head:
                break
            head = again
        self.values.stop()
        self.values.go_to(exhausted)
        self._visit_all(node.orelse)
        self.values.go_to(join(self.values.state, *loop.breaks))

    def visit_Break(self, _: ast.Break) -> None:
        self._loops[-1].breaks.append(self.values.state)
        self.values.stop()

    def visit_Continue(self, _: ast.Continue) -> None:
        self._loops[-1].continues.append(self.values.state)
        self.values.stop()

    def visit_Raise(self, node: ast.Raise) -> None:
        self._evaluate(node.exc)
        self._evaluate(node.cause)
        self.values.stop()

    def visit_Try(self, node: ast.Try | ast.TryStar) -> None:
        before, time = dict(self.values.state), self.values.time
        left = [(len(loop.breaks), len(loop.continues)) for loop in self._loops]
        self._visit_all(node.body)
        normal = dict(self.values.state)
        raised = join(before, self.values.since(time))
        ends: list[State] = []
        for handler in node.handlers:
            self.values.go_to(raised)
            self._evaluate(handler.type)
            self._visit_handler(handler)
            ends.append(dict(self.values.state))
        self.values.go_to(normal)
        self._visit_all(node.orelse)
        after = join(self.values.state, *ends)
        if node.finalbody:
            self.values.go_to(join(before, self.values.since(time)))
            self._visit_all(node.finalbody)
            for loop, (breaks, continues) in zip(self._loops, left, strict=True):
                # A loop left from inside the `try` runs the final part on its way out.
                loop.breaks[breaks:] = [join(state, self.values.state) for state in loop.breaks[breaks:]]
                loop.continues[continues:] = [
                    join(state, self.values.state) for state in loop.continues[continues:]
                ]
            self.values.go_to(after)
            self._visit_all(node.finalbody)
        else:
            self.values.go_to(after)

    visit_TryStar = visit_Try

    def _visit_handler(self, handler: ast.ExceptHandler) -> None:
        if handler.name is None:
            self._visit_all(handler.body)
            return
        self.values.apply([Use("write", handler.name, (id(handler), 0))])
        self._visit_all(handler.body)
        self.values.apply([Use("delete", handler.name, (id(handler), 0))])

    def visit_With(self, node: ast.With | ast.AsyncWith) -> None:
        before, time = dict(self.values.state), self.values.time
        for item in node.items:
            self._evaluate(item.context_expr)
            self._evaluate(item.optional_vars)
        self._visit_all(node.body)
        if not all(_lets_exceptions_pass(item.context_expr) for item in node.items):
            self.values.go_to(join(before, self.values.since(time), self.values.state))

    visit_AsyncWith = visit_With

    def visit_Match(self, node: ast.Match) -> None:
        self._evaluate(node.subject)
        failed = dict(self.values.state)
        ends: list[State] = []
        for case in node.cases:
            self.values.go_to(failed)
            time = self.values.time
            self._evaluate(case.pattern)
            self._evaluate(case.guard)
            failed = join(failed, self.values.since(time))
            self._visit_all(case.body)
            ends.append(dict(self.values.state))
        last = node.cases[-1]
        if not (
            last.guard is None and isinstance(last.pattern, ast.MatchAs) and last.pattern.pattern is None
        ):
            ends.append(failed)
        self.values.stop()
        self.values.go_to(join(*ends))


def _lets_exceptions_pass(context: ast.expr) -> bool:
    """Whether a `with` on `context` is known not to swallow an exception, so that its body runs whole."""
    if not isinstance(context, ast.Call):
        return False
    callee = context.func
    name = (
        callee.id
        if isinstance(callee, ast.Name)
        else callee.attr
        if isinstance(callee, ast.Attribute)
        else ""
    )
    return name in _LET_EXCEPTIONS_PASS
