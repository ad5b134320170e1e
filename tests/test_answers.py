"""`Solution.answer` over thirty decisions that end in a value, and what is bound after each."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

import pytest

from tests.conftest import environment
from tests.live_notebook import LiveNotebook
from tests.model_server import ModelServer

if TYPE_CHECKING:
    from collections.abc import Iterator

# What the decision holds; an expression over `answer` that must be true; what the code binds.
DECISIONS = {
    "int": ("twice(21)", "answer == 42 and type(answer) is int", ()),
    "float": ("twice(0.1)", "answer == 0.2", ()),
    "big": ("twice(2**200)", "answer == 2**201", ()),
    "complex": ("twice(1j)", "answer == 2j", ()),
    "bool": ("twice(1) == 2", "answer is True", ()),
    "zero": ("twice(0)", "answer == 0 and answer is not None", ()),
    "nan": ("float('nan')", "answer != answer", ()),
    "text": ("twice('ab')", "answer == 'abab'", ()),
    "empty text": ("''", "answer == ''", ()),
    "several lines": ("'a\\nb'", "answer == 'a\\nb'", ()),
    "bytes": ("twice(b'x')", "answer == b'xx'", ()),
    "list": ("[twice(n) for n in (1, 2)]", "answer == [2, 4]", ()),
    "tuple": ("twice(1), twice(2)", "answer == (2, 4)", ()),
    "dict": ("{'a': twice(1)}", "answer == {'a': 2}", ()),
    "set": ("{twice(1)}", "answer == {2}", ()),
    "variable": ("total = twice(4)\ntotal", "answer == 8", ("total",)),
    "after a print": ("print('on the way')\ntwice(5)", "answer == 10", ()),
    "only printed": ("print(twice(6))", "answer == '12'", ()),
    "printed by a function": ("def show():\n    print('seven')\nshow()", "answer == 'seven'", ("show",)),
    "None": ("None", "answer is None", ()),
    "None by a call": ("{}.get('missing')", "answer is None", ()),
    "None in a name": ("nothing = None\nprint('said')\nnothing", "answer is None", ("nothing",)),
    "semicolon": ("twice(7);", "answer == 14", ()),
    "with a comment": ("twice(8)  # the answer; really", "answer == 16", ()),
    "fraction": (
        "from fractions import Fraction\ntwice(Fraction(1, 3))",
        "answer == Fraction(2, 3)",
        ("Fraction",),
    ),
    "date": ("import datetime\ndatetime.date(2026, 11, 21)", "answer.year == 2026", ("datetime",)),
    "array": ("import numpy as np\ntwice(np.arange(3))", "answer.tolist() == [0, 2, 4]", ("np",)),
    "frame": (
        "import pandas as pd\npd.DataFrame({'a': [twice(1)]})",
        "answer['a'].tolist() == [2] and type(answer).__name__ == 'DataFrame'",
        ("pd",),
    ),
    "figure": (
        "import matplotlib.pyplot as plt\nfigure, axes = plt.subplots()\naxes.plot([1, 2])\nfigure",
        "type(answer).__name__ == 'Figure'",
        ("plt", "figure", "axes"),
    ),
    "function": ("twice", "answer(2) == 4", ()),
    "no value": ("total = twice(9)", "answer is None", ("total",)),
}

TOOL = "```python tool\ndef twice(value):\n    return value + value\n```"


@pytest.fixture(scope="module")
def asked() -> Iterator[tuple[ModelServer, LiveNotebook]]:
    with ModelServer() as server, LiveNotebook(environment(server)) as notebook:
        notebook.run("import creator_magic")
        yield server, notebook


@pytest.mark.xdist_group("answers")
@pytest.mark.parametrize("kind", DECISIONS)
def test_the_answer_is_the_value_of_the_last_expression(
    asked: tuple[ModelServer, LiveNotebook], kind: str
) -> None:
    server, notebook = asked
    decision, holds, binds = DECISIONS[kind]
    server.reply_with(TOOL, f"```python decision\n{decision}\n```")
    notebook.run(
        "for name in [n for n in globals() if not n.startswith('_') and n not in "
        "('In', 'Out', 'exit', 'quit', 'get_ipython', 'open', 'creator_magic')]:\n    del globals()[name]"
    )
    ran = notebook.run(f"_solution = creator_magic.solve({kind!r}); answer = _solution.answer", timeout=120)
    assert ran.status == "ok", ran.error
    assert notebook.value(holds) == "True"
    assert notebook.names() - {"answer", "creator_magic", "name"} == {"twice", *binds}


def test_the_person_s_names_keep_their_meaning_on_success_too(
    server: ModelServer, notebook: LiveNotebook
) -> None:
    notebook.run(
        "import math\ntotal = ['mine']\ndef twice(x):\n    return 'my twice'\n"
        "identity = id(total), id(twice), id(math)"
    )
    decision = (
        "```python\nimport math\nfrom statistics import mean as total\nrange = twice(3)\n"
        "for id in [1]:\n    pass\nglobals()['math'] = 1\ntotal([range, 2])\n```"
    )
    server.reply_with(TOOL, decision)
    ran = notebook.run("import creator_magic\ns = creator_magic.solve('Clash!', max_rectifications=0)")
    assert ran.status == "error"
    assert "globals" in ran.error
    server.reply_with(TOOL, decision.replace("globals()['math'] = 1\n", ""))
    ran = notebook.run("s = creator_magic.solve('Clash!')")
    assert ran.status == "ok", ran.error
    assert notebook.value("s.answer, twice(1), total, (id(total), id(twice), id(math)) == identity") == (
        "(4, 'my twice', ['mine'], True)"
    )
    assert notebook.value("range(2), type(id).__name__") == "(range(0, 2), 'builtin_function_or_method')"
    renamed = ast.literal_eval(notebook.value("s.renamed"))
    assert {old for old, _ in renamed} >= {"twice", "total", "range", "id"}
    namespace: dict[str, object] = {}
    exec(ast.literal_eval(notebook.value("s.tool + '\\n' + s.decision")), namespace)  # noqa: S102
