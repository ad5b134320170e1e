"""A host's name looked up so that an interrupt can stop it.

The system's own look-up cannot be interrupted: without a network it may hold the main thread for
many seconds. So it is tried on another thread first, and the HTTP client asks again when the
answer is known, or known to be none.
"""

from __future__ import annotations

import contextlib
import socket
import threading
import time

_GLANCE = 0.1
"""Seconds between two looks; on Windows an interrupt arrives only between them."""


def await_name(host: str, timeout: float) -> bool:
    """Wait until the look-up of a host's name has ended, with or without an address.

    Parameters
    ----------
    host : str
        A host name, with or without a port behind a colon.
    timeout : float
        Seconds to wait at most.

    Returns
    -------
    bool
        Whether the look-up ended in time.
    """
    name = host.rpartition(":")[0] or host
    if name == "localhost" or name.replace(".", "").isdigit() or ":" in name:
        return True
    ended = threading.Event()

    def look_up() -> None:
        with contextlib.suppress(OSError, UnicodeError):
            socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
        ended.set()

    # A daemon: a look-up that never ends must not keep the process alive.
    threading.Thread(target=look_up, daemon=True).start()
    until = time.monotonic() + timeout
    while not ended.wait(_GLANCE):
        if time.monotonic() > until:
            return False
    return True
