"""The engine that is used where no other is named: a few processes of this machine, each with many threads.

A unit mostly waits, for a model or for its own code, so that one process can have many in flight. There
are several since reading replies is Python's own work, of which a process does one thing at a time, and
since a process that is ended takes only what it was doing with it: another is started in its place.
"""

from __future__ import annotations

import itertools
import multiprocessing
import os
import pickle
import signal
import sys
import threading
from concurrent.futures import BrokenExecutor, Executor, Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.connection import Connection
    from multiprocessing.context import SpawnProcess

T = TypeVar("T")
_START = multiprocessing.get_context("spawn")  # a fork of a process with threads may hang
_PATIENCE = 5.0


class WorkerDiedError(RuntimeError):
    """The process that worked on something has ended."""


@dataclass(slots=True)
class _Process:
    """A worker process as seen from here."""

    process: SpawnProcess
    line: Connection
    in_flight: dict[int, Future[Any]] = field(default_factory=dict)
    finished: int = 0


class LocalPool(Executor):
    """Processes with threads.

    Parameters
    ----------
    jobs : int
        What is worked on at a time, in all processes together.
    processes : int or None
        How many; as many as processors if None, but never more than jobs.
    """

    def __init__(self, jobs: int, processes: int | None = None) -> None:
        count = max(1, min(jobs, processes or os.cpu_count() or 1))
        self._threads = -(-jobs // count)
        self._lock = threading.Lock()
        self._numbers = itertools.count()
        self._ends = False
        self._workers = [self._start() for _ in range(count)]

    @property
    def pids(self) -> tuple[int, ...]:
        """The ids of the processes."""
        with self._lock:
            return tuple(worker.process.pid or 0 for worker in self._workers)

    def submit(self, fn: Callable[..., T], /, *args: Any, **kwargs: Any) -> Future[T]:
        """Have `fn` called in the process that has the least to do; it and what it takes must pickle.

        Raises
        ------
        BrokenExecutor
            If processes end as soon as they are started.
        """
        job = pickle.dumps((fn, args, kwargs))
        future: Future[T] = Future()
        with self._lock:
            if self._ends or not self._workers:
                raise BrokenExecutor("the processes have ended")
            number = next(self._numbers)
            worker = min(self._workers, key=lambda each: len(each.in_flight))
            worker.in_flight[number] = future
            future.set_running_or_notify_cancel()
            with suppress(OSError):  # it has ended, which its listener finds out
                worker.line.send((number, job))
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End the processes, when they have done what was submitted; at once if that is cancelled."""
        if wait and not cancel_futures:
            while True:
                with self._lock:
                    left = [future for worker in self._workers for future in worker.in_flight.values()]
                if not left:
                    break
                left[0].exception()
        with self._lock:
            self._ends = True
            workers, self._workers = self._workers, []
        for worker in workers:
            worker.process.kill()
        for worker in workers:
            worker.process.join(_PATIENCE)
            worker.line.close()

    def _start(self) -> _Process:
        here, there = _START.Pipe()
        process = _START.Process(target=_serve, args=(there, self._threads), daemon=True)
        process.start()
        there.close()
        worker = _Process(process, here)
        threading.Thread(target=self._listen, args=(worker,), daemon=True).start()
        return worker

    def _listen(self, worker: _Process) -> None:
        while True:
            try:
                number, told = worker.line.recv()
            except (EOFError, OSError):
                break
            with self._lock:
                future = worker.in_flight.pop(number)
            worker.finished += 1
            done, result = pickle.loads(told)  # noqa: S301 - from a process of ours
            (future.set_result if done else future.set_exception)(result)
        self._replace(worker)
        for future in list(worker.in_flight.values()):
            future.set_exception(WorkerDiedError("the process that worked on it has ended"))
        worker.in_flight.clear()

    def _replace(self, worker: _Process) -> None:
        with self._lock:
            if self._ends or worker not in self._workers:
                return
            self._workers.remove(worker)
        if worker.finished or worker.in_flight:
            new = self._start()
            with self._lock:
                self._workers.append(new)
                if self._ends:
                    new.process.kill()


def _serve(line: Connection, threads: int) -> None:
    """Do in a process what is sent down a line, until its other end is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # who started us was interrupted too, and ends us
    sending = threading.Lock()

    def work(number: int, job: bytes) -> None:
        try:
            fn, args, kwargs = pickle.loads(job)  # noqa: S301 - from the process that started ours
            told = pickle.dumps((True, fn(*args, **kwargs)))
        except Exception as error:  # noqa: BLE001 - it is whoever asked that must know
            told = _failed(error)
        with sending:
            line.send((number, told))

    pool = ThreadPoolExecutor(threads, thread_name_prefix="engine")
    while True:
        try:
            number, job = line.recv()
        except (EOFError, OSError):
            sys.stdout.flush()
            os._exit(0)
        pool.submit(work, number, job)


def _failed(error: Exception) -> bytes:
    try:
        return pickle.dumps((False, error))
    except Exception:  # noqa: BLE001 - whatever it holds
        return pickle.dumps((False, RuntimeError(repr(error))))
