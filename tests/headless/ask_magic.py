"""Notebooks for runs without a front end.

`%%ask` stands in for the kernel half of a solve: each paragraph of its body is a generated cell,
whose first line names the slot. It runs the cells that stand under it, as a solve does, unless
its body changed, and shows one record that it updates in place.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import nbformat

if TYPE_CHECKING:
    from pathlib import Path


SETUP = """
import hashlib
from IPython.core.magic import register_cell_magic
from IPython.display import display
from creator_magic.cells.generated import CellMark, generated_cell, source_sha

requests = []

@register_cell_magic
def ask(line, body):
    shell = get_ipython()
    metadata = shell.kernel.get_parent()["metadata"]
    requests.append(metadata)
    parent = metadata["cellId"]
    asked = hashlib.sha256(body.encode()).hexdigest()[:16]
    standing = metadata["creator_magic_frontend"]["cells"]
    marks = [CellMark.from_metadata(cell["metadata"]) for cell in standing]
    known = {m.key: c["source"] for m, c in zip(marks, standing) if m.asked == asked}
    handle = display({"text/plain": "working"}, raw=True, display_id=True)
    cells = []
    for part in body.strip().split("\\n\\n"):
        key, _, source = part.partition("\\n")
        keep = key.endswith(" keep")
        key = key.removesuffix(" keep")
        mark = CellMark(key.partition("-")[0], key, parent, "5eed5eed", 1, source_sha(source), asked)
        source = known.get(key, source)
        exec(source, shell.user_ns)
        output = {"output_type": "stream", "name": "stdout", "text": "made by the magic\\n"}
        cells.append({**generated_cell(mark, source, [output], 7), **({"keep": True} if keep else {})})
        handle.update(
            {"text/plain": f"{len(cells)} cells"},
            raw=True,
            metadata={"creator_magic": {
                "v": 1, "parent": parent, "cells": cells,
                "summary": {"solved": True, "problem": body, "answer_text": str(len(cells)),
                            "calls": 0 if known else 2, "prompt_tokens": 10, "attempts": 1},
            }},
        )
    if line == "fails":
        raise ValueError("no answer")
"""

TOOL_AND_DECISION = "%%ask\ntool\ndef double(x): return 2 * x\n\ndecision\nrows.append(double(4))"


def save(path: Path, *cells: nbformat.NotebookNode) -> Path:
    nbformat.write(nbformat.v4.new_notebook(cells=list(cells)), path)
    return path


def by_id(nb: nbformat.NotebookNode, name: str) -> nbformat.NotebookNode:
    cell: nbformat.NotebookNode = next(cell for cell in nb.cells if cell.id == name)
    return cell
