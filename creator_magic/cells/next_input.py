"""The next input: a new cell with the generated code, where a front end places no generated cells.

JupyterLab reads only the first payload of an execution, so tool and decision share one cell. No
metadata can travel with it: its first line says what it is.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from IPython.core.interactiveshell import InteractiveShell

    from creator_magic.ports import CellRun, Role

_HEAD = re.compile(r"^# creator: (tool|decision)\S* · ([0-9a-f]{8})$", re.MULTILINE)


def offer_next_input(shell: InteractiveShell, runs: Sequence[CellRun], solve_id: str) -> None:
    """Offer the code of `runs` as the text of one new cell (or of a terminal's next prompt)."""
    parts = (f"# creator: {run.cell.key} · {solve_id}\n{run.cell.source}" for run in runs)
    shell.set_next_input("\n\n".join(parts), replace=False)


def offered_parts(source: str) -> list[tuple[Role, str, str]]:
    """Read a cell that was offered before.

    Parameters
    ----------
    source : str
        The source of any cell.

    Returns
    -------
    list of (role, solve id, code)
        Its parts; empty for a cell that does not begin as ours do.
    """
    if not _HEAD.match(source):
        return []
    pieces = _HEAD.split(source)[1:]
    return list(zip(pieces[0::3], pieces[1::3], pieces[2::3], strict=True))  # type: ignore[arg-type]
