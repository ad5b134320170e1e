"""What an exploration tells while it goes on. Every event holds the trial as far as it has come."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from creator_magic.explore.trial import Trial


@dataclass(frozen=True, slots=True)
class TrialBegan:
    """A query is being imagined."""

    trial: Trial


@dataclass(frozen=True, slots=True)
class TrialHandedOut:
    """A worker has the trial, and tells nothing of it until it is made."""

    trial: Trial


@dataclass(frozen=True, slots=True)
class Imagined:
    """The query stands; it is being tried."""

    trial: Trial


@dataclass(frozen=True, slots=True)
class Tried:
    """A call has run, or a reply was none."""

    trial: Trial


@dataclass(frozen=True, slots=True)
class Reflected:
    """There is a verdict."""

    trial: Trial


@dataclass(frozen=True, slots=True)
class TrialEnded:
    """The trial is finished, and kept."""

    trial: Trial


@dataclass(frozen=True, slots=True)
class TrialLost:
    """The workers that were to make the trial have died."""

    trial: Trial


Event = TrialBegan | TrialHandedOut | Imagined | Tried | Reflected | TrialEnded | TrialLost
Listener = Callable[[Event], None]
