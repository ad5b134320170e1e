"""The live shell as the place where generated code runs, each attempt a transaction.

Generated code runs in the person's own namespace, in the kernel's main thread. If a cell fails,
is interrupted, runs out of time or tries to end the kernel, every name is bound as before.
"""

from __future__ import annotations

import time
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from creator_magic.feedback import error_output
from creator_magic.kernel.bindings import Bindings
from creator_magic.kernel.cell_execution import run_cell
from creator_magic.kernel.figures import close_figures, open_figures
from creator_magic.kernel.hygiene import keep_apart
from creator_magic.kernel.interruption import Interruption
from creator_magic.kernel.kept_alive import kept_alive
from creator_magic.kernel.name_meanings import name_meanings
from creator_magic.kernel.outputs import Outputs, gathered
from creator_magic.kernel.ownership import Ownership, changed_names
from creator_magic.kernel.traceback import failure_of, forget_source, remember_source
from creator_magic.ports import CellRun, CodeCell, Execution, Failure, Hygiene

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from IPython.core.interactiveshell import InteractiveShell

    from creator_magic.ports import FailureKind, Output


_SHELLS_OWN = frozenset({"_", "__", "___"})


class LiveKernel:
    """The `Kernel` of a notebook: its shell's namespace.

    Parameters
    ----------
    shell : InteractiveShell or None
        The shell whose namespace is used; None for a namespace of its own, outside IPython.
    """

    def __init__(self, shell: InteractiveShell | None = None) -> None:
        self._shell = shell
        self.namespace: dict[str, Any] = {"__name__": "__main__"} if shell is None else shell.user_ns
        self.ownership = Ownership(self.namespace)
        self._undo: Callable[[], None] | None = None

    def keep_apart(
        self, cells: Sequence[CodeCell], owner: str, keep: frozenset[str] = frozenset()
    ) -> Hygiene:
        """Rename what would overwrite a name of the person's, of another solve, or a builtin."""
        source = {cell.role: cell.source for cell in cells}
        if len(source) < len(cells):
            # More than one tool, as a person may have arranged it: what they bind is still given back.
            return Hygiene(tuple(cells))
        apart = keep_apart(
            source.get("tool"), source.get("decision"), self.ownership.surroundings(owner, keep)
        )
        clean = {"tool": apart.tool, "decision": apart.decision}
        return Hygiene(
            tuple(CodeCell(cell.role, cell.key, clean[cell.role] or cell.source) for cell in cells),
            tuple(dict.fromkeys([*apart.renamed_in_tool.items(), *apart.renamed_in_decision.items()])),
            apart.refused,
        )

    def meanings(self, names: Iterable[str]) -> dict[str, str]:
        """Return what those of `names` mean that are a library's, as dotted names."""
        return name_meanings(self.namespace, names)

    def execute(
        self,
        cells: Sequence[CodeCell],
        owner: str,
        timeout: float | None,
        on_output: Callable[[str, Callable[[], tuple[Output, ...]]], None],
    ) -> Execution:
        """Run `cells` as one transaction: if one fails, every name is bound as before."""
        began = time.monotonic()
        before = Bindings(self.namespace)
        users = self.ownership.users_own()
        figures = open_figures()
        files = {_filename(cell): cell.key for cell in cells}
        runs: list[CellRun] = []
        answer: Any = None
        failure: Failure | None = None
        bound: list[tuple[CodeCell, frozenset[str]]] = []

        def undo() -> None:
            before.restore()
            close_figures(figures)
            for filename in files:
                forget_source(filename)

        self._undo = None
        with Interruption(timeout) as interruption:
            done = False
            try:
                for cell in cells:
                    start = dict(self.namespace)
                    outputs = Outputs(lambda now, key=cell.key: on_output(key, now))  # type: ignore[misc]
                    answer, failure = self._run(cell, outputs, files, interruption)
                    runs.append(CellRun(cell, outputs.now()))
                    if failure is not None:
                        break
                    bound.append((cell, changed_names(start, self.namespace)))
                done = failure is None and not interruption.interrupted
                if done:
                    self._settle(before, users, bound, owner)
                    self._undo = undo
            finally:
                if not done or interruption.interrupted:
                    undo()
        if interruption.interrupted:
            raise KeyboardInterrupt
        return Execution(tuple(runs), failure, answer if done else None, time.monotonic() - began)

    def take_back(self) -> None:
        """Undo an execution that ended well, if the solve it belongs to was interrupted after it."""
        undo, self._undo = self._undo, None
        if undo is not None:
            undo()

    def keep(self) -> None:
        """Let what was bound stand; what it was before is forgotten."""
        self._undo = None

    def bind(self, name: str, value: Any) -> None:
        """Bind `name` for the person, who asked for it."""
        self.namespace[name] = value

    def _run(
        self, cell: CodeCell, outputs: Outputs, files: dict[str, str], interruption: Interruption
    ) -> tuple[Any, Failure | None]:
        filename = _filename(cell)
        remember_source(filename, cell.source)
        count = prompt_number(self._shell)
        try:
            with gathered(outputs, self._shell), kept_alive(self.namespace):
                answer = run_cell(
                    cell.source,
                    filename,
                    self.namespace,
                    outputs,
                    self._shell,
                    count,
                    interruption=interruption,
                )
        except BaseException as error:  # whatever generated code raises is its failure, not ours
            if interruption.interrupted:
                raise
            kind: FailureKind = "exit" if isinstance(error, SystemExit) else "error"
            told = None
            if interruption.timed_out:
                kind, told = "timeout", interruption.told()
            failure = self._failure(error, kind, cell, files, told, interruption)
            outputs.add(error_output(failure))
            return None, failure
        return answer, None

    def _failure(
        self,
        error: BaseException,
        kind: FailureKind,
        cell: CodeCell,
        files: dict[str, str],
        told: str | None,
        interruption: Interruption,
    ) -> Failure:
        """Describe `error`, whose text may be code of the cell's too, and run for ever."""
        try:
            interruption.armed = True
            return failure_of(error, kind, cell, files, told)
        except BaseException:  # noqa: BLE001 - as above
            interruption.armed = False
            name = type(error).__name__
            return Failure(kind, name, told or f"<the text of this {name} cannot be had>", cell.key)
        finally:
            interruption.armed = False

    def _settle(
        self,
        before: Bindings,
        users: frozenset[str],
        bound: list[tuple[CodeCell, frozenset[str]]],
        owner: str,
    ) -> None:
        """After success: claim what the cells bound, and give back what is not theirs to bind."""
        before.restore_names(users - self.namespace.keys())
        for cell, names in bound:
            # What hygiene could not see, or leaves alone because it is the shell's.
            own = frozenset(name for name in names - users - _SHELLS_OWN if not name.startswith("__"))
            before.restore_names(names - own)
            for name in names - own - before.saved.keys():
                self.namespace.pop(name, None)
            self.ownership.claim(own, owner, cell.role)


def prompt_number(shell: InteractiveShell | None) -> int | None:
    """Return the prompt number of the cell that is being executed; None outside IPython.

    Generated cells carry the number of the magic cell that ran them.
    """
    if shell is None or shell.history_manager is None:
        return None
    # Not `execution_count`: newer IPython counts it up before a cell runs, older after.
    return len(shell.history_manager.input_hist_parsed) - 1


def _filename(cell: CodeCell) -> str:
    # Named by content: a cell that runs again unchanged replaces its own lines.
    return f"<creator {cell.role} {sha256(cell.source.encode('utf-8', 'surrogatepass')).hexdigest()[:8]}>"
