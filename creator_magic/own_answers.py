"""The person's own answer: what the last cell of theirs that answers anything came to.

A cell answers by its last expression, or by a variable called `answer`, which goes first where it assigns
one. A generated cell answers nothing here. No value is kept: what a person deletes is free, as without us.
"""

from __future__ import annotations

import ast
import re
import reprlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from creator_magic.errors import InputError
from creator_magic.inert import inert
from creator_magic.kernel.shell_names import ANSWER
from creator_magic.python_source import parsed

if TYPE_CHECKING:
    from IPython.core.interactiveshell import ExecutionResult, InteractiveShell

_SHOWN = 120
_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")
_NO_WORK = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


class _Short(reprlib.Repr):
    """Shows short what an answer is, and of what Python shows by its address the type."""

    def repr_instance(self, x: Any, level: int) -> str:
        try:
            by_address = _ADDRESS.search(repr(x)) is not None
        except Exception:  # noqa: BLE001 - an object of the person's may refuse to be shown
            by_address = False
        if not by_address:
            return super().repr_instance(x, level)
        from creator_magic.kernel.variables import type_name

        return f"a value of type {type_name(x)}"


@dataclass(frozen=True, slots=True)
class OwnAnswer:
    """An answer of the person's.

    Parameters
    ----------
    value : object
        The answer.
    source : str
        The cell that gave it.
    count : int or None
        The cell's prompt number; None while it is still running.
    named : bool
        Whether it is the variable `answer`, and not the cell's last expression.
    """

    value: Any
    source: str
    count: int | None
    named: bool

    @property
    def shown(self) -> str:
        """The answer itself, short; its form where it cannot be shown."""
        try:
            text = _ADDRESS.sub("", inert(_Short().repr(self.value)))
        except Exception:  # noqa: BLE001 - an object of the person's may refuse to be shown
            from creator_magic.kernel.answer_checks import form_of

            text = form_of(self.value)
        return text if len(text) <= _SHOWN else f"{text[:_SHOWN]} …"

    @property
    def origin(self) -> str:
        """Where it was taken from, in words."""
        cell = "this cell" if self.count is None else f"cell [{self.count}]"
        return f"the variable `{ANSWER}`, as {cell} set it" if self.named else f"the value of {cell}"


@dataclass(frozen=True, slots=True)
class _Ended:
    """A cell of the person's that has ended.

    Parameters
    ----------
    source : str
        The cell.
    count : int or None
        Its prompt number.
    ran : bool
        Whether it ran to its end.
    named : bool
        Whether its answer is the variable `answer`, and not its last expression.
    identity : int or None
        The `id` of its answer; None if it has none.
    """

    source: str
    count: int | None
    ran: bool
    named: bool = False
    identity: int | None = None


class OwnAnswers:
    """Watches the cells of a shell for the last answer.

    Parameters
    ----------
    shell : InteractiveShell or None
        The shell; None outside IPython.
    """

    def __init__(self, shell: InteractiveShell | None) -> None:
        self._shell = shell
        self._last: _Ended | None = None
        self._since: list[_Ended] = []
        self._running = ""

    def begin(self, source: str) -> None:
        """Take note that a cell begins."""
        self._running = source

    def note(self, result: ExecutionResult) -> None:
        """Take note of a cell of the person's that has ended."""
        if self._shell is None or result.info is None:
            return
        source = result.info.raw_cell or ""
        count, ran, names = result.execution_count, result.success, self._shell.user_ns
        if ran and ANSWER in self._assigned(source) and ANSWER in names:
            self._last = _Ended(source, count, ran, named=True, identity=id(names[ANSWER]))
            self._since = []
        elif ran and result.result is not None:
            self._last = _Ended(source, count, ran, identity=id(result.result))
            self._since = []
        elif result.info.store_history:  # else another cell ran it, such as `%%capture`
            self._since.append(_Ended(source, count, ran))

    def last(self) -> OwnAnswer:
        """Return the last answer, that of the cell that is running if it has one by now.

        Raises
        ------
        InputError
            If there is none, if a later cell has none, or if nobody can get at it.
        """
        if self._shell is not None and ANSWER in self._assigned(self._running):
            return OwnAnswer(self._shell.user_ns.get(ANSWER), self._running, None, named=True)
        if self._computes(self._running):
            raise InputError(
                f"This cell does more than check, and does not say what its answer is. Call it {ANSWER}, as "
                f"in {ANSWER} = …, or put %creator check into a cell of its own, below."
            )
        if self._shell is None or self._last is None:
            raise InputError(
                f"There is no answer of yours to check yet. Run a cell whose last line is your answer, or "
                f"that sets {ANSWER} = …; then check it."
            )
        later = next((cell for cell in reversed(self._since) if self._computes(cell.source)), None)
        if later is not None and later.ran:
            raise InputError(
                f"Your last cell, [{later.count}], has no answer: end it with the value itself, or write "
                f"{ANSWER} = …; then check it."
            )
        if later is not None:
            raise InputError(
                f"Your last cell, [{later.count}], did not run to its end. Mend it and run it; then check it."
            )
        return self._answer_of(self._last, self._shell)

    def _answer_of(self, cell: _Ended, shell: InteractiveShell) -> OwnAnswer:
        held = [shell.user_ns.get(ANSWER)] if cell.named else shell.user_ns.get("_oh", {}).values()
        for value in held:
            if id(value) == cell.identity:
                return OwnAnswer(value, cell.source, cell.count, named=cell.named)
        raise InputError(
            f"What your cell [{cell.count}] came to is not there any more. Write {ANSWER} = … in it and run "
            "it once more; then check it."
        )

    def _assigned(self, source: str) -> frozenset[str]:
        if self._shell is None or ANSWER not in source:
            return frozenset()
        from creator_magic.kernel.ownership import assigned_names

        return assigned_names(self._shell.transform_cell(source))

    def _computes(self, source: str) -> bool:
        """Tell whether a cell holds more than imports, definitions, magics and comments."""
        tree = parsed(self._shell.transform_cell(source) if self._shell is not None else source)
        return tree is None or not all(isinstance(n, _NO_WORK) or _is_magic(n) for n in tree.body)


def _is_magic(node: ast.stmt) -> bool:
    match node:
        case ast.Expr(value=ast.Call(func=ast.Attribute(attr=called))):
            return called in ("run_line_magic", "run_cell_magic", "system")
    return False
