"""Results files as what a report compares: data sets, and on each the ways that were tried."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import dataclass
from functools import cached_property
from statistics import fmean
from typing import TYPE_CHECKING

from creator_magic.bench.record import settings_of
from creator_magic.bench.results_file import read_rows
from creator_magic.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from creator_magic.bench.row import Row


@dataclass(frozen=True)
class Arm:
    """A method with a model on a data set: a line of the tables.

    Parameters
    ----------
    label : str
        What tells it from the others on its data: the method, with the model and the file where needed.
    method, model : str
        As the rows say.
    file : Path
        The results file.
    rows : tuple of Row
        One for each problem and repeat.
    replaced : int
        Rows that a later row for the same problem and repeat stands in for.
    """

    label: str
    method: str
    model: str
    file: Path
    rows: tuple[Row, ...]
    replaced: int = 0

    @cached_property
    def done(self) -> tuple[Row, ...]:
        """The rows whose work was not lost."""
        return tuple(row for row in self.rows if row.outcome != "lost")

    @property
    def transfers(self) -> bool:
        """Whether tools were kept for the later problems of a group."""
        return "transfer" in self.method.split(",")

    def count(self, outcome: str) -> int:
        """Return how many rows have an outcome."""
        return sum(row.outcome == outcome for row in self.rows)

    def by_problem(
        self, value: Callable[[Row], float], rows: Sequence[Row] | None = None
    ) -> dict[str, float]:
        """Return the mean of a value over the repeats of each problem.

        Parameters
        ----------
        value : callable
            Takes a row.
        rows : sequence of Row, optional
            Which rows; without, those whose work was not lost.
        """
        values = defaultdict(list)
        for row in self.done if rows is None else rows:
            values[row.id].append(float(value(row)))
        return {problem: fmean(each) for problem, each in values.items()}

    @cached_property
    def right(self) -> dict[str, float]:
        """The share of repeats that were right, by problem; lost work left out."""
        return self.by_problem(lambda row: row.correct)

    @cached_property
    def units(self) -> Mapping[str, str]:
        """What problems belong together, by problem.

        With transfer one tool serves a group, so that its problems fail and succeed together; elsewhere
        each problem stands for itself.
        """
        return {row.id: row.group if self.transfers and row.group else row.id for row in self.rows}


@dataclass(frozen=True)
class DataSet:
    """What was worked on, with all that was tried on it.

    Parameters
    ----------
    name : str
        As the rows say.
    arms : tuple of Arm
        In the order of the files, and in each as the run named its methods.
    """

    name: str
    arms: tuple[Arm, ...]

    @cached_property
    def problems(self) -> tuple[str, ...]:
        """The problems that were worked on in any way."""
        return tuple(sorted({row.id for arm in self.arms for row in arm.rows}, key=in_order))


def read_results(paths: Sequence[Path]) -> tuple[DataSet, ...]:
    """Return the data sets of results files.

    Of several rows for the same work the last counts: it was done again, such as after it was lost.

    Parameters
    ----------
    paths : sequence of Path
        The files.

    Raises
    ------
    InputError
        If one cannot be read, is no results file, or has no rows; or if they are of different problems
        under the same names.
    """
    gold: dict[tuple[str, str], tuple[str, Path]] = {}
    kept: dict[tuple[str, Path, str, str], dict[tuple[str, int], Row]] = defaultdict(dict)
    replaced: Counter[tuple[str, Path, str, str]] = Counter()
    for path in dict.fromkeys(paths):
        rows = read_rows(path)
        if not rows:
            raise InputError(f"{path} holds no results yet. Run `creator-magic bench` first, with --out.")
        for row in rows:
            known, other = gold.setdefault((row.data, row.id), (row.gold, path))
            if row.gold != known:
                raise InputError(
                    f"The gold answer of {row.id} of {row.data} is {known!r} in {other} and {row.gold!r} in "
                    f"{path}: these are different problems, and cannot be compared."
                )
            key = (row.data, path, row.method, row.model)
            replaced[key] += (row.id, row.repeat) in kept[key]
            kept[key][row.id, row.repeat] = row
    labels = _labels(list(kept))
    names = dict.fromkeys(data for data, *_ in kept)
    keys = _as_named(list(kept))
    return tuple(
        DataSet(
            name,
            tuple(
                Arm(labels[key], key[2], key[3], key[1], _sorted(kept[key].values()), replaced[key])
                for key in keys
                if key[0] == name
            ),
        )
        for name in names
    )


def in_order(name: str) -> list[tuple[int, int, str]]:
    """Return a key to sort names by in which numbers count as numbers: Level 2 before Level 10."""
    parts = (part.lstrip("0") if part.isdecimal() else part for part in re.split(r"(\d+)", name))
    return [(0, len(part), part) if part.isdecimal() else (1, 0, part) for part in parts]


def _sorted(rows: Iterable[Row]) -> tuple[Row, ...]:
    """Return rows by their problems: in the file they stand as they were finished."""
    return tuple(sorted(rows, key=lambda row: (in_order(row.id), row.repeat)))


def _as_named(keys: Sequence[tuple[str, Path, str, str]]) -> list[tuple[str, Path, str, str]]:
    """Return keys in the order of their files, and in each as its run named the methods."""
    files = list(dict.fromkeys(file for _, file, *_ in keys))
    named: dict[Path, list[object]] = {}
    for file in files:
        methods = settings_of(file).get("methods")
        named[file] = methods if isinstance(methods, list) else []

    def place(key: tuple[str, Path, str, str]) -> tuple[int, int]:
        methods = named[key[1]]
        return files.index(key[1]), methods.index(key[2]) if key[2] in methods else len(methods)

    return sorted(keys, key=place)


def _labels(keys: Sequence[tuple[str, Path, str, str]]) -> dict[tuple[str, Path, str, str], str]:
    """Return labels that are as short as they can be and tell apart: by model, file and folder if needed."""
    several = len({model for *_, model in keys}) > 1
    ways: list[Callable[[tuple[str, Path, str, str]], str]] = [
        lambda key: f"{key[2]} · {key[3]}" if several else key[2],
        lambda key: f"{ways[0](key)} · {key[1].stem}",
        lambda key: f"{ways[0](key)} · {key[1]}",
    ]
    for label in ways:
        labels = {key: label(key) for key in keys}
        if len({(key[0], text) for key, text in labels.items()}) == len(keys):
            break
    return labels
