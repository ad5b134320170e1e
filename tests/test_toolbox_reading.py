"""From a tool cell to a tool: which definition it is, and all that it needs to run elsewhere."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from creator_magic.errors import InputError
from creator_magic.toolbox.cases import as_doctest, cases_in
from creator_magic.toolbox.comparison import AsWritten
from creator_magic.toolbox.reading import Found, tools_in
from creator_magic.toolbox.tool import Case


def only(source: str, **how: object) -> Found:
    (found,) = tools_in(source, **how)  # type: ignore[arg-type]
    return found


def runs(found: Found, call: str) -> object:
    """What `call` gives in a namespace with the tool's source alone."""
    namespace: dict[str, object] = {}
    exec(found.tool.source, namespace)  # noqa: S102 - the point of a tool's source
    return eval(call, namespace)  # noqa: S307


CELL = '''"""What this cell is about."""
from __future__ import annotations

import json
import math
from functools import lru_cache

# Metres per second squared.
G = 9.81
UNUSED = [1, 2, 3]
TABLE: dict[int, float] = {}
for i in range(3):
    TABLE[i] = math.sqrt(i)
TABLE.update({9: 3.0})


def unrelated():
    return json.dumps(UNUSED)


@lru_cache
def _root(n: int) -> float:
    return TABLE.get(n) or math.sqrt(n)


def fall_time(height: float) -> float:
    """Return how long a body falls. It falls freely.

    Parameters
    ----------
    height : float
        In metres.

    >>> round(fall_time(9.81 / 2), 2)
    1.0
    """
    return _root(1) * (2 * height / G) ** 0.5
'''


def test_a_tool_has_the_imports_constants_and_helpers_it_needs_and_no_others() -> None:
    found = only(CELL, decision="print(fall_time(20))")
    source = found.tool.source
    assert runs(found, "fall_time(4.905)") == 1.0
    assert "# Metres per second squared.\nG = 9.81\nTABLE: dict[int, float] = {}" in source
    assert "TABLE.update" in source
    assert "for i in range(3)" in source
    assert "@lru_cache\ndef _root" in source
    for word in ("json", "UNUSED", "unrelated", "What this cell"):
        assert word not in source
    assert source.startswith("from __future__ import annotations\n")
    tool = found.tool
    assert (tool.name, tool.signature) == ("fall_time", "fall_time(height: float) -> float")
    assert tool.summary == "Return how long a body falls"
    assert tool.cases == (Case("round(fall_time(9.81 / 2), 2)", "1.0"),)
    assert not found.missing


def test_the_tool_is_what_the_decision_calls_else_what_nothing_else_calls() -> None:
    cell = "def a():\n    return b()\n\n\ndef b():\n    return 1\n\n\ndef c():\n    return 2"
    assert [f.tool.name for f in tools_in(cell)] == ["a", "c"]
    assert [f.tool.name for f in tools_in(cell, decision="b()")] == ["b"]
    assert [f.tool.name for f in tools_in(cell, each=True)] == ["a", "b", "c"]
    circle = "def odd(n):\n    return n and even(n - 1)\n\n\ndef even(n):\n    return not n or odd(n - 1)"
    assert only(circle).tool.name == "even"
    assert runs(only(circle), "even(4)") is True


def test_names_of_the_toolbox_are_calls_and_others_are_missing() -> None:
    found = only("def net(x):\n    return gross(x) - tax(x)", known={"gross", "other"})
    assert found.tool.calls == ("gross",)
    assert found.missing == ("tax",)


def test_what_a_cell_lacks_comes_from_its_decision_and_is_told() -> None:
    found = only(
        "def area(r):\n    return pi * r ** 2 * scale",
        decision="from math import pi\nscale = 2\nrow = 7\narea(row)",
    )
    assert found.tool.provenance.borrowed == ("pi", "scale")
    assert not found.missing
    assert round(float(str(runs(found, "area(1)"))), 2) == 6.28
    assert "row" not in found.tool.source


