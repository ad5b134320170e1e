"""What is asked of the fork server, and told to a worker."""

from __future__ import annotations

import json
import socket
import struct
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Literal

from creator_magic.isolation.limits import IsolationLimits

if TYPE_CHECKING:
    from collections.abc import Sequence

Program = Literal["cells", "call"]
"""What a worker runs: the cells of an attempt, in a shell, or one function, in plain Python."""

WARM = ("numpy", "pandas", "scipy", "sympy", "matplotlib", "matplotlib.pyplot")
"""Libraries that are slow to import and safe to fork once imported; all others a worker imports itself."""

_LENGTH = struct.Struct("!I")
_LINES = 2


@dataclass(frozen=True, slots=True)
class Order:
    """What the fork server is asked for.

    Parameters
    ----------
    program : {"cells", "call"}
        What the worker runs.
    limits : IsolationLimits
        What the supervisor enforces.
    warm : tuple of str
        What the server imports first: some of `WARM`, and modules of this package.
    lines : (int, int) or None
        Open file descriptors: the worker's end of its line, and the supervisor's of its own. None if
        the server is only to make itself ready for such orders.
    """

    program: Program
    limits: IsolationLimits
    warm: tuple[str, ...]
    lines: tuple[int, int] | None = None


def send_order(control: socket.socket, order: Order) -> None:
    """Send `order` with its open files to the server at the other end of `control`.

    Raises
    ------
    OSError
        If there is none any more.
    """
    told = {"program": order.program, "limits": asdict(order.limits), "warm": order.warm}
    text = json.dumps(told).encode()
    length = _LENGTH.pack(len(text))
    if order.lines is None:
        control.sendall(length)
    else:
        socket.send_fds(control, [length], order.lines)
    control.sendall(text)


def receive_order(control: socket.socket) -> Order | None:
    """Wait for an order; return None when no more will come."""
    head, lines, _, _ = socket.recv_fds(control, _LENGTH.size, _LINES)
    if len(head) < _LENGTH.size or len(lines) not in (0, _LINES):
        return None
    (length,) = _LENGTH.unpack(head)
    told = json.loads(control.recv(length, socket.MSG_WAITALL))
    limits = IsolationLimits(**told["limits"])
    return Order(told["program"], limits, _known(told["warm"]), (lines[0], lines[1]) if lines else None)


def _known(names: Sequence[str]) -> tuple[str, ...]:
    return tuple(name for name in names if name in WARM or name.startswith("creator_magic."))
