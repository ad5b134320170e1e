"""What a worker is told of the process that asks: its folder, its path, its environment without secrets."""

from __future__ import annotations

import contextlib
import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path

from creator_magic.secret_names import names_a_secret

_SERVERS_OWN = re.compile(r"(?i)^(JPY|OPENAI|ANTHROPIC|CREATOR)_")
"""What says how to reach a server or a model, which is no business of the code."""

_URL_WITH_PASSWORD = re.compile(r"://[^/\s:@]*:[^/\s@]+@")

INLINE, UNSEEN = "module://matplotlib_inline.backend_inline", "agg"
"""Where figures go, as there is no front end: into the outputs, or nowhere."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a worker finds around it.

    Parameters
    ----------
    folder : str
        The working directory.
    path : tuple of str
        `sys.path`.
    environment : tuple of (str, str)
        The environment, secrets left out.
    backend : str
        Matplotlib's, which decides where figures go.
    """

    folder: str
    path: tuple[str, ...]
    environment: tuple[tuple[str, str], ...]
    backend: str

    def enter(self) -> None:
        """Make this process look like the one that they were taken from, as far as code can tell."""
        os.environ.clear()
        os.environ.update(self.environment)
        os.environ["MPLBACKEND"] = self.backend
        if "matplotlib" in sys.modules:
            sys.modules["matplotlib"].rcParams["backend"] = self.backend
        sys.path[:] = self.path
        sys.argv[:] = [""]
        with contextlib.suppress(OSError):  # it may be gone, which the code finds out as in a notebook
            os.chdir(self.folder)


def here() -> Surroundings:
    """Return the surroundings of this process, for cells."""
    return Surroundings(_folder(), _path(), environment(), INLINE)


def elsewhere(folder: str) -> Surroundings:
    """Return the surroundings of this process in another folder, for code that shows nothing."""
    return Surroundings(
        folder, tuple(str(Path(_folder(), entry)) for entry in _path()), environment(), UNSEEN
    )


def environment() -> tuple[tuple[str, str], ...]:
    """Return the environment as code in isolation sees it: what looks like a secret is not in it."""
    return tuple((name, value) for name, value in os.environ.items() if not is_withheld(name, value))


def is_withheld(name: str, value: str) -> bool:
    """Tell whether an entry of the environment is kept from code in isolation.

    Parameters
    ----------
    name, value : str
        The entry.
    """
    return (
        names_a_secret(name)
        or _SERVERS_OWN.match(name) is not None
        or _URL_WITH_PASSWORD.search(value) is not None
    )


def _folder() -> str:
    try:
        return os.getcwd()  # noqa: PTH109 - a text is what travels
    except OSError:
        return os.sep  # it is gone


def _path() -> tuple[str, ...]:
    return tuple(entry for entry in sys.path if isinstance(entry, str))
