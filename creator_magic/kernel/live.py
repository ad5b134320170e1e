"""The live shell as the place where generated code runs, each attempt a transaction.

Generated code runs in the person's own namespace, in the kernel's main thread. If a cell fails,
is interrupted, runs out of time or tries to end the kernel, every name is bound as before.
"""

from __future__ import annotations

import builtins
import time
from contextlib import contextmanager
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from creator_magic.kernel.bindings import Bindings
from creator_magic.kernel.cell_execution import run_cell
from creator_magic.kernel.hygiene import keep_apart
from creator_magic.kernel.interruption import Interruption
from creator_magic.kernel.outputs import Outputs, gathered
from creator_magic.kernel.ownership import Ownership, assigned_names, changed_names
from creator_magic.kernel.traceback import failure_of, forget_source, remember_source
from creator_magic.ports import CellRun, CodeCell, Execution, Failure, Hygiene

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from IPython.core.interactiveshell import InteractiveShell

    from creator_magic.ports import FailureKind, Output


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

    def keep_apart(
        self, cells: Sequence[CodeCell], owner: str, keep: frozenset[str] = frozenset()
    ) -> Hygiene:
        """Rename what would overwrite a name of the person's, of another solve, or a builtin."""
        source = {cell.role: cell.source for cell in cells}
        apart = keep_apart(
            source.get("tool"), source.get("decision"), self.ownership.surroundings(owner, keep)
        )
        clean = {"tool": apart.tool, "decision": apart.decision}
        return Hygiene(
            tuple(CodeCell(cell.role, cell.key, clean[cell.role] or cell.source) for cell in cells),
            tuple(dict.fromkeys([*apart.renamed_in_tool.items(), *apart.renamed_in_decision.items()])),
            apart.refused,
        )

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
        files = {_filename(cell): cell.key for cell in cells}
        runs: list[CellRun] = []
        answer: Any = None
        failure: Failure | None = None
        bound: list[tuple[CodeCell, frozenset[str]]] = []
        with Interruption(timeout) as interruption:
            done = False
            try:
                for cell in cells:
                    start = dict(self.namespace)
                    outputs = Outputs(lambda now, key=cell.key: on_output(key, now))  # type: ignore[misc]
                    answer, failure = self._run(cell, outputs, files, interruption, timeout)
                    runs.append(CellRun(cell, outputs.now()))
                    if failure is not None:
                        break
                    bound.append((cell, changed_names(start, self.namespace)))
                interruption.hold()
                done = failure is None and not interruption.interrupted
            finally:
                interruption.hold()
                if not done:
                    before.restore()
                    for filename in files:
                        forget_source(filename)
        if interruption.interrupted:
            raise KeyboardInterrupt
        if done:
            self._settle(before, users, bound, owner)
        return Execution(tuple(runs), failure, answer if done else None, time.monotonic() - began)

    def bind(self, name: str, value: Any) -> None:
        """Bind `name` for the person, who asked for it."""
        self.namespace[name] = value

    def _run(
        self,
        cell: CodeCell,
        outputs: Outputs,
        files: dict[str, str],
        interruption: Interruption,
        timeout: float | None,
    ) -> tuple[Any, Failure | None]:
        filename = _filename(cell)
        remember_source(filename, cell.source)
        count = prompt_number(self._shell)
        try:
            with gathered(outputs, self._shell), _no_exit_no_input(self.namespace):
                return run_cell(cell.source, filename, self.namespace, outputs, self._shell, count), None
        except BaseException as error:  # whatever generated code raises is its failure, not ours
            if interruption.interrupted:
                raise
            kind: FailureKind = "exit" if isinstance(error, SystemExit) else "error"
            if interruption.timed_out:
                failure = failure_of(error, "timeout", cell, files, f"stopped after {timeout:g} s")
            else:
                failure = failure_of(error, kind, cell, files)
            outputs.add(error_output(failure))
            return None, failure

    def _settle(
        self,
        before: Bindings,
        users: frozenset[str],
        bound: list[tuple[CodeCell, frozenset[str]]],
        owner: str,
    ) -> None:
        """After success: claim what the cells bound, and give back what they bound behind the text's back."""
        stated = frozenset[str]().union(*(assigned_names(cell.source) for cell, _ in bound))
        for cell, names in bound:
            unstated = names - stated
            before.restore_names(unstated & users)
            for name in unstated - before.saved.keys():
                if name.startswith("__"):
                    self.namespace.pop(name, None)
            self.ownership.claim(names - (unstated & users), owner, cell.role)


def error_output(failure: Failure) -> Output:
    """Return the output of a cell that failed, in nbformat's form."""
    name = "TimeLimit" if failure.kind == "timeout" else failure.name
    return {
        "output_type": "error",
        "ename": name,
        "evalue": failure.message,
        "traceback": list(failure.traceback) or [f"{name}: {failure.message}"],
    }


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


@contextmanager
def _no_exit_no_input(namespace: dict[str, Any]) -> Iterator[None]:
    """Take `exit`, `quit` and `input` from the code: one would end the kernel, the other wait for ever."""

    def leave(code: object = None) -> None:
        raise SystemExit(code)

    def no_input(prompt: object = "") -> str:  # noqa: ARG001 - the built-in's signature
        message = "generated code may not ask for input; give the value in the problem"
        raise RuntimeError(message)

    stand_ins = {"exit": leave, "quit": leave}
    taken = {name: namespace[name] for name in stand_ins if name in namespace}
    real_input = builtins.input
    builtins.input = no_input
    namespace.update({name: stand_ins[name] for name in taken})
    try:
        yield
    finally:
        builtins.input = real_input
        for name, value in taken.items():
            if namespace.get(name) is stand_ins[name]:
                namespace[name] = value
