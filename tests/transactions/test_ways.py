"""Every way in which pandas, NumPy and polars change something in place, each alone, is undone."""

from __future__ import annotations

import warnings

import pandas as pd
import polars as pl
import pytest

from creator_magic.kernel.snapshot import Limits
from tests.transactions.attempt import Notebook
from tests.transactions.picture import Picture
from tests.transactions.wild import ARRAY_WAYS, FRAME_WAYS, RESIZES, SERIES_WAYS, WAYS

FRAMES = (
    "pd.DataFrame({'a': [3., None, 2], 'b': [1, 2, 1], 's': list('xyz')})",
    "pd.DataFrame({'a': [3, 1, 1], 'b': [1, 2, 2], 'n': pd.array([1, None, 3], dtype='Int64')})",
    "pd.DataFrame({'a': [3, 1, 2], 'o': pd.Series([[1], {}, 'x'], dtype=object)})",
    "pd.DataFrame({'c': pd.Categorical(list('uvu')), 't': pd.date_range('2020', periods=3)})",
    "pd.DataFrame(np.arange(9.).reshape(3, 3), columns=list('abc'), index=list('xyz'))",
    "pd.DataFrame({'a': [1, 1, 1], 'b': [3, 4, 4]}).set_index(['a', 'b'], drop=False)",
)
SERIES = (
    "pd.Series([1., 3, None], name='a')",
    "pd.Series([1, 3, 3])",
    "pd.Series([[1], [2], 'x'], dtype=object)",
    "pd.Series(list('zxy'))",
    "pd.Series(pd.Categorical(list('uvu')))",
    "pd.Series(pd.array([1, None, 3], dtype='Int64'))",
    "pd.Series(pd.date_range('2020', periods=3))",
)
ARRAYS = (
    "np.array([5., 2., 7., 1.])",
    "np.arange(12).reshape(3, 4)",
    "np.asfortranarray(np.arange(6.).reshape(3, 2))",
    "np.array([[1], [2], 'x'], dtype=object)",
    "np.zeros(3, dtype=[('a', 'i4'), ('b', 'f8')])",
    "np.ma.array([1, 2, 3], mask=[0, 1, 0])",
    "np.array(['2020-01-01', 'NaT'], dtype='M8[D]')",
)
POLARS_FRAMES = ("pl.DataFrame({'a': [1, 2, 3], 'b': [.5, 1, 2]})",)
POLARS_SERIES = ("pl.Series('a', [1, 3, 2])",)

ALL = [
    *((way, FRAMES) for way in FRAME_WAYS),
    *((way, SERIES) for way in SERIES_WAYS),
    *((way, ARRAYS) for way in (*ARRAY_WAYS, *RESIZES)),
    *((way, POLARS_FRAMES) for way in WAYS[pl.DataFrame]),
    *((way, POLARS_SERIES) for way in WAYS[pl.Series]),
    *((way, ("pd.Index([1, 2, 3], name='i')",)) for way in WAYS[pd.Index]),
]


@pytest.mark.parametrize(("way", "samples"), ALL, ids=[way for way, _ in ALL])
def test_a_way_to_change_something_in_place_is_undone(way: str, samples: tuple[str, ...]) -> None:
    code = f"try:\n  {way.format(p='x', q='[8]')}\nfinally:\n  raise ValueError('failed')"
    changes = 0
    for sample in samples:
        with warnings.catch_warnings():
            # That pandas or NumPy advises against some of these ways is not what is shown here.
            warnings.simplefilter("ignore")
            notebook = Notebook(lambda: Limits(seconds=60))
            notebook.run(
                f"import numpy as np, pandas as pd, polars as pl\nx = {sample}\n"
                "same = x\nheld = [x]\ncopied = x.copy() if hasattr(x, 'copy') else x.clone()\n"
                "part = x[:2]\nturned = getattr(x, 'T', x)"
            )
            before, alone = Picture(notebook.own), Picture({"x": notebook.names["x"]})
            ran = notebook.attempt(code)
            assert ran.failure is not None
            assert not Picture(notebook.own).differences(before), sample
            assert ran.failure.lost == ()
            notebook.attempt(code.replace("finally:\n  raise ValueError('failed')", "except Exception: pass"))
            # Alone: what is resized leaves the views of it without memory.
            changes += bool(Picture({"x": notebook.names["x"]}).differences(alone))
    assert changes, "this way changes nothing"
