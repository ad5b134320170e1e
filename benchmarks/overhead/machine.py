"""What a run's figures are of: figures of other machines or days are not to be compared with them."""

from __future__ import annotations

import platform
from datetime import UTC, datetime
from importlib.metadata import version

import psutil


def machine() -> str:
    """Tell what the figures are of."""
    busy = psutil.getloadavg()[0]
    libraries = ", ".join(f"{name} {version(name)}" for name in ("ipython", "ipykernel", "openai"))
    return (
        f"{datetime.now(UTC):%Y-%m-%d}, {platform.system()} {platform.machine()}, {psutil.cpu_count()} "
        f"processors, load {busy:.1f} before, Python {platform.python_version()}, {libraries}"
    )