@pytest.mark.parametrize(
    ("source", "call"),
    [
        (
            (
                "try:\n    import nothing_like_it as fast\nexcept ImportError:\n    fast = None\n\n"
                "def f():\n    return fast is None"
            ),
            "f()",
        ),
        ("A = 1; B = 2\ndef f():\n    return B", "f() == 2"),
        ("from math import *\ndef f():\n    return floor(2.5)", "f() == 2"),
        ("def g():\n    return 0\n\ndef g():\n    return 2\n\ndef f():\n    return g()", "f() == 2"),
        ("import math\ndef f(x=math.pi):\n    return x > 3", "f()"),
        ("class Box:\n    size = 3\n\ndef f():\n    return Box().size", "f() == 3"),
        ("import random\nrandom.seed(5)\ndef f():\n    return random.random() < 1", "f()"),
        ("import datetime as dt\ndef f(d: 'dt.date' = None):\n    return d is None", "f()"),
        ("ROWS = []\nROWS.append(1)\nprint(ROWS)\ndef f():\n    return ROWS == [1]\nf()", "f()"),
        ("N = 0\ndef f():\n    global N\n    N += 1\n    return N", "f() == 1"),
        (
            "def f(n):\n    return 1 if n < 2 else n * f(n - 1)\nif __name__ == '__main__':\n    f(2)",
            "f(3) == 6",
        ),
    ],
)
def test_odd_cells_keep_what_they_need(source: str, call: str) -> None:
    found = only(source, decision="f()")
    assert runs(found, call) is True
    assert "__main__" not in found.tool.source
    assert "print" not in found.tool.source


def test_what_is_no_tool_is_refused() -> None:
    with pytest.raises(InputError, match="syntax error in line 1"):
        tools_in("def f(:")
    with pytest.raises(InputError, match="defines no function"):
        tools_in("x = 1")


def test_requirements_are_distributions_beyond_the_standard_library() -> None:
    found = only(
        "import math, numpy as np\nfrom pandas.api import types\nfrom nbformat import v4\n"
        "def f():\n    import no_such_module_here\n    return math, np, types, v4"
    )
    assert found.tool.requirements == ("nbformat", "no_such_module_here", "numpy", "pandas")


def test_doctests_become_cases_that_run_alone_and_doctests_again() -> None:
    docstring = """
    >>> import math
    >>> rows = [
    ...     1,
    ...     2,
    ... ]
    >>> total(rows)
    3
    >>> total("x")
    Traceback (most recent call last):
        ...
    ValueError: no rows
    """
    first, second = cases_in(docstring)
    assert first == Case("total(rows)", "3", ("import math", "rows = [\n    1,\n    2,\n]"))
    assert second.expected.endswith("ValueError: no rows")
    for case in (first, second):
        assert cases_in(as_doctest(case)) == (case,)
    assert cases_in(">>>broken") == ()


@pytest.mark.parametrize(
    ("want", "got", "same"),
    [
        ("3.14\n", "3.14159\n", True),
        ("3.14\n", "3.16\n", False),
        ("3\n", "3.0\n", False),
        ("(1.5, 'a1', 2)\n", "(1.4999999, 'a1', 2)\n", True),
        ("(1.5, 'a1', 2)\n", "(1.5, 'a2', 2)\n", False),
        ("0.5\n", "np.float64(0.5)\n", True),
        ("[1, 2]\n", "[np.int64(1), np.int64(2)]\n", True),
        ("1.5e-7\n", "1.5004e-07\n", True),
        ("1.5e-7\n", "1.6e-07\n", False),
        ("5570.222179737958\n", "5570.222179737959\n", True),
    ],
)
def test_numbers_count_as_far_as_they_are_written(want: str, got: str, same: bool) -> None:
    assert AsWritten().check_output(want, got, 0) is same


@given(st.floats(allow_nan=False, allow_infinity=False, width=32), st.integers(0, 6))
@settings(deadline=None)
def test_a_rounded_float_is_met_by_the_float(value: float, places: int) -> None:
    assert AsWritten().check_output(f"{value:.{places}f}\n", f"{value!r}\n", 0) or places == 0


@given(st.text(max_size=200))
@settings(deadline=None)
def test_any_text_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(InputError):
        tools_in(text)
    cases_in(text)
