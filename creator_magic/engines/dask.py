"""The engine for a cluster: the workers of a Dask scheduler, wherever they run."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from creator_magic.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from concurrent.futures import Executor

_SECONDS = 10


@contextmanager
def dask_executor(scheduler: str) -> Iterator[tuple[Executor, int]]:
    """Connect to a scheduler; yield its executor, and how many threads its workers have.

    Parameters
    ----------
    scheduler : str
        Its address, as in `tcp://host:8786`.

    Raises
    ------
    InputError
        If Dask is not installed, the scheduler cannot be reached, or it has no workers.
    """
    try:
        from distributed import Client
    except ImportError as error:
        raise InputError(
            'The engine dask needs Dask, here and on the workers: pip install "creator-magic[dask]"'
        ) from error
    try:
        client = Client(scheduler, timeout=_SECONDS, set_as_default=False)
    except (OSError, ValueError) as error:
        raise InputError(
            f"No Dask scheduler answers at {scheduler} within {_SECONDS} s. Start one with `dask scheduler`, "
            "and workers with `dask worker ADDRESS`."
        ) from error
    try:
        threads = sum(client.nthreads().values())
        if not threads:
            raise InputError(
                f"The Dask scheduler at {scheduler} has no workers. Start some: dask worker {scheduler}"
            )
        executor = client.get_executor(pure=False)
        try:
            yield executor, threads
        finally:
            executor.shutdown(wait=False)
    finally:
        client.close(timeout=_SECONDS)
