"""Generated code is kept off the names of the notebook, and means the same as before."""

from __future__ import annotations

import subprocess
import sys
import textwrap

import pytest

from creator_magic.kernel.hygiene import KeptApart
from tests.hygiene.kept import COST, assert_means_the_same, kept, printed


def test_code_with_names_of_its_own_stays_as_it_is() -> None:
    decision = "price = 3\nanswer = cost(price)\nprint(answer)\n"
    assert kept(COST, decision) == KeptApart(COST, decision)


def test_cells_may_be_missing() -> None:
    assert kept(None, None) == KeptApart(None, None)
    assert kept(COST, None) == KeptApart(COST, None)
    assert kept(None, "range = 3\n").decision == "range_value = 3\n"


def test_code_that_needs_no_new_name_does_not_wait_for_libcst() -> None:
    script = f"""
import sys
from creator_magic.kernel.hygiene import Surroundings, keep_apart
around = Surroundings(frozenset(["df"]), frozenset(), lambda *_: False)
assert keep_apart({COST!r}, "import math\\nx = cost(1)", around).renamed == {{}}
assert "libcst" not in sys.modules and "IPython" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", script], check=True)


@pytest.mark.parametrize(
    "decision",
    [
        "def f(range, *max, sum=1, **min):\n    id = 3\n    for abs in range:\n        pass\n    return id\n",
        "class A:\n    id = 3\n    def sum(self):\n        return self.id\n",
        "x = [id for id in (1, 2)] + list({max: min for max, min in [(1, 2)]})\n",
        "f = lambda id: id\nx = f(id=3).max\n",
        "import builtins as b\nb.max = max\nb.__dict__['sum'] = sum\n",
        "_ = 3\n__name__ = 'x'\n__all__ = ['f']\n",
        "def f():\n    global helper\n    return max(1, 2)\n",
        "x: int\nid: int\n",
    ],
)
def test_what_does_not_bind_a_protected_name_of_the_module_stays(decision: str) -> None:
    assert kept(COST, decision, protected=["_", "__name__", "__all__"]).decision == decision


# Every way to bind a name

BINDINGS = {
    "max = 3\nprint(max)": "max_value = 3\nprint(max_value)",
    "max: int = 3\nprint(max)": "max_value: int = 3\nprint(max_value)",
    "max, *min = 3, 4\nprint(max, min)": "max_value, *min_value = 3, 4\nprint(max_value, min_value)",
    "a = max = 3\nprint(max)": "a = max_value = 3\nprint(max_value)",
    "[max] = [3]\nmax += 1\nprint(max)": "[max_value] = [3]\nmax_value += 1\nprint(max_value)",
    "print((max := 3) + max)": "print((max_value := 3) + max_value)",
    "max = 3\nprint([max + 1 for max in [max]], max)": (
        "max_value = 3\nprint([max + 1 for max in [max_value]], max_value)"
    ),
    "print([max := i for i in (1, 2)], max)": (
        "max_value = max\nprint([max_value := i for i in (1, 2)], max_value)"
    ),
    "for max in (1, 2):\n    print(max)": "for max_value in (1, 2):\n    print(max_value)",
    "with open('x') as max:\n    print(max)": "with open('x') as max_value:\n    print(max_value)",
    "try:\n    1 / 0\nexcept ZeroDivisionError as max:\n    print(max)": (
        "try:\n    1 / 0\nexcept ZeroDivisionError as max_value:\n    print(max_value)"
    ),
    "import math as max\nprint(max.pi)": "import math as math_max\nprint(math_max.pi)",
    "from math import pow\nprint(pow(2, 3))": "from math import pow as math_pow\nprint(math_pow(2, 3))",
    "from os import (\n    path,\n    sep as max,  # why\n)\nprint(max)": (
        "from os import (\n    path,\n    sep as os_max,  # why\n)\nprint(os_max)"
    ),
    "def max(x):\n    return x and max(x - 1)\nprint(max(3))": (
        "def max_2(x):\n    return x and max_2(x - 1)\nprint(max_2(3))"
    ),
    "async def max():\n    return max\nprint(max)": "async def max_2():\n    return max_2\nprint(max_2)",
    "class max:\n    size = 3\nprint(max.size)": "class max_2:\n    size = 3\nprint(max_2.size)",
    "def f():\n    global max\n    max = 3\n    return max\nprint(f())": (
        "max_value = max\ndef f():\n    global max_value\n    max_value = 3\n    return max_value\nprint(f())"
    ),
    "def f():\n    global max, c\n    import math as max\n    c = max.pi\nf()\nprint(c)": (
        "math_max = max\ndef f():\n    global math_max, c\n    import math as math_max\n"
        "    c = math_max.pi\nf()\nprint(c)"
    ),
    "max = 3\ndel max\nprint(max(1, 2))": "max_value = 3\ndel max_value\nprint(max(1, 2))",
    "match [1, 2, 3]:\n    case [int(max), *min]:\n        print(max, min)": (
        "match [1, 2, 3]:\n    case [int(max_value), *min_value]:\n        print(max_value, min_value)"
    ),
    "match {'a': 1, 'b': 2}:\n    case {'a': 1 | 2 as max, **min}:\n        print(max, min)": (
        "match {'a': 1, 'b': 2}:\n    case {'a': 1 | 2 as max_value, **min_value}:\n"
        "        print(max_value, min_value)"
    ),
}


@pytest.mark.parametrize(("decision", "expected"), BINDINGS.items())
def test_a_builtin_keeps_its_name_whatever_binds_it(decision: str, expected: str) -> None:
    assert kept(None, decision).decision == expected


@pytest.mark.parametrize(
    "decision", ["async for max in f():\n    print(max)", "async with f() as max:\n    print(max)"]
)
def test_a_cell_may_wait_for_something(decision: str) -> None:
    assert kept(None, decision).decision == decision.replace("max", "max_value")


if sys.version_info >= (3, 12):

    def test_type_statements_and_type_parameters() -> None:
        decision = "type max = int\ndef f[min](x: min) -> max:\n    return x\n"
        assert kept(None, decision).decision == decision.replace("max", "max_value")


# The decision and its tool


def test_a_variable_called_like_the_tool_gets_another_name() -> None:
    decision = "# first\ncost = cost(1)   # the tool\nprint( cost )  # the variable\n"
    result = kept(COST, decision)
    assert result.tool == COST
    assert (
        result.decision == "# first\ncost_value = cost(1)   # the tool\nprint( cost_value )  # the variable\n"
    )
    assert result.renamed == result.renamed_in_decision == {"cost": "cost_value"}
    assert_means_the_same(COST, decision, result)


@pytest.mark.parametrize(
    ("tool", "decision"),
    [
        ("import math\n", "import math\nprint(math.pi)\n"),
        ("import math\n", "import math as math\nprint(math.pi)\n"),
        ("import os\n", "import os.path\nprint(os.sep)\n"),
        ("from math import sqrt as root\n", "from math import sqrt as root\nprint(root(4))\n"),
        (
            "try:\n    import math as m\nexcept ImportError:\n    m = None\n",
            "import math as m\nprint(m.pi)\n",
        ),
        (COST, COST + "print(cost(3))\n"),
        ("G = -9.81\ndef f(x):\n    return G * x\n", "G = -9.81\nprint(f(G))\n"),
    ],
)
def test_binding_the_same_again_is_no_conflict(tool: str, decision: str) -> None:
    assert kept(tool, decision) == KeptApart(tool, decision)


def test_a_function_defined_differently_is_another_function() -> None:
    decision = "def cost(a):\n    return -a\nprint(cost(1))\n"
    result = kept(COST, decision)
    assert result.decision == decision.replace("cost", "cost_2")
    assert_means_the_same(COST, decision, result)


def test_constants_and_imports_of_the_tool_are_not_rebound_either() -> None:
    tool = "import math\nrate = 0.1\n"
    result = kept(tool, "rate = rate * 2\nmath = math.floor(rate)\nprint(math)\n")
    assert (
        result.decision == "rate_value = rate * 2\nmath_value = math.floor(rate_value)\nprint(math_value)\n"
    )


def test_uses_inside_functions_and_texts_follow_the_variable() -> None:
    decision = """\
