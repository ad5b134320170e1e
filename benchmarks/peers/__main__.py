"""The nearest products against creator-magic: the same problems and the same scripted model, timed in turn.

    python -m benchmarks.peers [--rounds N] [--cache DIR] [--out DIR]

installs each peer in an environment of its own below the cache folder, which takes some minutes and 2.5 GB
the first time, and has each solve the same problems in a live kernel of that environment. Each does what its
own documentation shows and no more: jupyter-ai-magics writes code that the person runs, pandasai and Open
Interpreter run it apart from the kernel's variables, and none repairs here, since nothing fails.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import sys
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.overhead.figures import as_data, as_table, ratio
from benchmarks.overhead.kernels import BARE, SETTLE, Took, environment, memory, own_project, timed
from benchmarks.overhead.loading import CLIENT, LOAD, measured
from benchmarks.overhead.machine import machine
from benchmarks.overhead.model import scripted_model
from benchmarks.overhead.plots import plot_ratios
from benchmarks.overhead.problems import answer, problem
from benchmarks.peers.drivers import DRIVERS, Driver
from benchmarks.peers.environments import environment_of
from tests.live_notebook import LiveNotebook

if TYPE_CHECKING:
    from benchmarks.overhead.figures import Figure
    from benchmarks.overhead.model import ScriptedModel

OURS = Driver("creator-magic", "", (), LOAD, "", "%%solve\n{text}", settled=SETTLE)
BASELINE = Driver("the bare client", "", (), CLIENT, BARE, "bare({problem})", limit=1.5)

# Prices from the network would be looked up while Open Interpreter and pandasai are imported.
_OFFLINE = {"LITELLM_LOCAL_MODEL_COST_MAP": "True", "ANONYMIZED_TELEMETRY": "False"}


@dataclass
class Entrant:
    """A product in its kernel, and what it has taken so far."""

    driver: Driver
    notebook: LiveNotebook
    version: str
    loaded: float = 0.0
    size: float = 0.0
    took: list[Took] = field(default_factory=list)
    calls: int = 0
    characters: int = 0

    def prepare(self) -> None:
        """Import it, which is timed, and set it up."""
        self.loaded = measured(self.notebook, self.driver.imported)["took"][0]
        timed(self.notebook, self.driver.prepared)

    def solve(self, number: int, model: ScriptedModel) -> Took:
        """Solve a problem and check that the answer is shown."""
        code = self.driver.solved.format(text=problem(number), problem=repr(problem(number)))
        took, ran = timed(self.notebook, code, cell_id=f"cell-{number}", places_cells=True, interactive=True)
        if self.driver.inserts:
            inserted = next(each["text"] for each in ran.payload if each["source"] == "set_next_input")
            more, ran = timed(self.notebook, inserted)
            took = Took(took.wall + more.wall, took.cpu + more.cpu)
        assert str(answer(number)) in str(ran.outputs), ran.outputs
        timed(self.notebook, self.driver.settled)
        asked = model.take_requests()
        self.calls, self.characters = len(asked), sum(each.characters for each in asked)
        return took


def main() -> int:
    """Install, measure, write and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--cache", type=Path, default=Path.home() / ".cache" / "creator-magic-peers")
    parser.add_argument("--out", type=Path, default=Path("overhead"))
    wanted = parser.parse_args()
    wanted.out.mkdir(parents=True, exist_ok=True)
    left_out: list[str] = []
    with ExitStack() as stack:
        model = stack.enter_context(scripted_model("benchmarks.peers.model"))
        entrants: list[Entrant] = []
        for driver in (OURS, BASELINE, *DRIVERS):
            python, version = "", ""
            if driver.package:
                found = environment_of(driver.package, driver.installed, wanted.cache)
                if found.refusal:
                    left_out.append(f"{driver.name}: does not install: {found.refusal}")
                    continue
                python, version = found.python, found.version
            env = {**environment(model), **_OFFLINE}
            project = stack.enter_context(own_project())
            notebook = stack.enter_context(LiveNotebook(env, str(project), cold=True, python=python))
            entrant = Entrant(driver, notebook, version)
            try:
                entrant.prepare()
                entrant.solve(0, model)
            except Exception as error:  # noqa: BLE001 - whatever a peer does is said, and the others go on
                left_out.append(f"{driver.name} {version}: installed, not driven: {error!r}"[:500])
                model.take_requests()
                continue
            entrant.size = memory(notebook)[2]
            entrants.append(entrant)
        drawn = random.Random(1)
        for number in range(1, wanted.rounds + 3):
            # Who comes after one that fills the caches takes longer: it is not always the same.
            for entrant in drawn.sample(entrants, len(entrants)):
                took = entrant.solve(number, model)
                if number > 2:  # noqa: PLR2004 - the first ones import more
                    entrant.took.append(took)
    text, data, figures = _told(entrants, left_out)
    plot_ratios(figures, wanted.out / "peers.svg")
    (wanted.out / "peers.md").write_text(text, "utf-8")
    (wanted.out / "peers.json").write_text(json.dumps(data, indent=1, ensure_ascii=False), "utf-8")
    print(text)
    return int(not all(each.held for each in figures))


def _told(entrants: list[Entrant], left_out: list[str]) -> tuple[str, dict[str, Any], list[Figure]]:
    """Return the tables as text and as data, and the ratios by themselves."""
    rows = [
        {
            "product": f"{each.driver.name} {each.version}".strip(),
            "ms a solve, wall": round(1000 * statistics.median(took.wall for took in each.took), 1),
            "ms of its kernel's processor": round(
                1000 * statistics.median(took.cpu for took in each.took), 1
            ),
            "ms to import": round(1000 * each.loaded),
            "MiB after one problem": round(each.size, 1),
            "calls": each.calls,
            "characters sent": each.characters,
        }
        for each in entrants
    ]
    columns = list(rows[0])
    lines = [
        f"| {' | '.join(columns)} |",
        f"|---{'|--:' * (len(columns) - 1)}|",
        *(f"| {' | '.join(str(row[column]) for column in columns)} |" for row in rows),
    ]
    us, *others = entrants
    figures = [
        ratio(
            f"a solve against {each.driver.name}, {clock}",
            [getattr(took, clock) for took in us.took],
            [getattr(took, clock) for took in each.took],
            each.driver.limit if clock == "wall" else None,
        )
        for each in others
        for clock in ("wall", "cpu")
    ]
    told = machine()
    listed = "\n".join(f"- {line}" for line in left_out)
    text = "\n\n".join((told, "\n".join(lines), as_table(figures), *([listed] if listed else [])))
    data = {"machine": told, "peers": rows, "figures": as_data(figures), "left_out": left_out}
    return f"{text}\n", data, figures


if __name__ == "__main__":
    sys.exit(main())
