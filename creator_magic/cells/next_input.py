"""The next input: a new cell with the generated code, where a front end places no generated cells.

JupyterLab reads only the first payload of an execution, and VS Code puts each one directly below the
cell, so in reverse: tool and decision share one cell. No metadata can travel with it: its first line
says what it is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Sequence

    from IPython.core.interactiveshell import InteractiveShell

    from creator_magic.ports import CellRun, Role

_HEAD = re.compile(r"^# creator: ((tool|decision)\S*) · ([0-9a-f]{8})\r?$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class OfferedPart:
    """One part of a cell that was offered: a generated cell that shares it with others.

    Parameters
    ----------
    key : str
        The slot in its solve.
    role : {"tool", "decision"}
        What the code is for.
    solve_id : str
        The solve that made it.
    source : str
        The code as it is now, without the line that says what it is.
    """

    key: str
    role: Role
    solve_id: str
    source: str


def offer_next_input(shell: InteractiveShell, runs: Sequence[CellRun], solve_id: str) -> None:
    """Offer the code of `runs` as the text of one new cell (or of a terminal's next prompt)."""
    cells = (run.cell for run in runs if run.cell.role != "plan")
    parts = (f"# creator: {cell.key} · {solve_id}\n{cell.source}" for cell in cells)
    shell.set_next_input("\n\n".join(parts), replace=False)


def offered_parts(source: str) -> list[OfferedPart]:
    """Read a cell that was offered before.

    Parameters
    ----------
    source : str
        The source of any cell.

    Returns
    -------
    list of OfferedPart
        Empty for a cell that does not begin as ours do.
    """
    if not _HEAD.match(source):
        return []
    pieces = _HEAD.split(source)[1:]
    return [
        OfferedPart(key, cast("Role", role), solve_id, code.strip("\r\n"))
        for key, role, solve_id, code in zip(*(pieces[start::4] for start in range(4)), strict=True)
    ]