cost = cost(1)
def show(x=cost, *, y: cost = 2) -> cost:
    def inner():
        return [cost + i for i in range(2)], lambda: cost
    return inner()[0], f"{cost} {cost=} {x:{cost}} { cost = } {cost=!s} {cost=:>5} {'{cost}'} {f'{cost}'}"
print(show(), "cost", cost)
"""
    result = kept(COST, decision)
    assert (result.decision or "").count("cost_value") == 14
    assert "'cost'" not in (result.decision or "")
    assert_means_the_same(COST, decision, result)


@pytest.mark.parametrize(
    "decision",
    [
        "if True:\n    cost = cost(1)\nprint(cost)",
        "for i in (1, 2):\n    if i == 1:\n        cost = cost(i)\n    print(cost)",
        "def f():\n    return cost\ncost = cost(1)\nprint(f())",
        "def f():\n    global cost\n    cost = cost(1)\nf()\nprint(cost)",
        "cost = cost(1)\ncost += 1\nprint(cost)",
        "f = lambda: cost\nold = f()\ncost = cost(1)\nprint(f() + old(1))",
        "later = (cost for _ in 'a')\ncost = cost(1)\nprint(*later)",
        "try:\n    cost = cost(1)\n    cost = 1 / 0\nexcept ZeroDivisionError:\n    print(cost)",
        "try:\n    cost = cost()\nexcept TypeError as cost:\n    print(type(cost))",
        "while True:\n    if cost == 3:\n        break\n    cost = cost(1)\nprint(cost)",
        "class A:\n    cost = cost(1)\n    total = cost + 1\ncost = A.total\nprint(cost)",
        "class A:\n    def m(self):\n        return cost\ncost = cost(1)\nprint(A().m())",
        "from contextlib import suppress\nwith suppress(ValueError):\n    cost = int('?')\nprint(cost(2))",
        "print(cost(1))\ndel cost",
        "'doc'\nfrom __future__ import annotations\nx = 0; cost = cost(1) if x == 0 else cost\nprint(cost)",
        "def hand(f):\n    return f(cost)\ncost = cost(1)\n@hand\ndef g(x):\n    return x\nprint(g, cost)",
        "match cost(1):\n    case 4:\n        cost = 1\n    case cost:\n        print(cost)\nprint(cost)",
    ],
)
def test_the_outcome_is_the_same_however_often_the_decision_runs(decision: str) -> None:
    result = kept(COST, decision)
    assert_means_the_same(COST, decision, result)
    assert result.renamed == {"cost": "cost_value"}


def test_where_a_use_may_mean_both_the_variable_starts_as_the_tool() -> None:
    head = '"""Why."""\nfrom __future__ import annotations\n\nx = 1\n'
    tail = "# now\nif x:\n    cost = cost(1)\nprint(cost)\n"
    result = kept(COST, head + tail)
    assert result.decision == head + "cost_value = cost\n" + tail.replace("cost", "cost_value")


# The names of the user and of other solves


def test_a_tool_called_like_something_of_the_user_is_renamed_everywhere() -> None:
    tool = textwrap.dedent('''\
        def area(r):
            """Return the area; area(0) is 0.

            >>> area(2) + abs(area(x=1)) + f.area
            5
            >>> for area in [
            ...     area]: pass
            """
            return r and area(r - 1) + 1  # area
        double = lambda r: 2 * area(r)
        ''')
    decision = (
        "@area\ndef f(area=area):\n    return area\n"
        "print(f'{area(2)} {area=}', double(1), [area(i) for i in 'a'])\n"
    )
    result = kept(tool, decision, protected=["area"])
    assert result.tool == (
        tool.replace("def area", "def area_2")
        .replace(">>> area(2) + abs(area(x=1))", ">>> area_2(2) + abs(area_2(x=1))")
        .replace(">>> for area in [\n    ...     area]", ">>> for area_2 in [\n    ...     area_2]")
        .replace("and area(", "and area_2(")
        .replace("* area(", "* area_2(")
    )
    assert result.decision == (
        "@area_2\ndef f(area=area_2):\n    return area\n"
        "print(f'{area_2(2)} area={area_2!r}', double(1), [area_2(i) for i in 'a'])\n"
    )
    assert result.renamed == result.renamed_in_tool == {"area": "area_2"}


def test_both_cells_can_have_a_name_of_their_own_for_one_of_the_users() -> None:
    decision = "cost = cost(1)\nprint(cost)\n"
    result = kept(COST, decision, protected=["cost"])
    assert result.decision == "cost_value = cost_2(1)\nprint(cost_value)\n"
    assert (result.renamed_in_tool, result.renamed_in_decision) == (
        {"cost": "cost_2"},
        {"cost": "cost_value"},
    )
    assert result.renamed == {"cost": "cost_2"}
    assert_means_the_same(COST, decision, result)


def test_a_passing_name_is_free_for_a_decision_but_not_for_a_tool() -> None:
    assert kept(None, "total = 3\n", passing=["total"]).decision == "total = 3\n"
    result = kept(COST, "cost = cost(1)\nprint(cost)\n", passing=["cost"])
    assert result.tool == COST.replace("cost", "cost_2")
    assert result.decision == "cost = cost_2(1)\nprint(cost)\n"
    assert result.renamed == {"cost": "cost_2"}


def test_the_users_variable_can_be_read_where_it_is_not_rebound() -> None:
    decision = "df = df + [1]\nprint(df)\nif len(df) > 1:\n    x = df\nprint(x)\n"
    result = kept("", decision, protected=["df", "x"])
    assert result.decision == (
        "df_value = df + [1]\nprint(df_value)\nx_value = x\n"
        "if len(df_value) > 1:\n    x_value = df_value\nprint(x_value)\n"
    )
    assert_means_the_same("", decision, result, {"df": [0], "x": 5})


def test_a_name_that_is_kept_but_means_nothing_yet_needs_no_value_from_outside() -> None:
    decision = "if 1:\n    answer = 3\nprint(answer)\n"
    result = kept(None, decision, protected=["answer"], unbound=["answer"])
    assert result.decision == decision.replace("answer", "answer_value")


# Imports


def test_an_import_of_what_the_name_means_already_is_left_alone() -> None:
    def same(module: str, attribute: str | None, name: str) -> bool:
        return (module, attribute, name) in {
            ("math", None, "math"),
            ("os", None, "os"),
            ("math", "sqrt", "root"),
        }

    code = "import math\nimport os.path\nfrom math import sqrt as root\n"
    assert kept(code, code, protected=["math", "os", "root"], same_import=same) == KeptApart(code, code)
    rebound = kept(None, "import math\nmath = math.pi\n", protected=["math"], same_import=same)
    assert rebound.decision == "import math as math_math\nmath_math = math_math.pi\n"


def test_an_import_that_differs_gets_an_alias_named_after_its_module() -> None:
    tool = "import statistics as st, math\nfrom xml.etree import ElementTree\nmean = st.mean\n"
    result = kept(tool, "import statistics as st\nprint(st, mean, math)\n", protected=["st", "ElementTree"])
    assert result.tool == (
        "import statistics as statistics_st, math\nfrom xml.etree import ElementTree as etree_ElementTree\n"
        "mean = statistics_st.mean\n"
    )
    assert result.decision == "import statistics as statistics_st\nprint(statistics_st, mean, math)\n"


def test_a_dotted_import_over_another_name_is_refused() -> None:
    result = kept(None, "import os.path\nprint(os.sep)\n", protected=["os"])
    assert "with `as`" in result.refused["os"]
    aliased = kept(None, "import os.path as p\nprint(p.sep)\n", protected=["os", "p"])
    assert aliased.decision == "import os.path as path_p\nprint(path_p.sep)\n"


# A tool that reads what its caller binds


def test_a_tool_follows_the_decisions_variable_that_it_reads() -> None:
    tool = "def f(x):\n    return stats.mean(x)\n"
    result = kept(tool, "import statistics as stats\nprint(f([1, 3]))\n", protected=["stats"])
    assert result.tool == tool.replace("stats", "statistics_stats")
    assert result.decision == "import statistics as statistics_stats\nprint(f([1, 3]))\n"
    assert result.renamed_in_decision == {"stats": "statistics_stats"}


def test_a_tool_that_calls_a_builtin_keeps_it_from_the_decisions_data() -> None:
    tool = "def f(x):\n    return sum(x)\n"
    for decision in [
        "total = f([1])\nsum = total + 1\nprint(sum)\n",
        "sum = 10\nprint(f([1]) + sum)\n",
        "for sum in [1, -2.5]:\n    print(f([sum]))\n",
    ]:
        result = kept(tool, decision)
        assert result.tool == tool
        assert "sum_value" in (result.decision or "")
        assert printed(result.tool, result.decision)


def test_a_tool_that_sees_now_the_builtin_now_the_decisions_function_goes_on_to() -> None:
    tool = "def f(x):\n    return pow(x, 2)\n"
    decision = "print(f(2))\nfrom math import pow\nprint(f(2))\n"
    result = kept(tool, decision)
    assert result.decision == "math_pow = pow\nprint(f(2))\nfrom math import pow as math_pow\nprint(f(2))\n"
    assert_means_the_same(tool, decision, result)


@pytest.mark.parametrize(
    ("tool", "decision"),
    [
        ("rate = 2\ndef f(x):\n    return rate * x\n", "rate = 3\nprint(f(1))\n"),
        ("def g(x):\n    return x\ndef f(x):\n    return g(x)\n", "def g(x):\n    return -x\nprint(f(1))\n"),
        ("n = 0\ndef f():\n    global n\n    n += 1\n", "n = 5\nf()\nprint(n)\n"),
    ],
)
def test_a_tool_that_depends_on_its_own_name_being_rebound_is_refused(tool: str, decision: str) -> None:
    (reason,) = kept(tool, decision).refused.values()
    assert "argument" in reason


def test_a_recursive_tool_is_no_reason_to_refuse() -> None:
    tool = "def f(n):\n    return 1 if n < 2 else n * f(n - 1)\n"
    decision = "f = f(4)\nprint(f)\n"
    assert_means_the_same(tool, decision, kept(tool, decision))
