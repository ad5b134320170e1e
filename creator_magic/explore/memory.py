"""Long-term memory: every finished trial of a tool, in the project's file."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Protocol

from creator_magic.explore.trial import from_details
from creator_magic.project_store.trials import (
    TrialRow,
    add_trial,
    explored_versions,
    read_trials,
    version_counts,
)
from creator_magic.toolbox.terms import terms_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from creator_magic.explore.trial import Trial
    from creator_magic.project_store import ProjectStore


class Memory(Protocol):
    """Where finished trials are kept."""

    def trials(self, tool: str, version: str, course: str) -> Sequence[Trial]:
        """Return the finished trials of a version of a tool, in their order."""
        ...

    def keep(self, trial: Trial) -> bool:
        """Keep a finished trial; return whether it was not kept before."""
        ...


class LongTermMemory:
    """The memory in the project's file. Each trial is written at once, whole, when it is finished.

    Parameters
    ----------
    store : ProjectStore
        The project's file.
    """

    def __init__(self, store: ProjectStore) -> None:
        self._store = store

    def trials(self, tool: str, version: str, course: str = "") -> Sequence[Trial]:
        """Return the finished trials of a version of a tool; see `Memory`.

        Raises
        ------
        StoreError
            If the file cannot be read.
        """
        if not self._store.exists:
            return ()
        with self._store.reading() as connection:
            return [_trial(row) for row in read_trials(connection, tool, version, course)]

    def keep(self, trial: Trial) -> bool:
        """Keep a finished trial, in a transaction of its own; see `Memory`.

        Raises
        ------
        StoreError
            If the file cannot be written.
        """
        call = trial.call
        row = TrialRow(
            trial.tool,
            trial.version,
            trial.course,
            trial.episode,
            trial.number,
            trial.query,
            " ".join(terms_of(trial.query)),
            trial.solved,
            trial.passed,
            call.code if call is not None else "",
            json.dumps(trial.to_details()),
        )
        with self._store.transaction() as connection:
            return add_trial(connection, row)

    def counts(self, tool: str) -> dict[str, tuple[int, ...]]:
        """Return of each version of a tool how many trials it has, were solved, and passed; oldest first."""
        if not self._store.exists:
            return {}
        with self._store.reading() as connection:
            return {
                version: tuple(map(int, numbers)) for version, *numbers in version_counts(connection, tool)
            }

    def versions(self) -> Sequence[tuple[str, str]]:
        """Return the name and version of each tool that has trials; of a tool the last explored is last."""
        if not self._store.exists:
            return ()
        with self._store.reading() as connection:
            return explored_versions(connection)


def _trial(row: TrialRow) -> Trial:
    return from_details(
        json.loads(row.details),
        tool=row.tool,
        version=row.version,
        course=row.course,
        episode=row.episode,
        number=row.number,
        query=row.query,
    )
