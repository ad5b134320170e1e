"""Text from a server made fit to stand in a message of ours: short, on one line, without keys."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping
from typing import Any

LONGEST = 200
"""Characters of a server's text that are shown."""

HIDDEN = "[key]"
_KEY_LIKE = re.compile(r"(?i)\bbearer\s+\S+|\b(?:sk|pk|rk|gsk|xai)[-_][\w*.\-]{6,}")
_SHORTEST_SECRET = 8
_TITLE = re.compile(r"(?is)<title[^>]*>(.*?)</title>")
_MARKUP = re.compile(r"(?is)^\s*(?:<!doctype|<html|<head|<body|<\?xml)")


def redact(text: str, key: str) -> str:
    """Return `text` without `key`, without parts of it beside asterisks, and without what looks like one."""
    if len(key) >= _SHORTEST_SECRET:
        text = text.replace(key, HIDDEN)
        text = re.sub(rf"{re.escape(key[:3])}[^\s'\"]*\*+[^\s'\"]*", HIDDEN, text)
    elif key:
        # Such as a local server's "EMPTY": no secret, and perhaps part of an ordinary word.
        text = re.sub(rf"(?<!\w){re.escape(key)}(?!\w)", HIDDEN, text)
    return _KEY_LIKE.sub(HIDDEN, text)


def shown(text: str, key: str, longest: int = LONGEST) -> str:
    """Return `text` as one short, printable line without the key.

    Parameters
    ----------
    text : str
        What a server or a library said.
    key : str
        The API key in use; empty if there is none.
    longest : int
        Characters to keep.
    """
    # Control characters go first: inside a key they would hide it from the search.
    flat = " ".join("".join(c if c.isprintable() else " " if c.isspace() else "" for c in text).split())
    flat = redact(flat, key)
    return flat if len(flat) <= longest else flat[: longest - 1].rstrip() + "…"


def is_page(text: str) -> bool:
    """Return whether `text` is a web page rather than data."""
    return bool(_MARKUP.match(text))


def said(body: object) -> str:
    """Return the sentence in an error's body, wherever the server put it.

    Parameters
    ----------
    body : object
        The decoded JSON, or the text where it was none.
    """
    if isinstance(body, str):
        if not is_page(body):
            return body.strip()
        title = _TITLE.search(body)
        return f"a web page titled “{html.unescape(title[1]).strip()}”" if title else "a web page"
    return "; ".join(dict.fromkeys(_sentences(body)))


def _sentences(body: Any) -> Iterator[str]:
    if isinstance(body, str):
        yield body.strip()
    elif isinstance(body, Mapping):
        where = body.get("loc")
        if isinstance(where, list):  # a validation error: the message alone does not name the field
            yield f"{'.'.join(map(str, where))}: {body.get('msg')}"
            return
        for field in ("message", "error", "detail", "msg", "title"):
            if body.get(field):
                yield from _sentences(body[field])
                return
    elif isinstance(body, list):
        for item in body:
            yield from _sentences(item)
