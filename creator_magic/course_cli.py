"""`creator-magic course`: what a teacher does with a whole course."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - Typer reads it
from typing import Annotated

import typer

from creator_magic.command_line import FAILED, one_line_errors, say

_COURSE = "See to a course as its teacher."

_REPORT = """List what in notebooks was generated, and with how much help.

For each problem: the generated cells, how often each was written, whether it was edited since and whether
it ran, and the steps of help that were recorded; for each notebook the lines of generated and of own code. Of
the folder of an nbgrader course, the submitted notebooks are read, and the student is named.

This is a record and no proof: metadata can be edited and removed. Cells without metadata that have the text
of a generated cell of the set are pointed out; two people may write the same.

Examples:

- `creator-magic course report statistics-1`
- `creator-magic course report submitted/ada submitted/bob --csv report.csv`

Exit codes: 0 done, 1 a notebook could not be read, 2 the input cannot be used.
"""

course_app = typer.Typer(
    help=_COURSE,
    no_args_is_help=True,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
)


@course_app.callback()
def course() -> None:
    """Let there be a command behind `course`, even where it is the only one."""


@course_app.command(help=_REPORT)
def report(
    places: Annotated[list[Path], typer.Argument(metavar="PLACE…", help="Notebooks, or folders with them.")],
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
    csv: Annotated[
        Path | None, typer.Option("--csv", metavar="FILE", help="Write a row for each generated cell.")
    ] = None,
    html: Annotated[Path | None, typer.Option("--html", metavar="FILE", help="Write a page.")] = None,
) -> None:
    """Report on notebooks."""
    with one_line_errors():
        import json

        from rich.console import Console

        from creator_magic.cells.notebook_file import write_output
        from creator_magic.course.report import report_on
        from creator_magic.course.report_page import csv_of, html_of, page_of
        from creator_magic.tools_command.rendering import show_in_terminal

        found = report_on(places)
        page = page_of(found)
        if csv is not None:
            write_output(csv, csv_of(found).encode("utf-8", "replace"))
        if html is not None:
            write_output(html, html_of(page).encode("utf-8", "replace"))
        if as_json:
            typer.echo(json.dumps(page.data, indent=2, ensure_ascii=False))
        else:
            show_in_terminal(page, Console(highlight=False))
        if found.damaged:
            say(f"{len(found.damaged)} could not be read")
            raise typer.Exit(FAILED)
