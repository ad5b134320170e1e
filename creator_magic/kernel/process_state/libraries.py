"""Which modules come from Python or an installed library, and which are the person's own."""

from __future__ import annotations

import site
import sys
import sysconfig
from functools import cache
from pathlib import Path

import creator_magic

_FOLDERS = tuple(
    {sysconfig.get_path(which) for which in ("stdlib", "platstdlib", "purelib", "platlib")}
    | set(site.getsitepackages())
    | {site.getusersitepackages()}
    # Also where it runs from a checkout.
    | {str(Path(creator_magic.__file__).parent)}
)


@cache
def _in_library(file: str) -> bool:
    return file.startswith((*_FOLDERS, "<"))


def is_library(module: str | None) -> bool:
    """Whether the loaded module with this name is Python's or an installed library's."""
    if module == "__main__":
        return False
    loaded = sys.modules.get(module or "")
    file = getattr(loaded, "__dict__", {}).get("__file__")
    return _in_library(file) if isinstance(file, str) else True
