"""A line of a cassette: a reply, with what was asked for it.

What identifies a reply is what was asked, not the wording of our prompts: `key_of` hashes the
problem, its hints, the method, the stage, the attempt and the declared inputs; and, where a person
asked to have standing code rectified or a cell of theirs mended, that code and what was said of it. A line is

    {"v": 1, "key": ..., "asked": {...}, "model": ..., "request": {"messages": [...]} or null,
     "reply": {"text", "finish_reason", "model", "usage", "seconds"}, "at": ...}

with "scripted": true where a person wrote the reply, and the "candidates" where kept tools were
offered: whoever replays it may not have them. No key to an endpoint and no header is kept.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from creator_magic.ports import Candidate, KeptTool, Usage

if TYPE_CHECKING:
    from collections.abc import Iterator

    from creator_magic.ports import Question, Reply

VERSION = 1
BEGINNING = b'{"v": 1, "key": "'
"""What every line begins with as it is written; a person may have written another one."""

_BEGINNINGS = re.compile(r'\{"v": ?\d+, ?"')
_JSON = json.JSONDecoder()
_CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=True)
_NO_USAGE = Usage()


def asked_of(question: Question) -> dict[str, Any]:
    """Return what identifies a question, as a cassette keeps it."""
    problem, beginning = question.problem, question.beginning
    begun: dict[str, Any] = {}
    if beginning is not None:
        begun = {"standing": [cell.source for cell in beginning.cells], "remark": beginning.remark}
    if question.said:
        begun["said"] = question.said
    # Who shares more after a failure wants to be answered anew. Only how much is shared counts, not what.
    shared = [[variable.name, variable.rows] for variable in problem.variables if variable.rows]
    return {
        **begun,
        **({"shared": shared} if shared else {}),
        **({"shares_errors": True} if problem.shares_errors else {}),
        # What an answer must pass is told with a failure only, and so may change what follows one.
        **({"checks": list(problem.checks)} if problem.checks and question.stage == "rectification" else {}),
        **({"sample": question.sample} if question.sample > 1 else {}),
        **({"trial": list(question.trial)} if question.trial else {}),
        **({"plan": problem.plan} if problem.plan else {}),
        "problem": problem.text,
        "hints": list(problem.hints),
        "method": problem.method,
        "stage": question.stage,
        "attempt": question.attempt,
        "inputs": [[variable.name, variable.description] for variable in problem.variables],
    }


def key_of(asked: dict[str, Any]) -> str:
    """Return the SHA-256, in hex, of `asked` as JSON in ASCII with sorted keys and no blanks."""
    return hashlib.sha256(_CANONICAL.encode(asked).encode("ascii")).hexdigest()


@dataclass(frozen=True, slots=True)
class Recording:
    """A reply of a cassette.

    Parameters
    ----------
    text : str
        What was replied.
    finish_reason : str or None
        Why it ended.
    model : str
        The name of the model that answered.
    scripted : bool
        Whether a person wrote it.
    candidates : tuple of Candidate
        The kept tools that it chose among.
    number : int
        Where it stands in the file, in bytes: of two, the later one has more.
    usage : Usage
        What the call cost.
    seconds : float
        How long it took.
    """

    text: str
    finish_reason: str | None
    model: str
    scripted: bool
    candidates: tuple[Candidate, ...] = ()
    number: int = 0
    usage: Usage = _NO_USAGE
    seconds: float = 0.0


def line_of(question: Question, reply: Reply, model: str, *, scripted: bool) -> bytes:
    """Return the line for a reply; arguments as for `Cassette.add`."""
    asked = asked_of(question)
    # Not by `asdict`, which copies deep and takes half as long as all the rest.
    messages = [{"role": message.role, "content": message.content} for message in question.messages]
    usage = {each.name: getattr(reply.usage, each.name) for each in fields(Usage)}
    line = {
        "v": VERSION,
        "key": key_of(asked),
        "asked": asked,
        "model": model,
        **({"scripted": True} if scripted else {}),
        **(
            {"candidates": [kept_candidate(each) for each in question.candidates]}
            if question.candidates
            else {}
        ),
        "request": None if scripted else {"messages": messages},
        "reply": {
            "text": reply.text,
            "finish_reason": reply.finish_reason,
            "model": reply.model,
            "usage": usage,
            "seconds": round(reply.seconds, 3),
        },
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    return _encoded(line)


def decoded(raw: bytes) -> dict[str, Any] | None:
    """Return what a line holds; None if it is damaged."""
    for read in (_read_as_written, json.loads):
        try:
            line = read(raw)
        except (ValueError, RecursionError):
            continue
        return line if isinstance(line, dict) else None
    return None


def whole_parts(raw: bytes) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield the lines within a damaged one that are whole, as where an end of line was lost.

    What looks like the beginning of one is one: within a text every `"` is escaped.

    Yields
    ------
    tuple of int and dict
        Where it begins, in bytes, and what it holds.
    """
    text = raw.decode("utf-8", "surrogateescape")
    for start in _BEGINNINGS.finditer(text):
        try:
            line, end = _JSON.raw_decode(text, start.start())
            text[start.start() : end].encode()  # damage that is no UTF-8 would change what was said
        except ValueError:
            continue
        except RecursionError:
            return
        if line["v"] == VERSION:
            yield len(text[: start.start()].encode("utf-8", "surrogateescape")), line


