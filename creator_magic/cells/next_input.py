"""The next input: a new cell with the generated code, where a front end places no generated cells.

JupyterLab reads only the first payload of an execution, so tool and decision share one cell. No
metadata can travel with it: its first line says what it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from IPython.core.interactiveshell import InteractiveShell

    from creator_magic.ports import CellRun


def offer_next_input(shell: InteractiveShell, runs: Sequence[CellRun], solve_id: str) -> None:
    """Offer the code of `runs` as the text of one new cell (or of a terminal's next prompt)."""
    parts = (f"# creator: {run.cell.key} · {solve_id}\n{run.cell.source}" for run in runs)
    shell.set_next_input("\n\n".join(parts), replace=False)
