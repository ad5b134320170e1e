"""What an attempt imports stays imported, and is saved as it is when its import has ended."""

from __future__ import annotations

import sys
import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


def watch_imports(before: Callable[[], None], after: Callable[[], None]) -> Callable[[], None]:
    """Have functions called before and after each import that loads something.

    A stand-in takes the place of the function of `importlib` that Python calls for a module that is
    not loaded yet; imports of loaded ones take no longer.

    Parameters
    ----------
    before, after : callable
        Called in this thread, around the outermost import; an import inside it is part of it.

    Returns
    -------
    callable
        Ends the watch.
    """
    # There is no public place that sees every import, whoever makes it.
    importlib = vars(sys.modules["_frozen_importlib"])
    real = importlib["_find_and_load"]
    thread = threading.get_ident()
    inside = False

    def load(name: str, import_: Any) -> Any:
        nonlocal inside
        if inside or threading.get_ident() != thread:
            return real(name, import_)
        inside = True
        try:
            before()
            try:
                return real(name, import_)
            finally:
                after()
        finally:
            inside = False

    def leave() -> None:
        if importlib["_find_and_load"] is load:
            importlib["_find_and_load"] = real

    # So that Python leaves this frame out of tracebacks, as it does the rest of an import's.
    load.__code__ = load.__code__.replace(co_filename=real.__code__.co_filename)
    importlib["_find_and_load"] = load
    return leave
