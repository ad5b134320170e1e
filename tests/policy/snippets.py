"""The catalogue of hostile and careless snippets, and the table that the documentation shows of it.

`catalogue.toml` holds the snippets, each with the effects that the policy finds in it, or with what
it misses; `survival.toml` what became of a kernel that ran them. `python -m tests.policy.snippets`
prints `docs/policy.md`; a test sees to it that the file is up to date. A further column is a line in
`COLUMNS`.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from creator_magic.policy.effects import EFFECTS, WOULD

if TYPE_CHECKING:
    from collections.abc import Callable

HERE = Path(__file__).parent
SURVIVAL = HERE / "survival.toml"


@dataclass(frozen=True, slots=True)
class Snippet:
    """One snippet.

    Parameters
    ----------
    about : str
        What it is an attack on.
    what : str
        What it does.
    code : str
        The code.
    effects : tuple of str
        What the policy finds in it, besides reading files.
    missed : str
        What the policy misses, in words; empty if it misses nothing.
    """

    about: str
    what: str
    code: str
    effects: tuple[str, ...] = ()
    missed: str = ""

    @property
    def title(self) -> str:
        """What tells it from all others."""
        return f"{self.about}: {self.what}"

    @property
    def survived(self) -> tuple[str, str]:
        """What became of the kernel when everything was allowed, and with `--isolate`."""
        here, apart = _survived()[self.title]
        return here, apart

    @property
    def policy(self) -> str:
        """What the policy says, as the table shows it."""
        return f"**missed**: {self.missed}" if self.missed else f"caught: {', '.join(self.effects)}"


COLUMNS: dict[str, Callable[[Snippet], str]] = {
    "what it does": lambda snippet: snippet.what,
    "the policy": lambda snippet: snippet.policy,
    "the kernel, where it is allowed": lambda snippet: snippet.survived[0],
    "with `--isolate`": lambda snippet: snippet.survived[1],
}


def snippets() -> list[Snippet]:
    """Return the catalogue."""
    rows = tomllib.loads((HERE / "catalogue.toml").read_text("utf-8"))["snippet"]
    return [Snippet(**{**row, "effects": tuple(row.get("effects", ()))}) for row in rows]


@cache
def _survived() -> dict[str, list[str]]:
    return tomllib.loads(SURVIVAL.read_text("utf-8"))


def benign() -> list[str]:
    """Return ordinary analysis code, in which the policy finds nothing but files that are read."""
    return (HERE / "benign.txt").read_text("utf-8").split("\n----\n")


def table() -> str:
    """Return the catalogue in Markdown."""
    rows = snippets()
    caught = sum(not row.missed for row in rows)
    here, apart = zip(*(row.survived for row in rows), strict=True)
    head = (
        (HERE / "table_head.md")
        .read_text("utf-8")
        .rstrip("\n")
        .format(
            total=len(rows),
            caught=caught,
            missed=len(rows) - caught,
            effects=_effects(),
            lost=sum(said in ("dies", "hangs") for said in here),
            run=sum(map(_came_to_run, here)),
            lives=sum(said.startswith("lives") and _came_to_run(said) for said in apart),
            run_apart=sum(map(_came_to_run, apart)),
        )
    )
    parts = [head]
    for about in dict.fromkeys(row.about for row in rows):
        lines = [f"## {about}\n", f"| {' | '.join(COLUMNS)} |", f"|{'---|' * len(COLUMNS)}"]
        for row in rows:
            if row.about == about:
                cells = [show(row).replace("|", "&#124;") for show in COLUMNS.values()]
                lines.append(f"| {' | '.join(cells)} |")
        parts.append("\n".join(lines))
    return "\n\n".join(parts) + "\n"


def _came_to_run(said: str) -> bool:
    return "not run" not in said and "not come to run" not in said


def _effects() -> str:
    return "\n".join(f"- `{effect}`: {WOULD[effect]}" for effect in EFFECTS)


if __name__ == "__main__":
    print(table(), end="")  # noqa: T201 - what the command is for
