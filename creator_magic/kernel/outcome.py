"""What running one generated cell comes to: its answer, or why it failed."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any

from creator_magic.feedback import error_output
from creator_magic.kernel.cell_execution import run_cell
from creator_magic.kernel.kept_alive import kept_alive
from creator_magic.kernel.missing_imports import as_missing
from creator_magic.kernel.outputs import gathered
from creator_magic.kernel.traceback import failure_of, forget_frames, remember_source
from creator_magic.ports import Failure

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from IPython.core.interactiveshell import InteractiveShell

    from creator_magic.kernel.interruption import Interruption
    from creator_magic.kernel.outputs import Outputs
    from creator_magic.ports import CodeCell, FailureKind


def outcome(
    cell: CodeCell,
    outputs: Outputs,
    files: Mapping[str, str],
    interruption: Interruption,
    *,
    namespace: dict[str, Any],
    shell: InteractiveShell | None,
    count: int | None,
    on_error: Callable[[BaseException], None] | None = None,
) -> tuple[Any, Failure | None]:
    """Run `cell`; return its answer, and why it failed or None.

    Parameters
    ----------
    cell : CodeCell
        What runs.
    outputs : Outputs
        Where its outputs go, the error of a failure included.
    files : mapping of str to str
        The names under which the attempt's cells are compiled, to the keys of the cells.
    interruption : Interruption
        Entered by the caller.
    namespace : dict
        Where it runs.
    shell : InteractiveShell or None
        The shell whose namespace that is.
    count : int or None
        The prompt number that its result carries.
    on_error : callable or None
        Called with what was raised, before anything is done about it.

    Raises
    ------
    KeyboardInterrupt
        If the person interrupted.
    """
    filename = filename_of(cell)
    remember_source(filename, cell.source)
    try:
        with gathered(outputs, shell), kept_alive(namespace):
            answer = run_cell(
                cell.source, filename, namespace, outputs, shell, count, interruption=interruption
            )
    except BaseException as error:  # whatever generated code raises is its failure, not ours
        if on_error is not None:
            on_error(error)
        if interruption.interrupted:
            forget_frames(error, files)
            raise
        kind: FailureKind = "exit" if isinstance(error, SystemExit) else "error"
        told = None
        if interruption.timed_out:
            kind, told = "timeout", interruption.told()
        failure = as_missing(error, _failure(error, kind, cell, files, told, interruption), cell, namespace)
        forget_frames(error, files)
        outputs.add(error_output(failure))
        return None, failure
    return answer, None


def _failure(
    error: BaseException,
    kind: FailureKind,
    cell: CodeCell,
    files: Mapping[str, str],
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


def filename_of(cell: CodeCell) -> str:
    """Return the name under which `cell` is compiled.

    It is named by its content: a cell that runs again unchanged replaces its own lines.
    """
    return f"<creator {cell.role} {sha256(cell.source.encode('utf-8', 'surrogatepass')).hexdigest()[:8]}>"
