"""Records of a file: JSON Lines, one JSON array or object, or CSV; or of all such files of a folder."""

from __future__ import annotations

import csv
import json
import re
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any

from creator_magic.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

_LINES, _TABLES = (".jsonl", ".ndjson"), (".csv", ".tsv")
_KNOWN = (*_LINES, ".json", *_TABLES)
_LARGEST_WHOLE = 1 << 30
_LONGEST_FIELD = (1 << 31) - 1
_DELIMITERS = ",;\t"


@dataclass(frozen=True, slots=True)
class Record:
    """A record as it is in a file.

    Parameters
    ----------
    values : mapping
        By column.
    place : str
        Where it is, for messages: "line 3 of data.jsonl".
    key : str
        What tells it from the others of its layout, in a folder with the file's name in front of it.
    index : int
        Its place among the records of its file, from 0.
    subject : str
        What the file, or the folder it is in, says that it is about; empty if it was given alone.
    """

    values: Mapping[str, Any]
    place: str
    key: str
    index: int
    subject: str = ""


def records_of(path: Path) -> Iterator[Record]:
    """Yield the records of a file, or of all files below a folder, in the order of their names.

    JSON Lines and CSV are read line by line, so that a file may be large.

    Parameters
    ----------
    path : Path
        The file or folder. UTF-8, with or without a byte order mark, or UTF-16 with one.

    Raises
    ------
    InputError
        If it is not there, holds no records, or one of them cannot be read; it names the line.
    """
    if not path.is_dir():
        yield from _of_file(path, path.name)
        return
    files = sorted((each for each in path.rglob("*") if each.suffix.lower() in _KNOWN), key=_natural)
    if not files:
        raise InputError(f"The folder {path} holds no {', '.join(_KNOWN[:-1])} or {_KNOWN[-1]} file.")
    for file in files:
        inside = file.relative_to(path)
        for record in _of_file(file, inside.as_posix()):
            named = inside.with_suffix("").as_posix()
            alone = isinstance(record, _Alone)
            subject = file.parent.name if alone else file.stem
            key = named if alone else f"{named}/{record.key}"
            yield Record(record.values, record.place, key, record.index, subject)


class _Alone(Record):
    """A record that is a file of its own."""

    __slots__ = ()


def _natural(path: Path) -> list[tuple[int, str]]:
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", path.as_posix())]


def _of_file(path: Path, name: str) -> Iterator[Record]:
    try:
        with path.open("rb") as raw:
            head = raw.read(1 << 16)
        encoding = "utf-16" if head[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
        with path.open(encoding=encoding, newline="") as file:
            yield from _read(file, path, name, head)
    except FileNotFoundError as error:
        raise InputError(f"There is no file {path}.") from error
    except OSError as error:
        raise InputError(f"The file {path} cannot be read: {error.strerror}.") from error


def _read(file: IO[str], path: Path, name: str, head: bytes) -> Iterator[Record]:
    suffix = path.suffix.lower()
    if suffix in _TABLES:
        return _of_table(_lines(file, name), name)
    if suffix in _LINES or (suffix != ".json" and head.lstrip(b"\xef\xbb\xbf \r\n\t")[:1] == b"{"):
        return _of_lines(_lines(file, name), name)
    if suffix == ".json" or head.lstrip(b"\xef\xbb\xbf \r\n\t")[:1] == b"[":
        return _of_whole(file, path, name)
    raise InputError(
        f"{name} is of no kind that is read: give a {', '.join(_KNOWN[:-1])} or {_KNOWN[-1]} file."
    )


def _lines(file: IO[str], name: str) -> Iterator[str]:
    """Yield the lines, and say which one is not in the encoding."""
    number = 1
    try:
        for line in file:
            yield line
            number += 1
    except UnicodeError as error:
        raise InputError(f"{name} is not UTF-8, near line {number}. Save it as UTF-8.") from error


def _of_lines(lines: Iterator[str], name: str) -> Iterator[Record]:
    index = 0
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        place = f"line {number} of {name}"
        try:
            values = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise InputError(f"There is no JSON in {place}: {_said(error)}.") from error
        yield Record(_as_object(values, place), place, str(index), index)
        index += 1


def _of_whole(file: IO[str], path: Path, name: str) -> Iterator[Record]:
    if path.stat().st_size > _LARGEST_WHOLE:
        raise InputError(f"{name} is too large for one JSON text. Make it JSON Lines, a problem to a line.")
    text = "".join(_lines(file, name))
    try:
        whole = json.loads(text)
    except RecursionError as error:
        raise InputError(f"{name} is nested too deeply.") from error
    except json.JSONDecodeError as error:
        if error.msg == "Extra data" and error.lineno > 1:
            yield from _of_lines(iter(text.splitlines(keepends=True)), name)
            return
        raise InputError(f"There is no JSON in line {error.lineno} of {name}: {_said(error)}.") from error
    if isinstance(whole, list):
        for index, values in enumerate(whole):
            place = f"item {index + 1} of {name}"
            yield Record(_as_object(values, place), place, str(index), index)
    elif isinstance(whole, dict) and whole and all(isinstance(each, dict) for each in whole.values()):
        for index, (key, values) in enumerate(whole.items()):
            yield Record(values, f"{key} of {name}", key, index)
    else:
        yield _Alone(_as_object(whole, name), name, "0", 0)


def _of_table(lines: Iterator[str], name: str) -> Iterator[Record]:
    header = next(lines, "")
    delimiter = max(_DELIMITERS, key=header.count)
    limit = csv.field_size_limit(_LONGEST_FIELD)
    try:
        (columns,) = csv.reader([header], delimiter=delimiter) if header.strip() else ([],)
        table = csv.DictReader(lines, columns, delimiter=delimiter, strict=True)
        for index, values in enumerate(table):
            place = f"line {table.line_num + 1} of {name}"
            if None in values or None in values.values():
                raise InputError(f"In {place} there are not {len(columns)} fields, as in the first line.")
            yield Record(values, place, str(index), index)
    except csv.Error as error:
        raise InputError(f"{name} is no CSV, near line {table.reader.line_num + 1}: {error}.") from error
    finally:
        csv.field_size_limit(limit)


def _as_object(values: Any, place: str) -> Mapping[str, Any]:
    if not isinstance(values, dict):
        raise InputError(f"In {place} there is no JSON object, but {type(values).__name__}.")
    return values


def _said(error: Exception) -> str:
    return error.msg.lower() if isinstance(error, json.JSONDecodeError) else "it is nested too deeply"
