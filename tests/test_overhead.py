"""A short form of `benchmarks.overhead`: what creator-magic adds, by ratios and counts alone."""

from __future__ import annotations

import statistics
import sys

import pytest

from benchmarks.overhead.kernels import bare, environment, ours
from benchmarks.overhead.loading import LOAD, measured
from benchmarks.overhead.model import scripted_model
from tests.live_notebook import LiveNotebook

RATIO = 2.2
"""Of processor time. Half as much again as what was measured on a busy machine when this was written."""

MODULES = 45
"""Some more than were imported when this was written, beside those of the standard library."""

IN_VAIN = {"cloudpickle", "doctest", "libcst", "multiprocessing", "unittest"}
"""What a solve that goes well has no use for."""

HEAVY = {"openai", "httpx2", "numpy", "pandas", "matplotlib", "jinja2", "libcst", "nbformat", "pydantic"}


@pytest.mark.slow
def test_a_solve_takes_little_more_than_its_calls_and_cells_and_loading_imports_little() -> None:
    with scripted_model() as model:
        with LiveNotebook(environment(model), cold=True) as fresh:
            loaded = [(name.partition(".")[0], name) for name in measured(fresh, LOAD)["modules"]]
        assert not HEAVY & {package for package, _ in loaded}
        beside = [name for package, name in loaded if package not in sys.stdlib_module_names]
        assert len(beside) <= MODULES, beside
        with ours(model, cold=False) as with_us, bare(model, cold=False) as without:
            took = [(with_us.solve(number).cpu, without.solve(number).cpu) for number in range(11)]
            assert with_us.kept() == (len(took), 2 * len(took))
        calls = len(model.take_requests())
    assert calls == 2 * 2 * len(took)
    # The first ones import what they need.
    assert statistics.median(mine / theirs for mine, theirs in took[4:]) < RATIO, took


@pytest.mark.slow
def test_a_solve_leaves_nothing_behind_that_nobody_needs() -> None:
    with scripted_model() as model, ours(model) as with_us:
        for number in range(3):
            with_us.solve(number)
        loaded = with_us.notebook.run("import sys; print(*(each.partition('.')[0] for each in sys.modules))")
        assert not IN_VAIN & set(loaded.text.split())
        # The prompts and replies of a solve that can be undone; the log keeps its own.
        held = "sum(type(each).__name__ == 'Exchange' for each in gc.get_objects())"
        assert with_us.notebook.run(f"import gc; gc.collect(); {held}").text == "0"
        assert with_us.notebook.run("%creator undo").status == "ok"
        model.take_requests()
