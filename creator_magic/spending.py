"""What calls came to: counts, one set a model. Pure data; money is another matter (`model.money`)."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import reduce
from operator import add
from types import MappingProxyType
from typing import TYPE_CHECKING

from creator_magic.ports import Usage

if TYPE_CHECKING:
    from collections.abc import Mapping

    from creator_magic.ports import Reply


@dataclass(frozen=True, slots=True)
class Spent:
    """What some calls of one model came to.

    Parameters
    ----------
    usage : Usage
        The number of calls, and tokens as the endpoint counted them.
    seconds : float
        How long the calls were waited for, in seconds.
    replayed : int
        Replies that were recorded or written by hand and not called for; they cost nothing.
    broken_off : int
        Calls among `usage.calls` that ended before their reply did, by an interrupt or a lost
        connection. They may be billed, and nobody told their tokens.
    uncounted : int
        Calls among `usage.calls` with a whole reply but without token counts: some servers send none.
    """

    usage: Usage = field(default_factory=Usage)
    seconds: float = 0.0
    replayed: int = 0
    broken_off: int = 0
    uncounted: int = 0

    def __add__(self, other: Spent) -> Spent:
        return Spent(
            self.usage + other.usage,
            self.seconds + other.seconds,
            self.replayed + other.replayed,
            self.broken_off + other.broken_off,
            self.uncounted + other.uncounted,
        )

    @property
    def tokens(self) -> int:
        """Tokens in and out; cached and reasoning tokens are parts of them."""
        return self.usage.prompt_tokens + self.usage.completion_tokens


def spent_on(reply: Reply) -> Spent:
    """Return what the call that brought `reply` came to."""
    counted = reply.usage.prompt_tokens or reply.usage.completion_tokens
    unfinished = reply.finish_reason is None and not counted
    return Spent(
        reply.usage,
        reply.seconds,
        broken_off=int(unfinished),
        uncounted=int(not counted and not unfinished),
    )


class Ledger:
    """What was spent, by model.

    Parameters
    ----------
    by_model : mapping of str to Spent
        What it begins with.
    """

    def __init__(self, by_model: Mapping[str, Spent] = MappingProxyType({})) -> None:
        self._by_model = dict(by_model)

    def __bool__(self) -> bool:
        return bool(self._by_model)

    def __repr__(self) -> str:
        return f"Ledger({self._by_model!r})"

    def add(self, model: str, spent: Spent) -> None:
        """Enter what a call of `model` came to."""
        self._by_model[model] = self.of(model) + spent

    def of(self, model: str) -> Spent:
        """Return what was spent on `model`."""
        return self._by_model.get(model, Spent())

    @property
    def by_model(self) -> Mapping[str, Spent]:
        """What was spent, by the model's name."""
        return MappingProxyType(self._by_model)

    @property
    def total(self) -> Spent:
        """What was spent on all models together."""
        return reduce(add, self._by_model.values(), Spent())
