"""Who can say yes to what code would do, where a policy says to ask."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


class CannotAskError(Exception):
    """Nobody can be asked now; the text says why."""


class Person(Protocol):
    """Who can say yes."""

    def agrees(self, question: str) -> bool:
        """Ask a question of yes or no, no being meant where nothing is said.

        Raises
        ------
        CannotAskError
            If nobody can answer.
        """
        ...


@dataclass(frozen=True, slots=True)
class Nobody:
    """A `Person` who is not there, so that what would have to be asked is refused.

    Parameters
    ----------
    why : str
        Why nobody can be asked.
    """

    why: str

    def agrees(self, question: str) -> bool:  # noqa: ARG002 - the port's
        """Refuse; see `Person`."""
        raise CannotAskError(self.why)
