"""Put the hash of the front-end half into its package.json, so that browsers fetch a changed file.

A Jupyter server tells browsers to keep these files for a year; the hash makes a new address. Run
it after every change: `python labextension/stamp.py`.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

FOLDER = Path(__file__).parent
ENTRY = "static/remoteEntry.js"


def address() -> str:
    """Return the address from which the front-end half is to be loaded."""
    sha = hashlib.sha256((FOLDER / ENTRY).read_bytes()).hexdigest()[:12]
    return f"{ENTRY}?v={sha}"


def main() -> None:
    """Write it into package.json."""
    package = FOLDER / "package.json"
    stamped = re.sub(r'"load": "[^"]*"', f'"load": "{address()}"', package.read_text("utf-8"))
    package.write_text(stamped, "utf-8")


if __name__ == "__main__":
    main()
