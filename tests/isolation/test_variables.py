"""What code in isolation finds in its namespace, and what comes back."""

from __future__ import annotations

import collections
import contextlib
import datetime as dt
import decimal
import fractions
import io
import itertools
import pickle
import sqlite3
import threading
import uuid
import zoneinfo
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from creator_magic.isolation.answers import ForeignAnswerError, load_answer
from creator_magic.isolation.carrying import carry, load
from creator_magic.isolation.limits import IsolationLimits
from creator_magic.isolation.mentions import mentioned
from tests.isolation.conftest import code

if TYPE_CHECKING:
    from pathlib import Path

    from creator_magic.isolation import IsolatedExecutor
    from creator_magic.ports import Execution

NOTEBOOK = """
import math
import dataclasses
import enum
rate = 3
calls = 0
seen = [0]
def helper(x):
    return x * rate
def price(x):
    global calls
    calls += 1
    seen.append(x)
    return helper(x)
def adder(n):
    return lambda x: x + n
add_two = adder(2)
def fact(n):
    return 1 if n < 2 else n * fact(n - 1)
@dataclasses.dataclass
class Shop:
    name: str
    def area(self):
        return math.pi * rate
class Colour(enum.Enum):
    RED = 1
shop = Shop('corner')
"""


@pytest.fixture
def notebook() -> dict[str, Any]:
    """The namespace of a notebook in which a few cells have run."""
    namespace: dict[str, Any] = {"__name__": "__main__"}
    exec(compile(NOTEBOOK, "<cell>", "exec"), namespace)  # noqa: S102 - it is a notebook's cell
    return namespace


def run(executor: IsolatedExecutor, source: str, namespace: dict[str, Any]) -> Execution:
    cells = code(source)
    carried = carry(mentioned(cells, namespace), namespace, 64)
    assert carried.uncarried == ()
    return executor.run(cells, carried)


@pytest.mark.parametrize(
    ("source", "answer"),
    [
        ("price(2) + helper(1)", 9),
        ("price(2); price(3)\n[calls, seen]", [2, [0, 2, 3]]),
        ("rate = 10\nhelper(1)", 10),
        ("add_two(40), fact(5)", (42, 120)),
        ("shop.area() > 9, shop.name, isinstance(shop, Shop)", (True, "corner", True)),
        ("Colour.RED is Colour(1)", True),
        ("math.floor(2.5)", 2),
        ("[rate * i for i in range(3)]", [0, 3, 6]),
        ("sorted([3, 1], key=lambda i: i * rate)", [1, 3]),
        ("await __import__('asyncio').sleep(0, rate)", 3),
        ("f'{rate}'", "3"),
    ],
)
def test_functions_and_classes_of_the_notebook_are_there(
    executor: IsolatedExecutor, notebook: dict[str, Any], source: str, answer: object
) -> None:
    execution = run(executor, source, notebook)
    assert execution.failure is None
    assert execution.answer == answer
    assert (notebook["rate"], notebook["calls"], notebook["seen"]) == (3, 0, [0])


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("price(1)", {"price", "helper", "rate", "calls", "seen"}),
        ("shop.area()", {"shop"}),
        ("Shop('x')", {"Shop", "math", "rate"}),
        ("rate = 1\nrate", set()),
        ("rate = rate + 1", {"rate"}),
        ("def helper(x): return x\nhelper(1)", set()),
        ("def f(): return later\nlater = rate\nf()", {"rate"}),
        ("def f(rate): return rate\nf(1)", set()),
        ("xs = [seen for rate in range(3)]", {"seen"}),
        ("class A:\n    x = rate\n    def m(self): return calls", {"rate", "calls"}),
        ("import math\nmath.pi", set()),
        ("del rate", {"rate"}),
        ("%timeit helper(1)", set()),
        ("1 +", set()),
        ("open, display, get_ipython, Out", set()),
    ],
)
def test_what_is_mentioned(notebook: dict[str, Any], source: str, names: set[str]) -> None:
    assert set(mentioned(code(source), notebook)) == names


