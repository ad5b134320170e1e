"""Wild code: whatever the program, the meaning is kept, or the program is refused."""

from __future__ import annotations

import contextlib
import functools
import re
import sys
import textwrap

from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from tests.hygiene.kept import kept, printed

TOOLS = [
    "def cost(n):\n    return n * 2 + 1\n",
    "rate = 3\ndef cost(n):\n    return n * 2\ndef area(n):\n    return cost(n) + 1\n",
    "def cost(n):\n    return price + call(max, n)\ndef area(n):\n    return [cost(i) for i in (n, 2)][0]\n",
    "from math import pow\nimport math\ndef cost(n):\n    return int(pow(n % 5, 2))\nrate = cost(2)\n",
    "class area:\n    def __call__(self, n):\n        return cost(n)\ncost = lambda n: n + 3\n",
    "def cost(n):\n    for i in 'ab':\n        yield call(area, n)\ndef area(n):\n    return call(abs, n)\n",
    "def hand(f):\n    return lambda n: f(n)\n@hand\ndef cost(n):\n    return n + call(rate, 1)\nrate = 5\n",
]
NAMES = ["cost", "area", "rate", "price", "max", "abs", "sum", "math", "a", "b"]
VALUES = [
    "num(<name>) + num(<value>)",
    "call(<name>, <value>)",
    "cost(<value>)",
    "abs(num(<value>))",
    "num(<name> := <value>)",
    "(<name> if num(<value>) % 2 else <value>)",
    "len(f'{num(<name>)} {num(<value>)=}')",
    "[num(<name>) + num(<value>) for <name> in (1, <value>)][-1]",
    "sum(num(<name>) + i for i in (1, 2))",
    "call(lambda <name>: num(<name>) + num(<value>), <value>)",
    "next(num(<name>) for _ in 'a')",
]
STATEMENTS = [
    "<name> = <value>",
    "show(<value>, f'{num(<name>)=}')",
    "<name> = num(<name>); <name> += num(<value>)",
    "<name>, b = 1, <value>",
    "from math import sqrt as <name>",
    "import math",
    "rate = 3",
    "del <name>",
]
BLOCKS = [
    "if num(<value>) % 2:\n    <block>\nelse:\n    <block>",
    "for <name> in (1, <value>):\n    <block>\n    if num(<name>) % 2:\n        continue\n    <block>",
    "while (<name> := num(<value>)) % 2:\n    <block>\n    break",
    "try:\n    <block>\nexcept Exception as <name>:\n    <block>\nfinally:\n    <block>",
    "with suppress(Exception) as <name>:\n    <block>",
    "match <value>:\n    case 1 | 2 as <name>:\n        <block>\n    case <name>:\n        <block>",
    "def f(q=<value>):\n    <block>\n    return num(<value>)\nshow(run(f))",
    "def f():\n    global <name>\n    <block>\n    return num(<value>)\n<name> = run(f)",
    "later = lambda: num(<name>)\n<name> = <value>\nshow(later())",
    "class A:\n    <name> = num(<value>)\n    def m(self):\n        <block>\nrun(A().m)",
]


def filled(template: str, depth: int) -> st.SearchStrategy[str]:
    """Fill `<name>`, `<value>` and `<block>` in a template."""
    parts: list[st.SearchStrategy[str]] = []
    for part in re.split(r"(<name>|<value>|[ ]*<block>)", template):
        if part == "<name>":
            parts.append(st.sampled_from(NAMES))
        elif part == "<value>":
            parts.append(values(depth - 1))
        elif part.endswith("<block>"):
            indented = functools.partial(textwrap.indent, prefix=" " * part.index("<"))
            parts.append(statements(depth - 1).map(indented))
        else:
            parts.append(st.just(part))
    return st.tuples(*parts).map("".join)


@functools.cache
def values(depth: int) -> st.SearchStrategy[str]:
    simple = st.sampled_from([*NAMES, "0", "1", "2"])
    return st.one_of(simple, *(filled(template, depth) for template in VALUES)) if depth > 0 else simple


@functools.cache
def statements(depth: int) -> st.SearchStrategy[str]:
    templates = [*STATEMENTS, *BLOCKS] if depth > 0 else STATEMENTS
    statement = st.one_of([filled(template, depth) for template in templates])
    return st.lists(statement, min_size=1, max_size=3).map("\n".join)


def show(*things: object) -> None:
    shown = [str(thing) if isinstance(thing, int | str) else type(thing).__name__ for thing in things]
    sys.stdout.write(" ".join(shown) + "\n")


def num(thing: object) -> int:
    return thing % 1000 if isinstance(thing, int) else 7


def call(function: object, *args: object) -> object:
    return function(*args) if callable(function) else function


def run(function: object) -> object:
    try:
        return call(function)
    except Exception:  # noqa: BLE001
        return 8


HELPERS = {"show": show, "num": num, "call": call, "run": run, "suppress": contextlib.suppress}


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    tool=st.sampled_from(TOOLS),
    decision=st.lists(statements(2), min_size=2, max_size=4).map("\n".join),
    users=st.sets(st.sampled_from(["price", "rate", "area", "b"])),
    passing=st.sets(st.sampled_from(["cost", "a"])),
)
def test_no_program_changes_its_meaning(tool: str, decision: str, users: set[str], passing: set[str]) -> None:
    users_names = HELPERS | {name: len if name == "area" else 6 for name in users}
    names = dict(users_names)
    # A name that nobody has bound is an error that a second run would not repeat.
    bound = {"max", "abs", "sum", *users}
    meaningless = [name for name in NAMES if name not in bound and not binds(tool, name)]
    decision = "".join(f"{name} = 4\n" for name in meaningless) + decision + "\nshow(num(cost), num(sum))\n"
    try:
        expected = printed(tool, decision, names=names)
    except Exception as error:  # noqa: BLE001
        event(f"wrong itself: {type(error).__name__}")
        return
    result = kept(tool, decision, protected=users_names, passing=passing)
    if result.refused:
        event("refused")
        return
    event("renamed" if result.renamed else "left alone")
    kernel = dict(users_names)
    assert printed(result.tool, names=kernel) == ""
    assert printed(result.decision, names=kernel) == expected
    assert printed(result.decision, names=kernel) == expected
    assert {name: kernel[name] for name in users_names} == users_names


def binds(code: str, name: str) -> bool:
    return bool(re.search(rf"^(?:def |class |import )?{name}\b", code, re.MULTILINE))
