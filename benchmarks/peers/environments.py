"""An environment for each peer, below one folder, kept for the next run."""

from __future__ import annotations

import subprocess
import sys
import venv
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_PATIENCE = 900

_VERSION = "import sys, importlib.metadata as m; print(m.version(sys.argv[1]))"


@dataclass(frozen=True, slots=True)
class Environment:
    """Where a peer was installed, or why it was not.

    Parameters
    ----------
    python : str
        Its Python; empty if the peer did not install.
    version : str
        The peer's version.
    refusal : str
        The last line that pip said, where it failed.
    """

    python: str = ""
    version: str = ""
    refusal: str = ""


def environment_of(package: str, installed: Sequence[str], folder: Path) -> Environment:
    """Return the environment of a peer, made if there is none yet."""
    place = folder / package
    python = str(place / ("Scripts" if sys.platform == "win32" else "bin") / "python")
    if not (place / "installed").exists():
        venv.create(place, with_pip=True, clear=True)
        command = [python, "-m", "pip", "install", "--quiet", "ipykernel", *installed]
        try:
            pip = subprocess.run(  # noqa: S603 - names of our own
                command, capture_output=True, text=True, timeout=_PATIENCE, check=False
            )
        except subprocess.TimeoutExpired:
            return Environment(refusal=f"pip was not done in {_PATIENCE} s")
        if pip.returncode:
            return Environment(refusal=(pip.stderr.strip().splitlines() or ["pip failed"])[-1])
        (place / "installed").touch()
    told = subprocess.run(  # noqa: S603 - the same
        [python, "-c", _VERSION, package], capture_output=True, text=True, check=True
    )
    return Environment(python, told.stdout.strip())
