"""Many read the same text in one solve: they share its tree, and none of them changes it."""

from __future__ import annotations

import ast
import doctest
import inspect
import typing

import pytest

from creator_magic.draft import Draft, ToolText
from creator_magic.half_run import changed_already
from creator_magic.kernel.hygiene.keeping_apart import Surroundings, keep_apart
from creator_magic.kernel.ownership import assigned_names
from creator_magic.kernel.snapshot.mentions import mentions
from creator_magic.policy.analysis import findings
from creator_magic.policy.examples import with_examples
from creator_magic.python_source import LONGEST_REMEMBERED, parse, parsed, statements
from creator_magic.reply import ReplyCode, read_reply
from creator_magic.reply.syntax import Source, read_source
from creator_magic.tool_stub import head_of, stub_of
from creator_magic.toolbox.reading import describe, tools_in

if typing.TYPE_CHECKING:
    from types import ModuleType

TOOL = '''import math
RATE = 0.19
PATTERN = "\\d+"

def net(gross, rate=RATE, *, cents: "int" = [2][0]) -> (lambda: float)():
    """Return the price without tax.

    >>> net(119)
    100.0
    """
    global RATE
    text = f"{gross!r:>{cents}}"
    text += "!"
    try:
        if (share := 1 + rate) > 1: return round(gross / share, cents)
    except ValueError as error:
        return math.nan'''
DECISION = "sum = net(119)\nopen('left.txt', 'w')\nround(sum, 2)"
PLAIN = Surroundings(frozenset({"RATE"}), frozenset({"net"}), lambda *_: False)


def test_nobody_changes_the_tree_of_a_text() -> None:
    before = {text: ast.dump(parse(text), include_attributes=True) for text in (TOOL, DECISION)}
    assert parse(TOOL) is parse(TOOL)
    assert isinstance(read := read_source(TOOL), Source)
    assert read.tree is parse(TOOL)

    assert stub_of(TOOL, "net", own=True).startswith("def net(gross, rate=...")
    assert head_of(TOOL).startswith("def net(gross, rate=RATE")
    apart = keep_apart(TOOL, DECISION, PLAIN)
    assert apart.renamed.keys() == {"RATE", "net", "sum"}
    assert "kernel" not in {one.effect for one in findings([("tool", with_examples(TOOL)[0])])}
    assert [one.effect for one in findings([("a", DECISION), ("b", DECISION)])] == ["write", "write"]
    assert [found.tool.name for found in tools_in(TOOL, decision=DECISION)] == ["net"]
    assert describe(TOOL, "net").requirements == ()
    assert assigned_names(DECISION) == {"sum"}
    assert changed_already(TOOL, 20) == ()
    assert "net" in mentions([TOOL, DECISION], {}).names
    assert Draft((), (ToolText(TOOL),), DECISION).callable_names == {"net"}
    assert isinstance(read_reply(f"```python tool\n{TOOL}\n```", "creation", "stop"), ReplyCode)

    assert {text: ast.dump(parse(text), include_attributes=True) for text in before} == before


def test_cells_of_the_same_text_are_judged_each_for_itself() -> None:
    # In the first cell `found` is the notebook's, in the second what the first has bound.
    text = "found('x')\nimport os\nfound = len"
    both = findings([("first", text), ("second", text)], {"found": "os.remove"})
    assert [(one.key, one.effect) for one in both] == [("first", "delete")]


def test_what_is_no_python_is_looked_at_anew_each_time() -> None:
    for _ in range(2):
        assert parsed("%matplotlib inline") is None
        with pytest.raises(SyntaxError):
            parse("%matplotlib inline")


def test_a_very_long_text_is_not_held_in_memory() -> None:
    long = "a = 1\n" * LONGEST_REMEMBERED
    assert parse(long) is not parse(long)
    read = read_source(long[: 4 * LONGEST_REMEMBERED])
    assert isinstance(read, Source)
    assert read.tree is not parse(read.code)


@pytest.mark.parametrize("module", [ast, inspect, typing, doctest])
def test_statements_are_found_without_a_look_at_expressions(module: ModuleType) -> None:
    tree = parse(inspect.getsource(module))
    assert list(statements(tree)) == [node for node in ast.walk(tree) if isinstance(node, ast.stmt)]


def test_statements_of_every_kind_are_found() -> None:
    tree = parse(
        "async def f():\n async for x in y: z\n else: z\n async with x: z\n"
        "match x:\n case 1: a = 2\n case _:\n  while x: b\n  else: c\n"
        "try: a\nexcept* E: b\nelse: c\nfinally: d\nclass A: b: int = lambda: 3"
    )
    assert list(statements(tree)) == [node for node in ast.walk(tree) if isinstance(node, ast.stmt)]
