"""A short form of `benchmarks.overhead`: what creator-magic adds, by ratios and counts alone."""

from __future__ import annotations

import statistics

import pytest

from benchmarks.overhead.kernels import bare, environment, ours
from benchmarks.overhead.loading import LOAD, measured
from benchmarks.overhead.model import scripted_model
from tests.live_notebook import LiveNotebook

RATIO = 5.0
"""Of processor time. Twice what was measured when this was written."""

MODULES = 191
"""Five more than were imported when this was written."""

HEAVY = {"openai", "httpx2", "numpy", "pandas", "matplotlib", "jinja2", "libcst", "nbformat", "pydantic"}


@pytest.mark.slow
def test_a_solve_takes_little_more_than_its_calls_and_cells_and_loading_imports_little() -> None:
    with scripted_model() as model:
        with LiveNotebook(environment(model), cold=True) as fresh:
            modules = measured(fresh, LOAD)["modules"]
        assert len(modules) <= MODULES, modules
        assert not HEAVY & {name.partition(".")[0] for name in modules}
        with ours(model) as with_us, bare(model) as without:
            took = [(with_us.solve(number).cpu, without.solve(number).cpu) for number in range(15)]
        calls = len(model.take_requests())
    assert calls == 2 * 2 * len(took)
    # The first ones import what they need.
    assert statistics.median(mine / theirs for mine, theirs in took[4:]) < RATIO, took
