"""Options: what a magic's flags, or the arguments of the Python functions, say of one solve."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from creator_magic.policy.effects import Effect
    from creator_magic.problem import Method


@dataclass(frozen=True, slots=True)
class Options:
    """How to go about one solve; None takes the setting."""

    model: str | None = None
    hints: tuple[str, ...] = ()
    use: tuple[str, ...] = ()
    into: str | None = None
    method: Method | None = None
    max_rectifications: int | None = None
    timeout: float | None = None
    share: tuple[str, ...] = ()
    fresh: bool = False
    isolate: bool | None = None
    allow: tuple[Effect, ...] = ()
    ask: bool = False
    reuse: bool | None = None
    checks: tuple[str, ...] = ()
    samples: int = 1
    review: bool = False
    help_level: int | None = None
