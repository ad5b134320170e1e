"""One function called in isolation, from the side that asked for it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, cast, get_args

from creator_magic.isolation.answers import ForeignAnswerError, load_answer
from creator_magic.isolation.endings import in_words
from creator_magic.isolation.supervised import Supervised
from creator_magic.ports import FailureKind

if TYPE_CHECKING:
    from collections.abc import Mapping


class CallError(Exception):
    """A function called in isolation did not return plain data.

    Parameters
    ----------
    kind : FailureKind
        How it failed.
    name : str
        The type of what it raised, or a name for how its process ended.
    said : str
        The text of what it raised, or a sentence without a full stop.
    """

    def __init__(self, kind: FailureKind, name: str, said: str) -> None:
        super().__init__(kind, name, said)
        self.kind: FailureKind = kind
        self.name = name
        self.said = said

    def __str__(self) -> str:
        return f"{self.name}: {self.said}".removesuffix(": ")


class IsolatedCall(Supervised[tuple[Any, CallError | None]]):
    """A call that has been ordered: it comes to what the function returned, or why it did not."""

    def read(self, told: bytearray, pickled: bytes) -> tuple[Any, CallError | None]:
        """Read what the function returned or raised."""
        failure = json.loads(told)
        if failure is not None:
            kind, name, said = map(str, failure)
            if kind not in get_args(FailureKind):
                raise ValueError
            return None, CallError(cast("FailureKind", kind), name, said)
        try:
            return load_answer(pickled), None
        except ForeignAnswerError:
            return None, CallError("error", "NoPlainData", "what it returned cannot be brought back")

    def broken_off(self, ending: Mapping[str, Any]) -> tuple[Any, CallError | None]:
        """Tell how its process ended."""
        return None, CallError(*in_words(ending, self.limits))
