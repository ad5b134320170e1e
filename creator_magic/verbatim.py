"""The text of a magic cell, as the person wrote it.

IPython empties lines of blanks on the way to a cell magic, and refuses one without a body before
it can explain itself. A problem must reach the model as it stands, so the call of our own magics
is made from the untouched cell.
"""

from __future__ import annotations

from itertools import dropwhile

_MAGICS = {"%%solve": "solve", "%%create": "create", "%%rectify": "rectify"}


def call_magics_verbatim(lines: list[str]) -> list[str]:
    """Turn a cell of one of our magics into the call of it; leave every other cell alone.

    Parameters
    ----------
    lines : list of str
        The cell, with line ends.

    Returns
    -------
    list of str
        One line that calls the magic, or `lines`.
    """
    cell = list(dropwhile(lambda line: not line.strip(), lines))
    word, _, rest = cell[0].strip().partition(" ") if cell else ("", "", "")
    if word not in _MAGICS or not cell[0].startswith("%%"):
        return lines
    # IPython ends a cell with a line end that the person did not write.
    body = "".join(cell[1:]).removesuffix("\n")
    return [f"get_ipython().run_cell_magic({_MAGICS[word]!r}, {rest.strip()!r}, {body + chr(10)!r})\n"]


# IPython asks its transformations whether a cell is complete, and a magic cell is not while it is
# being typed; those that are marked so are not asked.
call_magics_verbatim.has_side_effects = True  # type: ignore[attr-defined]
