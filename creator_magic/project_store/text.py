"""Text as the database can hold it."""

from __future__ import annotations


def storable(text: str) -> str:
    """Return `text` without lone surrogates, which stand in odd replies and odd file names."""
    return text.encode("utf-8", "replace").decode("utf-8")
