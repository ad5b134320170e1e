"""The draft: the code that a solve has come to, in the model's own words.

Names are kept apart from the notebook's only where the code runs: a later reply may replace one
piece of it, and must still fit the others.
"""

from __future__ import annotations

import ast
import builtins
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from creator_magic.ports import CodeCell
from creator_magic.reply.syntax import Source, read_source

if TYPE_CHECKING:
    from collections.abc import Sequence

    from creator_magic.ports import Candidate, Demonstration, Role


@dataclass(frozen=True, slots=True)
class ToolText:
    """The source of one tool cell.

    Parameters
    ----------
    source : str
        The source.
    kept_as : str
        The name in the toolbox of the tool that this is, or was before it was rectified; empty for a
        new tool.
    changed : bool
        Whether it was rectified.
    here : bool
        Whether it stands in another cell of the notebook, so that it needs none of its own.
    shown : str
        What a model is shown in its place; empty for the source.
    """

    source: str
    kept_as: str = ""
    changed: bool = False
    here: bool = False
    shown: str = ""

    @property
    def names(self) -> frozenset[str]:
        """The functions and classes that it defines."""
        return defined_names(self.source)


@dataclass(frozen=True, slots=True)
class Draft:
    """Tools and a decision.

    Parameters
    ----------
    candidates : tuple of Candidate
        Kept tools that the code may call.
    tools : tuple of ToolText
        In the order in which their cells stand.
    decision : str or None
        The decision; None where there is none yet.
    chosen : str
        The candidate that was sent once more as the tool, whether or not the decision calls it.
    """

    candidates: tuple[Candidate, ...] = ()
    tools: tuple[ToolText, ...] = ()
    decision: str | None = None
    chosen: str = ""

    @classmethod
    def of_cells(cls, cells: Sequence[CodeCell]) -> Draft:
        """Return the draft that generated cells of the notebook hold."""
        tools = tuple(ToolText(cell.source) for cell in cells if cell.role == "tool")
        return cls((), tools, next((cell.source for cell in cells if cell.role == "decision"), None))

    def with_reply(self, tool: str | None, decision: str | None) -> Draft:
        """Return the draft with what a reply held.

        Parameters
        ----------
        tool : str or None
            A tool: it replaces the one whose function it defines, else the one that was new.
        decision : str or None
            A decision.
        """
        repeated = self._repeated(tool) if tool is not None else ""
        tools = self.tools if tool is None else self._with_tool(tool)
        if repeated:
            # It takes the place of what was made before.
            tools = tuple(old for old in self.tools if old.kept_as)
        return replace(
            self,
            tools=tools,
            decision=decision or self.decision,
            chosen=repeated or self.chosen,
        ).settled()

    def settled(self) -> Draft:
        """Return the draft with those candidates before the rest that its code calls, and no others."""
        if not self.candidates:
            return self
        defined = {name for tool in self.made for name in tool.names}
        called = self._called()
        wanted = {
            kept.name: ToolText(kept.source, kept.name, here=kept.here, shown=kept.shown)
            for candidate in self.candidates
            if candidate.name in called
            for kept in candidate.tools
            if kept.name not in defined
        }
        return replace(self, tools=(*wanted.values(), *self.made))

    def cells(self) -> tuple[CodeCell, ...]:
        """Return the cells that the draft needs: `tool`, `tool-2` and so on, and `decision`."""
        tools = [tool for tool in self.tools if not tool.here]
        keys = ["tool", *(f"tool-{number}" for number in range(2, len(tools) + 1))]
        cells = [
            CodeCell("tool", key, tool.source, own=bool(tool.shown))
            for key, tool in zip(keys, tools, strict=False)
        ]
        if self.decision is not None:
            cells.append(CodeCell("decision", "decision", self.decision))
        return tuple(cells)

    def showing(self, role: Role, code: str) -> tuple[tuple[CodeCell, ...], str]:
        """Return the cells with code that cannot be used in its place, and the key of that place."""
        if role == "decision":
            return replace(self, decision=code).cells(), "decision"
        cells = replace(self, tools=self._with_tool(code)).cells()
        return cells, next(cell.key for cell in cells if cell.source == code)

    @property
    def tool_text(self) -> str | None:
        """All tools, as a model is shown them; None where there is none."""
        return "\n\n\n".join(tool.shown or tool.source for tool in self.tools) or None

    @property
    def made(self) -> tuple[ToolText, ...]:
        """The tools that are new or were rectified."""
        return tuple(tool for tool in self.tools if tool.changed or not tool.kept_as)

    @property
    def tool_source(self) -> str:
        """The source of all tools."""
        return "\n\n\n".join(tool.source for tool in self.tools)

    @property
    def callable_names(self) -> frozenset[str]:
        """What a decision may call: what the tools define, and the candidates."""
        return frozenset(name for tool in self.tools for name in tool.names) | {
            candidate.name for candidate in self.candidates
        }

    @property
    def reused(self) -> tuple[str, ...]:
        """The names of the candidates that the code calls, whether or not they were rectified."""
        if not self.candidates:
            return ()
        changed = {tool.kept_as for tool in self.tools if tool.changed}
        called = self._called()
        return tuple(c.name for c in self.candidates if c.name in called or c.name in changed)

    @property
    def demonstrations(self) -> tuple[Demonstration, ...]:
        """The demonstrations of the candidates that the code calls."""
        used = self.reused
        return tuple(shown for c in self.candidates if c.name in used for shown in c.demonstrations)

    def _repeated(self, tool: str) -> str:
        """Return the name of the candidate that a tool is, whole or as it was shown; else nothing."""
        names = defined_names(tool)
        for candidate in self.candidates:
            is_stub = names == {candidate.name} and _is_stub(tool)
            if is_stub or any(same_code(tool, kept.source) for kept in candidate.tools[-1:]):
                return candidate.name
        return ""

    def _with_tool(self, tool: str) -> tuple[ToolText, ...]:
        names = defined_names(tool)
        same = [old for old in self.tools if old.names & names]
        same = same or [old for old in self.tools if not old.kept_as][-1:]
        if not same:
            return (*self.tools, ToolText(tool))
        kept_as = next((old.kept_as for old in same if old.kept_as in names), "")
        new = ToolText(tool, kept_as, changed=bool(kept_as))
        return tuple(new if old is same[0] else old for old in self.tools if old not in same[1:])

    def _called(self) -> set[str]:
        """Return the names that the code reads and does not bind itself, and the chosen one."""
        texts = [*(tool.source for tool in self.made), self.decision or ""]
        sources = [read for text in texts if isinstance(read := read_source(text), Source)]
        bound = {name for source in sources for name in source.bound}
        called = {name for source in sources for name in source.loaded} - bound
        return called | {self.chosen} if self.chosen else called


