"""The soak's command; see the package."""

from __future__ import annotations

import argparse
import os
import queue
import random
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat
import psutil

from tests.conftest import environment
from tests.live_notebook import LiveNotebook
from tests.model_server import ModelServer
from tests.soak.project import Project, problem, sources_of

if TYPE_CHECKING:
    from collections.abc import Mapping

ROUNDS_A_PROJECT = 10
CELLS = 120
LONGEST = 4.0
"""Seconds after which a process is killed at the latest, once all are at work."""

_RUN = "import sys; from creator_magic.cli import app; app(['run', sys.argv[1]])"
_STATED = re.compile(r"What is (\d+) and \1 more, in round (\w+)\?")

_KEPT = re.compile(r"Kept in the toolbox: (\w+)")


@dataclass
class Summary:
    """What a soak came to.

    Parameters
    ----------
    counts : Counter
        What was reported as kept, and what kills left.
    faults : list of str
        What was lost or damaged.
    """

    counts: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)


def soak(kills: int, seed: int, folder: Path) -> Summary:
    """Kill so many times, and look each time at what is left.

    Parameters
    ----------
    kills : int
        How many rounds; in each, three processes are killed at once.
    seed : int
        What the moments follow from, as far as the machine repeats itself.
    folder : Path
        Where the projects go.
    """
    chance = random.Random(seed)
    summary = Summary()
    project = Project(folder)
    with ModelServer() as server:
        for number in range(kills):
            if number % ROUNDS_A_PROJECT == 0:
                _close(project, summary)
                project = Project(folder / f"project-{number}")
                (project.folder / ".creator").mkdir(parents=True)
            _Round(project, server, f"r{number}").go(chance.uniform(0, LONGEST), summary)
            found = [f"round {number}: {fault}" for fault in project.faults()]
            summary.faults += found
            print(f"{number + 1}/{kills}", *found, sep="\n  ", file=sys.stderr, flush=True)
            if found:
                break
    _close(project, summary)
    return summary


def _close(project: Project, summary: Summary) -> None:
    if not summary.faults:
        summary.faults += project.finish()
    summary.counts["cut last lines, mended"] += project.torn
    summary.counts["parts of files, cleared away"] += project.left


