"""A failed attempt leaves nothing behind, however often it fails and whatever it made."""

from __future__ import annotations

import gc
import os

import psutil
import pytest

from tests.transactions.attempt import Notebook

MIB = 1 << 20
MADE = """
import numpy as np, pandas as pd
df = pd.DataFrame(np.ones((13 * 1024, 1024)), columns=[f"c{i}" for i in range(1024)])
"""
FAILING = (
    "df['c0'] = 5.0\n1 / 0",
    "copy = df.copy()\nraise ValueError(copy)",
    "def work(frame):\n    doubled = frame * 2\n    return doubled / missing\nwork(df)",
    "try:\n    kept = df + 1\n    1 / 0\nexcept Exception as e:\n    held = e\n    raise KeyError from e",
    "df.sort_values('c1', inplace=True)\nraise SystemExit",
    "class Loop: pass\nloop = Loop()\nloop.me, loop.frame = loop, df.copy()\nloop.me.missing",
)


ATTEMPTS = int(os.environ.get("CREATOR_TESTS_ATTEMPTS", "60"))
"""A thousand of them: CREATOR_TESTS_ATTEMPTS=1000 pytest -n 1 tests/transactions/test_memory.py"""


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_after_many_failed_attempts_on_100_mb_the_memory_is_where_it_was() -> None:
    notebook = Notebook()
    notebook.run(MADE)
    process = psutil.Process()

    def fail(times: int) -> int:
        for number in range(times):
            ran = notebook.attempt(FAILING[number % len(FAILING)])
            assert ran.failure is not None
            assert ran.failure.lost == ()
        gc.collect()
        return int(process.memory_info().rss)

    before = fail(2 * len(FAILING))
    assert notebook.names["df"].memory_usage(index=False).sum() > 100 * MIB
    after = fail(ATTEMPTS)
    assert after - before < 50 * MIB, "less than half of one frame"
    assert notebook.names["df"].shape == (13 * 1024, 1024)


@pytest.mark.parametrize("code", FAILING)
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_what_a_failed_attempt_made_dies_with_it(code: str) -> None:
    notebook = Notebook()
    notebook.run(MADE.replace("13 * 1024, 1024", "3, 1024"))
    notebook.attempt(f"class Mine: pass\nmine = Mine()\n{code}")
    gc.collect()
    assert not [thing for thing in gc.get_objects() if type(thing).__name__ == "Mine"]


def test_what_an_attempt_that_worked_did_not_change_is_not_held() -> None:
    notebook = Notebook()
    notebook.run("class Mine: pass\nmine, held, rows = Mine(), [Mine()], [1]")
    notebook.attempt("rows.append(2)\nlen(held)")
    notebook.kernel.keep()
    del notebook.names["mine"], notebook.names["held"]
    gc.collect()
    assert not [thing for thing in gc.get_objects() if type(thing).__name__ == "Mine"]
