"""A notebook in which much was solved: what is saved of it by the thousand is put back one by one."""

from __future__ import annotations

import copyreg
import sys
from typing import TYPE_CHECKING

import pytest

from creator_magic.kernel.solved_names import Undone
from tests.transactions.attempt import Notebook

if TYPE_CHECKING:
    from collections.abc import Iterator

SOLVED = 300
TOOL = """def tool_{n}(prices: list[float], rate: float = 0.{n}) -> float:
    \"\"\"Return what {n} comes to.\"\"\"
    return sum(prices) * rate
"""
OWN = """
from textwrap import dedent, indent

def closing(seen):
    def count():
        seen.append(1)
        return len(seen)
    return count

counts = [closing([]) for _ in range(40)]
tool_7.calls, tool_8.calls = [1], {2: "two"}
class Thing: pass

def reduced(thing, seen=[]):
    seen.append(len(seen))
    return Thing, ()

import copyreg, sys, types
copyreg.pickle(Thing, reduced)
sys.modules["a_shelf"] = types.ModuleType("a_shelf")
sys.modules["a_shelf"].first = tool_251
rows = [[number, {"number": number}] for number in range(2_500)]
tables = [{number: [number]} for number in range(40)] + [{} for _ in range(40)]
"""
CHANGES = (
    "tool_250.__doc__ = 'else'",
    "tool_250.__defaults__ = (1,)",
    "tool_250.__annotations__['rate'] = int",
    "tool_250.__annotations__.clear()",
    "tool_250.__code__ = tool_251.__code__",
    "tool_250.__name__ = tool_250.__module__ = 'other'",
    "tool_250.__kwdefaults__ = {'rate': 2}",
    "tool_250.calls = 1",
    "tool_7.calls.append(2)",
    "del tool_8.calls[2]",
    "globals()['tool_' + '251'].calls = 1",
    "import sys; sys.modules['a_shelf'].first.__annotations__.clear()",
    "import importlib; importlib.import_module('a_shelf').first.__defaults__ = ()",
    "import copy; copy.copy(Thing())",
    "counts[30]()",
    "tables[30][30].append(1)",
    "tables[70]['new'] = 1",
    "tables[20][20], tables[21][21] = tables[21][21], tables[20][20]",
    "rows[2_000][1]['number'] = 0",
    "rows.reverse()",
)
PICTURE = """
picture = repr([
    *((f.__code__, f.__defaults__, f.__kwdefaults__, f.__name__, f.__qualname__, f.__doc__, f.__module__)
      for f in tools),
    *((f.__annotations__, f.__dict__) for f in tools), reduced.__defaults__,
    rows, tables, [count.__closure__[0].cell_contents for count in counts],
])
"""


@pytest.fixture
def notebook() -> Iterator[Notebook]:
    notebook = Notebook()
    for n in range(SOLVED):
        execution = notebook.attempt(f"mine_{n} = tool_{n}([{n}.0])", TOOL.format(n=n))
        assert execution.failure is None
        notebook.kernel.keep()
    notebook.run(OWN)
    yield notebook
    del sys.modules["a_shelf"], copyreg.dispatch_table[notebook.names["Thing"]]


def picture(notebook: Notebook) -> object:
    names = {"tools": [notebook.names[f"tool_{n}"] for n in range(SOLVED)], **notebook.names}
    exec(PICTURE, names)  # noqa: S102 - the test's own
    return names["picture"]


def test_each_thing_that_failed_code_changed_is_what_it_was(notebook: Notebook) -> None:
    before = picture(notebook)
    for change in CHANGES:
        execution = notebook.attempt(f"{change}\nraise ValueError('failed')")
        assert execution.failure is not None
        assert (execution.failure.name, execution.failure.lost) == ("ValueError", ()), change
        assert picture(notebook) == before, change


def test_the_names_that_code_changed_are_told_and_undone_and_no_others(notebook: Notebook) -> None:
    before = picture(notebook)
    notebook.kernel.begin("a solve")
    execution = notebook.attempt("\n".join(CHANGES))
    assert set(execution.changed) == {"counts", "rows", "tables", "reduced"}
    notebook.kernel.keep()
    assert picture(notebook) != before
    undone = notebook.kernel.undo("a solve")
    assert set(undone.put_back) == {"counts", "rows", "tables", "reduced"}
    assert undone.not_put_back == ()
    assert picture(notebook) == before


@pytest.mark.parametrize("cell", ["fit = 3", "\ufb01t = 3", "for fit in [3]: pass", "import math as fit"])
def test_a_name_that_the_person_assigns_is_theirs_however_it_is_spelt(cell: str) -> None:
    notebook = Notebook()
    notebook.kernel.begin("a solve")
    assert notebook.attempt("fit = 1").failure is None
    notebook.kernel.keep()
    assert "fit" not in notebook.kernel.ownership.users_own()

    notebook.kernel.release_assigned(cell)
    notebook.run(cell)
    assert "fit" in notebook.kernel.ownership.users_own()
    assert notebook.kernel.undo("a solve") == Undone(left=("fit",))
