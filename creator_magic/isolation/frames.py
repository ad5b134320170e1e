"""Messages between the processes: a kind and some buffers, over a stream socket."""

from __future__ import annotations

import struct
from selectors import EVENT_READ, PollSelector
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import socket
    from collections.abc import Sequence

    Buffer = bytes | bytearray | memoryview

JOB = b"j"
"""To the worker: what to run, then a stream of pickles and its buffers."""
BEGUN = b"b"
"""From the worker: the ids of its supervisor and of itself."""
GROWTH = b"g"
"""From the worker: the outputs of a cell so far."""
DONE = b"d"
"""From the worker: what the execution came to, and the pickled answer if there is one."""
ENDED = b"e"
"""From the supervisor: how the worker ended; no process of it is left."""

_HEAD = struct.Struct("!cI")
_SIZE = struct.Struct("!Q")
_MOST_PARTS = 1_000_000


class UnreadableError(Exception):
    """What arrived is no message of ours."""


def send(line: socket.socket, kind: bytes, *parts: Buffer) -> None:
    """Send a message.

    Raises
    ------
    OSError
        If nobody is there any more.
    """
    views = [memoryview(part).cast("B") for part in parts]
    line.sendall(_HEAD.pack(kind, len(views)) + b"".join(_SIZE.pack(len(view)) for view in views))
    for view in views:
        line.sendall(view)


def receive(line: socket.socket, most: int | None = None) -> tuple[bytes, Sequence[bytearray]]:
    """Wait for a message, and return its kind and its parts.

    Parameters
    ----------
    line : socket
        Where it comes from.
    most : int or None
        Bytes that it may have, where the sender is not trusted.

    Raises
    ------
    EOFError
        If the line ends before the message does.
    UnreadableError
        If it cannot be one, or is too large.
    """
    kind, count = _HEAD.unpack(_exactly(line, _HEAD.size))
    if count > _MOST_PARTS:
        raise UnreadableError
    heads = _exactly(line, _SIZE.size * count)
    sizes = [size for (size,) in _SIZE.iter_unpack(heads)]
    if most is not None and sum(sizes) > most:
        raise UnreadableError
    return kind, [_exactly(line, size) for size in sizes]


def readable(lines: Sequence[socket.socket | int], seconds: float | None) -> list[socket.socket | int]:
    """Wait until something can be read, or one has ended; return which, none if the time is over.

    Parameters
    ----------
    lines : sequence of socket or int
        Sockets or file descriptors.
    seconds : float or None
        How long to wait; None for as long as it takes.
    """
    with PollSelector() as selector:
        for line in lines:
            selector.register(line, EVENT_READ, line)
        return [key.data for key, _ in selector.select(seconds)]


def _exactly(line: socket.socket, size: int) -> bytearray:
    taken = bytearray(size)
    view = memoryview(taken)
    while view:
        count = line.recv_into(view)
        if not count:
            raise EOFError
        view = view[count:]
    return taken
