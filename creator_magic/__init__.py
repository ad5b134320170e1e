"""creator-magic: state a problem in a notebook cell; get a tool, a decision, and an answer that ran.

`%load_ext creator_magic` brings `%%solve`, `%%create` and `%creator`. `solve` and `create` are the
same from Python. Nothing heavy is imported here or by loading the extension.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from creator_magic.errors import (
    CourseError,
    CreatorError,
    InputError,
    LimitError,
    ModelError,
    NotConfiguredError,
    NotebookError,
    ReplayMissError,
    StoreError,
    UnsolvedError,
)

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from creator_magic.python_door import create, solve
    from creator_magic.solution import Solution

__version__ = "0.1.0"

__all__ = [
    "CourseError",
    "CreatorError",
    "InputError",
    "LimitError",
    "ModelError",
    "NotConfiguredError",
    "NotebookError",
    "ReplayMissError",
    "Solution",
    "StoreError",
    "UnsolvedError",
    "__version__",
    "create",
    "load_ipython_extension",
    "solve",
    "unload_ipython_extension",
]


def load_ipython_extension(shell: InteractiveShell) -> None:
    """Give `shell` the magics; `%load_ext creator_magic` calls this."""
    from creator_magic.extension import load

    load(shell)


def unload_ipython_extension(shell: InteractiveShell) -> None:
    """Take everything away again; `%unload_ext creator_magic` calls this."""
    from creator_magic.extension import unload

    unload(shell)


def __getattr__(name: str) -> Any:
    if name in ("solve", "create"):
        from creator_magic import python_door

        return getattr(python_door, name)
    if name == "Solution":
        from creator_magic.solution import Solution

        return Solution
    message = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(message)
