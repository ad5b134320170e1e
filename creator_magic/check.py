"""One thing that was looked at, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at.

    Parameters
    ----------
    name : str
        What it is.
    state : {"ok", "warn", "fail"}
        How it is; with `warn` creator-magic works, but not all of it.
    found : str
        What was found.
    advice : tuple of str
        What to do about it, line by line.
    """

    name: str
    state: Literal["ok", "warn", "fail"]
    found: str
    advice: tuple[str, ...] = ()
