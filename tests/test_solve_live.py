"""`%%solve` and `%%create` through a real kernel, a real client and a real HTTP server."""

from __future__ import annotations

import ast
import json
import time
from typing import TYPE_CHECKING

import pytest

from creator_magic.cells.generated import KEY
from tests.conftest import KEY_OF_THE_TESTS, environment
from tests.live_notebook import LiveNotebook, text_of
from tests.mistimed import in_time, may_be_mistimed

if TYPE_CHECKING:
    from tests.model_server import ModelServer

BREAD = (
    "A loaf sells at 3.20 and costs 1.20 to make; the shop costs 500 a month.\nHow many loaves to break even?"
)

TOOL = """```python tool
import math


def break_even(price: float, cost: float, fixed: float) -> int:
    \"\"\"Return the units to sell to cover fixed costs.

    >>> break_even(3.0, 1.0, 10.0)
    5
    \"\"\"
    return math.ceil(fixed / (price - cost))
```"""
DECISION = "```python decision\nloaves = break_even(3.20, 1.20, 500)\nloaves\n```"


def test_a_problem_becomes_a_tool_cell_a_decision_cell_and_an_answer(
    server: ModelServer, notebook: LiveNotebook
) -> None:
    server.reply_with(TOOL, DECISION)
    ran = notebook.run(f"%%solve\n{BREAD}", cell_id="magic")

    assert ran.status == "ok", ran.error
    assert [c["metadata"][KEY]["role"] for c in ran.cells] == ["tool", "decision"]
    assert text_of(ran.cell("decision")["outputs"]) == "250"
    assert "250" in ran.html
    assert len(server.calls) == 2
    mark = ran.cell("decision")["metadata"][KEY]
    assert set(mark) == {"v", "role", "key", "parent", "solve_id", "revision", "sha", "asked"}
    assert (mark["v"], mark["parent"], mark["revision"]) == (1, "magic", 1)
    assert notebook.names() == {"math", "break_even", "loaves"}
    assert notebook.value("break_even(2, 1, 10)") == "10"


def test_the_generated_code_is_plain_python(server: ModelServer, notebook: LiveNotebook) -> None:
    server.reply_with(TOOL, DECISION)
    ran = notebook.run(f"%%solve\n{BREAD}")
    namespace: dict[str, object] = {}
    for cell in ran.cells:
        exec(cell["source"], namespace)  # noqa: S102 - what a reader without this package would do
    assert namespace["loaves"] == 250


def test_a_failed_attempt_is_rectified_and_the_story_is_told(
    server: ModelServer, notebook: LiveNotebook
) -> None:
    broken = TOOL.replace("fixed / (price - cost)", "fixed / (price - costs)")
    mended = f"The name `costs` was misspelt.\n{TOOL}"
    server.reply_with(broken, DECISION, mended)
    ran = notebook.run(f"%%solve\n{BREAD}")

    assert ran.status == "ok", ran.error
    assert text_of(ran.cell("decision")["outputs"]) == "250"
    assert ran.cell("tool")["metadata"][KEY]["revision"] == 2
    assert ran.cell("decision")["metadata"][KEY]["revision"] == 1
    assert "NameError" in ran.html
    assert "misspelt" in ran.html
    asked = server.calls[2].body["messages"][-1]["content"]
    assert "NameError" in asked
    assert "costs" in asked
    assert "tool cell, line" in asked
    assert "creator_magic" not in asked


def test_at_the_limit_the_cell_fails_and_nothing_stays_behind(
    server: ModelServer, notebook: LiveNotebook
) -> None:
    notebook.run("kept = [1, 2]; math = 'mine'")
    replies = [TOOL] + [
        f"```python decision\nhalf_way = 1\nbreak_even(0, {n}, 1) / 0\n```" for n in (1, 2, 3)
    ]
    server.reply_with(*replies)
    before = notebook.names()
    ran = notebook.run(f"%%solve\n{BREAD}")

    assert ran.status == "error"
    assert ran.error.startswith("UnsolvedError: Not solved in 3 attempts")
    assert "Traceback" not in ran.error
    assert len(server.calls) == 4
    assert notebook.names() == before
    assert notebook.value("math") == "'mine'"
    error = ran.cell("decision")["outputs"][-1]
    assert (error["output_type"], error["ename"]) == ("error", "ZeroDivisionError")
    assert "break_even(0, 3, 1) / 0" in "\n".join(error["traceback"])
    assert "creator_magic" not in "\n".join(error["traceback"])
    assert ran.cell("decision")["metadata"][KEY]["asked"] == ""


