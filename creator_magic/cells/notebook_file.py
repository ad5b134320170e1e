"""A notebook file: read with an id for every cell, written whole."""

from __future__ import annotations

import hashlib
import json
import re
from typing import TYPE_CHECKING, Any

import nbformat

from creator_magic.atomic_write import write_file
from creator_magic.errors import NotebookError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from nbformat import NotebookNode

MAJOR, MINOR = 4, 5
_VALID_ID = re.compile(r"[a-zA-Z0-9_-]{1,64}")


def read_notebook(path: Path) -> tuple[NotebookNode, tuple[str, ...]]:
    """Read a notebook file of any version as nbformat 4.5, each cell with an id of its own.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    notebook : NotebookNode
        The notebook.
    notices : tuple of str
        What had to be changed for that, in a sentence each.

    Raises
    ------
    NotebookError
        If the file cannot be read or is not a notebook.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise NotebookError(f"cannot read {path}: {error.strerror or error}") from error
    content = _json_of(raw, path)
    old = (content["nbformat"], content.get("nbformat_minor", 0))
    repaired = 0
    try:
        if old[0] == MAJOR:
            # Before nbformat sees them: it warns about ids, and gives random ones to older files.
            repaired = give_ids(content["cells"])
            content["nbformat_minor"] = max(old[1], MINOR)
        notebook = nbformat.reads(json.dumps(content), as_version=MAJOR)
        if old[0] < MAJOR:
            give_ids(notebook.cells, anew=True)
        nbformat.validate(notebook, relax_add_props=True)
    except (nbformat.ValidationError, ValueError, TypeError, KeyError, AttributeError) as error:
        reason = str(error).strip().partition("\n")[0] or type(error).__name__
        raise NotebookError(f"{path} is not a valid notebook: {reason}") from error
    if old < (MAJOR, MINOR):
        return notebook, (
            f"notebook format {old[0]}.{old[1]} was raised to {MAJOR}.{MINOR}, whose cells have ids",
        )
    return notebook, (f"cells that had no id of their own got one: {repaired}",) if repaired else ()


def _json_of(raw: bytes, path: Path) -> dict[str, Any]:
    try:
        content = json.loads(raw.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise NotebookError(f"{path} is not a notebook: it does not hold JSON ({error})") from error
    if not isinstance(content, dict) or type(content.get("nbformat")) is not int:
        raise NotebookError(f"{path} is not a notebook: it is JSON, but has no `nbformat` number")
    if content["nbformat"] > MAJOR:
        raise NotebookError(
            f"{path} is in notebook format {content['nbformat']}; the newest that can be read here is {MAJOR}"
        )
    return content


def write_notebook(notebook: NotebookNode, path: Path) -> None:
    """Write a notebook file, whole or not at all.

    Parameters
    ----------
    notebook : NotebookNode
        The notebook.
    path : Path
        The file; what stood there is replaced.

    Raises
    ------
    NotebookError
        If it cannot be written.
    """
    text = nbformat.writes(notebook)
    # A lone surrogate, which printed text may hold, stays what it is: in JSON a `\ud800`.
    write_output(path, (text.rstrip("\n") + "\n").encode("utf-8", "backslashreplace"))


def write_output(path: Path, content: bytes) -> None:
    """Write a notebook, or what is made of one, whole or not at all.

    Parameters
    ----------
    path : Path
        The file; see `write_file`.
    content : bytes
        The new content.

    Raises
    ------
    NotebookError
        If it cannot be written.
    """
    try:
        write_file(path, content)
    except OSError as error:
        raise NotebookError(f"cannot write {path}: {error.strerror or error}") from error


def give_ids(cells: list[Any], *, anew: bool = False) -> int:
    """Give each cell that has no valid id of its own one, the same for the same content.

    Parameters
    ----------
    cells : list of dict
        The cells, in notebook order; they are changed.
    anew : bool, optional
        Replace every id.

    Returns
    -------
    int
        How many cells got one.
    """
    olds = [None if anew else cell.get("id") for cell in cells]
    taken = {old for old in olds if isinstance(old, str)}
    kept: set[str] = set()
    for index, (cell, old) in enumerate(zip(cells, olds, strict=True)):
        if isinstance(old, str) and _VALID_ID.fullmatch(old) and old not in kept:
            kept.add(old)
            continue
        cell["id"] = new_id(f"{index}\n{cell.get('source')}", taken)
        taken.add(cell["id"])
    return len(cells) - len(kept)


def new_id(seed: str, taken: Iterable[str]) -> str:
    """Return an id that no other cell has, the same for the same seed.

    Parameters
    ----------
    seed : str
        What the id follows from.
    taken : iterable of str
        The ids that there are.

    Returns
    -------
    str
        Eight hexadecimal digits.
    """
    digest = hashlib.sha256(seed.encode("utf-8", "surrogatepass")).hexdigest()
    return next(name for start in range(56) if (name := digest[start : start + 8]) not in taken)
