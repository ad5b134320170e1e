"""What a saver is: one kind of state, read now, with the way back to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    Restore = Callable[[], Iterable[str] | None]
    """Puts back what was read; returns, in plain words, what could not be ended or put back."""


@dataclass(frozen=True, slots=True)
class Saver:
    """One kind of state that a failed attempt must not leave changed.

    Parameters
    ----------
    says : str
        What is put back, in words for the documentation.
    save : callable
        Reads the state and returns what restores it. Both may raise; no other saver is kept from
        its work by that.
    needs : str or None
        The module whose state it is. It is never imported for this: where it is not loaded there
        is nothing to save, and where the attempt is the first to import it, it is saved then.
    """

    says: str
    save: Callable[[], Restore]
    needs: str | None = None


def saver(says: str, needs: str | None = None) -> Callable[[Callable[[], Restore]], Saver]:
    """Make a `Saver` of the function below."""
    return lambda save: Saver(says, save, needs)