def test_names_come_back_after_a_failure_whatever_was_done_to_them(
    server: ModelServer, notebook: LiveNotebook
) -> None:
    notebook.run("first = object(); second = [1]; third = 'x'; identity = (id(first), id(second))")
    tool = "```python tool\ndef f():\n    global first, new\n    first = 0\n    new = 1\n```"
    decision = "```python decision\nf()\nglobals().pop('second')\nglobals()['third'] = 3\n1 / 0\n```"
    server.reply_with(tool, decision)
    ran = notebook.run("%%solve --max-rectifications 0\nSpoil everything.")
    assert ran.status == "error"
    assert (
        notebook.value("(id(first), id(second)) == identity, third, 'new' in globals()")
        == "(True, 'x', False)"
    )


def test_a_reply_that_repeats_failed_code_ends_the_loop(server: ModelServer, notebook: LiveNotebook) -> None:
    failing = "```python decision\nbreak_even(1, 1, 1)\n```"
    server.reply_with(TOOL, failing, f"Try again.\n{failing}", "never asked for")
    ran = notebook.run(f"%%solve --max-rectifications 5\n{BREAD}")
    assert ran.status == "error"
    assert "same code again" in ran.error
    assert len(server.calls) == 3


@pytest.mark.parametrize("prose", ["I would think about it.", "```\nAnswer: 5\n```", ""])
def test_prose_is_no_solution(server: ModelServer, notebook: LiveNotebook, prose: str) -> None:
    server.reply_by(lambda _: prose)
    ran = notebook.run(f"%%solve\n{BREAD}")
    assert ran.status == "error"
    assert "no Python code" in ran.error or "empty" in ran.error
    assert ran.cells == []
    assert len(server.calls) <= 4
    assert notebook.names() == set()


def test_a_syntax_error_counts_as_an_attempt_and_is_mended(
    server: ModelServer, notebook: LiveNotebook
) -> None:
    server.reply_with(
        "```python tool\ndef f(x:\n    return x\n```", f"A bracket was missing.\n{TOOL}", DECISION
    )
    ran = notebook.run(f"%%solve\n{BREAD}")
    assert ran.status == "ok", ran.error
    assert "SyntaxError" in ran.html or "syntax error" in ran.html
    assert text_of(ran.cell("decision")["outputs"]) == "250"


def test_create_makes_a_tool_and_no_decision(server: ModelServer, notebook: LiveNotebook) -> None:
    server.reply_with(TOOL)
    ran = notebook.run(f"%%create\n{BREAD}")
    assert ran.status == "ok", ran.error
    assert [c["metadata"][KEY]["key"] for c in ran.cells] == ["tool"]
    assert len(server.calls) == 1
    assert notebook.value("break_even(3.2, 1.2, 500)") == "250"
    assert notebook.names() == {"math", "break_even"}


def test_entangled_takes_one_call(server: ModelServer, notebook: LiveNotebook) -> None:
    server.reply_with(f"{TOOL}\n\n{DECISION}")
    ran = notebook.run(f"%%solve --method entangled\n{BREAD}")
    assert ran.status == "ok", ran.error
    assert len(server.calls) == 1
    assert text_of(ran.cell("decision")["outputs"]) == "250"


