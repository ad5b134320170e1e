"""A report on results: as text, in a notebook, and as a folder with a page and its plots."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from creator_magic.atomic_write import write_file
from creator_magic.bench.record import settings_of
from creator_magic.bench.report.accuracy import (
    accuracy,
    by_grading_rule,
    by_level,
    by_rectification,
    by_subject,
)
from creator_magic.bench.report.arms import read_results
from creator_magic.bench.report.comparison import comparison
from creator_magic.bench.report.paper import beside_the_paper
from creator_magic.bench.report.spending import equal_spend, reuse, spending
from creator_magic.bench.report.summary import summary
from creator_magic.bench.report.traced import traced_rows
from creator_magic.bench.report.transfer import transfer, transfer_by_group
from creator_magic.cells.templates import template
from creator_magic.errors import InputError
from creator_magic.tools_command.page import Page, Table, Text
from creator_magic.tools_command.rendering import as_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from creator_magic.bench.report.arms import DataSet
    from creator_magic.bench.report.plot import Plot
    from creator_magic.bench.report.section import Section

PAGE = "report.html"
SCRIPTED = "Scripted replies: written by hand, not by a model. What they come to says nothing of any model."
_SECTIONS = (
    accuracy,
    comparison,
    beside_the_paper,
    by_grading_rule,
    by_level,
    by_subject,
    by_rectification,
    spending,
    reuse,
    transfer,
    transfer_by_group,
    equal_spend,
)


@dataclass(frozen=True)
class BenchReport:
    """A report on results; in a notebook it shows itself, with its plots.

    Parameters
    ----------
    results : tuple of DataSet
        What was tried, by data set.
    """

    results: tuple[DataSet, ...]

    @cached_property
    def sections(self) -> dict[str, tuple[Section, ...]]:
        """The sections on each data set, by its name."""
        made = {data.name: [section(data) for section in _SECTIONS] for data in self.results}
        return {name: tuple(each for each in sections if each is not None) for name, sections in made.items()}

    @property
    def notes(self) -> tuple[str, ...]:
        """What is to be known of all figures."""
        arms = [arm for data in self.results for arm in data.arms]
        scripted = [arm.label for arm in arms if any(row.scripted for row in arm.rows)]
        if len(scripted) in {0, len(arms)}:
            return (SCRIPTED,) if scripted else ()
        return (f"{SCRIPTED} Of these methods: {', '.join(dict.fromkeys(scripted))}.",)

    @property
    def plots(self) -> dict[str, Plot]:
        """The plots by the names of their files; where there are several data sets, each with its name."""
        note = " ".join(self.notes)
        return {name: replace(plot, note=note) for _, _, name, plot in self._plots()}

    def _plots(self) -> Iterator[tuple[str, Section, str, Plot]]:
        for number, (data, sections) in enumerate(self.sections.items(), 1):
            safe = re.sub(r"[^A-Za-z0-9]+", "-", data).strip("-") or "data"
            before = f"{number}-{safe}-" if len(self.results) > 1 else ""
            for section in sections:
                for plot in section.plots:
                    yield data, section, f"{before}{plot.name}", plot

    def page(self) -> Page:
        """Return what a terminal shows: what matters first, in few columns."""
        blocks: list[Text | Table] = [Text(note) for note in self.notes]
        for data in self.results:
            blocks += summary(data)
        return Page(tuple(blocks))

    def html(self, *, everything: bool = False) -> str:
        """Return the report as a page that asks nothing of the network and runs no script.

        Parameters
        ----------
        everything : bool
            Whether every row opens to what led to it, whole; else those that are not right, within
            `traced.CHARACTERS` in all.

        Raises
        ------
        InputError
            If the traces cannot be read.
        """
        rows = traced_rows(self.results, everything=everything)
        files = {arm.file: settings_of(arm.file) for data in self.results for arm in data.arms}
        outcomes = {data.name: rows.problem_by_problem(data) for data in self.results}
        return template("page.html", "bench/report").render(
            **self._content(), rows=rows, outcomes=outcomes, files=files
        )

    def write(self, folder: Path | str, *, everything: bool = False) -> tuple[Path, ...]:
        """Write the page, and every plot as SVG and PNG; files that stand under their names are replaced.

        Parameters
        ----------
        folder : path
            Where; made if need be.
        everything : bool
            As for `html`.

        Returns
        -------
        tuple of Path
            What was written, the page first.

        Raises
        ------
        InputError
            As for `html`, or if a file cannot be written.
        """
        folder = Path(folder)
        files = {PAGE: self.html(everything=everything).encode("utf-8", "replace")}
        for name, plot in self.plots.items():
            files |= {f"{name}.svg": plot.svg(), f"{name}.png": plot.png()}
        try:
            folder.mkdir(parents=True, exist_ok=True)
            for name, content in files.items():
                write_file(folder / name, content)
        except OSError as error:
            raise InputError(f"The report cannot be written to {folder}: {error.strerror}.") from error
        return tuple(folder / name for name in files)

    def _repr_html_(self) -> str:
        return template("sections.html", "bench/report").render(**self._content())

    def __repr__(self) -> str:
        return as_text(self.page())

    def _content(self) -> dict[str, object]:
        plots = {
            (data, section.title, plot.name): plot.inline(f"plot-{number}")
            for number, (data, section, _, plot) in enumerate(self._plots(), 1)
        }
        return {"results": self.results, "sections": self.sections, "notes": self.notes, "plots": plots}


def read_report(*paths: Path | str) -> BenchReport:
    """Return the report on results files.

    Parameters
    ----------
    *paths : path
        Files that `creator-magic bench` wrote; with several, each model and each file is a way of its own.

    Raises
    ------
    InputError
        If a file is no results file, or has no rows yet; or if SciPy or matplotlib is not installed.
    """
    for library in ("scipy", "matplotlib"):
        if find_spec(library) is None:
            raise InputError(
                f'The report needs {library}, which is not installed. Use: pip install "creator-magic[bench]"'
            )
    return BenchReport(read_results([Path(path) for path in paths]))