def defined_names(source: str) -> frozenset[str]:
    """Return the functions and classes that source defines at its top level; none if it is not Python."""
    read = read_source(source)
    return read.defined if isinstance(read, Source) else frozenset()


def free_names(source: str) -> frozenset[str]:
    """Return the names that source reads and does not bind at its top level; none if it is not Python."""
    read = read_source(source)
    return read.loaded - read.bound if isinstance(read, Source) else frozenset()


def called_names(source: str) -> frozenset[str]:
    """Return the names of what source calls and neither defines itself nor has from Python."""
    read = read_source(source)
    if not isinstance(read, Source):
        return frozenset()
    calls = (node.func for node in ast.walk(read.tree) if isinstance(node, ast.Call))
    return (
        frozenset(func.id for func in calls if isinstance(func, ast.Name)) - read.bound - set(dir(builtins))
    )


def same_code(one: str, other: str) -> bool:
    """Tell whether two sources differ in layout and comments at most."""
    return one == other or tree_of(one) == tree_of(other)


def tree_of(source: str) -> str:
    """Return what source says, whatever its layout and comments; itself, if it is not Python."""
    read = read_source(source)
    return read.dump if isinstance(read, Source) else source


def holds(cell: str, tool: str) -> bool:
    """Tell whether each statement of a tool stands in a cell's source."""
    there, wanted = read_source(cell), read_source(tool)
    if not isinstance(there, Source) or not isinstance(wanted, Source):
        return False
    statements = {ast.dump(node) for node in there.tree.body}
    return all(ast.dump(node) in statements for node in wanted.tree.body)


def _is_stub(source: str) -> bool:
    """Tell whether a source only says what its functions are called with."""
    read = read_source(source)
    body = read.tree.body if isinstance(read, Source) else []
    return all(
        isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and all(isinstance(part, ast.Pass) or _is_constant(part) for part in node.body)
        for node in body
    )


def _is_constant(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
