"""Whose a module is, the user's or a library's, and what code there is within code."""

from __future__ import annotations

import os
import site
import sys
import sysconfig
from pathlib import Path
from types import CodeType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_FOLDERS = (
    *(sysconfig.get_path(which) for which in ("stdlib", "platstdlib", "purelib", "platlib")),
    *site.getsitepackages(),
    site.getusersitepackages(),
    # Also where it runs from a checkout.
    str(Path(__file__).parents[1]),
)
_LIBRARIES = (*(folder + os.sep for folder in _FOLDERS), "<")
"""How the names of files begin that are not the user's, and of what stands in no file."""


def is_users(module: object) -> bool:
    """Tell whether code of this module is the user's own: the notebook, or a file beside it.

    Parameters
    ----------
    module : object
        Its name, as functions and classes have it; a module that is not loaded is nobody's.
    """
    if module == "__main__":
        return True
    # Not by `getattr`, which may run code of the module's.
    loaded = getattr(sys.modules.get(module), "__dict__", {}) if isinstance(module, str) else {}
    file = loaded.get("__file__")
    return isinstance(file, str) and not file.startswith(_LIBRARIES)


def code_within(code: CodeType) -> Iterator[CodeType]:
    """Yield `code`, and that of every function and class in it."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from code_within(constant)
