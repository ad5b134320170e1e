"""The executor that a person names."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal

from creator_magic.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from concurrent.futures import Executor

Engine = Literal["local", "dask"]

USUAL_JOBS = 16


@contextmanager
def opened(engine: Engine, jobs: int = 0, scheduler: str = "") -> Iterator[tuple[Executor, int]]:
    """Open an engine; yield its executor, and how many units to hand to it at a time.

    Parameters
    ----------
    engine : {"local", "dask"}
        Which.
    jobs : int
        Units in flight; 0 for the engine's usual number.
    scheduler : str
        Dask's.

    Raises
    ------
    InputError
        If the engine cannot be had.
    """
    if engine == "dask":
        if not scheduler:
            raise InputError("The engine dask needs a scheduler: --scheduler tcp://HOST:8786.")
        from creator_magic.engines.dask import dask_executor

        with dask_executor(scheduler) as (executor, threads):
            yield executor, jobs or _with_some_ready(threads)
        return
    from creator_magic.engines.local import LocalPool

    jobs = jobs or USUAL_JOBS
    pool = LocalPool(jobs)
    try:
        yield pool, _with_some_ready(jobs)
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _with_some_ready(threads: int) -> int:
    """Return how many units to hand out so that no thread waits for its next one."""
    return threads + max(2, threads // 8)
