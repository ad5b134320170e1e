"""The promise through the public door: a notebook whose solves fail, or are stopped, goes on as it was."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.faults.waits import BEGUN, TELL
from tests.process_state.changes import CHANGES
from tests.scripted_replies import TOOL, decision

if TYPE_CHECKING:
    from tests.live_notebook import LiveNotebook
    from tests.model_server import ModelServer

ROOT = str(Path(__file__).parents[2])


def fails(server: ModelServer, notebook: LiveNotebook, *lines: str, flags: str = "") -> str:
    """Have a solve run `lines` and fail; return what its record and error say."""
    server.reply_with(TOOL, decision(*lines, "1 / 0"))
    ran = notebook.run(f"%%solve --max-rectifications 0 {flags}\nTwice five?", cell_id="m")
    assert ran.status == "error"
    return ran.html + ran.error


SHELL = {
    "an event callback": (
        "shell.events.register('post_execute', lambda: 1 / 0)",
        "len(shell.events.callbacks['post_execute'])",
    ),
    "an input transformer": (
        "shell.input_transformers_post.append(lambda lines: ['1/0'])",
        "len(shell.input_transformers_post)",
    ),
    "an AST transformer": ("shell.ast_transformers.append(None)", "len(shell.ast_transformers)"),
    "how a type is displayed": (
        "shell.display_formatter.formatters['text/plain'].for_type(int, lambda *_: 1 / 0)",
        "shell.display_formatter.formatters['text/plain'].lookup_by_type(int)",
    ),
    "a magic": (
        "shell.register_magic_function(lambda line: None, magic_name='mine')",
        "'mine' in shell.magics_manager.magics['line']",
    ),
    "a setting": (
        "shell.run_line_magic('config', 'InteractiveShell.ast_node_interactivity = \"all\"')",
        "shell.ast_node_interactivity",
    ),
    "what handles exceptions": (
        "shell.set_custom_exc((Exception,), lambda *_: None)",
        "shell.custom_exceptions",
    ),
}


@pytest.mark.parametrize("what", SHELL)
def test_the_shell_is_as_it_was(server: ModelServer, notebook: LiveNotebook, what: str) -> None:
    code, look = SHELL[what]
    notebook.run("shell = get_ipython()")
    before = notebook.value(look)
    said = fails(server, notebook, f"seen = repr({look})", code, f"assert seen != repr({look})")
    assert "ZeroDivisionError" in said
    assert notebook.value(look) == before
    assert notebook.value("6 * 7") == "42"


def test_everything_at_once_in_a_kernel_that_goes_on_working(
    server: ModelServer, notebook: LiveNotebook
) -> None:
    possible = [each for each in CHANGES if "this_is_new" not in each.code]
    for each in possible:
        if each.setup:
            assert notebook.run(each.setup).status == "ok"
    tests = "from tests.process_state.changes import CHANGES"
    assert notebook.run(f"import sys\nsys.path.insert(0, {ROOT!r})\n{tests}").status == "ok"
    notebook.run("before = {c.name: repr(c.seen()) for c in CHANGES if 'this_is_new' not in c.code}")
    lines = [
        line
        for each in possible
        for line in (
            "try:",
            *(f"    {inner}" for inner in each.code.splitlines()),
            "except BaseException: pass",
        )
    ]
    fails(server, notebook, *lines)
    changed = "[n for c in CHANGES if (n := c.name) in before and repr(c.seen()) != before[n]]"
    assert notebook.value(changed) == "[]"
    notebook.run("import matplotlib.pyplot as plt\nimport pandas as pd")
    assert (
        notebook.value("len(pd.DataFrame({'a': [1, 2]}).head()), len(plt.get_fignums()) > 0") == "(2, True)"
    )


def test_pyplot_first_imported_by_a_failed_attempt_still_shows_figures(
    server: ModelServer, notebook: LiveNotebook
) -> None:
    fails(
        server,
        notebook,
        "import matplotlib.pyplot as plt",
        "plt.rcParams['lines.linewidth'] = 40",
        "plt.plot([1])",
    )
    ran = notebook.run("import matplotlib.pyplot as plt\nplt.plot([1, 2]);")
    assert [o for o in ran.outputs if "image/png" in o.get("data", {})]
    assert notebook.value("plt.rcParams['lines.linewidth'] < 10") == "True"


def test_a_numpy_first_imported_by_a_failed_attempt_draws_what_nobody_set(
    server: ModelServer, notebook: LiveNotebook
) -> None:
    fails(server, notebook, "import numpy as np", "np.random.seed(0)", "np.seterr(all='raise')")
    seeded = "__import__('numpy').random.RandomState(0).random()"
    assert notebook.value(f"__import__('numpy').random.random() != {seeded}") == "True"
    assert notebook.value("__import__('numpy').geterr()['over']") == "'warn'"


def test_a_task_on_the_kernel_s_loop_never_runs(server: ModelServer, notebook: LiveNotebook) -> None:
    notebook.run("ran = []")
    code = ("import asyncio", "async def later(into):", "    into.append(1)")
    fails(server, notebook, *code, "asyncio.get_running_loop().create_task(later(ran))")
    notebook.run("import asyncio\nawait asyncio.sleep(0.05)")
    assert notebook.value("ran") == "[]"


def test_what_goes_on_is_said(server: ModelServer, notebook: LiveNotebook) -> None:
    notebook.run("import threading\nstop = threading.Event()")
    said = fails(
        server,
        notebook,
        "import threading",
        "threading.Thread(target=stop.wait, name='mill', daemon=True).start()",
    )
    notebook.run("stop.set()")
    assert "Attempt 1: a thread that the code started goes on: mill" in said


def test_a_success_keeps_what_it_set(server: ModelServer, notebook: LiveNotebook) -> None:
    notebook.run("import matplotlib.pyplot as plt, random\nrandom.seed(3)")
    server.reply_with(
        TOOL, decision("import matplotlib.pyplot as plt", "plt.rcParams['lines.linewidth'] = 7", "twice(21)")
    )
    assert notebook.run("%%solve\nTwice 21?", cell_id="m").status == "ok"
    assert notebook.value("plt.rcParams['lines.linewidth']") == "7.0"


@pytest.mark.parametrize("how", ["the time limit", "an interrupt"])
def test_stopped_in_the_middle(server: ModelServer, notebook: LiveNotebook, how: str) -> None:
    notebook.run("import math, os, random\nrandom.seed(3)\nhere, state = os.getcwd(), random.getstate()")
    lines = ["import math, os, random", "math.pi = 3", "os.chdir('/')", "random.seed(9)", *TELL.splitlines()]
    server.reply_with(TOOL, decision(*lines, "tell()", "while True: pass"))
    flags = "--max-rectifications 0 --timeout " + ("2" if how == "the time limit" else "60")
    message = notebook.send(f"%%solve {flags}\nTwice five?", cell_id="m")
    server.wait_for(1, f"/v1{BEGUN}")
    if how == "an interrupt":
        notebook.interrupt()
    notebook.gather(message)
    assert (
        notebook.value("math.pi > 3.1, os.getcwd() == here, random.getstate() == state")
        == "(True, True, True)"
    )
