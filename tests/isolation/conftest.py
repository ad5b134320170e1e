"""One executor for all tests of a worker, and ways to see what it leaves behind."""

from __future__ import annotations

import os
from multiprocessing.connection import wait
from typing import TYPE_CHECKING

import pytest

from creator_magic.isolation import IsolatedExecutor
from creator_magic.isolation.process_tree import descendants
from creator_magic.ports import CodeCell

if TYPE_CHECKING:
    from collections.abc import Iterator


def code(source: str) -> list[CodeCell]:
    """A decision cell."""
    return [CodeCell("decision", "decision", source)]


def ends(process: int, within: float = 20.0) -> bool:
    """Wait for the end of a process that need not be a child."""
    try:
        watched = os.pidfd_open(process)
    except ProcessLookupError:
        return True
    try:
        return bool(wait([watched], within))
    finally:
        os.close(watched)


def left_running(executor: IsolatedExecutor) -> list[int]:
    """The processes that executions have left; the fork server has none but theirs."""
    server = executor._server._process
    assert server is not None
    return [process for process in descendants(server.pid) if not ends(process, 1)]


@pytest.fixture(scope="module")
def executor() -> Iterator[IsolatedExecutor]:
    with IsolatedExecutor(jobs=2) as running:
        yield running