def test_the_problem_stands_verbatim_and_once_and_is_no_format_string(
    server: ModelServer, notebook: LiveNotebook
) -> None:
    problem = (
        "Given {x} and {secret!r}, what is $\\frac{1}{2}$ of `%s`?\n \n\t\n"
        '  indented: "quotes" ``` ünïcödé {{ }} {% if %}'
    )
    notebook.run("x = 41; secret = 'canary-7391'")
    server.reply_with(TOOL, DECISION)
    ran = notebook.run(f"%%solve --hint 'see {{secret}}'\n{problem}")
    assert ran.status == "ok", ran.error
    for call in server.calls:
        text = "\n".join(m["content"] for m in call.body["messages"])
        assert text.count(problem) == 1
        assert "see {secret}" in text
        assert "canary" not in json.dumps(call.body)
    heads = {call.body["messages"][0]["content"] for call in server.calls}
    assert all(problem not in head for head in heads)


def test_use_tells_the_form_of_variables_and_no_value(server: ModelServer, notebook: LiveNotebook) -> None:
    notebook.run(
        "import pandas as pd, numpy as np\n"
        "df = pd.DataFrame({'price': [9.5, None], 'town': ['Canaryville', 'Rome']})\n"
        "prices = np.array([[777123.0]])\n"
        "def scale(x, by=424242):\n    'Scale x.'\n    return x * by"
    )
    server.reply_with(
        "```python tool\ndef total(frame):\n    return frame['price'].sum()\n```", "```python\ntotal(df)\n```"
    )
    ran = notebook.run("%%solve --use df,prices,scale\nWhat is the total price?")
    assert ran.status == "ok", ran.error
    sent = json.dumps([call.body for call in server.calls])
    for told in ("price (float64, 1 missing)", "2 rows", "shape (1, 1)", "scale(x, by=...)"):
        assert told in sent
    for value in ("Canaryville", "Rome", "9.5", "777123", "424242"):
        assert value not in sent


def test_use_of_an_unknown_name_is_refused_before_anything_is_sent(
    server: ModelServer, notebook: LiveNotebook
) -> None:
    notebook.run("prices = [1]")
    ran = notebook.run("%%solve --use price\nWhat?")
    assert ran.status == "error"
    assert "Did you mean `prices`?" in ran.error
    assert server.requests == []


def test_a_quoted_value_in_an_error_reaches_the_model_by_its_shape(
    server: ModelServer, notebook: LiveNotebook
) -> None:
    notebook.run("rows = ['12', '9,999 Canary']")
    tool = "```python tool\ndef total(rows):\n    return sum(float(row) for row in rows)\n```"
    server.reply_with(tool, "```python\ntotal(rows)\n```", "```python decision\nlen(rows)\n```")
    ran = notebook.run("%%solve --use rows\nAdd them up.")
    assert ran.status == "ok", ran.error
    asked = server.calls[2].body["messages"][-1]["content"]
    assert "could not convert string to float: '9,999 Aaaaaa'" in asked
    assert "Canary" not in json.dumps(server.calls[2].body)
    assert "9,999 Canary" in ran.html


def test_into_binds_the_answer(server: ModelServer, notebook: LiveNotebook) -> None:
    server.reply_with(TOOL, "```python\nanswer = break_even(3.2, 1.2, 500)\nanswer + 0.5\n```")
    ran = notebook.run(f"%%solve --into answer\n{BREAD}")
    assert ran.status == "ok", ran.error
    assert notebook.value("answer") == "250.5"


def test_the_time_limit_ends_an_attempt(server: ModelServer, notebook: LiveNotebook) -> None:
    server.reply_with(TOOL, "```python\nwhile True:\n    pass\n```", DECISION)
    began = time.monotonic()
    ran = notebook.run(f"%%solve --timeout 0.5\n{BREAD}")
    assert ran.status == "ok", ran.error
    assert time.monotonic() - began < 10
    assert "time limit" in server.calls[2].body["messages"][-1]["content"]
    assert text_of(ran.cell("decision")["outputs"]) == "250"


@pytest.mark.parametrize("leave", ["import sys\nsys.exit(3)", "exit()", "raise SystemExit('bye')", "quit()"])
def test_code_that_exits_is_a_failed_attempt(server: ModelServer, notebook: LiveNotebook, leave: str) -> None:
    server.reply_with(TOOL, f"```python\n{leave}\n```", DECISION)
    ran = notebook.run(f"%%solve\n{BREAD}")
    assert ran.status == "ok", ran.error
    assert not [p for p in ran.payload if p["source"] == "ask_exit"]
    assert "exit" in server.calls[2].body["messages"][-1]["content"]


