"""What hygiene cannot rename it refuses, with a reason; and how new names are chosen."""

from __future__ import annotations

import re

import pytest

from creator_magic.kernel.hygiene import WHOLE_CELL
from tests.hygiene.kept import COST, assert_means_the_same, kept


@pytest.mark.parametrize(
    "decision",
    [
        "sum = 3\nprint(eval('sum + 1'))",
        "sum = 3\nexec('print(sum)')",
        "sum = 3\nprint('{sum}'.format(**locals()))",
        "sum = 3\nprint(globals()['sum'])",
        "sum = 3\nprint(vars()['sum'])",
        "sum = 3\nprint(df.query('a > @sum'))",
        "sum = 3\nprint(pd.eval('sum + 1'))",
        "sum = 3\nimport __main__\nprint(__main__.sum)",
        "sum = 3\nif x:\n    del sum\nprint(sum)",
        "class A:\n    if x:\n        sum = 1\n    y = sum\nsum = 3",
    ],
)
def test_what_cannot_be_seen_or_told_is_refused_with_a_reason(decision: str) -> None:
    assert re.match(r".*sum.*: ", kept(None, decision).refused["sum"])


def test_text_that_does_not_name_the_variable_is_no_reason_to_refuse() -> None:
    for line in [
        "eval('1 + 1')",
        "df.query('sum > 3')",
        "re.compile('sum')",
        "vars(df)",
        "(lambda: locals())()",
    ]:
        assert kept(None, f"sum = 3\nprint({line}, sum)\n").renamed == {"sum": "sum_value"}
    assert kept(None, "x = eval('sum')\n").refused == {}


def test_a_star_import_is_always_refused() -> None:
    star = "if 1:\n    from math import \\\n        *"
    for tool, decision in [("from math import *\n", "print(pi)"), (COST, star)]:
        assert "by name" in kept(tool, decision).refused[WHOLE_CELL]
    assert kept(None, "print('from math import *')\n").refused == {}


@pytest.mark.parametrize("text", ["cost = (", "%matplotlib inline", "x = 3\0", "\ud800", "sum = 1; return 2"])
def test_what_is_not_python_is_refused_as_a_whole(text: str) -> None:
    assert list(kept(COST, text).refused) == [WHOLE_CELL]


def test_python_does_not_warn_about_the_code_before_it_runs() -> None:
    decision = "sum = '\\d'\nprint(sum)\n"
    assert kept(None, decision).decision == decision.replace("sum", "sum_value")


def test_endless_nesting_is_refused_as_a_whole() -> None:
    assert list(kept(None, "sum = " + "-" * 3000 + "1").refused) == [WHOLE_CELL]


# New names


def test_new_names_avoid_all_names_around() -> None:
    result = kept(
        COST + "def cost_2(): pass\n",
        "cost = cost(1)\nprint(cost, cost_value)\n",
        protected=["cost", "cost_3"],
        passing=["cost_value_2"],
    )
    assert result.renamed_in_tool == {"cost": "cost_4"}
    assert result.renamed_in_decision == {"cost": "cost_value_3"}


def test_layout_and_comments_stay() -> None:
    decision = (
        "#!x\r\n\r\nmax  =  (  3, # three\r\n\t4 )\r\n"
        "if max :\r\n\tprint ( max ) ; max=5 # é\r\n\r\n\r\n# end"
    )
    assert kept(None, decision).decision == decision.replace("max", "max_value")


def test_letters_that_python_reads_as_one_are_one_name() -> None:
    decision = "μ = µ(1)\nprint(µ, 'ä', f'ä{μ}')\n"
    result = kept("def μ(x):\n    return x\n", decision)
    assert_means_the_same("def μ(x):\n    return x\n", decision, result)
