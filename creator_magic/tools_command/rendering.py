"""A page as plain text, as HTML, and in a terminal; what a tool holds is inert in each of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from creator_magic.cells.templates import template
from creator_magic.inert import inert
from creator_magic.tools_command.page import Code, Table, Text

if TYPE_CHECKING:
    from rich.console import Console

    from creator_magic.tools_command.page import Page

_WIDEST = 60
"""Characters of a column in plain text."""


def as_text(page: Page) -> str:
    """Return a page as plain text."""
    parts = []
    for block in page.blocks:
        match block:
            case Table():
                parts += _lines(block)
            case Code(title, source):
                parts += ["", f"--- {title}", source]
            case Text(text):
                parts.append(text)
    return inert("\n".join(parts))


def as_html(page: Page) -> str:
    """Return a page as HTML, with every value escaped."""
    blocks = [(type(block).__name__, block) for block in page.blocks]
    return template("tools.html").render(blocks=blocks)


def show_in_terminal(page: Page, console: Console) -> None:
    """Show a page in a terminal, in its width and with its colours."""
    from rich import box
    from rich.syntax import Syntax
    from rich.table import Table as RichTable
    from rich.text import Text as RichText

    for block in page.blocks:
        match block:
            case Table(columns, rows) if rows:
                headed = any(columns)
                table = RichTable(*columns, box=box.SIMPLE, show_header=headed, pad_edge=False)
                for row in rows:
                    table.add_row(*(RichText(inert(value)) for value in row))
                console.print(table)
            case Code(title, source, language):
                console.print(RichText(title, style="bold"))
                console.print(Syntax(inert(source), language, background_color="default", word_wrap=True))
            case Text(text):
                console.print(RichText(inert(text)))


def _lines(table: Table) -> list[str]:
    rows = [[_cell(value) for value in row] for row in table.rows]
    if rows and any(table.columns):
        rows.insert(0, list(table.columns))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(value.ljust(width) for value, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]


def _cell(value: str) -> str:
    line = " ".join(value.split())
    return line if len(line) <= _WIDEST else f"{line[: _WIDEST - 1]}…"