@pytest.mark.parametrize(
    "code",
    [
        "raise KeyboardInterrupt",
        "input('value? ')",
        "class E(Exception):\n    def __str__(self):\n        1/0\nraise E",
    ],
)
def test_odd_failures_are_failed_attempts_too(server: ModelServer, notebook: LiveNotebook, code: str) -> None:
    server.reply_with(TOOL, f"```python\n{code}\n```", DECISION)
    ran = notebook.run(f"%%solve\n{BREAD}")
    assert ran.status == "ok", ran.error
    assert len(server.calls) == 3


@may_be_mistimed
@pytest.mark.parametrize("where", ["model", "loop", "sleep"])
def test_an_interrupt_stops_within_a_second_and_changes_nothing(
    server: ModelServer, notebook: LiveNotebook, where: str
) -> None:
    notebook.run("mine = [1]")
    if where == "model":
        server.fault(0, "hang")
    code = {"loop": "while True:\n    n = 1", "sleep": "import time\ntime.sleep(60)"}.get(where, "1")
    server.reply_with(
        "```python tool\ndef f(x):\n    global other\n    other = x\n```", f"```python\nf(1)\n{code}\n```"
    )
    message = notebook.send(f"%%solve\n{BREAD}")
    time.sleep(1.5)
    began = time.monotonic()
    notebook.interrupt()
    ran = notebook.gather(message)
    in_time((took := time.monotonic() - began) < 1, took)
    assert ran.status == "error"
    assert "KeyboardInterrupt" in ran.error
    assert "Interrupted" in ran.html
    assert notebook.value("mine") == "[1]"
    assert notebook.names() == {"mine"}


def test_outputs_belong_to_the_generated_cells(server: ModelServer, notebook: LiveNotebook) -> None:
    decision = (
        "```python\nimport sys\nprint('to out')\nprint('to err', file=sys.stderr)\n"
        "display({'text/plain': 'shown', 'text/html': '<b>shown</b>'}, raw=True)\n"
        "import matplotlib.pyplot as plt\nplt.plot([1, 2]);\nbreak_even(3.2, 1.2, 500)\n```"
    )
    server.reply_with(TOOL, decision)
    ran = notebook.run(f"%%solve\n{BREAD}", cell_id="m", places_cells=True, timeout=120)
    assert ran.status == "ok", ran.error
    outputs = ran.cell("decision")["outputs"]
    kinds = [o.get("name") or o["output_type"] for o in outputs]
    assert kinds[:3] == ["stdout", "stderr", "display_data"]
    assert {"execute_result", "display_data"} == set(kinds[3:])
    assert any("image/png" in o.get("data", {}) for o in outputs)
    assert [o["output_type"] for o in ran.outputs] == ["display_data"]


def test_top_level_await_works(server: ModelServer, notebook: LiveNotebook) -> None:
    decision = (
        "```python\nimport asyncio\nawait asyncio.sleep(0.01)\nvalue = await asyncio.sleep(0, 7)\nvalue\n```"
    )
    server.reply_with(TOOL, decision)
    ran = notebook.run(f"%%solve\n{BREAD}")
    assert ran.status == "ok", ran.error
    assert text_of(ran.cell("decision")["outputs"]) == "7"
    assert notebook.run("await asyncio.sleep(0, 3)").text == "3"


