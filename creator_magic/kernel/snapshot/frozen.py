"""A paused copy of this process: a snapshot of all its memory that costs nothing until one side writes.

Linux only. The copy shares every page with this process, copy on write, so making it takes
milliseconds for a gigabyte; old bytes are read back through `/proc/PID/mem`. It never runs Python,
nor anything that another thread's lock could stop: it is made by `clone`, not `fork`, with all
signals blocked, and all it does is ask to be killed with its parent and pause.
"""

from __future__ import annotations

import ctypes
import functools
import mmap
import os
import platform
import signal
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from weakref import finalize

if TYPE_CHECKING:
    from collections.abc import Iterable

    from creator_magic.kernel.snapshot.written_pages import WrittenPages

_STACK = 64 << 10
_CONTEXT = 16 << 10
_LINK, _STACK_START, _STACK_SIZE = 8, 16, 32
"""Where glibc's `ucontext_t` holds the context that follows and the stack, on 64-bit machines."""

_PR_SET_PDEATHSIG = 1
_WAIT_FOR_ANY = 0x40000000


class FrozenProcess:
    """The process as it is now, paused.

    Raises
    ------
    OSError
        If the copy cannot be made or its memory cannot be read.
    """

    def __init__(self) -> None:
        probe = mmap.mmap(-1, 2 * mmap.PAGESIZE, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        probe[:] = was = os.urandom(len(probe))
        with _signals_blocked():
            self._pid = _paused_clone()
        opened: list[int] = []
        self.close = finalize(self, _end, self._pid, opened)
        try:
            with suppress(OSError), open(f"/proc/{self._pid}/oom_score_adj", "w") as score:  # noqa: PTH123
                # Where memory runs out, this copy goes first.
                score.write("1000")
            self._memory = os.open(f"/proc/{self._pid}/mem", os.O_RDONLY | os.O_CLOEXEC)
            opened.append(self._memory)
            self._check(probe, was)
        except BaseException:
            self.close()
            raise

    def _check(self, probe: mmap.mmap, was: bytes) -> None:
        """See that old bytes can be read, and whether it is told which pages were written since."""
        from creator_magic.kernel.snapshot.written_pages import WrittenPages

        probe[: mmap.PAGESIZE] = bytes(mmap.PAGESIZE)
        found = bytearray(len(was))
        self.read_into(found, ctypes.addressof(ctypes.c_char.from_buffer(probe)))
        if found != was:
            message = "the paused process holds other bytes"
            raise OSError(message)
        try:
            self._written: WrittenPages | None = WrittenPages(self._pid, probe)
        except OSError:
            self._written = None

    def written(self, address: int, size: int) -> Iterable[tuple[int, int]]:
        """Return the parts of a piece of memory that may be other than they were, as offsets from its start.

        Parameters
        ----------
        address, size : int
            The piece of memory.

        Raises
        ------
        OSError
            If the copy was killed.
        """
        return [(0, size)] if self._written is None else self._written.within(address, size)

    def read_into(self, target: Any, address: int) -> None:
        """Read what stood at an address.

        Parameters
        ----------
        target : writeable buffer
            Filled whole.
        address : int
            Where, in this process.

        Raises
        ------
        OSError
            If it is not there: the copy was killed.
        """
        view = memoryview(target).cast("B")
        done = 0
        while done < len(view):
            count = os.preadv(self._memory, [view[done:]], address + done)
            if not count:
                message = "the paused process is gone"
                raise OSError(message)
            done += count


@functools.cache
def can_freeze() -> bool:
    """Tell whether this platform has a way to pause a copy of a process; tried once."""
    if sys.platform != "linux" or platform.libc_ver()[0] != "glibc" or sys.maxsize < 1 << 32:
        return False
    if platform.machine() not in ("x86_64", "aarch64"):
        return False
    try:
        FrozenProcess().close()
    except (OSError, AttributeError):
        return False
    return True


def is_private(array: Any) -> bool:
    """Tell whether an array owns its bytes, in one piece, so that a copy of the process keeps them apart."""
    return array.base is None and bool(array.flags.owndata and array.flags.forc)


def _paused_clone() -> int:
    """Return the id of a new process that shares nothing with this one but unwritten pages.

    What it runs is a chain of two calls, prepared here: `prctl`, then `pause`.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    stacks = [ctypes.create_string_buffer(_STACK) for _ in range(3)]
    first, second = (ctypes.create_string_buffer(_CONTEXT) for _ in range(2))
    _prepare(libc, first, stacks[0], second, libc.prctl, _PR_SET_PDEATHSIG, signal.SIGKILL)
    _prepare(libc, second, stacks[1], second, libc.pause)
    top = (ctypes.addressof(stacks[2]) + _STACK) & ~0xF
    # No signal at its end, so that nobody who waits for children of their own finds it.
    pid: int = libc.clone(libc.setcontext, ctypes.c_void_p(top), 0, first)
    if pid < 0:
        raise OSError(ctypes.get_errno(), "the process could not be copied")
    return pid


def _prepare(libc: Any, context: Any, stack: Any, following: Any, function: Any, *arguments: int) -> None:
    """Make `context` one in which `function` is called, and then `following` is gone on with."""
    libc.getcontext(context)
    for offset, value in (
        (_LINK, ctypes.addressof(following)),
        (_STACK_START, ctypes.addressof(stack)),
        (_STACK_SIZE, _STACK),
    ):
        ctypes.c_uint64.from_buffer(context, offset).value = value
    libc.makecontext(context, function, len(arguments), *map(ctypes.c_long, arguments))


class _signals_blocked:  # noqa: N801 - used as a statement
    """Inside the `with`, no signal arrives here, nor ever in a process that begins there."""

    def __enter__(self) -> None:
        self._before = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())

    def __exit__(self, *_: object) -> None:
        signal.pthread_sigmask(signal.SIG_SETMASK, self._before)


def _end(pid: int, opened: list[int]) -> None:
    for descriptor in opened:
        os.close(descriptor)
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    with suppress(ChildProcessError):
        os.waitpid(pid, _WAIT_FOR_ANY)
