"""The program of a worker that calls one function."""

from __future__ import annotations

import json
import pickle
import sys
from typing import TYPE_CHECKING, Any

from creator_magic.isolation import frames
from creator_magic.isolation.own_process import only_its_own
from creator_magic.isolation.worker import MEBIBYTE, free_reserve, too_much

if TYPE_CHECKING:
    from creator_magic.isolation.worker import Worker
    from creator_magic.ports import FailureKind


def run_call(worker: Worker) -> None:
    """Call the function of a job, and tell what it returned or raised.

    Parameters
    ----------
    worker : Worker
        Whose job it is.
    """
    (pickled,) = worker.prepare()
    failure: tuple[FailureKind, str, str] | None = None
    returned = b""
    try:
        function, arguments = pickle.loads(pickled)  # noqa: S301 - from the process that started ours
        worker.begin()
        with only_its_own():
            returned = pickle.dumps(function(*arguments), pickle.HIGHEST_PROTOCOL)
        if len(returned) > (worker.limits.carried * MEBIBYTE or sys.maxsize):
            failure = "memory", "TooLarge", f"it returned more than {worker.limits.carried:,} MiB"
            returned = b""
    except BaseException as error:  # noqa: BLE001 - whatever is raised is told
        free_reserve(error)
        failure = _failure(error, worker)
    worker.tell(frames.DONE, json.dumps(failure).encode(), returned)


def _failure(error: BaseException, worker: Worker) -> tuple[FailureKind, str, str]:
    name = type(error).__name__
    if isinstance(error, MemoryError):
        return "memory", name, too_much(_text(error), worker.limits)
    return ("exit" if isinstance(error, SystemExit) else "error"), name, _text(error)


def _text(error: BaseException) -> Any:
    try:
        return str(error)[:_LONGEST]
    except BaseException as worse:  # noqa: BLE001 - it is the code's own
        return f"<its text cannot be had: {type(worse).__name__}>"


_LONGEST = 4_000
