"""The results of a run, in JSON Lines: rows in one file, and in another beside it what led to them."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any, Literal, get_args, get_origin, get_type_hints

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
    kinds = get_type_hints(Row)
    rows = []
    for number, written in _lines(path):
        try:
            known = {name: value for name, value in written.items() if name in kinds}
            for name, value in known.items():
                if not _is_of(kinds[name], value):
                    raise TypeError(name)  # noqa: TRY301 - one message for all that is no row
            rows.append(Row(**{**known, "reused": tuple(known.get("reused", ()))}))
        except (AttributeError, TypeError) as error:
            raise _not_ours(number, path, "no row of results") from error
    return rows


def _is_of(kind: Any, value: object) -> bool:
    """Tell whether a value of JSON is of a field's type."""
    if get_origin(kind) is tuple:
        return isinstance(value, list) and all(isinstance(each, str) for each in value)
    if get_origin(kind) is Literal:
        return value in get_args(kind)
    if get_args(kind):
        return any(_is_of(each, value) for each in get_args(kind))
    if kind is float:
        return type(value) in (int, float) and math.isfinite(value)  # type: ignore[arg-type]
    return type(value) is kind


def _not_ours(number: int, path: Path, what: str) -> InputError:
    return InputError(f"Line {number} of {path} is {what}. Give a file that `creator-magic bench` wrote.")


def read_traces(path: Path) -> Iterator[Trace]:
    """Yield the traces that stand beside a results file; none where there is no such file.

    Parameters
    ----------
    path : Path
        The results file.

    Raises
    ------
    InputError
        If the file of traces cannot be read, or a line in it is no trace.
    """
    beside = traces_path(path)
    if not beside.is_file():
        return
    for number, written in _lines(beside):
        try:
            calls = tuple(
                TracedCall(**{**call, "messages": tuple(map(tuple, call["messages"]))})
                for call in written["calls"]
            )
            attempts = tuple(
                TracedAttempt(**{**attempt, "cells": tuple(map(tuple, attempt["cells"]))})
                for attempt in written["attempts"]
            )
            yield Trace(**{**written, "calls": calls, "attempts": attempts})
        except (KeyError, TypeError) as error:
            raise _not_ours(number, beside, "no trace") from error


def _lines(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise InputError(f"The results {path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is no text. Give a file that `creator-magic bench` wrote.") from error
    whole, _, _ = text.rpartition("\n")
    for number, line in enumerate(whole.split("\n"), 1):
        if not line:
            continue
        try:
            yield number, json.loads(line)
        except ValueError as error:
            raise _not_ours(number, path, "not JSON") from error
