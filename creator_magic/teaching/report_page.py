"""A report on notebooks as it is shown: tables for people, data and rows for programs."""

from __future__ import annotations

import csv
import io
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from creator_magic.tools_command.page import Page, Table, Text
from creator_magic.tools_command.rendering import as_html

if TYPE_CHECKING:
    from collections.abc import Iterator

    from creator_magic.teaching.report import CourseReport, ReportedCell, ReportedNotebook, ReportedProblem

NO_PROOF = (
    "This is a record and no proof: it is read from metadata, which can be edited and removed, and generated "
    "code that was copied without them is not seen. Where cells have the same text, two people may have "
    "written it."
)

_COLUMNS = (
    *("student", "assignment", "notebook", "problem", "help"),
    *("role", "key", "revision", "edited", "ran", "lines"),
)


def page_of(report: CourseReport) -> Page:
    """Return a report as tables.

    Parameters
    ----------
    report : CourseReport
        The report.

    Returns
    -------
    Page
        With the same as data, of JSON's types.
    """
    notebooks = Table(
        ("Notebook", "Problems", "Generated lines", "Edited since", "Own lines"),
        tuple(
            (
                _name(notebook),
                _problems(notebook),
                str(notebook.generated_lines),
                str(notebook.edited_lines),
                str(notebook.own_lines),
            )
            for notebook in report.notebooks
        ),
    )
    problems = Table(
        ("Notebook", "Problem", "Generated", "Help"),
        tuple(
            (_name(notebook), _short(problem.stated), _cells(problem), _help(problem))
            for notebook in report.notebooks
            for problem in notebook.problems
        ),
    )
    same = [
        Text(
            f"{_name(notebook)}: “{_short(one.begins)}” has the same text as a generated cell of {one.path}."
        )
        for notebook in report.notebooks
        for one in notebook.same
    ]
    damaged = [Text(f"Not read: {reason}") for reason in report.damaged]
    return Page((notebooks, problems, *same, *damaged, Text(NO_PROOF)), _data(report))


def csv_of(report: CourseReport) -> str:
    """Return a report as CSV: a row for each generated cell, and for each problem that has none."""
    written = io.StringIO()
    rows = csv.DictWriter(written, _COLUMNS, lineterminator="\n")
    rows.writeheader()
    for notebook in report.notebooks:
        for problem in notebook.problems:
            told = {
                "student": notebook.student,
                "assignment": notebook.assignment,
                "notebook": str(notebook.path),
                "problem": problem.stated,
                "help": " ".join(map(str, problem.help)),
            }
            row: dict[str, Any]
            for row in [asdict(cell) for cell in problem.cells] or [{}]:
                rows.writerow({name: _inert(value) for name, value in {**told, **row}.items()})
    return written.getvalue()


def html_of(page: Page) -> str:
    """Return a report as a page of its own, which needs no network."""
    head = '<!doctype html><html lang="en"><meta charset="utf-8"><title>What was generated</title>'
    return f"{head}<body>{as_html(page)}</body></html>\n"


def _inert(value: Any) -> Any:
    # A spreadsheet takes such a text for a formula, and it may come from anybody.
    return (
        f"'{value}"
        if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r"))
        else value
    )


def _data(report: CourseReport) -> dict[str, Any]:
    data = asdict(report)
    for notebook in data["notebooks"]:
        notebook["path"] = str(notebook["path"])
        notebook["same"] = [{**one, "path": str(one["path"])} for one in notebook["same"]]
    return {**data, "note": NO_PROOF}


def _name(notebook: ReportedNotebook) -> str:
    if notebook.student:
        return f"{notebook.student} · {notebook.assignment} · {notebook.path.name}"
    return str(notebook.path)


def _problems(notebook: ReportedNotebook) -> str:
    without = sum(not problem.cells for problem in notebook.problems)
    return f"{len(notebook.problems)}" + (f", {without} with no generated cell" if without else "")


def _cells(problem: ReportedProblem) -> str:
    return ", ".join(map(_cell, problem.cells)) or "nothing"


def _cell(cell: ReportedCell) -> str:
    said = ", ".join(_said_of(cell))
    return f"{cell.key} ({said})" if said else cell.key


def _said_of(cell: ReportedCell) -> Iterator[str]:
    if cell.revision > 1:
        yield f"rev. {cell.revision}"
    if cell.edited:
        yield "edited"
    if not cell.ran and cell.role != "plan":
        yield "not run"


def _help(problem: ReportedProblem) -> str:
    return ", ".join(map(str, problem.help)) or "none recorded"


def _short(text: str) -> str:
    most = 60
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"
