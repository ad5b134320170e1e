"""What creator-magic adds to the time of the model, measured: a table and plots, by one command.

    python -m benchmarks.overhead [--short] [--browser] [--out DIR] [--problems FILE] [PART ...]
    python -m benchmarks.overhead --profile [--after N] [--out DIR]

Every part times two things in turn in one run, against a scripted model without latency in a process of its
own, and tells their paired ratio. `cpu` is the processor time of the kernel's process, which other work on
the machine hardly touches; `wall` is what the front end waits for. Figures of different runs, or of
different machines, are not to be compared.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.overhead.browser import browsing
from benchmarks.overhead.figures import as_data, as_table
from benchmarks.overhead.loading import by_package, loading
from benchmarks.overhead.machine import machine
from benchmarks.overhead.model import scripted_model
from benchmarks.overhead.plots import plot_prompts, plot_ratios, plot_session
from benchmarks.overhead.profile import load_profile, solve_profile
from benchmarks.overhead.prompts import prompts
from benchmarks.overhead.replaying import replaying
from benchmarks.overhead.solving import parts as parts_of_solve
from benchmarks.overhead.solving import session, solving

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.overhead.figures import Figure
    from benchmarks.overhead.model import ScriptedModel

BROWSER = "browser"
PARTS = ("solving", "parts", "loading", "prompts", "session", "replaying")


def main() -> int:
    """Measure, write, print, and return 1 if a limit is not held."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument(
        "parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)} (all if none is named) and {BROWSER}"
    )
    parser.add_argument("--short", action="store_true", help="fewer rounds: a session of 60 solves")
    parser.add_argument("--browser", action="store_true", help="JupyterLab in Chromium too")
    parser.add_argument("--out", type=Path, default=Path("overhead"), help="the folder for what is written")
    parser.add_argument("--problems", type=Path, help="problems for the prompts, such as Creation Challenge")
    parser.add_argument(
        "--profile", action="store_true", help="write where the time of a solve goes, instead"
    )
    parser.add_argument("--after", type=int, default=5, help="solves before those that are profiled")
    wanted = parser.parse_args()
    if unknown := set(wanted.parts) - {*PARTS, BROWSER}:
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    wanted.out.mkdir(parents=True, exist_ok=True)
    with scripted_model() as model:
        if wanted.profile:
            text = f"{load_profile()}\n\n{solve_profile(model, 20, wanted.after)}"
            (wanted.out / "profile.txt").write_text(text, "utf-8")
            print(text)
            return 0
        parts = (*(wanted.parts or PARTS), *([BROWSER] if wanted.browser else []))
        return _measure(parts, model, wanted)


def _measure(parts: Sequence[str], model: ScriptedModel, wanted: argparse.Namespace) -> int:
    told, notes = machine(), []
    figures: list[Figure] = []
    rounds, short = (15, True) if wanted.short else (60, False)
    if "solving" in parts:
        figures += solving(model, rounds)
    if "parts" in parts:
        figures += parts_of_solve(model, rounds)
    if "loading" in parts:
        of_loading, modules = loading(model, 3 if short else 9)
        figures += of_loading
        packages = ", ".join(f"{name} {count}" for name, count in by_package(modules))
        notes.append(f"Modules that `%load_ext` imports: {packages}.")
    if "prompts" in parts:
        of_prompts, stages = prompts(wanted.problems)
        figures += of_prompts
        plot_prompts(stages, wanted.out / "prompts.svg")
    if "session" in parts:
        of_session, seconds, memory = session(model, 60 if short else 1000)
        figures += of_session
        plot_session(seconds, memory, wanted.out / "session.svg")
    if "replaying" in parts:
        figures += replaying(model, 10_000, rounds)
    if BROWSER in parts:
        figures += browsing(200 if short else 1000, 15 if short else 25)
    if any(each.unit == "x" for each in figures):
        plot_ratios(figures, wanted.out / "ratios.svg")
    text = "\n\n".join((told, as_table(figures), *notes))
    (wanted.out / "overhead.md").write_text(f"{text}\n", "utf-8")
    data = {"machine": told, "figures": as_data(figures), "notes": notes}
    (wanted.out / "overhead.json").write_text(json.dumps(data, indent=1, ensure_ascii=False), "utf-8")
    print(text)
    return int(not all(each.held for each in figures))


if __name__ == "__main__":
    sys.exit(main())