def test_a_standing_solution_runs_again_without_a_model(server: ModelServer, notebook: LiveNotebook) -> None:
    server.reply_with(TOOL, DECISION)
    first = notebook.run(f"%%solve\n{BREAD}", cell_id="m", places_cells=True)
    standing = first.cells
    again = notebook.run(f"%%solve\n{BREAD}", cell_id="m", places_cells=True, standing=standing)
    assert again.status == "ok", again.error
    assert again.cells == [
        {**c, "execution_count": c2["execution_count"], "outputs": c2["outputs"]}
        for c, c2 in zip(standing, again.cells, strict=True)
    ]
    assert len(server.calls) == 2

    standing[1]["source"] += " * 2"
    edited = notebook.run(f"%%solve\n{BREAD}", cell_id="m", places_cells=True, standing=standing)
    assert text_of(edited.cell("decision")["outputs"]) == "500"
    assert edited.cell("decision")["source"].endswith("* 2")
    assert len(server.calls) == 2

    server.reply_with(TOOL, DECISION)
    fresh = notebook.run(f"%%solve --fresh\n{BREAD}", cell_id="m", places_cells=True, standing=standing)
    assert text_of(fresh.cell("decision")["outputs"]) == "250"
    assert "keep" not in fresh.cell("decision")
    assert len(server.calls) == 4


def test_a_changed_problem_is_asked_anew_and_an_edited_cell_is_kept(
    server: ModelServer, notebook: LiveNotebook
) -> None:
    server.reply_with(TOOL, DECISION, TOOL, DECISION)
    standing = notebook.run(f"%%solve\n{BREAD}", cell_id="m", places_cells=True).cells
    standing[1]["source"] = "break_even(4, 2, 500)  # my way"
    ran = notebook.run(f"%%solve\n{BREAD} Quickly!", cell_id="m", places_cells=True, standing=standing)
    assert ran.status == "ok", ran.error
    assert len(server.calls) == 4
    assert ran.cell("decision")["keep"] is True
    assert "keep" not in ran.cell("tool")
    assert "Your edited decision cell was kept" in ran.html


def test_a_failed_solve_is_asked_anew_unless_its_cell_was_mended(
    server: ModelServer, notebook: LiveNotebook
) -> None:
    server.reply_with(TOOL, "```python\nbreak_even(1, 1, 1)\n```")
    failed = notebook.run(f"%%solve --max-rectifications 0\n{BREAD}", cell_id="m", places_cells=True)
    assert failed.status == "error"
    standing = failed.cells
    server.reply_with(TOOL, DECISION)
    anew = notebook.run(f"%%solve\n{BREAD}", cell_id="m", places_cells=True, standing=standing)
    assert anew.status == "ok"
    assert len(server.calls) == 4
    standing[1]["source"] = "break_even(3, 1, 500)"
    mended = notebook.run(f"%%solve\n{BREAD}", cell_id="m", places_cells=True, standing=standing)
    assert mended.status == "ok", mended.error
    assert text_of(mended.cell("decision")["outputs"]) == "250"
    assert len(server.calls) == 4
    assert mended.cell("decision")["metadata"][KEY]["asked"] != ""


def test_once_per_pass_in_run_all(server: ModelServer, notebook: LiveNotebook) -> None:
    notebook.run("rows = []")
    server.reply_with(
        "```python tool\ndef add(rows, row):\n    rows.append(row)\n    return len(rows)\n```",
        "```python\nprint('adding')\nadd(rows, 'row')\n```",
    )
    standing = notebook.run("%%solve --use rows\nAdd a row.", cell_id="m", places_cells=True).cells
    assert notebook.value("len(rows)") == "1"

    with notebook.at_once():
        sent = [notebook.send("%%solve --use rows\nAdd a row.", "m", standing=standing, places_cells=True)]
        sent += [notebook.send(c["source"], f"id-{n}", c["metadata"]) for n, c in enumerate(standing)]
    rans = notebook.gather_all(sent)
    assert [r.status for r in rans] == ["ok"] * 3
    assert notebook.value("len(rows)") == "2"
    assert rans[2].text == "adding\n2"
    assert [o["output_type"] for o in rans[2].outputs] == ["stream", "execute_result"]

    # By hand, later, it runs.
    by_hand = notebook.run(standing[1]["source"], "id-1", metadata=standing[1]["metadata"])
    assert by_hand.text == "adding\n3"

    # In Run All after an edit of the decision, the edit is what the magic ran, and runs once.
    edited = [standing[0], {**standing[1], "source": "add(rows, 'mine')"}]
    with notebook.at_once():
        sent = [notebook.send("%%solve --use rows\nAdd a row.", "m", standing=edited, places_cells=True)]
        sent += [notebook.send(c["source"], f"id-{n}", c["metadata"]) for n, c in enumerate(edited)]
    assert notebook.gather_all(sent)[2].text == "4"
    assert notebook.value("rows[-1], len(rows)") == "('mine', 4)"


