"""The live shell as the place where generated code runs, each attempt a transaction.

Generated code runs in the person's own namespace, in the kernel's main thread. If a cell fails,
is interrupted, runs out of time or tries to end the kernel, every name is bound as before, what the
names reach is as before, in place, and what the code changed in the process is changed back.
"""

from __future__ import annotations

import re
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from creator_magic.kernel.hygiene import keep_apart
from creator_magic.kernel.interruption import Interruption, TimeUp, uninterrupted
from creator_magic.kernel.missing_imports import done_without, refused_for_imports
from creator_magic.kernel.name_meanings import name_meanings
from creator_magic.kernel.odd_answers import odd_answer
from creator_magic.kernel.outcome import outcome
from creator_magic.kernel.outputs import Outputs, gathered
from creator_magic.kernel.ownership import Ownership, assigned_names, changed_names, unclaimed
from creator_magic.kernel.shell_names import ANSWER
from creator_magic.kernel.snapshot import Limits
from creator_magic.kernel.solved_names import SolvedNames
from creator_magic.kernel.transaction import Transaction
from creator_magic.ports import CellRun, Checked, CodeCell, Execution, FailedCheck, Hygiene

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from IPython.core.interactiveshell import InteractiveShell

    from creator_magic.kernel.bindings import Bindings
    from creator_magic.kernel.names_where import NamesWhere
    from creator_magic.kernel.snapshot import Snapshot
    from creator_magic.kernel.solved_names import Undone
    from creator_magic.ports import Failure, Output


def _unheard(notices: tuple[str, ...]) -> None:
    """Tell nobody."""


_SHELLS_OWN = frozenset({"_", "__", "___"})
_WORD = re.compile(r"[A-Za-z_]\w*")
_BETWEEN_TOOLS = "\n# creator-magic: the next tool cell\n"
"""Stands between tools while their names are kept apart as one; names are changed, comments never."""


