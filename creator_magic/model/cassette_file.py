"""A cassette: replies kept in a file, one a line, so that a notebook runs again without a model.

What identifies a reply is what was asked, not the wording of our prompts: `key_of` hashes the
problem, its hints, the method, the stage, the attempt and the declared inputs; and, where a person
asked to have standing code rectified or a cell of theirs mended, that code and what was said of it. A line is

    {"v": 1, "key": ..., "asked": {...}, "model": ..., "request": {"messages": [...]} or null,
     "reply": {"text", "finish_reason", "model", "usage", "seconds"}, "at": ...}

with "scripted": true where a person wrote the reply, and the "candidates" where kept tools were
offered: whoever replays it may not have them. Lines are only ever appended, each whole;
of several with one key and model the last counts. No key to an endpoint and no header is kept.

A process that dies may leave half a line at the end: it is set aside before the next reply is kept.
Lines that were damaged otherwise stay where they are, and each reply in them that is whole is found.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import re
import threading
from collections import Counter
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Literal

from creator_magic.damaged_files import set_aside, set_part_aside
from creator_magic.errors import InputError
from creator_magic.file_lock import locked
from creator_magic.ports import Candidate, KeptTool, Usage
from creator_magic.project import FOLDER

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

    from creator_magic.ports import Question, Reply

VERSION = 1
_BEGINNING = b'{"v": 1, "key": "'
_BEGINNINGS = re.compile(r'\{"v": ?\d+, ?"')
_JSON = json.JSONDecoder()
_NO_USAGE = Usage()
_TAIL = 64
"""Bytes before the place read up to that must be unchanged, or the file is another one."""


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
    canonical = json.dumps(asked, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(canonical.encode("ascii")).hexdigest()


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
        Counted up with each reply of the file: which of two is the later one.
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


class Cassette:
    """A cassette's file; it need not exist before the first reply is added.

    What other processes append meanwhile is seen at the next look-up. Several threads may use it.

    Parameters
    ----------
    path : Path or str
        Where the file is.
    only_read : bool
        Whether it is somebody else's: then nothing is added, and nobody who holds its lock is waited for.
    """

    def __init__(self, path: Path | str, *, only_read: bool = False) -> None:
        self.path = Path(path)
        self._only_read = only_read
        self._read_to = 0
        self._tail = b""
        self._inode = 0
        self._count = 0
        self._known = False  # whether a line was one of ours
        self._damaged = False
        self._newest: dict[str, Recording] = {}
        self._by_model: dict[tuple[str, str], Recording] = {}
        self._asked: dict[str, dict[str, Any]] = {}
        self._notices: list[str] = []
        self._told: set[str] = set()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        with self._lock:
            self._catch_up()
            return len(self._newest)

    def find(self, question: Question, model: str | None = None) -> Recording | None:
        """Return the last reply to `question`.

        Parameters
        ----------
        question : Question
            What is asked.
        model : str or None
            The model whose reply it must be; None for any.

        Raises
        ------
        InputError
            If the file is there but cannot be read.
        """
        key = key_of(asked_of(question))
        with self._lock:
            self._catch_up()
            return self._newest.get(key) if model is None else self._by_model.get((key, model))

    def all(self) -> tuple[tuple[dict[str, Any], Recording], ...]:
        """Return what was asked, as `asked_of` gives it, each with the last reply to it.

        Raises
        ------
        InputError
            If the file is there but cannot be read.
        """
        with self._lock:
            self._catch_up()
            return tuple((asked, self._newest[key]) for key, asked in self._asked.items())

    def add(self, question: Question, reply: Reply, model: str, *, scripted: bool = False) -> None:
        """Append a reply, whole and at once, so that several processes may.

        Parameters
        ----------
        question : Question
            What was asked; its messages are kept for audit, except with a scripted reply.
        reply : Reply
            What was replied.
        model : str
            The model that was asked, by the name a person sets.
        scripted : bool
            Whether a person wrote the reply.

        Raises
        ------
        OSError
            If the file cannot be written, or is another one than a cassette; it is then as it was.
        """
        asked = asked_of(question)
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
            "request": None if scripted else {"messages": [asdict(message) for message in question.messages]},
            "reply": {
                "text": reply.text,
                "finish_reason": reply.finish_reason,
                "model": reply.model,
                "usage": asdict(reply.usage),
                "seconds": round(reply.seconds, 3),
            },
            "at": datetime.now(UTC).isoformat(timespec="seconds"),
        }
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self._lock:
            while not self._append(_encoded(line)):
                pass  # the file was moved away meanwhile

    def take_notices(self) -> tuple[str, ...]:
        """Return what the person should know about the file; each sentence is returned once."""
        with self._lock:
            notices = tuple(dict.fromkeys(notice for notice in self._notices if notice not in self._told))
            self._told.update(notices)
            self._notices.clear()
        return notices

    def _append(self, line: bytes) -> bool:
        """Append a line; return whether it is in the file that has the name by then."""
        handle = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o666)
        try:
            with locked(handle):
                if not _has_name(handle, self.path):
                    return False
                with os.fdopen(handle, "rb", closefd=False) as file:
                    self._take_in_new(file)
                last = b"".join(_last_line(handle))
                if self._is_another(last):
                    self._set_aside()
                    return False
                if last and _decoded(last) is None and not any(_whole_parts(last)):
                    self._cut_off(handle, last)
                elif last:
                    line = b"\n" + line  # only its end is missing, as editors leave it
                _append_whole(handle, line)
        finally:
            os.close(handle)
        return True

    def _is_another(self, last: bytes) -> bool:
        """Tell whether the file holds something, and that is no cassette."""
        begins_like_ours = last[: len(_BEGINNING)] == _BEGINNING[: len(last)]
        return not self._known and (self._damaged or not begins_like_ours)

    def _set_aside(self) -> None:
        if self.path.parent.name != FOLDER:  # a person named it, and may have meant another
            raise OSError(errno.EINVAL, "it is no cassette. It was left as it is; name another file")
        aside = set_aside(self.path)
        self._notices = [
            f"{self.path.name} could not be read at all. It is now {aside.name}; a new one was begun."
        ]

    def _cut_off(self, handle: int, last: bytes) -> None:
        aside = set_part_aside(self.path, last)
        os.ftruncate(handle, os.fstat(handle).st_size - len(last))
        self._notices = [notice for notice in self._notices if notice != self._is_cut_off]
        self._notices.append(
            f"The last line of {self.path.name} was cut off and is now in {aside.name}; the rest is whole."
        )

    @property
    def _is_cut_off(self) -> str:
        return f"The last line of {self.path.name} was cut off; it cannot be read and is left out."

    def _catch_up(self) -> None:
        """Read what the file has gained, or all of it if it is another file by now."""
        try:
            with self.path.open("rb") as file, self._undisturbed(file):
                self._take_in_new(file)
        except FileNotFoundError:
            self._forget(0)
        except OSError as error:
            raise InputError(f"The cassette {self.path} cannot be read: {error.strerror}.") from error

    def _undisturbed(self, file: BinaryIO) -> AbstractContextManager[None]:
        # Whoever may read a file may lock it, and so could keep a whole class waiting.
        return contextlib.nullcontext() if self._only_read else locked(file.fileno(), shared=True)

    def _take_in_new(self, file: BinaryIO) -> None:
        state = os.fstat(file.fileno())
        file.seek(max(0, self._read_to - _TAIL))
        same = file.read(min(_TAIL, self._read_to)) == self._tail and state.st_ino == self._inode
        if not same:
            self._forget(state.st_ino)
        file.seek(self._read_to)
        self._take_in(file.read(max(0, state.st_size - self._read_to)))  # a device may have no end

    def _forget(self, inode: int) -> None:
        self._read_to, self._tail, self._inode, self._count = 0, b"", inode, 0
        self._known = self._damaged = False
        self._newest.clear()
        self._by_model.clear()
        self._asked.clear()

    def _take_in(self, data: bytes) -> None:
        *whole, last = data.split(b"\n")
        kinds = Counter(self._take_in_line(raw) for raw in whole if raw.strip())
        # A last line without its end is read again next time: it may not be complete.
        done = len(data) - len(last)
        self._read_to += done
        self._tail = (self._tail + data[:done])[-_TAIL:]
        if last.strip() and self._take_in_line(last) == "damaged":
            self._notices.append(self._is_cut_off)
        damaged, newer = kinds["damaged"], kinds["newer"]
        self._damaged = self._damaged or damaged > 0
        if damaged:
            self._notices.append(
                f"{_lines(damaged)} of {self.path.name} cannot be read and {_are(damaged)} left out."
            )
        if newer:
            self._notices.append(
                f"{_lines(newer)} of {self.path.name} {_are(newer)} of a newer version of creator-magic "
                f"and {_are(newer)} left out."
            )

    def _take_in_line(self, raw: bytes) -> Literal["whole", "newer", "damaged"]:
        line = _decoded(raw)
        if line is None:
            for part in _whole_parts(raw):
                self._known = self._index(part) or self._known
            return "damaged"
        version = line.get("v")
        if isinstance(version, int) and version > VERSION:
            self._known = True
            return "newer"
        if version != VERSION or not self._index(line):
            return "damaged"
        self._known = True
        return "whole"

    def _index(self, line: dict[str, Any]) -> bool:
        reply, key, model = line.get("reply"), line.get("key"), line.get("model")
        if not (isinstance(reply, dict) and isinstance(key, str) and isinstance(reply.get("text"), str)):
            return False
        ended, answered = reply.get("finish_reason"), reply.get("model")
        asked_model = model if isinstance(model, str) else ""
        recording = Recording(
            reply["text"],
            ended if isinstance(ended, str) else None,
            answered if answered and isinstance(answered, str) else asked_model,
            scripted=line.get("scripted") is True,
            candidates=candidates_of(line.get("candidates")),
            number=self._count,
            usage=_usage(reply.get("usage")),
            seconds=_seconds(reply.get("seconds")),
        )
        self._count += 1
        self._newest[key] = self._by_model[key, asked_model] = recording
        asked = line.get("asked")
        if self._only_read:
            self._asked[key] = asked if isinstance(asked, dict) else {}
        return True


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


def _decoded(raw: bytes) -> dict[str, Any] | None:
    try:
        line = json.loads(raw)
    except (ValueError, RecursionError):
        return None
    return line if isinstance(line, dict) else None


def _whole_parts(raw: bytes) -> Iterator[dict[str, Any]]:
    """Yield the lines within a damaged one that are whole, as where an end of line was lost.

    What looks like the beginning of one is one: within a text every `"` is escaped.
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
            yield line


def _has_name(handle: int, path: Path) -> bool:
    """Tell whether an open file still is the one at `path`."""
    try:
        return os.path.samestat(os.fstat(handle), path.stat())
    except FileNotFoundError:
        return False


def _last_line(handle: int, step: int = 65536) -> Iterator[bytes]:
    """Yield the parts of what stands behind the file's last line end, in order."""
    end = os.lseek(handle, 0, os.SEEK_END)
    parts: list[bytes] = []
    while end > 0:
        start = max(0, end - step)
        os.lseek(handle, start, os.SEEK_SET)
        _, found, rest = os.read(handle, end - start).rpartition(b"\n")
        parts.append(rest)
        if found:
            break
        end = start
    yield from reversed(parts)


def _append_whole(handle: int, data: bytes) -> None:
    before = os.fstat(handle).st_size
    written = 0
    try:
        while written < len(data):  # one write, unless the disk is nearly full
            written += os.write(handle, data[written:])
    except BaseException:
        with contextlib.suppress(OSError):
            if os.fstat(handle).st_size == before + written:
                os.ftruncate(handle, before)
        raise


def _are(count: int) -> str:
    return "is" if count == 1 else "are"


def _lines(number: int) -> str:
    return "A line" if number == 1 else f"{number} lines"
