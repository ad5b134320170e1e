"""What is asked of the fork server, and told to a worker."""

from __future__ import annotations

import json
import socket
import struct
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from creator_magic.isolation.limits import IsolationLimits

if TYPE_CHECKING:
    from collections.abc import Sequence

    from creator_magic.ports import CodeCell

WARM = ("numpy", "pandas", "scipy", "sympy", "matplotlib", "matplotlib.pyplot")
"""Libraries that are slow to import and safe to fork once imported; all others a worker imports itself."""

_LENGTH = struct.Struct("!I")
_LINES = 2


@dataclass(frozen=True, slots=True)
class Job:
    """What a worker is told, beside its limits.

    Parameters
    ----------
    cells : tuple of CodeCell
        What runs, in order.
    names : tuple of str
        The variables that come with it.
    folder : str
        The working directory.
    path : tuple of str
        `sys.path`.
    environment : tuple of (str, str)
        The environment, secrets left out.
    """

    cells: tuple[CodeCell, ...]
    names: tuple[str, ...]
    folder: str
    path: tuple[str, ...]
    environment: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Order:
    """What the fork server is asked for.

    Parameters
    ----------
    limits : IsolationLimits
        What the supervisor enforces.
    warm : tuple of str
        What of `WARM` the server imports first.
    data, status : int
        Open file descriptors: the worker's end of its line, and the supervisor's of its own.
    """

    limits: IsolationLimits
    warm: tuple[str, ...]
    data: int
    status: int


def send_order(control: socket.socket, order: Order) -> None:
    """Send `order` with its open files to the server at the other end of `control`.

    Raises
    ------
    OSError
        If there is none any more.
    """
    text = json.dumps({"limits": asdict(order.limits), "warm": order.warm}).encode()
    socket.send_fds(control, [_LENGTH.pack(len(text))], [order.data, order.status])
    control.sendall(text)


def receive_order(control: socket.socket) -> Order | None:
    """Wait for an order; return None when no more will come."""
    head, lines, _, _ = socket.recv_fds(control, _LENGTH.size, _LINES)
    if len(head) < _LENGTH.size or len(lines) != _LINES:
        return None
    (length,) = _LENGTH.unpack(head)
    told = json.loads(control.recv(length, socket.MSG_WAITALL))
    return Order(IsolationLimits(**told["limits"]), _known(told["warm"]), *lines)


def _known(names: Sequence[str]) -> tuple[str, ...]:
    return tuple(name for name in names if name in WARM)
