"""The person's own answer: what the last cell of theirs that answers anything came to.

A cell answers by its last expression, or by a variable called `answer`, which goes first where it assigns
one. A generated cell answers nothing here.
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
            text = _ADDRESS.sub("", inert(reprlib.repr(self.value)))
        except Exception:  # noqa: BLE001 - an object of the person's may refuse to be shown
            from creator_magic.kernel.answer_checks import form_of

            text = form_of(self.value)
        return text if len(text) <= _SHOWN else f"{text[:_SHOWN]} …"

    @property
    def origin(self) -> str:
        """Where it was taken from, in words."""
        cell = "this cell" if self.count is None else f"cell [{self.count}]"
        return f"the variable `{ANSWER}`, as {cell} set it" if self.named else f"the value of {cell}"


class OwnAnswers:
    """Watches the cells of a shell for the last answer.

    Parameters
    ----------
    shell : InteractiveShell or None
        The shell; None outside IPython.
    """

    def __init__(self, shell: InteractiveShell | None) -> None:
        self._shell = shell
        self._last: OwnAnswer | None = None
        self._running = ""

    def begin(self, source: str) -> None:
        """Take note that a cell begins."""
        self._running = source

    def note(self, result: ExecutionResult) -> None:
        """Take note of a cell of the person's that has ended."""
        source = (result.info.raw_cell or "") if result.info else ""
        if self._shell is None or not result.success:
            return
        count = result.execution_count
        if ANSWER in self._assigned(source) and ANSWER in self._shell.user_ns:
            self._last = OwnAnswer(self._shell.user_ns[ANSWER], source, count, named=True)
        elif result.result is not None:
            self._last = OwnAnswer(result.result, source, count, named=False)

    def last(self) -> OwnAnswer:
        """Return the last answer, that of the cell that is running if it has one by now.

        Raises
        ------
        InputError
            If there is none, or the running cell computes something that nobody can get at.
        """
        if self._shell is not None and ANSWER in self._assigned(self._running):
            return OwnAnswer(self._shell.user_ns.get(ANSWER), self._running, None, named=True)
        if self._computes(self._running):
            raise InputError(
                f"This cell does more than check, and does not say what its answer is. Call it {ANSWER}, as "
                f"in {ANSWER} = …, or put %creator check into a cell of its own, below."
            )
        if self._last is None:
            raise InputError(
                f"There is no answer of yours to check yet. Run a cell whose last line is your answer, or "
                f"that sets {ANSWER} = …; then check it."
            )
        return self._last

    def _assigned(self, source: str) -> frozenset[str]:
        if self._shell is None or ANSWER not in source:
            return frozenset()
        from creator_magic.kernel.ownership import assigned_names

        return assigned_names(self._shell.transform_cell(source))

    def _computes(self, source: str) -> bool:
        tree = parsed(self._shell.transform_cell(source)) if self._shell is not None else None
        harmless = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef)
        return tree is not None and not all(isinstance(n, harmless) or _is_magic(n) for n in tree.body)


def _is_magic(node: ast.stmt) -> bool:
    match node:
        case ast.Expr(value=ast.Call(func=ast.Attribute(attr="run_line_magic" | "run_cell_magic"))):
            return True
    return False
