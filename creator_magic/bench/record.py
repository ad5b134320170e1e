"""The record of a run: the settings that its results come from, in a file beside them.

With it a run that was ended goes on as it began, and results of different settings never stand in one file.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from creator_magic.atomic_write import write_file
from creator_magic.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from creator_magic.bench.problem import BenchProblem

VERSION = 1


def record_path(results: Path) -> Path:
    """Return the file that holds the settings of a results file."""
    return results.with_name(f"{results.stem}.run.json")


def fingerprint(problems: Sequence[BenchProblem]) -> str:
    """Return the SHA-256 of problems, in hex: of their texts, answers and hints, in order."""
    told = json.dumps([asdict(problem) for problem in problems], sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(told.encode("ascii")).hexdigest()


def refuse_to_overwrite(results: Path) -> None:
    """Refuse a file that holds results.

    Raises
    ------
    InputError
        If there are results of that name already.
    """
    if results.exists() and results.stat().st_size:
        raise InputError(
            f"{results} holds results already, and nothing is overwritten. Add --resume to go on with them, "
            "or name another file: --out FILE."
        )


def begin(results: Path, settings: Mapping[str, Any]) -> None:
    """Write the record of a new run.

    Raises
    ------
    InputError
        If it cannot be written.
    """
    try:
        results.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps({"v": VERSION, **settings}, indent=1, ensure_ascii=False)
        write_file(record_path(results), text.encode("utf-8", "replace") + b"\n")
    except OSError as error:
        raise InputError(f"{record_path(results)} cannot be written: {error.strerror}.") from error


def settings_of(results: Path) -> dict[str, Any]:
    """Return the settings that results come from; none where no record of them can be read."""
    try:
        settings = json.loads(record_path(results).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return settings if isinstance(settings, dict) else {}


def check(results: Path, settings: Mapping[str, Any]) -> None:
    """Refuse to go on with results of other settings.

    Raises
    ------
    InputError
        Naming what differs.
    """
    path = record_path(results)
    try:
        before = json.loads(path.read_text(encoding="utf-8"))
        before = {name: before.get(name) for name in settings}
    except (OSError, ValueError, AttributeError) as error:
        raise InputError(
            f"{path} cannot be read, so it is not known which settings {results.name} comes from. Name "
            "another file: --out FILE."
        ) from error
    now = json.loads(json.dumps(settings))
    differing = [name for name in now if now[name] != before[name]]
    if differing:
        said = "; ".join(
            f"{name} was {_short(before[name])} and is {_short(now[name])}" for name in differing
        )
        raise InputError(
            f"{results} comes from other settings: {said}. Results of both are not put into one file: say "
            "what was said then, or name another file with --out."
        )


def _short(value: object, most: int = 60) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= most else f"{text[: most - 1]}…"
