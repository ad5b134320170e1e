"""Whatever a namespace holds, and whatever failing code does to it: everything is as it was."""

from __future__ import annotations

import os
import warnings
from random import Random

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from creator_magic.kernel.snapshot import Limits
from tests.transactions.attempt import Notebook
from tests.transactions.picture import Picture
from tests.transactions.wild import build, failing_code

QUIET = settings(
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.generate, Phase.shrink],
)


def check(draw: Random) -> None:
    with warnings.catch_warnings():
        # What the code is warned of by NumPy, pandas and polars is not what is shown here.
        warnings.simplefilter("ignore")
        # However busy the machine is.
        notebook = Notebook(lambda: Limits(seconds=60))
        names = build(draw, notebook.names)
        if not names:
            return
        code = failing_code(draw, notebook.names, names)
        before = Picture(notebook.own)
        ran = notebook.attempt(code)
        after = Picture(notebook.own)
    assert ran.failure is not None
    assert not after.differences(before), code
    assert ran.failure.lost == (), code


@settings(QUIET, max_examples=150)
@seed(0)
@given(st.randoms(use_true_random=False))
def test_failing_code_leaves_no_trace(draw: Random) -> None:
    check(draw)


NAMESPACES = int(os.environ.get("CREATOR_TESTS_NAMESPACES", "500"))
"""5,000 of them: CREATOR_TESTS_NAMESPACES=5000 pytest tests/transactions/test_property.py"""


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("part", range(10))
def test_failing_code_leaves_no_trace_in_many_namespaces(part: int) -> None:
    @settings(QUIET, max_examples=NAMESPACES // 10)
    @seed(1 + part)
    @given(st.integers(0, 1 << 64))
    def run(number: int) -> None:
        # Faster than drawing each choice one by one; what fails is shrunk by the test above.
        check(Random(number))  # noqa: S311 - nothing here is secret

    run()
