"""Notebooks with fixed cells, and where a new cell goes in each: one table for both halves of the rule.

In `fixed_cells.json` a notebook names its cells by their kind, a generated one by slot and the position of
its magic cell; `place` is the position that a cell gets which belongs below the one at `below`.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from creator_magic.cells.generated import CellMark

TABLE: dict[str, Any] = json.loads(Path(__file__).with_suffix(".json").read_text("utf-8"))
NAMES = [notebook["name"] for notebook in TABLE["notebooks"]]


def cells_of(notebook: dict[str, Any]) -> list[dict[str, Any]]:
    """The cells of one of the table's notebooks, as the browser's half takes them."""
    return [{"id": f"cell-{number}", **_cell(cell)} for number, cell in enumerate(notebook["cells"])]


def _cell(kind: str | list[Any]) -> dict[str, Any]:
    if isinstance(kind, str):
        cell: dict[str, Any] = TABLE["cells"][kind]
        return cell
    key, magic = kind
    mark = CellMark(key, key, f"cell-{magic}", "5eed5eed", 1, "", "asked")
    return {"type": "code", "source": "", "metadata": mark.to_metadata()}
