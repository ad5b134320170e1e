"""Code that is killed (SIGKILL) at each of its steps in turn, while a test looks at what each kill leaves.

for step in killed_at_each_step(act, "atomic_write.py"):
    assert ...   # of the files, as a kill before this step left them
"""

from __future__ import annotations

import os
import signal
import sys
import warnings
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType


def killed_at_each_step(act: Callable[[], object], *files: str) -> Iterator[int]:
    """Run `act` in child processes, the n-th of which dies before the n-th line of code.

    Parameters
    ----------
    act : callable
        What is done.
    *files : str
        The names of the files whose lines count.

    Yields
    ------
    int
        The step, for each child that died; the last child ends as it should, and is not told of.
    """
    step = 0
    while True:
        step += 1
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # of threads, of which the child uses none
            pid = os.fork()
        if not pid:
            _act_until(step, act, files)
        _, status = os.waitpid(pid, 0)
        if not os.WIFSIGNALED(status):
            assert os.WEXITSTATUS(status) == 0, f"failed at step {step}"
            return
        assert os.WTERMSIG(status) == signal.SIGKILL
        yield step


def _act_until(step: int, act: Callable[[], object], files: tuple[str, ...]) -> None:
    left = step

    def trace(frame: FrameType, event: str, _: object) -> Any:
        nonlocal left
        if os.path.basename(frame.f_code.co_filename) not in files:  # noqa: PTH119 - at every call
            return None
        if event == "line":
            left -= 1
            if not left:
                os.kill(os.getpid(), signal.SIGKILL)
        return trace

    try:
        sys.settrace(trace)
        act()
        sys.settrace(None)
    except BaseException:  # noqa: BLE001 - the parent looks at the status
        os._exit(1)
    os._exit(0)
