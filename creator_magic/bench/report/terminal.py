"""`creator-magic bench report`: the tables that matter in the terminal, and all else in a folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console

from creator_magic.bench.report.report import read_report
from creator_magic.tools_command.rendering import show_in_terminal

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def report_here(results: Sequence[Path], folder: Path | None, *, everything: bool) -> None:
    """Show the report on results files, and write it.

    Parameters
    ----------
    results : sequence of Path
        The files.
    folder : Path or None
        Where the page and the plots go; without, beside the first file, in a folder of its name.
    everything : bool
        Whether every row of the page opens.

    Raises
    ------
    InputError
        If a file is no results file, or the folder cannot be written.
    """
    report = read_report(*results)
    console = Console(highlight=False)
    show_in_terminal(report.page(), console)
    page, *plots = report.write(folder or results[0].with_suffix(".report"), everything=everything)
    megabytes = page.stat().st_size / 1e6
    console.print(f"\nPage   {page} ({megabytes:.1f} MB)", markup=False, soft_wrap=True)
    console.print(f"Plots  {len(plots)} files beside it, as SVG and PNG", markup=False, soft_wrap=True)