class LiveKernel:
    """The `Kernel` of a notebook: its shell's namespace.

    Parameters
    ----------
    shell : InteractiveShell or None
        The shell whose namespace is used; None for a namespace of its own, outside IPython.
    limits : callable
        Returns how much may be saved before an attempt.

    Attributes
    ----------
    snapshot : Snapshot or None
        After code that worked: what it changed in place, until other code runs. Its `undo` puts
        that back.
    lost : tuple of str
        What could not be put back the last time, each as "`name` is a generator".
    """

    def __init__(self, shell: InteractiveShell | None = None, limits: Callable[[], Limits] = Limits) -> None:
        self._shell = shell
        self._limits = limits
        self._told: set[str] = set()
        self.snapshot: Snapshot | None = None
        self.lost: tuple[str, ...] = ()
        self._changed: tuple[str, tuple[str, ...]] = ("", ())
        self.namespace: dict[str, Any] = {"__name__": "__main__"} if shell is None else shell.user_ns
        self.ownership = Ownership(self.namespace)
        self._names = SolvedNames(self.namespace, self.ownership)
        self._undo: Callable[[], None] | None = None

    def keep_apart(
        self, cells: Sequence[CodeCell], owner: str, keep: frozenset[str] = frozenset()
    ) -> Hygiene:
        """Rename what would overwrite a name of the person's, of another solve, or a builtin."""
        tools = [cell.source for cell in cells if cell.role == "tool"]
        decisions = [cell.source for cell in cells if cell.role == "decision"]
        if len(decisions) > 1:
            # As a person may have arranged it: what they bind is still given back.
            return Hygiene(tuple(cells))
        apart = keep_apart(
            _BETWEEN_TOOLS.join(tools) if tools else None,
            decisions[0] if decisions else None,
            self.ownership.surroundings(owner, keep),
        )
        clean = {
            "tool": iter(apart.tool.split(_BETWEEN_TOOLS) if apart.tool else tools),
            "decision": iter([apart.decision or ""]),
        }
        return Hygiene(
            tuple(replace(cell, source=next(clean[cell.role]) or cell.source) for cell in cells),
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
        on_notice: Callable[[tuple[str, ...]], None] = _unheard,
    ) -> Execution:
        """Run `cells` as one transaction: if one fails, names, what they reach, and process are as before."""
        began = time.monotonic()
        self._end_snapshot()
        refused = refused_for_imports(cells, self.namespace)
        if refused is not None:
            return refused
        claims = self.ownership.claims()
        transaction = Transaction(self.namespace, cells, self._limits())
        users = unclaimed(transaction.bindings.saved, claims)
        self.snapshot, self._changed = transaction.snapshot, (owner, ())
        runs: list[CellRun] = []
        answer: Any = None
        failure: Failure | None = None
        bound: list[tuple[CodeCell, frozenset[str]]] = []

        def undo() -> None:
            transaction.restore()
            self.lost, self.snapshot = transaction.lost, None
            self.ownership.restore(claims)
            self._names.forget_noted()

        with Interruption(timeout) as interruption, transaction:
            done = False
            try:
                on_notice((*done_without(cells), *self._not_told_yet(transaction.snapshot)))
                for cell in cells:
                    start = dict(self.namespace)
                    outputs = Outputs(lambda now, key=cell.key: on_output(key, now))  # type: ignore[misc]
                    answer, failure = self._run(cell, outputs, transaction.files, interruption)
                    runs.append(CellRun(cell, outputs.now()))
                    if failure is not None:
                        break
                    bound.append((cell, changed_names(start, self.namespace)))
                done = failure is None and not interruption.interrupted
                if done:
                    self._settle(transaction.bindings, users, bound, owner)
                    changed = tuple(name for name in transaction.snapshot.changed() if name in users)
                    self._changed, self._undo = (owner, changed), undo
            finally:
                if not done or interruption.interrupted:
                    undo()
                    self._changed, self._undo = (owner, ()), None
        if interruption.interrupted:
            raise KeyboardInterrupt
        if failure is not None:
            failure = replace(failure, lost=transaction.lost)
        return Execution(
            tuple(runs),
            failure,
            answer if done else None,
            time.monotonic() - began,
            notices=tuple(filter(None, [odd_answer(answer)])) if done else (),
            left=transaction.left,
            changed=self._changed[1],
        )

    def check(self, checks: Sequence[str], answer: object, owner: str, timeout: float | None) -> Checked:
        """Say whether an answer passes the person's checks."""
        from creator_magic.kernel.answer_checks import form_of, run_checks

        tools = self.ownership.tools_of(owner)
        with Interruption(timeout) as interruption:
            try:
                interruption.armed = True
                return run_checks(checks, answer, self.namespace, tools)
            except TimeUp:
                return Checked(0, (FailedCheck(checks[-1], interruption.told()),), form_of(answer))
            finally:
                interruption.armed = False

    def check_apart(
        self, checks: Sequence[str], answer: object, timeout: float | None
    ) -> tuple[Checked, ...]:
        """Say of each check by itself whether an answer passes it.

        Checks call the person's own functions: whatever they change is as before afterwards, and what they
        print is not shown. What is built into Python is Python's own, whatever the notebook calls so.

        Parameters
        ----------
        checks : sequence of str
            As for `creator_magic.kernel.answer_checks.run_checks`.
        answer : object
            The answer.
        timeout : float or None
            Time limit of all of them, in seconds.

        Raises
        ------
        KeyboardInterrupt
            If the person interrupted; everything is as before.
        """
        bound = {ANSWER: self.namespace[ANSWER]} if ANSWER in self.namespace else {}
        # What no name reaches is not saved.
        self.namespace[ANSWER] = answer
        try:
            transaction = Transaction(
                self.namespace, [CodeCell("decision", "check", "\n".join(checks))], self._limits()
            )
            with Interruption(timeout) as interruption, transaction:
                try:
                    with gathered(Outputs(lambda _: None), self._shell):
                        checked = [self._checked(check, answer, interruption) for check in checks]
                finally:
                    transaction.restore()
        finally:
            self.namespace.pop(ANSWER, None)
            self.namespace.update(bound)
        if interruption.interrupted:
            raise KeyboardInterrupt
        return tuple(checked)

    def _checked(self, check: str, answer: object, interruption: Interruption) -> Checked:
        from creator_magic.kernel.answer_checks import built_in, form_of, run_checks

        failed = FailedCheck(check, interruption.told(), "TimeUp")
        if interruption.stopped:
            return Checked(0, (failed,), form_of(answer))
        try:
            interruption.armed = True
            return run_checks([check], answer, {**self.namespace, **built_in(check)}, ())
        except (TimeUp, SystemExit):
            return Checked(0, (failed,), form_of(answer))
        finally:
            interruption.armed = False

    def take_back(self) -> None:
        """Undo an execution that ended well, if the solve it belongs to was interrupted after it."""
        undo, self._undo = self._undo, None
        if undo is not None:
            undo()

    def keep(self) -> None:
        """Let what was bound stand; from now on `undo` takes it back.

        Of what was inside objects, only what was changed in place is kept, until other code runs.
        """
        if self._undo is not None and self.snapshot is not None:
            self.snapshot.settle()
        self._undo = None
        self._names.keep()

    def begin(self, owner: str) -> None:
        """Let `undo` of `owner` lead back to this moment."""
        self._names.begin(owner)

    def undo(self, owner: str) -> Undone:
        """Take back what the last solve of `owner` bound, unless it was bound anew since.

        What it changed in place is put back too, as long as no other generated code has run.

        Parameters
        ----------
        owner : str
            The solve.

        Returns
        -------
        Undone
            What is as before, and what was left as it is.
        """
        undone = self._names.undo(owner)
        changed_by, changed = self._changed
        if changed_by != owner or self.snapshot is None:
            return undone
        with uninterrupted():
            left = self.snapshot.undo()
        self.snapshot = None
        return replace(
            undone,
            put_back=tuple(name for name in changed if name not in left),
            not_put_back=tuple(name for name in changed if name in left),
        )

    def _not_told_yet(self, snapshot: Snapshot) -> tuple[str, ...]:
        new = [each for each in dict.fromkeys(snapshot.beyond()) if each not in self._told]
        self._told.update(new)
        return tuple(f"{each}: what the code changes there cannot be undone." for each in new)

    def _end_snapshot(self) -> None:
        if self.snapshot is not None:
            self.snapshot.close()
        self.lost, self._undo, self.snapshot = (), None, None

    def bind(self, name: str, value: Any, owner: str) -> None:
        """Bind `name` for the person, who asked `owner` for it."""
        self._names.note(owner, [name], self.namespace)
        self.namespace[name] = value

    def release_assigned(self, source: str) -> None:
        """Give back to the person whatever a cell of theirs assigns."""
        # Most cells say no name that a solve bound: what those assign is not worth a parse. Names beyond
        # ASCII may be spelt in several ways.
        said = _WORD.findall(source)
        if source.isascii() and not any(map(self.ownership.claim_of, said)) and not self._names.knows(said):
            return
        names = assigned_names(source)
        self.ownership.release(names)
        self._names.release(names)

    def _run(
        self, cell: CodeCell, outputs: Outputs, files: dict[str, str], interruption: Interruption
    ) -> tuple[Any, Failure | None]:
        count = prompt_number(self._shell)
        return outcome(
            cell, outputs, files, interruption, namespace=self.namespace, shell=self._shell, count=count
        )

    def _settle(
        self,
        before: Bindings,
        users: NamesWhere,
        bound: list[tuple[CodeCell, frozenset[str]]],
        owner: str,
    ) -> None:
        """After success: claim what the cells bound, and give back what is not theirs to bind."""
        before.restore_names(before.deleted() & users)
        for cell, names in bound:
            # What hygiene could not see, or leaves alone because it is the shell's.
            others = (name for name in names - _SHELLS_OWN if name not in users)
            own = frozenset(name for name in others if not name.startswith("__"))
            before.restore_names(names - own)
            for name in names - own - before.saved.keys():
                self.namespace.pop(name, None)
            self._names.note(owner, own, before.saved)
            self.ownership.claim(own, owner, cell.role, cell.source)


def prompt_number(shell: InteractiveShell | None) -> int | None:
    """Return the prompt number of the cell that is being executed; None outside IPython.

    Generated cells carry the number of the magic cell that ran them.
    """
    if shell is None or shell.history_manager is None:
        return None
    # Not `execution_count`: newer IPython counts it up before a cell runs, older after.
    return len(shell.history_manager.input_hist_parsed) - 1