def marks_of(line: dict[str, Any]) -> tuple[str, str] | None:
    """Return the key of a line and the model that was asked; None if it holds no reply."""
    reply, key, model = line.get("reply"), line.get("key"), line.get("model")
    if isinstance(reply, dict) and isinstance(key, str) and isinstance(reply.get("text"), str):
        return key, model if isinstance(model, str) else ""
    return None


def recording_of(line: dict[str, Any], number: int) -> Recording:
    """Return the reply that a line holds.

    Parameters
    ----------
    line : dict
        One that has marks.
    number : int
        As in `Recording`.
    """
    reply, model = line["reply"], line.get("model")
    ended, answered = reply.get("finish_reason"), reply.get("model")
    return Recording(
        reply["text"],
        ended if isinstance(ended, str) else None,
        next((name for name in (answered, model) if name and isinstance(name, str)), ""),
        scripted=line.get("scripted") is True,
        candidates=candidates_of(line.get("candidates")),
        number=number,
        usage=_usage(reply.get("usage")),
        seconds=_seconds(reply.get("seconds")),
    )


def kept_candidate(candidate: Candidate) -> dict[str, Any]:
    """Return a candidate as a cassette keeps it."""
    tools = [[t.name, t.source, *([t.shown] if t.shown else [])] for t in candidate.tools]
    return {"name": candidate.name, "shown": candidate.shown, "place": candidate.place, "tools": tools}


def candidates_of(kept: Any) -> tuple[Candidate, ...]:
    """Return the candidates of a line; none if they are not as they were written."""
    try:
        return tuple(
            Candidate(
                str(each["name"]),
                str(each["shown"]),
                str(each["place"]),
                tools=tuple(
                    KeptTool(str(name), str(source), "".join(map(str, shown)))
                    for name, source, *shown in each["tools"]
                ),
            )
            for each in kept or ()
        )
    except (TypeError, KeyError, ValueError):
        return ()


def _read_as_written(raw: bytes) -> Any:
    """Read a line as it is written here; `json.loads` would also guess at its encoding."""
    text = raw.decode()
    line, end = _JSON.raw_decode(text)
    if text[end:] not in ("\n", ""):
        raise ValueError
    return line


def _usage(kept: Any) -> Usage:
    """Return the usage of a line; none if it is not as it was written."""
    try:
        return Usage(**{str(name): int(number) for name, number in dict(kept).items()})
    except (TypeError, ValueError):
        return Usage()


def _seconds(kept: Any) -> float:
    return float(kept) if isinstance(kept, int | float) else 0.0


def _encoded(line: dict[str, Any]) -> bytes:
    try:
        return json.dumps(line, ensure_ascii=False).encode() + b"\n"
    except UnicodeEncodeError:  # lone surrogates, which only an escape can carry
        return json.dumps(line).encode() + b"\n"
