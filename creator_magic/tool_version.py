"""The version of a tool: what was learnt of it, and holds for no other code."""

from __future__ import annotations

import hashlib


def version_of(*sources: str) -> str:
    """Return what tells a version of a tool from others.

    Parameters
    ----------
    *sources : str
        Its source, and those of the tools that it calls, in order.
    """
    return hashlib.sha256("\0".join(source.strip() for source in sources).encode()).hexdigest()[:16]
