"""What a generated cell is: the mark in its metadata, how an edit is seen, what a record sums up.

The mark is a fixed format. It stands in people's files, a front end and the file runner match
cells by it, and the kernel reads it from an execute request.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Literal, cast, get_args

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from creator_magic.ports import Output

KEY = "creator_magic"
"""Where everything of ours stands in the metadata of a cell or of an output."""

VERSION = 1

SKIP = "skip-execution"
"""The tag by which a person has a cell passed over; nbclient's name for it."""

CellRole = Literal["tool", "decision", "plan"]


@dataclass(frozen=True, slots=True)
class CellMark:
    """What a generated cell says about itself.

    Parameters
    ----------
    role : {"tool", "decision", "plan"}
        What the code is for.
    key : str
        The slot in its solve: `tool`, `tool-2`, `decision`.
    parent : str or None
        The id of the magic cell; None where the front end did not tell it.
    solve_id : str
        The solve that made it, as `solve_id_of` gives it.
    revision : int
        How often the slot was rewritten within its solve, counted from 1.
    sha : str
        `source_sha` of the source as it was generated.
    asked : str
        Hash of the problem and of the options that matter.
    """

    role: CellRole
    key: str
    parent: str | None
    solve_id: str
    revision: int
    sha: str
    asked: str

    def to_metadata(self) -> dict[str, Any]:
        """Return the cell metadata that carries this mark.

        Returns
        -------
        dict
            One entry, under `KEY`.
        """
        # Not `asdict`, which looks for what is mutable in values that are all texts and numbers.
        return {KEY: {"v": VERSION, **{name: getattr(self, name) for name in self.__slots__}}}

    @classmethod
    def from_metadata(cls, cell_metadata: Mapping[str, Any]) -> CellMark | None:
        """Read the mark from a cell's metadata.

        Parameters
        ----------
        cell_metadata : mapping
            The whole metadata of the cell.

        Returns
        -------
        CellMark or None
            None for a cell of the person's own, and for a mark of another version or a damaged
            one: a cell we do not fully understand is never rewritten.
        """
        mark = cell_metadata.get(KEY)
        if not isinstance(mark, dict) or mark.get("v") != VERSION:
            return None
        texts = [mark.get(name) for name in ("key", "solve_id", "sha", "asked")]
        parent, revision = mark.get("parent"), mark.get("revision")
        if (
            mark.get("role") not in get_args(CellRole)
            or not all(isinstance(text, str) for text in texts)
            or not mark["key"]
            or not (parent is None or isinstance(parent, str))
            or type(revision) is not int
        ):
            return None
        key, solve_id, sha, asked = cast("list[str]", texts)
        return cls(mark["role"], key, parent, solve_id, revision, sha, asked)


@dataclass(frozen=True, slots=True)
class SolveSummary:
    """What a record says about its solve.

    Parameters
    ----------
    problem : str
        The problem's text.
    answer_text : str
        The answer, as text.
    solved : bool
        Whether an attempt worked.
    attempts : int
        How many there were.
    calls, replayed, scripted : int
        Replies that came from a model, from a recording of one, and from a person.
    prompt_tokens, completion_tokens : int
        As the endpoint counted them.
    seconds : float
        Wall time.
    priced : bool
        Whether the person gave prices; without, the next three say nothing.
    amount : float
        What the calls cost, in the currency of the prices.
    unpriced : str
        Models that were called and have no price, with commas between; not in the amount.
    at_least : bool
        Whether it may have been more, since nobody counted some of the tokens.
    """

    problem: str = ""
    answer_text: str = ""
    solved: bool = False
    attempts: int = 0
    calls: int = 0
    replayed: int = 0
    scripted: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    seconds: float = 0.0
    priced: bool = False
    amount: float = 0.0
    unpriced: str = ""
    at_least: bool = False

    @classmethod
    def from_record(cls, summary: Mapping[str, Any]) -> SolveSummary:
        """Read a record's summary.

        Parameters
        ----------
        summary : mapping
            What stands under `summary` in the record.

        Returns
        -------
        SolveSummary
            What is missing or of a wrong type has its default.
        """
        known: dict[str, Any] = {}
        for field in fields(cls):
            value = summary.get(field.name)
            wanted = type(field.default)
            if type(value) is wanted or (wanted is float and type(value) is int):
                known[field.name] = value
        return cls(**known)


def source_sha(source: str) -> str:
    """Return the hash by which an edit of a cell's source is seen.

    Parameters
    ----------
    source : str
        The source; the kind of line ends does not count, since editors change it unasked.

    Returns
    -------
    str
        The first 16 hexadecimal digits of a SHA-256.
    """
    text = source.replace("\r\n", "\n").replace("\r", "\n")
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def is_edited(mark: CellMark, source: str) -> bool:
    """Tell whether a generated cell no longer holds what was generated.

    Parameters
    ----------
    mark : CellMark
        The cell's mark.
    source : str
        The cell's source now.

    Returns
    -------
    bool
        True if a person changed the source.
    """
    return source_sha(source) != mark.sha


def slot_of(cell: Mapping[str, Any]) -> str:
    """Return the slot of a generated cell, given in nbformat's form."""
    return str(cell["metadata"][KEY]["key"])


def solve_id_of(parent: str | None, asked: str) -> str:
    """Return the id of a solve, the same whenever the same cell asks the same.

    Parameters
    ----------
    parent : str or None
        The id of the magic cell.
    asked : str
        Hash of the problem and of the options that matter.

    Returns
    -------
    str
        Eight hexadecimal digits.
    """
    return hashlib.sha256(f"{parent or ''}\n{asked}".encode("utf-8", "surrogatepass")).hexdigest()[:8]


def generated_cell(
    mark: CellMark, source: str, outputs: Sequence[Output], execution_count: int | None
) -> dict[str, Any]:
    """Return a generated cell as a record carries it: without an id.

    Parameters
    ----------
    mark : CellMark
        The cell's mark.
    source : str
        Its source.
    outputs : sequence of dict
        Its outputs, in the form nbformat 4.5 gives them.
    execution_count : int or None
        Its prompt number.

    Returns
    -------
    dict
        A cell of nbformat 4.5, a plan as Markdown and all else as code; whoever puts it into a notebook
        gives it an id.
    """
    if mark.role == "plan":
        return {"cell_type": "markdown", "source": source, "metadata": mark.to_metadata()}
    return {
        "cell_type": "code",
        "source": source,
        "outputs": list(outputs),
        "execution_count": execution_count,
        "metadata": mark.to_metadata(),
    }