def test_a_generated_cell_run_by_hand_stays_its_solve_s(server: ModelServer, notebook: LiveNotebook) -> None:
    server.reply_by(lambda _: TOOL if len(server.calls) % 2 else DECISION)
    first = notebook.run(f"%%solve\n{BREAD}", cell_id="lab-cell", interactive=True)
    notebook.run(first.payload[0]["text"], cell_id="offered")
    again = notebook.run(f"%%solve\n{BREAD}", cell_id="lab-cell")
    assert again.cell("tool")["source"] == first.cell("tool")["source"]
    for cell in first.cells:
        notebook.run(cell["source"], cell_id="by-hand", metadata=cell["metadata"])
    again = notebook.run(f"%%solve\n{BREAD}", cell_id="lab-cell")
    assert [c["source"] for c in again.cells] == [c["source"] for c in first.cells]

    notebook.run(first.cell("tool")["source"], cell_id="a copy of the person's own")
    apart = notebook.run(f"%%solve\n{BREAD}", cell_id="lab-cell")
    assert "def break_even_2(" in apart.cell("tool")["source"]
    assert "break_even_2(3.20" in apart.cell("decision")["source"]


def test_python_has_the_same_door(server: ModelServer, notebook: LiveNotebook) -> None:
    server.reply_with(TOOL, DECISION)
    notebook.run(f"import creator_magic\ns = creator_magic.solve({BREAD!r}, hints=['be quick'])")
    told = ast.literal_eval(
        notebook.value(
            "(s.answer, s.solved, len(s.attempts), s.attempts[0].feedback.ok, s.usage.calls,"
            " 'def break_even' in s.tool)"
        )
    )
    assert told == (250, True, 1, True, 2, True)
    shown = notebook.run("s")
    assert "250" in shown.outputs[0]["data"]["text/html"]
    assert "Solved at the first attempt" in shown.text
    server.reply_with("no", "no")
    failed = notebook.run(f"creator_magic.solve({BREAD!r}, reuse=False)")
    assert failed.error.startswith("UnsolvedError")
    assert "Traceback" not in failed.error


def test_unloading_undoes_everything(notebook: LiveNotebook) -> None:
    state = (
        "(len(_s.input_transformers_cleanup), len(_s.configurables),"
        " sorted(_s.magics_manager.magics['cell']),"
        " sorted(_s.magics_manager.magics['line']), sorted(map(str, _s.events.callbacks['pre_run_cell'])),"
        " len(_s.Completer.custom_matchers))"
    )
    notebook.run("%unload_ext creator_magic\n_s = get_ipython()")
    before = notebook.value(state)
    notebook.run("%load_ext creator_magic")
    assert notebook.value(state) != before
    notebook.run("%unload_ext creator_magic")
    assert notebook.value(state) == before
    assert "not found" in notebook.run(f"%%solve\n{BREAD}").text
    assert notebook.run("%load_ext creator_magic\n%reload_ext creator_magic").status == "ok"


def test_flags_are_checked_completed_and_explained(server: ModelServer, notebook: LiveNotebook) -> None:
    for line, said in {
        "--modle x": "Did you mean --model?",
        "--max-rectifications many": "no whole number from 0 to 20",
        "--timeout 0": "no number of seconds",
        "--hint 'open": "a quote is open",
        "--into 3x": "needs the name of a variable",
        "--method plain": "invalid choice",
    }.items():
        ran = notebook.run(f"%%solve {line}\nWhat?")
        assert ran.status == "error"
        assert said in ran.error, line
        assert len(ran.error.splitlines()) <= 2
    assert "is empty" in notebook.run("%%solve\n  \n").error
    for line in ("%%solve -h", "%%solve -h\n", "%%solve --help\nanything"):
        assert "--max-rectifications" in notebook.run(line).text
    described = notebook.run("%%solve?").payload[0]["data"]["text/plain"]
    assert "--max-rectifications" in described
    assert notebook.complete("%%solve --ma") == ["--max-rectifications"]
    assert "--into" not in notebook.complete("%%create --")
    assert {"--hint", "--use", "--fresh"} <= set(notebook.complete("%%create --"))
    assert notebook.complete("x = 1\nx --") != notebook.complete("%%create --")
    assert server.requests == []


