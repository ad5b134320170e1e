"""A reply as it arrives: the text, why it ended, what it cost.

Only dicts are read, with every field optional: compatible servers leave out, add and rename, and
one that sends a field of another type must not end in an error about types.
"""

from __future__ import annotations

import json
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from creator_magic.model.kinds import ErrorInReplyError, UnusableReplyError
from creator_magic.model.wording import is_page, said
from creator_magic.ports import Usage

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from openai import Stream

END_SECONDS = 0.02
"""How long the end of a stream is waited for behind the end of its reply."""

_MOST_TOKENS = 10**15
"""No count is larger; what is, infinity included, is none."""


class Draft:
    """The reply so far.

    Parameters
    ----------
    model : str
        The model that was asked; the name the server gives replaces it.
    """

    def __init__(self, model: str) -> None:
        self.model = model
        self.finish_reason: str | None = None
        self.usage = Usage(calls=1)
        self.answered = False
        self._whole = ""
        self._new: list[str] = []

    @property
    def text(self) -> str:
        """The whole text so far."""
        if self._new:
            self._whole += "".join(self._new)
            self._new.clear()
        return self._whole

    def add(self, event: object) -> bool:
        """Take in one chunk of a stream, or a whole completion; return whether the text grew."""
        if not isinstance(event, dict):
            return False
        if isinstance(event.get("model"), str) and event["model"]:
            self.model = event["model"]
        if isinstance(event.get("usage"), dict):
            self.usage = _usage(event["usage"])
        grew = False
        for choice in _items(event.get("choices")):
            if choice.get("index", 0):
                continue
            self.answered = True
            grew |= self._say(choice.get("delta") or choice.get("message"))
            reason = choice.get("finish_reason")
            if isinstance(reason, str) and reason:
                self.finish_reason = reason
        return grew

    def _say(self, delta: object) -> bool:
        if not isinstance(delta, dict):
            return False
        # Some servers send what the model thinks in fields of its own; only these two are said.
        words = [_text(delta.get("content")), _text(delta.get("refusal"))]
        self._new += [word for word in words if word]
        return any(words)


def events(stream: Stream[object]) -> Iterator[object]:
    """Yield the chunks of a stream, or the one completion that some proxies send instead.

    The library's own iteration closes the connection at the end of the reply; here it can be kept.

    Raises
    ------
    UnusableReplyError
        If what comes is no reply: a proxy's page, something else.
    ErrorInReplyError
        If the server tells of an error where the reply should go on.
    """
    response = stream.response
    kind = response.headers.get("content-type", "")
    if "json" in kind or "html" in kind:
        yield _whole_completion(response.read())
        return
    parts = response.iter_bytes()
    for data in _carried(parts):
        if data.startswith(b"[DONE]"):
            _read_to_end(parts, response.extensions.get("network_stream"))
            return
        try:
            event = json.loads(data.decode())
        except ValueError as error:
            line = data.decode("utf-8", "replace")[:200]
            raise UnusableReplyError(
                f"sent a line that is no part of a reply: {line}. Try again later, or ask elsewhere."
            ) from error
        if isinstance(event, dict) and event.get("error"):
            raise ErrorInReplyError(event["error"])
        yield event


def _carried(parts: Iterator[bytes]) -> Iterator[bytes]:
    """Yield what each server-sent event carries (HTML Living Standard, section 9.2.6)."""
    data: list[bytes] = []
    begun: list[bytes] = []
    for part in parts:
        begun.append(part)
        if b"\n" not in part and b"\r" not in part:
            continue
        lines = b"".join(begun).splitlines(keepends=True)
        # Behind a \r may come its \n.
        begun = [] if lines[-1].endswith(b"\n") else [lines.pop()]
        for line in lines:
            said = line.rstrip(b"\r\n")
            if said.startswith(b"data:"):
                data.append(said[5:].removeprefix(b" "))
            elif not said and data:
                yield b"\n".join(data)
                data.clear()


def _read_to_end(parts: Iterator[bytes], network: Any) -> None:
    """Read what follows a reply that is whole: only a stream that has ended leaves its connection open.

    Some servers never end it, or go on with nothing of note; the connection is then closed.

    Parameters
    ----------
    parts : iterator of bytes
        The rest of the stream.
    network : object
        What the HTTP library reads from: it has one time limit for all of a reply, which is too long here.
    """
    until, read = time.monotonic() + END_SECONDS, getattr(network, "read", None)
    if read is None:
        return
    here = threading.get_ident()

    def read_in_time(most: int, timeout: float | None = None) -> object:
        if threading.get_ident() == here:
            left = max(0.0, until - time.monotonic())
            timeout = left if timeout is None else min(timeout, left)
        return read(most, timeout=timeout)

    try:
        network.read = read_in_time
    except AttributeError:
        return  # it lets nothing be put there: without a time limit the end is not waited for
    try:
        with suppress(Exception):  # the reply is whole, whatever happens here
            while time.monotonic() < until:
                next(parts)
    finally:
        # Another thread may have been given the connection by now, and be at this place itself.
        if network.read is read_in_time:
            del network.read


def _whole_completion(body: bytes) -> dict[str, Any]:
    text = body.decode("utf-8", "replace")
    try:
        completion = json.loads(text)
    except ValueError:
        if is_page(text):
            raise UnusableReplyError(
                f"answered with {said(text)} instead of a reply. A proxy or a sign-in page may stand in "
                "the way, or the base URL is wrong: it usually ends in /v1."
            ) from None
        raise UnusableReplyError(
            f"answered with something that is no reply: {text[:200]}. Check the base URL."
        ) from None
    if not isinstance(completion, dict) or not completion.get("choices"):
        raise UnusableReplyError(
            f"answered with no reply but this: {said(completion) or text[:200]}. Try again later."
        )
    return completion


def _items(value: object) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _text(content: object) -> str:
    if isinstance(content, str):
        return content
    # The protocol's other form: a list of parts, of which only those of type text are said.
    return "".join(_text(part.get("text")) for part in _items(content) if part.get("type") == "text")


def _usage(counts: Mapping[str, Any]) -> Usage:
    return Usage(
        calls=1,
        prompt_tokens=_count(counts, "prompt_tokens"),
        completion_tokens=_count(counts, "completion_tokens"),
        cached_tokens=_count(counts.get("prompt_tokens_details"), "cached_tokens"),
        reasoning_tokens=_count(counts.get("completion_tokens_details"), "reasoning_tokens"),
    )


def _count(counts: object, name: str) -> int:
    value = counts.get(name) if isinstance(counts, dict) else None
    return int(value) if isinstance(value, int | float) and 0 <= value < _MOST_TOKENS else 0
