"""Live kernels that solve problems: with everything of creator-magic on, and with a bare client."""

from __future__ import annotations

import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Protocol

import psutil
from jupyter_client.provisioning.local_provisioner import LocalProvisioner

from benchmarks.overhead.problems import FAILING, answer, problem
from creator_magic.cells.protocol import ACK, VERSION
from creator_magic.model.cassette import Cassette
from creator_magic.project import CASSETTE, FOLDER, STORE, kept_in
from creator_magic.toolbox.store import ToolStore
from tests.conftest import ALL_PERMITTED
from tests.live_notebook import LiveNotebook

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from benchmarks.overhead.model import ScriptedModel
    from tests.live_notebook import Ran

BARE = '''
import re

import openai

_client = openai.OpenAI(max_retries=2)


def _ask(*said):
    roles = ("system", "user")
    messages = [{"role": role, "content": text} for role, text in zip(roles, said)]
    with _client.chat.completions.create(
        model="scripted", messages=messages, stream=True, stream_options={"include_usage": True}
    ) as stream:
        text = "".join(chunk.choices[0].delta.content or "" for chunk in stream if chunk.choices)
    return re.search(r"```[^\\n]*\\n(.*?)```", text, re.S)[1]


def bare(problem, third=False):
    """Two streamed calls, two cells; with `third` another call, and both cells again."""
    shell = get_ipython()
    tool = _ask("Write a Python function that solves problems like this one.", problem)
    with_tool = f"{problem}\\n\\nThe tool:\\n{tool}"
    decision = _ask("Write the lines that call the tool for this problem.", with_tool)
    shell.run_cell(tool)
    shell.run_cell(decision)
    if third:
        failed = f"The decision:\\n{decision}\\n\\nWhat happened:\\nIt failed."
        decision = _ask("Mend it.", f"{with_tool}\\n\\n{failed}")
        shell.run_cell(tool)
        shell.run_cell(decision)
'''

SETTLE = "__import__('creator_magic.session', fromlist=['']).session_of(get_ipython()).kept_tools.settle()"
"""Waits for the tool to be kept: it is run again before that, behind the person's back."""

_MEBIBYTE = 1 << 20


@dataclass(frozen=True, slots=True)
class Took:
    """What an execution took.

    Parameters
    ----------
    wall : float
        Seconds from sending the request until the front end has the reply and all outputs.
    cpu : float
        Seconds of processor time of the kernel's process.
    """

    wall: float
    cpu: float


def environment(model: ScriptedModel) -> dict[str, str]:
    """Return what a kernel finds set: everything on, and each reply recorded."""
    return {
        **ALL_PERMITTED,
        "OPENAI_BASE_URL": model.url,
        "OPENAI_API_KEY": "sk-benchmark",
        "CREATOR_MODEL": "scripted",
        "CREATOR_CASSETTE_MODE": "record",
        # Installed libraries are compiled; a kernel that may not keep it would compile ours again each time.
        "PYTHONDONTWRITEBYTECODE": "",
    }


def processor_seconds(pid: int) -> float:
    """Return the processor time that a process has taken."""
    try:
        # The clock of another process (clock_getcpuclockid); `psutil` counts in hundredths of a second.
        return time.clock_gettime((~pid << 3) | 2)
    except OSError:
        return float(sum(psutil.Process(pid).cpu_times()[:2]))


def timed(notebook: LiveNotebook, code: str, **sent: Any) -> tuple[Took, Ran]:
    """Execute `code` as a front end does; return what it took, and what it brought."""
    pid = process_of(notebook)
    cpu, wall = processor_seconds(pid), time.perf_counter()
    ran = notebook.run(code, **sent)
    took = Took(time.perf_counter() - wall, processor_seconds(pid) - cpu)
    assert ran.status == "ok", ran.error
    return took, ran


def process_of(notebook: LiveNotebook) -> int:
    """Return the number of a kernel's process."""
    provisioner = notebook.manager.provisioner
    assert isinstance(provisioner, LocalProvisioner)
    assert provisioner.pid is not None
    return provisioner.pid


def memory(notebook: LiveNotebook) -> tuple[float, float, float]:
    """Return a kernel's memory in MiB: its own, all that is resident, its own with its children's."""
    process = psutil.Process(process_of(notebook))
    taken = process.memory_full_info()
    below = sum(child.memory_full_info().uss for child in process.children(recursive=True))
    return taken.uss / _MEBIBYTE, taken.rss / _MEBIBYTE, (taken.uss + below) / _MEBIBYTE


class Solver(Protocol):
    """A kernel that solves the numbered problems."""

    notebook: LiveNotebook

    def solve(self, number: int, *, rectified: bool = False) -> Took:
        """Solve one, clean or with one rectification, and check the answer."""


@dataclass(frozen=True, slots=True)
class Ours:
    """`%%solve` with everything on, and a front end that places the cells."""

    notebook: LiveNotebook
    project: Path
    places_cells: bool = True

    def kept(self) -> tuple[int, int]:
        """Return how many tools the toolbox has, and how many replies the cassette."""
        store = ToolStore(kept_in(self.project, STORE), read_only=True)
        try:
            return len(store.names()), len(Cassette(kept_in(self.project, CASSETTE)))
        finally:
            store.close()

    def solve(self, number: int, *, rectified: bool = False) -> Took:
        """Solve one, in a magic cell of its own."""
        number += FAILING if rectified else 0
        took, ran = timed(
            self.notebook,
            f"%%solve\n{problem(number)}",
            cell_id=f"cell-{number}",
            places_cells=self.places_cells,
            interactive=True,
        )
        timed(self.notebook, SETTLE)
        if self.places_cells:
            # As a page does that has placed them.
            self.notebook.tell(ACK, {"v": VERSION, "client": "test", "nonce": ran.syncs[-1]["nonce"]})
        assert [cell["cell_type"] for cell in ran.cells] == ["code", "code"], ran.cells
        assert str(answer(number)) in str(ran.cell("decision")["outputs"]), ran.outputs
        return took


@dataclass(frozen=True, slots=True)
class Bare:
    """The bare client, kept open: two streamed calls and two `run_cell`s."""

    notebook: LiveNotebook

    def solve(self, number: int, *, rectified: bool = False) -> Took:
        """Solve one; the rectification is a third call, and both cells once more."""
        took, ran = timed(self.notebook, f"bare({problem(number)!r}, {rectified})")
        assert str(answer(number)) in ran.text, ran.outputs
        return took


@contextmanager
def own_project() -> Iterator[Path]:
    """Make a folder that is a project by itself, whatever lies above it."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, FOLDER).mkdir()
        yield Path(folder)


@contextmanager
def ours(
    model: ScriptedModel,
    env: Mapping[str, str] = MappingProxyType({}),
    *,
    cold: bool = True,
    places_cells: bool = True,
) -> Iterator[Ours]:
    """Start a kernel that has the extension loaded.

    Parameters
    ----------
    model : ScriptedModel
        What it asks.
    env : mapping of str to str
        What is set otherwise than in `environment`.
    cold : bool
        As for `LiveNotebook`.
    places_cells : bool
        Whether the front end places generated cells.
    """
    with (
        own_project() as project,
        LiveNotebook({**environment(model), **env}, str(project), cold=cold) as notebook,
    ):
        timed(notebook, "%load_ext creator_magic")
        yield Ours(notebook, project, places_cells)


@contextmanager
def bare(model: ScriptedModel, *, cold: bool = True) -> Iterator[Bare]:
    """Start a kernel that has the bare client."""
    with LiveNotebook(environment(model), cold=cold) as notebook:
        timed(notebook, BARE)
        yield Bare(notebook)
