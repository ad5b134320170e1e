"""Put the hash of the front-end half into its package.json, so that browsers fetch changed files.

A Jupyter server tells browsers to keep these files for a year; the hash makes new addresses, since
the entry hands it on to the files that it loads. Run it after every change:
`python labextension/stamp.py`.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

FOLDER = Path(__file__).parent
ENTRY = "static/remoteEntry.js"


def address() -> str:
    """Return the address from which the front-end half is to be loaded."""
    sha = hashlib.sha256()
    for file in sorted((FOLDER / "static").iterdir()):
        sha.update(f"{file.name}\n".encode() + file.read_bytes())
    return f"{ENTRY}?v={sha.hexdigest()[:12]}"


def main() -> None:
    """Write it into package.json."""
    package = FOLDER / "package.json"
    stamped = re.sub(r'"load": "[^"]*"', f'"load": "{address()}"', package.read_text("utf-8"))
    package.write_text(stamped, "utf-8")


if __name__ == "__main__":
    main()
