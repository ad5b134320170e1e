"""What calls came to, kept by day, notebook and model: numbers, and not a word of any prompt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from creator_magic.ports import Usage
from creator_magic.project_store.text import storable
from creator_magic.spending import Ledger, Spent

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Slot:
    """What one row of counts is about: a day, a notebook, a model.

    Parameters
    ----------
    day : str
        By the person's clock, as 2026-11-03.
    notebook : str
        The notebook's name.
    model : str
        The model's name, as it was set.
    """

    day: str
    notebook: str
    model: str


_KEY = ("day", "notebook", "model")
_COUNTS = (
    "calls",
    "prompt_tokens",
    "completion_tokens",
    "cached_tokens",
    "reasoning_tokens",
    "seconds",
    "replayed",
    "broken_off",
    "uncounted",
)

# Only the constant names above go into these texts; values are bound.
_ADD = (
    f"INSERT INTO spending ({', '.join(_KEY + _COUNTS)}) "  # noqa: S608
    f"VALUES ({', '.join('?' * len(_KEY + _COUNTS))}) "
    f"ON CONFLICT ({', '.join(_KEY)}) DO UPDATE SET "
    + ", ".join(f"{name} = {name} + excluded.{name}" for name in _COUNTS)
)
_SUMS = ", ".join(f"sum({name})" for name in _COUNTS)
_READ = (
    f"SELECT model, {_SUMS} FROM spending "  # noqa: S608
    "WHERE (:day IS NULL OR day = :day) AND (:notebook IS NULL OR notebook = :notebook) "
    "GROUP BY model ORDER BY model"
)


def add_counts(connection: sqlite3.Connection, counts: Mapping[Slot, Spent]) -> None:
    """Add what was spent to the rows of its slots."""
    connection.executemany(
        _ADD,
        [
            (
                storable(slot.day),
                storable(slot.notebook),
                storable(slot.model),
                spent.usage.calls,
                spent.usage.prompt_tokens,
                spent.usage.completion_tokens,
                spent.usage.cached_tokens,
                spent.usage.reasoning_tokens,
                spent.seconds,
                spent.replayed,
                spent.broken_off,
                spent.uncounted,
            )
            for slot, spent in counts.items()
        ],
    )


def read_counts(
    connection: sqlite3.Connection, *, day: str | None = None, notebook: str | None = None
) -> Ledger:
    """Return what was spent, by model.

    Parameters
    ----------
    connection : sqlite3.Connection
        The project's file.
    day : str or None
        Only on this day.
    notebook : str or None
        Only in this notebook.
    """
    named = None if notebook is None else storable(notebook)
    rows = connection.execute(_READ, {"day": day, "notebook": named})
    return Ledger(
        {
            model: Spent(Usage(*map(int, usage)), seconds, replayed, broken_off, uncounted)
            for model, *usage, seconds, replayed, broken_off, uncounted in rows
        }
    )
