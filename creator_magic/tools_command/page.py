"""What a command shows, whatever shows it: text, tables and code, and the same as data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Text:
    """A line or a paragraph."""

    text: str


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under the names of columns; no row is a table of nothing, which is not shown."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Code:
    """Python source, a session of examples, or a diff, with a line that says which."""

    title: str
    source: str
    language: str = "python"


Block = Text | Table | Code


@dataclass(frozen=True, slots=True)
class Page:
    """What a command shows.

    Parameters
    ----------
    blocks : tuple of Text, Table or Code
        From top to bottom.
    data : object
        The same for programs, of JSON's types.
    cell : str
        Source that the person asked for: a new cell in a notebook, the whole output elsewhere.
    failed : bool
        Whether what was asked for did not come about.
    """

    blocks: tuple[Block, ...]
    data: Any = None
    cell: str = ""
    failed: bool = False