def test_identity_is_kept_and_large_contents_are_not_copied(executor: IsolatedExecutor) -> None:
    frame = pd.DataFrame({"a": np.arange(5.0), "b": list("vwxyz")})
    grid = np.asfortranarray(np.arange(6).reshape(2, 3))
    given = {"frame": frame, "both": [frame, grid], "grid": grid}
    carried = carry(given, given, 64)
    assert any(np.shares_memory(np.frombuffer(buffer, "u1"), grid) for buffer in carried.buffers)
    source = "grid[0, 0] = 9; frame['c'] = 1\n[both[0] is frame, both[1] is grid, grid.sum(), frame.c.sum()]"
    assert executor.run(code(source), carried).answer == [True, True, 24, 5]
    assert grid[0, 0] == 0
    assert list(frame) == ["a", "b"]


class Odd:
    def __reduce__(self) -> Any:
        message = "no pickle of me"
        raise OSError(message)


def test_what_cannot_be_carried_is_named_each_with_its_reason() -> None:
    namespace: dict[str, Any] = {
        "table": [1],
        "generator": (i for i in range(3)),
        "connection": sqlite3.connect(":memory:"),
        "lock": threading.Lock(),
        "odd": [Odd()],
        "large": np.zeros(9_000_000, "u1"),
        "long": list(range(3_000_000)),
    }
    with open(__file__, encoding="utf-8") as file:  # noqa: PTH123 - an open file is what this is about
        namespace["file"] = [file]
        carried = carry(namespace, namespace, 8)
        assert not file.closed
    said = {lost.name: str(lost) for lost in carried.uncarried}
    assert carried.names == ("table",)
    assert said["connection"].startswith("`connection` (sqlite3.Connection): ")
    assert "generator" in said["generator"]
    assert "lock" in said["lock"]
    assert said["odd"] == "`odd` (list): OSError: no pickle of me"
    assert "more than 8 MiB" in said["large"]
    assert "more than 8 MiB" in said["long"]
    assert said["file"] == "`file` (list): it is, or holds, an open file"
    assert next(namespace["generator"]) == 0
    namespace["connection"].close()


def test_a_function_that_uses_such_a_thing_is_named_with_it(notebook: dict[str, Any]) -> None:
    notebook["rows"] = itertools.count()
    exec("rows = (i for i in range(3))\ndef first(): return next(rows)", notebook)  # noqa: S102
    carried = carry(mentioned(code("first()"), notebook), notebook, 64)
    assert {lost.name for lost in carried.uncarried} == {"first", "rows"}


def test_an_execution_that_lacks_a_variable_says_so_and_runs_nothing(
    executor: IsolatedExecutor, tmp_path: Path
) -> None:
    witness = tmp_path / "ran"
    source = f"open({str(witness)!r}, 'w')\nnext(rows)"
    failure = executor.submit(code(source), {"rows": (i for i in range(3))}).result(60).failure
    assert failure is not None
    assert (failure.kind, failure.name) == ("isolation", "NotCarried")
    assert "`rows` (generator)" in failure.message
    assert not witness.exists()


def test_a_variable_that_cannot_be_made_again_there_is_named(executor: IsolatedExecutor) -> None:
    failure = executor.submit(code("odd"), {"odd": threading.local, "bad": Bad()}).result(60).failure
    assert failure is not None
    assert failure.kind == "isolation"
    assert "`bad`" in failure.message
    assert "not here" in failure.message


class Bad:
    def __reduce__(self) -> Any:
        return _raise, ()


def _raise() -> None:
    message = "not here"
    raise OSError(message)


