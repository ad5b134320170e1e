"""Functions that Python is to call when it exits."""

from __future__ import annotations

import atexit
from typing import TYPE_CHECKING, Any

from creator_magic.kernel.process_state.saver import saver

if TYPE_CHECKING:
    from collections.abc import Callable

    from creator_magic.kernel.process_state.saver import Restore


@saver("functions that the code registered with `atexit`; an imported library's stay")
def exit_functions() -> Restore:
    """Save which functions are registered."""
    before = set(map(id, registered()))

    def restore() -> None:
        for function in registered():
            if id(function) not in before and _of_the_code(function):
                atexit.unregister(function)

    return restore


def _of_the_code(function: Any) -> bool:
    return getattr(function, "__module__", None) in ("__main__", None, "builtins")


class _Asked:
    """Something that `atexit` compares with every function it has, which tells what it has."""

    def __init__(self) -> None:
        self.functions: list[Callable[..., object]] = []

    def __eq__(self, function: object) -> bool:
        self.functions.append(function)  # type: ignore[arg-type]
        return False

    __hash__ = None  # type: ignore[assignment]


def registered() -> list[Callable[..., object]]:
    """Return the functions that Python is to call when it exits."""
    asked = _Asked()
    atexit.unregister(asked)  # type: ignore[arg-type]
    return asked.functions
