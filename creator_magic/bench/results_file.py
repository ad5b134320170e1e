"""The results of a run, in JSON Lines: rows in one file, and in another beside it what led to them."""

from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING, Any

from creator_magic.bench.row import Row
from creator_magic.bench.trace import Trace, TracedAttempt, TracedCall
from creator_magic.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def traces_path(results: Path) -> Path:
    """Return the file that holds the traces of a results file."""
    return results.with_name(f"{results.stem}.traces.jsonl")


def read_rows(path: Path) -> list[Row]:
    """Return the rows of a results file, in the order in which they were written.

    A last line that was cut off by a kill is left out.

    Parameters
    ----------
    path : Path
        The results file. Fields that it has beyond ours are passed over.

    Raises
    ------
    InputError
        If there is no such file, or a line in it is no row.
    """
    names = {field.name for field in dataclasses.fields(Row)}
    rows = []
    for number, written in _lines(path):
        try:
            known = {name: value for name, value in written.items() if name in names}
            rows.append(Row(**{**known, "reused": tuple(known.get("reused", ()))}))
        except (AttributeError, TypeError) as error:
            raise InputError(
                f"Line {number} of {path} is no row of results. Give a file that `creator-magic bench` wrote."
            ) from error
    return rows


def read_traces(path: Path) -> Iterator[Trace]:
    """Yield the traces that stand beside a results file; none where there is no such file.

    Parameters
    ----------
    path : Path
        The results file.
    """
    beside = traces_path(path)
    if not beside.is_file():
        return
    for _, written in _lines(beside):
        calls = tuple(
            TracedCall(**{**call, "messages": tuple(map(tuple, call["messages"]))})
            for call in written["calls"]
        )
        attempts = tuple(
            TracedAttempt(**{**attempt, "cells": tuple(map(tuple, attempt["cells"]))})
            for attempt in written["attempts"]
        )
        yield Trace(**{**written, "calls": calls, "attempts": attempts})


def _lines(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise InputError(f"The results {path} cannot be read: {error.strerror}.") from error
    whole, _, _ = text.rpartition("\n")
    for number, line in enumerate(whole.split("\n"), 1):
        if not line:
            continue
        try:
            yield number, json.loads(line)
        except ValueError as error:
            raise InputError(
                f"Line {number} of {path} is not JSON. Give a file that `creator-magic bench` wrote."
            ) from error
