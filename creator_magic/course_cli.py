"""`creator-magic course`: what a teacher does with a whole course."""

from __future__ import annotations

import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from creator_magic.command_line import FAILED, INTERRUPTED, one_line_errors, say

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from creator_magic.teaching.rehearsed_notebook import Rehearsed

_COURSE = """See to a course as its teacher: record it, check it, report on it.

A course is a folder of notebooks with a `creator.toml`, which says what students may do and names the
recording that all of them replay.
"""

_CHECK = """Run all notebooks of a course on its recording, and say what is missing.

Each notebook runs in a kernel of its own as a student's would, without a model, a key or a network: every
magic cell once for each level of help that the course opens. No file is written. Found are replies that are
not recorded, cells that fail, recorded replies that nothing asks for, and what is wrong with course files.

Examples:

- `creator-magic course check statistics-1`
- `creator-magic course check statistics-1/week-03.ipynb --json`

Exit codes: 0 students can go through all of it, 1 something is missing or fails, 2 the input cannot be used,
130 interrupted.
"""

_RECORD = """Ask your model once for all that students can come to ask, and keep the replies for the class.

Each notebook runs as a student's would, and where the course's recording lacks a reply, your model is asked
and the reply appended to it. What your project has recorded already is taken from there. The notebooks
stay as they are. No code is shown: only what was asked, and what it cost.

Examples:

- `creator-magic course record statistics-1`
- `creator-magic course record statistics-1/week-03.ipynb --calls 40`

Exit codes: 0 all is recorded, 1 a cell fails, 2 the input cannot be used, no model is set or a limit is
reached, 130 interrupted.
"""

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

_Places = Annotated[list[Path], typer.Argument(metavar="PLACE…", help="Notebooks, or folders with them.")]
_Timeout = Annotated[
    float | None, typer.Option("--timeout", metavar="SECONDS", min=0.1, help="Time limit for each cell.")
]


@course_app.command(help=_CHECK)
def check(
    places: _Places,
    *,
    jobs: Annotated[int, typer.Option("--jobs", min=0, help="Notebooks at once; 0 for one a processor.")] = 0,
    timeout: _Timeout = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print all findings as JSON.")] = False,
) -> None:
    """Check a course."""
    with one_line_errors(), _interruptible():
        import json

        from creator_magic.teaching.checking import check_course
        from creator_magic.teaching.course_notebooks import are_whole, notebooks_in

        notebooks = notebooks_in(places)
        show = (lambda _: None) if as_json else _show
        checked = check_course(
            notebooks,
            whole=are_whole(places, notebooks),
            jobs=jobs or os.cpu_count() or 1,
            cell_seconds=timeout,
            tell=show,
        )
        if as_json:
            typer.echo(json.dumps(checked.as_data(), indent=2, ensure_ascii=False))
        else:
            for finding in checked.findings:
                typer.echo(f"{finding.kind}: {finding.message}")
            typer.echo(_summed_up(checked.notebooks, ready=checked.ready))
        raise typer.Exit(0 if checked.ready else FAILED)


@course_app.command(help=_RECORD)
def record(
    places: _Places,
    *,
    calls: Annotated[int, typer.Option("--calls", min=0, help="End after so many calls of models.")] = 0,
    tokens: Annotated[int, typer.Option("--tokens", min=0, help="End after so many tokens.")] = 0,
    money: Annotated[float, typer.Option("--money", min=0, help="End at this cost, by your prices.")] = 0.0,
    timeout: _Timeout = None,
) -> None:
    """Record a course."""
    with one_line_errors(), _interruptible():
        from creator_magic.model.limited import Limit
        from creator_magic.teaching.course_notebooks import notebooks_in
        from creator_magic.teaching.recording import record_course

        limit = Limit("recording", calls, tokens, money)
        done = record_course(notebooks_in(places), limit, typer.echo, _show, timeout)
        raise typer.Exit(0 if done else FAILED)


@course_app.command(help=_REPORT)
def report(
    places: _Places,
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
        from creator_magic.teaching.report import report_on
        from creator_magic.teaching.report_page import csv_of, html_of, page_of
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


def _show(done: Rehearsed) -> None:
    faults = sum(each.fault for each in done.findings)
    state = "ready" if not faults else f"{faults} {'thing' if faults == 1 else 'things'} to see to"
    typer.echo(f"{done.path}: {done.cells} cells, {done.seconds:.1f} s: {state}")
    for each in done.findings:
        where = f"cell {each.cell} ({each.title}): " if each.cell else ""
        typer.echo(f"  {each.kind}: {where}{each.message}")


def _summed_up(done: Sequence[Rehearsed], *, ready: bool) -> str:
    through = sum(not any(each.fault for each in run.findings) for run in done)
    said = f"{through} of {len(done)} {'notebook' if len(done) == 1 else 'notebooks'} can be gone through"
    missing = any(each.kind == "missing" for run in done for each in run.findings)
    ways = " What is missing is recorded by: creator-magic course record PLACE" if missing else ""
    return f"{said}.{ways}" if not ready else f"{said}, without a model."


@contextmanager
def _interruptible() -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt as stopped:
        say("interrupted")
        raise typer.Exit(INTERRUPTED) from stopped
