"""The environment of the oldest front ends that are supported, apart from that of the tests.

python -m tests.browser.oldest FOLDER

makes it, or completes it, in FOLDER; the tests find it when `CREATOR_TESTS_OLDEST` names that folder.
"""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from pathlib import Path

VARIABLE = "CREATOR_TESTS_OLDEST"
VERSIONS = {"jupyterlab": "4.0", "notebook": "7.0"}


def python_of_oldest() -> Path | None:
    """Return the Python of the environment that `VARIABLE` names; None without one."""
    folder = os.environ.get(VARIABLE)
    python = Path(folder or ".") / "bin" / "python"
    return python if folder and python.exists() else None


def make(folder: Path) -> None:
    """Make a virtual environment with the oldest front ends; what is there already stays."""
    python = folder / "bin" / "python"
    if not python.exists():
        venv.create(folder, with_pip=True)
    wanted = [f"{package}=={version}.*" for package, version in VERSIONS.items()]
    subprocess.run([python, "-m", "pip", "install", "--quiet", *wanted], check=True)


if __name__ == "__main__":
    make(Path(sys.argv[1]))