class _Round:
    """Three processes in one project.

    Parameters
    ----------
    project : Project
        Where they work.
    server : ModelServer
        The model that they ask.
    name : str
        Tells this round's problems, tools and notebook from others.
    """

    def __init__(self, project: Project, server: ModelServer, name: str) -> None:
        self.project = project
        self.name = name
        self.asked = threading.Event()
        server.reply_by(self._answer)
        asking = environment(server)
        del asking["CREATOR_CASSETTE_MODE"]
        self.asking = asking
        for number in range(10, 10 + CELLS):
            source = f"def taken_{name}_{number}(x):\n    return x + {number}\n"
            (project.folder / f"taken_{name}_{number}.py").write_text(source)

    def go(self, seconds: float, summary: Summary) -> None:
        """Let them work, kill them after so many seconds, and take down what they had reported."""
        folder = self.project.folder
        cells = [nbformat.v4.new_code_cell(source) for source in sources_of(self.name)]
        nbformat.write(nbformat.v4.new_notebook(cells=cells), folder / f"{self.name}.ipynb")
        run = self._start("-c", _RUN, str(folder / f"{self.name}.ipynb"))
        writer = self._start("-m", "tests.soak.writer", str(folder), self.name)
        assert writer.stdout is not None
        assert writer.stdin is not None
        with LiveNotebook(self.asking, cwd=str(folder)) as live:
            assert live.run("%load_ext creator_magic").status == "ok"
            # These load most of what is loaded: a kill before would say little.
            assert live.run(f"%%solve\n{problem(self.name, 3)}", "cell").status == "ok"
            assert live.run(f"%tools import taken_{self.name}_10.py").status == "ok"
            kernel = psutil.Process(int(live.value("__import__('os').getpid()")))
            assert writer.stdout.readline() == "ready\n"
            heard = _Lines(writer)
            assert self.asked.wait(60), "the run has asked nothing"
            sent = self._send(live)
            writer.stdin.write("go\n")
            writer.stdin.flush()
            time.sleep(seconds)  # the random moment
            doomed = [kernel, psutil.Process(writer.pid), psutil.Process(run.pid)]
            for process in [*doomed, *doomed[-1].children(recursive=True)]:
                with suppress(psutil.NoSuchProcess):  # ended by itself in this very moment
                    process.kill()
            self._note_cells(live, sent, summary.counts)
        said, _ = run.communicate()
        if run.returncode == 0:
            assert f"{self.name}.ipynb" in said
            self.project.reported.run.add(f"{self.name}.ipynb")
            summary.counts["notebooks run"] += 1
        else:
            summary.counts["runs killed"] += 1
        self._note_lines(heard.all(), summary.counts)
        summary.counts["kills"] += 1

    def _start(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, *arguments],
            env={**os.environ, **self.asking},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def _answer(self, body: dict[str, Any]) -> str:
        said = "\n".join(message["content"] for message in body["messages"])
        number, name = _STATED.findall(said)[-1]
        if number == "1":
            self.asked.set()
        tool = f"twice_{name}_{number}"
        if f"def {tool}" not in said:
            return f"```python tool\ndef {tool}(number):\n    return number * 2\n```"
        return f"```python decision\n{tool}({number})\n```"

    def _send(self, live: LiveNotebook) -> dict[str, tuple[str, str]]:
        """Send all cells at once; return what each reports when it has ended."""
        sent = {}
        for number in range(10, 10 + CELLS):
            text = problem(self.name, number)
            sent[live.send(f"%%solve\n{text}", f"cell-{number}", places_cells=True)] = ("solved", text)
            if number % 5 == 4:
                tool = f"taken_{self.name}_{number}"
                sent[live.send(f"%tools import {tool}.py")] = ("tools", tool)
        return sent

    def _note_cells(
        self, live: LiveNotebook, sent: Mapping[str, tuple[str, str]], counts: Counter[str]
    ) -> None:
        """Take down which cells had ended without a word of anything that was not kept."""
        failed: set[str] = set()
        begun: set[str] = set()
        ended: set[str] = set()
        while True:
            try:
                message = live.client.get_iopub_msg(timeout=0.3)
            except queue.Empty:
                break
            parent, content = message["parent_header"].get("msg_id", ""), message["content"]
            begun.add(parent)
            kept = set(_KEPT.findall(repr(content.get("data", {}).get("text/html", ""))))
            counts["tools of solves kept"] += len(kept - self.project.reported.tools)
            self.project.reported.tools |= kept
            if message["msg_type"] == "error" or "could not be kept" in repr(content):
                failed.add(parent)
            elif content.get("execution_state") == "idle":
                ended.add(parent)
        for parent, (kind, what) in sent.items():
            if parent in ended - failed:
                getattr(self.project.reported, kind).add(what)
                counts["problems solved" if kind == "solved" else "tools kept"] += 1
            elif parent in failed:
                counts["cells that failed"] += 1
            elif parent in begun:
                counts[f"kernels killed in a {'solve' if kind == 'solved' else 'tool'}"] += 1

    def _note_lines(self, lines: list[str], counts: Counter[str]) -> None:
        reported = self.project.reported
        for line in lines:
            kind, _, what = line.rstrip("\n").partition(" ")
            if kind == "reply":
                reported.written.add(what)
            elif kind == "tool":
                reported.tools.add(what)
                counts["tools kept"] += 1
            elif kind == "notebook":
                reported.saved = what
            counts["replies kept by the writer"] += kind == "reply"
            counts["notebooks saved by the writer"] += kind == "notebook"


class _Lines:
    """What a process prints, read as it comes, so that it never waits."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self._lines: list[str] = []
        self._thread = threading.Thread(target=self._read)
        self._thread.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        self._lines.extend(line for line in self._process.stdout if line.endswith("\n"))

    def all(self) -> list[str]:
        self._thread.join()
        self._process.communicate()
        return self._lines


def main() -> int:
    """Run the soak as told on the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.soak", description=sys.modules["tests.soak"].__doc__
    )
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        summary = soak(arguments.kills, arguments.seed, Path(folder))
    for what, count in sorted(summary.counts.items()):
        print(f"{count:7,} {what}")
    print(f"{len(summary.faults):7,} files or replies lost or damaged")
    print(f"in {time.monotonic() - began:.0f} s, seed {arguments.seed}")
    return 1 if summary.faults else 0


if __name__ == "__main__":
    sys.exit(main())
