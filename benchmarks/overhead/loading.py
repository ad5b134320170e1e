"""Loading the extension into a fresh kernel: time, modules, and the kernel's memory after a problem."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from benchmarks.overhead.figures import Figure, ratio
from benchmarks.overhead.kernels import BARE, Bare, Ours, environment, memory, own_project, timed
from tests.live_notebook import LiveNotebook

if TYPE_CHECKING:
    from benchmarks.overhead.model import ScriptedModel

_MEASURED = """
import json, sys, time
_known, _cpu, _wall = set(sys.modules), time.process_time(), time.perf_counter()
{0}
_took = [time.perf_counter() - _wall, time.process_time() - _cpu]
print(json.dumps({{"took": _took, "modules": sorted(set(sys.modules) - _known)}}))
"""

LOAD = "get_ipython().run_line_magic('load_ext', 'creator_magic')"
CLIENT = "import openai"


def measured(notebook: LiveNotebook, code: str) -> dict[str, Any]:
    """Run `code` in a kernel; return the wall and processor seconds it `took`, and its `modules`."""
    ran = notebook.run(_MEASURED.format(code))
    assert ran.status == "ok", ran.error
    # What is imported may print lines of its own.
    return dict(json.loads(next(line for line in ran.text.splitlines() if line.startswith('{"took"'))))


def loading(model: ScriptedModel, rounds: int) -> tuple[list[Figure], list[str]]:
    """Load the extension, and import the bare client, each in fresh kernels, in turn; then solve a problem.

    Returns
    -------
    list of Figure
        How long it takes, how much is imported, and how much memory the kernel has after a problem.
    list of str
        The modules that the extension imports, by name.
    """
    loads, imports = [], []
    answered: dict[str, list[float]] = {"ours": [], "bare": []}
    sizes: dict[str, list[tuple[float, ...]]] = {"ours": [], "bare": []}
    for number in range(rounds):
        with own_project() as project, LiveNotebook(environment(model), str(project), cold=True) as notebook:
            loads.append(measured(notebook, LOAD))
            first = Ours(notebook, project).solve(number)
            answered["ours"].append(loads[-1]["took"][0] + first.wall)
            sizes["ours"].append(memory(notebook))
        with LiveNotebook(environment(model), cold=True) as notebook:
            imports.append(measured(notebook, CLIENT))
            client, _ = timed(notebook, BARE)
            first = Bare(notebook).solve(number)
            answered["bare"].append(imports[-1]["took"][0] + client.wall + first.wall)
            sizes["bare"].append(memory(notebook))
    model.take_requests()
    figures = []
    for place, clock in enumerate(("wall", "cpu")):
        mine, theirs = ([each["took"][place] for each in of] for of in (loads, imports))
        figures.append(ratio(f"`%load_ext` against `import openai`, {clock}", mine, theirs))
        figures.append(
            Figure(f"`%load_ext` in a fresh kernel, {clock}", tuple(1000 * each for each in mine), "ms", 30.0)
        )
    figures.append(
        ratio("from a fresh kernel to the first answer, imports included", answered["ours"], answered["bare"])
    )
    modules = loads[0]["modules"]
    own = sum(name.partition(".")[0] == "creator_magic" for name in modules)
    figures.append(
        Figure(
            "modules that `%load_ext` imports",
            tuple(float(len(each["modules"])) for each in loads),
            "modules",
            beside=f"{own} of them our own",
        )
    )
    for place, kind in enumerate(("its own (USS)", "resident (RSS)", "USS with its child processes")):
        mine, theirs = ([each[place] for each in of] for of in sizes.values())
        figures.append(
            ratio(
                f"a kernel's memory after one problem, {kind}, against the bare client's",
                mine,
                theirs,
                limit=None if place > 1 else 1.15,
                unit="MiB",
            )
        )
    return figures, modules


def by_package(modules: list[str]) -> list[tuple[str, int]]:
    """Return the packages that modules are of, with how many of each, the most first."""
    packages = [name.partition(".")[0] for name in modules]
    return sorted(
        ((each, packages.count(each)) for each in set(packages)), key=lambda pair: (-pair[1], pair[0])
    )
