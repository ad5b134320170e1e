"""What is the person's stays the person's: names, the shell's own, figures, re-runs of a solved cell."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from creator_magic.cells.generated import KEY
from tests.live_notebook import LiveNotebook, text_of
from tests.scripted_replies import TOOL, decision

if TYPE_CHECKING:
    from tests.model_server import ModelServer


def test_a_standing_solution_does_not_take_names_that_became_the_person_s(
    server: ModelServer, notebook: LiveNotebook
) -> None:
    server.reply_with(TOOL, decision("total = twice(5)\ntotal"))
    standing = notebook.run("%%solve\nTwice five?", cell_id="m", places_cells=True).cells
    notebook.run("total = 'mine'\ndef twice(x):\n    return 'my own'")
    again = notebook.run("%%solve\nTwice five?", cell_id="m", places_cells=True, standing=standing)
    assert again.status == "ok", again.error
    assert text_of(again.cell("decision")["outputs"]) == "10"
    assert notebook.value("total, twice(1)") == "('mine', 'my own')"
    assert "Renamed" in again.html
    assert "def twice_2(" in again.cell("tool")["source"]

    standing[1]["source"] += "  # mine\n%time twice(6)"
    edited = notebook.run("%%solve\nTwice five?", cell_id="m", places_cells=True, standing=standing)
    assert notebook.value("total, twice(1)") == "('mine', 'my own')"
    assert edited.cell("decision")["source"].endswith("%time twice(6)")


def test_an_edit_may_use_ipython_s_syntax(server: ModelServer, notebook: LiveNotebook) -> None:
    server.reply_with(TOOL, decision("twice(5)"))
    standing = notebook.run("%%solve\nTwice five?", cell_id="m", places_cells=True).cells
    standing[1]["source"] = "%time twice(7)"
    ran = notebook.run("%%solve\nTwice five?", cell_id="m", places_cells=True, standing=standing)
    assert ran.status == "ok", ran.error
    assert "CPU times" in text_of(ran.cell("decision")["outputs"])


def test_a_decision_that_stands_above_its_tool_still_gets_it_first(
    server: ModelServer, notebook: LiveNotebook
) -> None:
    server.reply_with(TOOL, decision("twice(5)"))
    standing = notebook.run("%%solve\nTwice five?", cell_id="m", places_cells=True).cells
    with LiveNotebook({}) as fresh:
        fresh.run("%load_ext creator_magic")
        ran = fresh.run("%%solve\nTwice five?", cell_id="m", places_cells=True, standing=standing[::-1])
        assert ran.status == "ok", ran.error


@pytest.mark.parametrize(
    "code",
    [
        "globals().pop('mine')",
        "exec('del mine')",
        "get_ipython().user_ns.pop('mine')",
        "get_ipython().user_ns['mine'] = 0",
        "import sys\nsys._getframe().f_globals['mine'] = 0",
    ],
)
def test_what_is_done_behind_the_text_s_back_is_undone(
    server: ModelServer, notebook: LiveNotebook, code: str
) -> None:
    notebook.run("mine = ['kept']")
    server.reply_with(TOOL, decision(f"{code}\ntwice(5)"))
    notebook.run("%%solve --max-rectifications 0\nTwice five?")
    assert notebook.value("mine") == "['kept']"


def test_the_shell_s_own_names_work_on(server: ModelServer, notebook: LiveNotebook) -> None:
    notebook.run("7 * 6")
    server.reply_with(
        TOOL, decision("t = 0\nfor _ in range(3):\n    t += 1\n__ = 5\n__name__ = 'x'\ntwice(t)")
    )
    assert notebook.run("%%solve\nTwice three?").status == "ok"
    notebook.run("100 + 1")
    assert notebook.value("_, __name__") == "(101, '__main__')"


def test_a_name_assigned_beside_a_magic_is_the_person_s(server: ModelServer, notebook: LiveNotebook) -> None:
    server.reply_with(TOOL, decision("count = 5\nsize = 5\ntwice(count)"))
    notebook.run("%%solve\nFirst?")
    notebook.run("%pwd\ncount = 5")
    notebook.run("%%time\nsize = 5")
    server.reply_with(TOOL, decision("count = 99\nsize = 99\ntwice(count)"))
    assert notebook.run("%%solve\nSecond?").status == "ok"
    assert notebook.value("count, size") == "(5, 5)"


def test_a_figure_of_a_failed_attempt_is_nobody_s_output(server: ModelServer, notebook: LiveNotebook) -> None:
    broken = "import matplotlib.pyplot as plt\nplt.figure()\nplt.plot([1, 2])\n1 / 0"
    server.reply_with(TOOL, decision(broken), f"No need to divide.\n{decision('twice(3)')}")
    ran = notebook.run("%%solve\nTwice three?", cell_id="m", places_cells=True, timeout=120)
    assert ran.status == "ok", ran.error
    assert not [o for c in ran.cells for o in c["outputs"] if "image/png" in o.get("data", {})]
    assert not [o for o in ran.outputs if "image/png" in o.get("data", {})]


@pytest.mark.parametrize("reply", ["from math import *\ntwice(sqrt(4))", "twice(3", "2 / 0"])
def test_at_the_limit_the_last_code_and_its_error_are_in_the_cells(
    server: ModelServer, notebook: LiveNotebook, reply: str
) -> None:
    server.reply_with(TOOL, decision("1 / 0  # the first"), f"Again.\n{decision(reply)}")
    ran = notebook.run("%%solve --max-rectifications 1\nTwice three?", cell_id="m")
    assert ran.status == "error"
    shown = {c["metadata"][KEY]["key"]: c for c in ran.cells}
    written = [c["source"] for c in shown.values()]
    assert reply in written
    errors = [o for c in ran.cells for o in c["outputs"] if o["output_type"] == "error"]
    assert len(errors) == 1


@pytest.mark.parametrize("seconds", [-30, 30])
def test_once_per_pass_stands_a_wrong_clock(
    server: ModelServer, notebook: LiveNotebook, seconds: int
) -> None:
    notebook.skew = timedelta(seconds=seconds)
    notebook.run("rows = []")
    server.reply_with(
        "```python tool\ndef add(rows):\n    rows.append(1)\n    return len(rows)\n```", decision("add(rows)")
    )
    standing = notebook.run("%%solve --use rows\nAdd.", cell_id="m", places_cells=True).cells
    by_hand = notebook.run(standing[1]["source"], "d", metadata=standing[1]["metadata"])
    assert by_hand.text == "2"
    with notebook.at_once():
        sent = [notebook.send("%%solve --use rows\nAdd.", "m", standing=standing, places_cells=True)]
        sent += [notebook.send(c["source"], "x", c["metadata"]) for c in standing]
    notebook.gather_all(sent)
    assert notebook.value("len(rows)") == "3"


def test_a_captured_solve_still_hands_over_its_cells(server: ModelServer, notebook: LiveNotebook) -> None:
    server.reply_with(TOOL, decision("twice(5)"))
    ran = notebook.run(
        "%%capture out\nget_ipython().run_cell_magic('solve', '', 'Twice five?\\n')", cell_id="m"
    )
    assert ran.status == "ok", ran.error
    assert len(ran.cells) == 2


def test_the_terminal_lets_a_problem_be_typed(notebook: LiveNotebook) -> None:
    complete = (
        "[get_ipython().check_complete(s)[0] for s in ('%%solve', '%%solve\\nHow', '%%create --fresh')]"
    )
    assert notebook.value(complete) == "['incomplete', 'incomplete', 'incomplete']"
