"""Once per pass: in Run All, a generated cell that its magic has just run does not run again.

Run All sends every cell's request at once. The magic runs its cells; then their own requests
arrive, sent before the magic finished. Such a cell shows the outputs of that run once more. Run
by hand later, it runs. A program that says nothing of its cells runs each once, from the first to the last.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from creator_magic.cells.generated import source_sha
from creator_magic.cells.request import current_request

if TYPE_CHECKING:
    from collections.abc import Sequence

    from IPython.core.interactiveshell import InteractiveShell

    from creator_magic.cells.request import Request
    from creator_magic.ports import CellRun, Output


@dataclass(frozen=True, slots=True)
class _Shown:
    source: str | None
    outputs: tuple[Output, ...]
    count: int | None
    finished: datetime
    sync: int | None

    def was_sent_before(self, request: Request) -> bool:
        """Whether the page sent `request` before it knew of this run."""
        if self.sync is not None and request.heard is not None:
            return request.heard < self.sync
        return request.sent is not None and request.sent < self.finished


class OncePerPass:
    """Remembers what each magic cell ran last.

    Parameters
    ----------
    shell : InteractiveShell or None
        The shell whose cells are watched, through an input transformation; None outside IPython.
    """

    def __init__(self, shell: InteractiveShell | None) -> None:
        self._shell = shell
        self._last: dict[str, dict[str, _Shown]] = {}
        self._left: list[tuple[str, str]] = []
        self._behind: timedelta | None = None

    def install(self) -> None:
        """Begin to watch."""
        if self._shell is not None:
            # First of all, so that it sees what the cell holds and not what IPython makes of it.
            self._shell.input_transformers_cleanup.insert(0, self._transform)

    def uninstall(self) -> None:
        """Stop watching."""
        if self._shell is not None and self._transform in self._shell.input_transformers_cleanup:
            self._shell.input_transformers_cleanup.remove(self._transform)

    @property
    def behind(self) -> timedelta:
        """By how much the sender's clock is behind the kernel's, as far as it is known."""
        return self._behind or timedelta()

    def remember(
        self,
        parent: str,
        runs: Sequence[CellRun],
        retired: Sequence[str] = (),
        sync: int | None = None,
        count: int | None = None,
        *,
        bare: bool = False,
    ) -> None:
        """Record what the magic cell `parent` has just run.

        Parameters
        ----------
        parent : str
            The id of the magic cell.
        runs : sequence of CellRun
            Its cells.
        retired : sequence of str
            Slots that are no more; their cells may be queued, and must not run.
        sync : int or None
            The number of the sync that told the page, if one did.
        count : int or None
            The prompt number of the magic cell.
        bare : bool
            Whether a bare program runs it, which will come to its cells without saying so.
        """
        self.forget(parent)
        # By the clock of whoever sends requests, as far as it is known.
        now = datetime.now(UTC) - self.behind
        last = self._last[parent] = {}
        for run in runs:
            last[run.cell.key] = _Shown(run.cell.source, run.outputs, count, now, sync)
            if bare:
                self._left.append((parent, run.cell.key))
        for key in retired:
            last[key] = _Shown(None, (), count, now, sync)

    def forget(self, parent: str) -> None:
        """Let what the magic cell `parent` ran be an ordinary matter of the past."""
        self._last.pop(parent, None)
        self._left = [slot for slot in self._left if slot[0] != parent]

    def outputs_of(self, parent: str, key: str, source: str) -> tuple[tuple[Output, ...], int | None] | None:
        """Return what a slot showed, with its prompt number, if it is `source` that ran last."""
        shown = self._last.get(parent, {}).get(key)
        return (shown.outputs, shown.count) if shown is not None and shown.source == source else None

    def _transform(self, lines: list[str]) -> list[str]:
        request = current_request(self._shell)
        if request.sent is not None:
            # A browser's clock may differ from the kernel's. The shortest time that a request seems
            # to have taken, one that did not wait in the queue, tells by how much.
            taken = datetime.now(UTC) - request.sent
            self._behind = taken if self._behind is None else min(self._behind, taken)
        if request.bare:
            slot = self._left_by_bare("".join(lines))
            return lines if slot is None else [_call(*slot)]
        mark = request.mark
        if mark is None or mark.parent is None:
            return lines
        shown = self._last.get(mark.parent, {}).get(mark.key)
        if shown is None or not shown.was_sent_before(request):
            return lines
        source = "".join(lines)
        # An old version that was queued before the magic rewrote the cell is stale; text that the
        # person edited or locked is theirs and runs as they left it.
        theirs = request.fixed or source_sha(source.rstrip("\n")) != mark.sha
        if source.strip() != (shown.source or "").strip() and theirs:
            return lines
        return [_call(mark.parent, mark.key)]

    def _left_by_bare(self, source: str) -> tuple[str, str] | None:
        """Return the slot whose code is what a bare program now comes to, after the magic has run it."""
        left = ((parent, key, self._last[parent][key].source or "") for parent, key in self._left)
        return next(((parent, key) for parent, key, ran in left if ran.strip() == source.strip()), None)

    def show_again(self, parent: str, key: str) -> int | None:
        """Show the outputs of the magic's run under the cell that is being executed.

        Returns
        -------
        int or None
            The prompt number that they have.
        """
        shown = self._last[parent][key]
        self._left = [slot for slot in self._left if slot != (parent, key)]
        if self._shell is not None:
            for output in shown.outputs:
                show(self._shell, output)
        return shown.count


def _call(parent: str, key: str) -> str:
    return f"__import__('creator_magic').cells.once_per_pass.show_again({parent!r}, {key!r})\n"


def show(shell: InteractiveShell, output: Output) -> None:
    """Send one nbformat output to the front end, as if it had just been made."""
    import sys

    from ipykernel.displayhook import ZMQShellDisplayHook

    match output["output_type"]:
        case "stream":
            (sys.stdout if output["name"] == "stdout" else sys.stderr).write(output["text"])
        case "display_data":
            shell.display_pub.publish(output["data"], output["metadata"])
        case "execute_result":
            hook = shell.displayhook
            hook.start_displayhook()
            hook.write_output_prompt()
            hook.write_format_data(output["data"], output["metadata"])
            if isinstance(hook, ZMQShellDisplayHook) and hook.msg is not None:
                hook.msg["content"]["execution_count"] = output["execution_count"]
            hook.finish_displayhook()
        case "error":
            sys.stderr.write("\n".join(output["traceback"]) + "\n")


def show_again(parent: str, key: str) -> None:
    """Show a generated cell's outputs again; the watched cells are replaced by this call."""
    from IPython.core.getipython import get_ipython

    from creator_magic.session import session_of

    shell = get_ipython()
    if shell is not None:
        session = session_of(shell)
        session.front_end.tell_shown(session.once_per_pass.show_again(parent, key))
