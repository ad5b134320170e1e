"""Where cases run: the port, and a process of their own behind it."""

from __future__ import annotations

import json
import os
import queue
import re
import signal
import subprocess
import sys
import tempfile
import threading
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Protocol

from creator_magic.toolbox.tool import Case, Tool

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import IO

_SECRET = re.compile(r"KEY|TOKEN|SECRET|PASSW|CREDENTIAL", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Job:
    """What is to be run of one tool.

    Parameters
    ----------
    tool : Tool
        Its source and its cases.
    helpers : tuple of Tool
        The tools that it calls, those first that others call.
    decision : str
        Code to be watched while it calls the tool; empty for none.
    cell : str
        The source of the tool cell that the decision was written for.
    """

    tool: Tool
    helpers: tuple[Tool, ...] = ()
    decision: str = ""
    cell: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """A case that was run, and what it showed where that was not what was expected."""

    case: Case
    passed: bool
    got: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """What came of a job.

    Parameters
    ----------
    outcomes : tuple of Outcome
        Of the cases, in their order; none if the tool could not even be defined.
    error : str
        Why it could not be defined, or not within the time; else empty.
    seen : tuple of Case
        The calls of the tool that the decision made, with what they showed.
    answer : str
        What the decision showed.
    """

    outcomes: tuple[Outcome, ...] = ()
    error: str = ""
    seen: tuple[Case, ...] = ()
    answer: str = ""

    @property
    def passed(self) -> bool:
        """Whether the tool was defined and every case showed what was expected."""
        return not self.error and all(outcome.passed for outcome in self.outcomes)


class Executor(Protocol):
    """Where tools are run apart from the notebook."""

    def run(self, jobs: Sequence[Job], timeout: float) -> Iterator[Report]:
        """Run each job and yield its report, in order.

        Parameters
        ----------
        jobs : sequence of Job
            What is run; none sees another.
        timeout : float
            Time limit of each, in seconds.
        """
        ...


class SeparateProcess:
    """Runs jobs in one fresh Python process, without the keys that the environment holds.

    A job that ends the process, or goes on after its time, costs that job alone: the others go on in
    another process. Files and network are as for any program of the person's.
    """

    def run(self, jobs: Sequence[Job], timeout: float) -> Iterator[Report]:
        """Run each job; see `Executor.run`."""
        worker: _Worker | None = None
        try:
            for job in jobs:
                worker = worker or _Worker()
                answer = worker.ask(_as_json(job), timeout)
                if isinstance(answer, str):
                    worker.end()
                    worker = None
                    yield Report(error=answer)
                else:
                    yield _read(job, answer)
        finally:
            if worker is not None:
                worker.end()


class _Worker:
    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="creator-tools-")
        environment = {name: text for name, text in os.environ.items() if not _SECRET.search(name)}
        environment["PYTHONPATH"] = os.pathsep.join(path or os.getcwd() for path in sys.path)  # noqa: PTH109
        # No window of a figure may open, nor wait for anyone.
        environment["MPLBACKEND"] = "agg"
        self._process = subprocess.Popen(
            [sys.executable, "-m", "creator_magic.toolbox.case_runner"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=self._folder.name,
            env=environment,
            encoding="utf-8",
            start_new_session=True,
        )
        self._lines: queue.Queue[str] = queue.Queue()
        assert self._process.stdout is not None  # noqa: S101 - for mypy
        self._reader = threading.Thread(
            target=_read_lines, args=(self._process.stdout, self._lines), daemon=True
        )
        self._reader.start()

    def ask(self, job: str, timeout: float) -> dict[str, Any] | str:
        """Return the report on a job, or why there is none."""
        assert self._process.stdin is not None  # noqa: S101 - for mypy
        with suppress(BrokenPipeError):
            self._process.stdin.write(job + "\n")
            self._process.stdin.flush()
        try:
            line = self._lines.get(timeout=timeout + _START_SECONDS)
        except queue.Empty:
            return f"it took longer than {timeout:g} s"
        return dict(json.loads(line)) if line else "it ended its process"

    def end(self) -> None:
        """End the process and whatever it has started."""
        with suppress(ProcessLookupError, PermissionError):
            if hasattr(os, "killpg"):
                os.killpg(self._process.pid, signal.SIGKILL)
            else:
                self._process.kill()
        self._process.wait()
        self._reader.join(_START_SECONDS)
        for stream in (self._process.stdin, self._process.stdout):
            with suppress(BrokenPipeError):
                assert stream is not None  # noqa: S101 - for mypy
                stream.close()
        self._folder.cleanup()


_START_SECONDS = 5.0
"""What a process may take to start on a busy machine, beside the time of its job."""


def _read_lines(stream: IO[str], lines: queue.Queue[str]) -> None:
    for line in stream:
        lines.put(line)
    lines.put("")


def _as_json(job: Job) -> str:
    tool = job.tool
    return json.dumps(
        {
            **_module(tool),
            "helpers": [_module(helper) for helper in job.helpers],
            "cases": [asdict(case) for case in tool.cases],
            "decision": job.decision,
            "cell": job.cell or tool.source,
        }
    )


def _module(tool: Tool) -> dict[str, Any]:
    return {"name": tool.name, "source": tool.source, "calls": list(tool.calls)}


def _read(job: Job, answer: dict[str, Any]) -> Report:
    outcomes = zip(job.tool.cases, answer["outcomes"], strict=False)
    return Report(
        tuple(Outcome(case, told["passed"], told["got"]) for case, told in outcomes),
        answer["error"],
        tuple(Case(s["call"], s["expected"], tuple(s["setup"]), "decision") for s in answer["seen"]),
        answer["answer"],
    )