DATA = [
    pd.DataFrame(
        {
            "i": [1, 2],
            "s": ["x", None],
            "f": [1.5, None],
            "t": pd.to_datetime(["2020-01-01", None]),
            "z": pd.date_range("2020", periods=2, tz="Europe/Berlin"),
            "c": pd.Categorical(["u", "v"]),
            "n": pd.array([1, None], dtype="Int64"),
            "b": pd.array([True, None], dtype="boolean"),
            "w": pd.to_timedelta(["1D", "2D"]),
            "p": pd.period_range("2020-01", periods=2, freq="M"),
        }
    ),
    pd.Series([1, 2], index=pd.MultiIndex.from_tuples([(1, "a"), (1, "b")]), name="q"),
    pd.Timestamp("2020", tz="UTC"),
    pd.Timedelta("1D"),
    pd.NA,
    pd.Interval(0, 1),
    np.arange(6).reshape(2, 3).T,
    np.array(["a", None], dtype=object),
    np.float64(2),
    np.datetime64("2020"),
    np.zeros(2, dtype=[("a", "i4")]),
    dt.datetime(2020, 1, 1, tzinfo=zoneinfo.ZoneInfo("Europe/Berlin")),
    dt.timedelta(1),
    decimal.Decimal("1.5"),
    fractions.Fraction(1, 3),
    collections.Counter("ab"),
    collections.defaultdict(list, a=[1]),
    collections.deque([1]),
    uuid.UUID(int=1),
    {"set": {1}, "tuple": (1j, b"x", bytearray(b"y"), range(3), ..., None)},
]


@pytest.mark.parametrize("value", DATA, ids=lambda value: type(value).__name__)
def test_plain_data_comes_back(executor: IsolatedExecutor, value: object) -> None:
    execution = executor.submit(code("value"), {"value": value}).result(60)
    assert execution.notices == ()
    assert repr(execution.answer) == repr(value)
    assert type(execution.answer) is type(value)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.binary(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner) | st.tuples(inner, inner),
    )
)
def test_any_plain_value_survives_both_ways(value: object) -> None:
    carried = carry(["value"], {"value": value}, 64)
    namespace: dict[str, Any] = {}
    load(carried.names, carried.stream, map(bytearray, carried.buffers), namespace)
    assert namespace["value"] == value
    assert load_answer(pickle.dumps(namespace["value"], pickle.HIGHEST_PROTOCOL)) == value


@given(st.binary())
@settings(max_examples=300)
def test_what_is_no_answer_of_ours_is_not_loaded(noise: bytes) -> None:
    with contextlib.suppress(ForeignAnswerError):
        load_answer(noise)


@pytest.mark.parametrize(
    "made",
    [
        "(os._exit, (1,))",
        "(os.system, ('touch WITNESS',))",
        "(eval, ('1 + 1',))",
        "(getattr, (os, 'sep'))",
        "(__import__('numpy').fromfile, ('/dev/null',))",
        "(__import__('pandas').eval, ('1 + 1',))",
        "(__import__('pandas').read_pickle, ('/dev/null',))",
        "(type, ('A', (), {}))",
    ],
)
def test_an_answer_runs_nothing_here(executor: IsolatedExecutor, tmp_path: Path, made: str) -> None:
    witness = tmp_path / "witness"
    source = f"import os\nclass Answer:\n    def __reduce__(self): return {made}\nAnswer()"
    execution = executor.submit(code(source.replace("WITNESS", str(witness)))).result(60)
    assert execution.failure is None
    assert execution.answer is None
    assert "of type Answer, cannot be brought back" in execution.notices[0]
    assert not witness.exists()


def test_an_answer_too_large_to_bring_back_is_named(executor: IsolatedExecutor) -> None:
    limits = IsolationLimits(carried=1)
    execution = executor.submit(code("'x' * 2_000_000"), limits=limits).result(60)
    assert execution.answer is None
    assert execution.notices == (
        "The answer, of type str, cannot be brought back; its text is in the outputs.",
    )


def test_a_buffer_in_memory_is_no_open_file() -> None:
    kept = io.StringIO("text")
    carried = carry(["kept"], {"kept": kept}, 64)
    assert carried.uncarried == ()
