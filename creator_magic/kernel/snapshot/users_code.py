"""Whose a module is: the user's, or a library's."""

from __future__ import annotations

import sys
import sysconfig
from functools import lru_cache
from pathlib import Path

_LIBRARIES = tuple(
    {sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")}
    | {str(Path(__file__).parents[2])}
)


def is_users(module: object) -> bool:
    """Tell whether code of this module is the user's own: the notebook, or a file beside it."""
    if module == "__main__":
        return True
    return isinstance(module, str) and module in sys.modules and _is_users_file(_file_of(module))


def _file_of(module: str) -> str:
    file = getattr(sys.modules[module], "__file__", None)
    return file if isinstance(file, str) else ""


@lru_cache(maxsize=4096)
def _is_users_file(file: str) -> bool:
    return bool(file) and not file.startswith(_LIBRARIES)
