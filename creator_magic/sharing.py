"""Sharing: what leaves the machine beyond the problem and the form of variables, because a person says so.

`--share df:3` shares the first three rows of `df`, `--share errors` the text of errors. Both can be
settings, and whoever sets up a kernel can forbid them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from creator_magic.config import MOST_ROWS
from creator_magic.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from creator_magic.config import CreatorMagic

_FORMS = "Use --share NAME:ROWS, as in --share df:3, or --share errors."


@dataclass(frozen=True, slots=True)
class Sharing:
    """What is shared in one solve.

    Parameters
    ----------
    rows : mapping of str to int
        How many rows of each variable.
    errors : bool
        Whether the text of errors is.
    """

    rows: Mapping[str, int]
    errors: bool


def sharing_of(items: Sequence[str], used: Sequence[str], settings: CreatorMagic) -> Sharing:
    """Read what a solve shares.

    Parameters
    ----------
    items : sequence of str
        What `--share` says: `errors`, or a variable's name, a colon and a number of rows.
    used : sequence of str
        The variables that `--use` names.
    settings : CreatorMagic
        What is shared in every solve, and whether anything may be.

    Raises
    ------
    InputError
        If an item cannot be read, or sharing is forbidden here; nothing was sent.
    """
    if settings.sharing == "forbidden":
        if items:
            raise InputError("Sharing is forbidden here, and nothing was sent. Leave out --share.")
        return Sharing({}, errors=False)
    rows = dict.fromkeys(used, settings.share_rows) if settings.share_rows else {}
    for item in items:
        if item == "errors":
            continue
        name, colon, number = item.partition(":")
        if not (colon and name.isidentifier() and number.isdecimal()):
            raise InputError(f"--share {item} cannot be read. {_FORMS}")
        if not 1 <= int(number) <= MOST_ROWS:
            raise InputError(f"--share {item} cannot be done: from 1 to {MOST_ROWS} rows can be shared.")
        rows[name] = int(number)
    return Sharing(rows, errors=settings.share_errors or "errors" in items)
