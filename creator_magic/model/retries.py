"""Which failures of a call are worth another try, and after how long.

The openai client has retries of its own, but they repeat a call that timed out (three silences
instead of one, and perhaps a second bill), repeat it for an account without credit, and wait up
to two minutes without a word where the server asks for that. Hence these.
"""

from __future__ import annotations

import contextlib
import email.utils
import socket
import ssl
import time
from http import HTTPStatus
from typing import TYPE_CHECKING

from creator_magic.model.kinds import (
    chain,
    headers_of,
    is_connection,
    is_out_of_credit,
    is_timeout,
    kinds,
    status_of,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

LONGEST_WAIT = 60.0
"""Seconds that all pauses of one call may take together."""

FIRST_PAUSE = 0.5
"""Seconds before the second try, where the server does not say; each further pause is doubled."""

_PASSING = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.CONFLICT, HTTPStatus.TOO_MANY_REQUESTS})


def pause_before_retry(error: Exception, tries: int, waited: float) -> float | None:
    """Return the seconds to wait before another try.

    Parameters
    ----------
    error : Exception
        Why the last try failed, before any of its reply arrived.
    tries : int
        How many tries have failed.
    waited : float
        Seconds that earlier pauses took.

    Returns
    -------
    float or None
        None if another try is of no use, or would come later than a person should wait.
    """
    if not _may_pass(error):
        return None
    pause = retry_after(headers_of(error))
    if pause is None:
        pause = FIRST_PAUSE * 2 ** (tries - 1)
    return pause if waited + pause <= LONGEST_WAIT else None


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds that a server asks to wait, or None if it does not say."""
    stated = headers.get("retry-after", "")
    with contextlib.suppress(ValueError):
        return max(0.0, float(stated))
    with contextlib.suppress(ValueError, OverflowError):
        date = email.utils.parsedate_tz(stated)
        return max(0.0, email.utils.mktime_tz(date) - time.time()) if date else None
    return None


def _may_pass(error: Exception) -> bool:
    status = status_of(error)
    if status is None:
        return is_connection(error) and _connection_may_come(error)
    advice = headers_of(error).get("x-should-retry")
    if advice in {"true", "false"}:
        return advice == "true"
    if is_out_of_credit(error):
        return False
    return status in _PASSING or status >= HTTPStatus.INTERNAL_SERVER_ERROR


def _connection_may_come(error: Exception) -> bool:
    """Judge a failed connection: nobody listening, a wrong name or certificate will stay so."""
    if is_timeout(error) or "UnsupportedProtocol" in kinds(error):
        return False
    for link in chain(error):
        if isinstance(link, socket.gaierror):
            return link.errno == socket.EAI_AGAIN
        if isinstance(link, ConnectionRefusedError | ssl.SSLError):
            return False
    return True
