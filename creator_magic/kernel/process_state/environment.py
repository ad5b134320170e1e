"""What the operating system keeps for a process, and Python only passes on."""

from __future__ import annotations

import contextlib
import locale
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

from creator_magic.kernel.process_state.contents import Contents
from creator_magic.kernel.process_state.interpreter import settings
from creator_magic.kernel.process_state.saver import saver

if TYPE_CHECKING:
    from collections.abc import Iterable

    from creator_magic.kernel.process_state.saver import Restore


@saver("`os.environ`, also where `os.putenv` or `os.unsetenv` changed a variable that was set")
def environment() -> Restore:
    """Save the environment variables."""
    # Its values are made anew at each look, so all are set again: the C library's copies too.
    return Contents([os.environ])


@saver("the time zone, where `time.tzset` made a changed one hold")
def time_zone() -> Restore:
    """Save the local time zone."""
    tzset = getattr(time, "tzset", None)
    summer_and_winter = [_local(month) for month in (1, 7)]

    def restore() -> None:
        if tzset is not None and summer_and_winter != [_local(month) for month in (1, 7)]:
            tzset()

    return restore


def _local(month: int) -> tuple[str, int]:
    # By the C library's own account: the names in `time` are copies.
    then = time.localtime(month * 30 * 86_400)
    return then.tm_zone, then.tm_gmtoff


@saver("the working directory")
def working_directory() -> Restore:
    """Save where relative paths begin."""
    try:
        before = Path.cwd()
    except OSError:
        # It was removed before the attempt.
        return lambda: ()

    def restore() -> Iterable[str]:
        for folder in (before, *before.parents):
            with contextlib.suppress(OSError):
                os.chdir(folder)
                break
        if folder != before:
            yield f"the working directory is now {folder}, since {before} is gone"

    return restore


@saver("the file mode mask")
def file_mode_mask() -> Restore:
    """Save the umask."""
    mask = _umask()

    def restore() -> None:
        os.umask(mask)

    return restore


def _umask() -> int:
    # Where it cannot be read, it can only be set, for a moment in which other threads may create files.
    with contextlib.suppress(OSError):
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith("Umask:"):
                return int(line.split()[1], 8)
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


@saver("resource limits", needs="resource")
def resource_limits() -> Restore:
    """Save what `resource.setrlimit` sets."""
    import resource

    kinds = [getattr(resource, name) for name in dir(resource) if name.startswith("RLIMIT_")]
    pairs = [
        (lambda kind=kind: resource.getrlimit(kind), lambda limit, kind=kind: resource.setrlimit(kind, limit))
        for kind in kinds
    ]
    return settings(*pairs)


@saver("the locale")
def current_locale() -> Restore:
    """Save the locale of every category."""
    return settings(
        (lambda: locale.setlocale(locale.LC_ALL), lambda name: locale.setlocale(locale.LC_ALL, name))
    )
