"""One attempt in process: the real kernel side on a real shell, its namespace filled by a test."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from IPython.core.interactiveshell import InteractiveShell

from creator_magic.kernel.live import LiveKernel
from creator_magic.ports import CodeCell

if TYPE_CHECKING:
    from collections.abc import Callable

    from creator_magic.kernel.snapshot import Limits
    from creator_magic.ports import Execution

_shells: list[InteractiveShell] = []


class Notebook:
    """A shell with nothing of the user's in it, and a `LiveKernel` on it.

    Parameters
    ----------
    limits : callable or None
        As for `LiveKernel`.
    """

    def __init__(self, limits: Callable[[], Limits] | None = None) -> None:
        if not _shells:
            _shells.append(InteractiveShell(warn_venv=False))
        shell = _shells[0]
        shell.user_ns.clear()
        shell.init_user_ns()
        shell.user_ns["__name__"] = "__main__"
        self.kernel = LiveKernel(shell) if limits is None else LiveKernel(shell, limits)
        self.names: dict[str, Any] = shell.user_ns
        self.notices: list[str] = []
        self._shells_own = set(self.names)

    @property
    def own(self) -> dict[str, Any]:
        """The user's names."""
        return {name: value for name, value in self.names.items() if name not in self._shells_own}

    def run(self, code: str) -> None:
        """Run a cell of the user's."""
        exec(code, self.names)  # noqa: S102 - what a test's user wrote

    def attempt(self, decision: str, tool: str = "", timeout: float | None = None) -> Execution:
        """Run generated code."""
        cells = [CodeCell("tool", "tool", tool)] if tool else []
        cells.append(CodeCell("decision", "decision", decision))
        return self.kernel.execute(cells, "a solve", timeout, lambda *_: None, self.notices.extend)
