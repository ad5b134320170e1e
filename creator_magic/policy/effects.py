"""What code can do beyond computing, in words that a person reads and pastes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

Effect = Literal[
    "read",
    "write",
    "delete",
    "processes",
    "network",
    "install",
    "dynamic",
    "kernel",
    "credentials",
    "environment",
    "foreign",
]

EFFECTS: tuple[Effect, ...] = get_args(Effect)

Verdict = Literal["allow", "ask", "deny"]

DEFAULT: dict[Effect, Verdict] = {**dict.fromkeys(EFFECTS, "deny"), "read": "allow", "foreign": "ask"}
"""Reading a file is what analysis begins with, and a tool from elsewhere is run once somebody has said
so; all else is refused unless it is allowed."""

DOES: dict[Effect, str] = {
    "read": "reads files",
    "write": "writes files",
    "delete": "deletes or moves files",
    "processes": "starts or stops other processes",
    "network": "reaches the network",
    "install": "installs packages",
    "dynamic": "runs code that cannot be read beforehand",
    "kernel": "touches the kernel",
    "credentials": "reads credentials",
    "environment": "reads the environment, which holds secrets",
    "foreign": "comes from elsewhere and has not run here",
}
"""What each effect does, as the end of a sentence about a line of code."""

WOULD: dict[Effect, str] = {
    "read": "read files",
    "write": "write files",
    "delete": "delete or move files",
    "processes": "start or stop other processes",
    "network": "reach the network",
    "install": "install packages",
    "dynamic": "run code that cannot be read beforehand",
    "kernel": "touch the kernel",
    "credentials": "read credentials",
    "environment": "read the environment, which holds secrets",
    "foreign": "run a tool from elsewhere for the first time",
}
"""The same behind "it would"."""


TOLD: dict[Effect, str] = {
    "read": "read files",
    "write": "write files",
    "delete": "delete files",
    "processes": "start processes",
    "network": "use the network",
    "install": "install packages",
    "dynamic": "use eval, exec or pickle",
    "kernel": "touch the kernel",
    "credentials": "read credentials",
    "environment": "read environment variables",
}
"""The same for a model, which is told beforehand; whether a tool is foreign is not in its hands."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One place in the code that does more than compute.

    Parameters
    ----------
    effect : str
        What it does, one of `EFFECTS`.
    key : str
        The slot of the cell it stands in.
    line : int
        The line, counted from 1.
    text : str
        The source of that line, without the space around it.
    what : str
        What there does it, in plain words.
    """

    effect: Effect
    key: str
    line: int
    text: str
    what: str