def test_dry_run_shows_what_would_be_sent_and_sends_nothing(
    server: ModelServer, notebook: LiveNotebook
) -> None:
    ran = notebook.run(f"%%solve --dry-run --hint 'mind the units'\n{BREAD}")
    assert BREAD in ran.text
    assert "mind the units" in ran.text
    assert server.requests == []
    server.reply_with(TOOL, DECISION)
    notebook.run(f"%%solve --hint 'mind the units'\n{BREAD}")
    for message in server.calls[0].body["messages"]:
        assert message["content"] in ran.text
    assert f"to test-model at {server.url.rstrip('/')}; nothing was sent." in ran.text
    notebook.run("%config CreatorMagic.creation_model = 'maker'")
    assert "to maker at" in notebook.run("%%solve --no-reuse --dry-run\nHow many?").text
    assert "to test-model at" in notebook.run("%%solve --dry-run --method entangled\nHow many?").text
    assert "to other at" in notebook.run("%%solve --dry-run --model other\nHow many?").text
    assert KEY_OF_THE_TESTS not in notebook.run("%%solve --no-reuse --dry-run\nHow many?").text


def test_the_key_stays_in_the_header(server: ModelServer, notebook: LiveNotebook) -> None:
    server.reply_with(TOOL, DECISION)
    ran = notebook.run(f"%%solve\n{BREAD}")
    notebook.run(f"%config CreatorMagic.api_key = '{KEY_OF_THE_TESTS}2'")
    server.fault(2, "401")
    refused = notebook.run(f"%%solve\n{BREAD} ")
    seen = [
        ran,
        refused,
        *(
            notebook.run(c)
            for c in ("%creator", "%creator settings", "%config CreatorMagic", "%config CreatorMagic.api_key")
        ),
    ]
    assert KEY_OF_THE_TESTS not in json.dumps([r.outputs for r in seen])
    assert all(KEY_OF_THE_TESTS not in json.dumps(r.body) for r in server.requests)
    assert {
        value for r in server.calls for name, value in r.headers.items() if name.lower() == "authorization"
    } == {f"Bearer {KEY_OF_THE_TESTS}", f"Bearer {KEY_OF_THE_TESTS}2"}


def test_without_a_model_the_error_names_the_ways_out() -> None:
    with LiveNotebook() as bare:
        bare.run("%load_ext creator_magic")
        ran = bare.run(f"%%solve\n{BREAD}")
        assert ran.status == "error"
        assert "no model, key or endpoint is set" in ran.error
        assert "OPENAI_API_KEY" in ran.error
        assert "Nothing was sent" in ran.error


def test_a_second_model_can_make_the_tools(server: ModelServer) -> None:
    with LiveNotebook({**environment(server), "CREATOR_CREATION_MODEL": "maker"}) as live:
        live.run("%load_ext creator_magic")
        server.reply_with(TOOL, DECISION)
        live.run(f"%%solve\n{BREAD}")
        assert [call.body["model"] for call in server.calls] == ["maker", "test-model"]


def test_a_traceback_through_a_tool_shows_its_lines_later_too(
    server: ModelServer, notebook: LiveNotebook
) -> None:
    server.reply_with(TOOL, DECISION)
    notebook.run(f"%%solve\n{BREAD}")
    ran = notebook.run("break_even(1, 1, 1)")
    assert "fixed / (price - cost)" in __import__("re").sub(r"\x1b\[[\d;]*m", "", ran.error)
    assert "Return the units" in notebook.run("import inspect; print(inspect.getsource(break_even))").text
