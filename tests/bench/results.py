"""Results files for tests of the report, and its page as a reader finds it."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from html.parser import HTMLParser
from typing import TYPE_CHECKING

from creator_magic.bench.results_file import traces_path
from creator_magic.bench.row import Row

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from creator_magic.bench.trace import Trace

VOID = {"meta", "br", "img", "hr"}


def row(id: str, outcome: str = "right", **changes: object) -> Row:  # noqa: A002 - the field's name
    """A row; what is right by the last number is right by every rule."""
    right = outcome == "right"
    made = Row(
        id=id,
        data="shop",
        method="creator",
        model="test-model",
        repeat=1,
        outcome=outcome,  # type: ignore[arg-type] # a test may mean to be wrong
        correct=right,
        any=right,
        lenient=right,
        answer="12" if right else "13",
        gold="12",
        attempts=1,
        right_at=0 if right else None,
        calls=2,
        tokens=300,
        prompt_tokens=200,
        completion_tokens=100,
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def rows(outcomes: str, **changes: object) -> list[Row]:
    """Rows p1, p2, … from a letter each: r(ight), w(rong), n(o answer), f(ailed), l(ost); a blank is none."""
    names = {"r": "right", "w": "wrong", "n": "no answer", "f": "failed", "l": "lost"}
    return [row(f"p{n}", names[o], **changes) for n, o in enumerate(outcomes, 1) if o != " "]


def write(path: Path, rows: Iterable[Row], traces: Iterable[Trace] = ()) -> Path:
    """Write a results file and its traces."""
    path.write_text("".join(json.dumps(asdict(each)) + "\n" for each in rows), "utf-8")
    text = "".join(json.dumps(asdict(each)) + "\n" for each in traces)
    if text:
        traces_path(path).write_text(text, "utf-8")
    return path


class ReadPage(HTMLParser):
    """A page as it is read: its tables by the heading above, its elements, and what each row opens to.

    Attributes
    ----------
    tables : dict
        By the last heading, its tables, each a list of rows of cells.
    tags : set of str
        Names of elements.
    opened : dict
        By the id of a `details`, all text in it.
    links, ids : set of str
        Where links within the page go, and what is there.
    """

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tables: dict[str, list[list[list[str]]]] = {}
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.opened: dict[str, str] = {}
        self.links: set[str] = set()
        self.ids: set[str] = set()
        self.text = ""
        self._open: list[tuple[str, str]] = []
        self._heading = ""
        self.feed(html)
        assert self._open == [], "an element is not closed"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.tags.add(tag)
        self.attributes |= set(given)
        if "id" in given:
            assert given["id"] not in self.ids, f"the id {given['id']} stands there twice"
            self.ids.add(given["id"])
        if given.get("href", "").startswith("#"):
            self.links.add(given["href"][1:])
        if tag in {"h2", "h3", "h4"}:
            self._heading = ""
        tables = self.tables.setdefault(self._heading, [])
        if tag == "table":
            tables.append([])
        elif tag == "tr":
            tables[-1].append([])
        elif tag in {"td", "th"}:
            tables[-1][-1].append("")
        if tag not in VOID:
            self._open.append((tag, given.get("id", "")))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self._open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop()[0] == tag

    def handle_data(self, data: str) -> None:
        inside = [tag for tag, _ in self._open]
        if "style" in inside:
            return
        self.text += data
        if inside and inside[-1] in {"h2", "h3", "h4"}:
            self._heading += data
        if {"td", "th"} & set(inside):
            self.tables[self._heading][-1][-1][-1] += data
        for tag, name in self._open:
            if tag == "details":
                self.opened[name] = self.opened.get(name, "") + data

    def table(self, heading: str, number: int = 0) -> dict[str, dict[str, str]]:
        """A table below a heading: by its first column, the others by their names."""
        head, *lines = self.tables[heading][number]
        return {line[0]: dict(zip(head[1:], line[1:], strict=True)) for line in lines}
