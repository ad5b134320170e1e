"""Terminal IPython: the same solve as text."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING

from tests.conftest import environment
from tests.test_solve_live import BREAD, DECISION, TOOL

if TYPE_CHECKING:
    from pathlib import Path

    from tests.model_server import ModelServer


def ipython(server: ModelServer, folder: Path, cells: str) -> str:
    """What terminal IPython prints when it runs a notebook-like script of `cells`."""
    script = folder / "session.ipy"
    script.write_text(cells, encoding="utf-8")
    ran = subprocess.run(
        [sys.executable, "-m", "IPython", "--no-banner", "--colors=NoColor", str(script)],
        cwd=folder,
        env={**os.environ, **environment(server)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return re.sub(r"\x1b\[[\d;]*m", "", ran.stdout + ran.stderr)


def cell(source: str) -> str:
    return f"_ = get_ipython().run_cell({source!r})\n"


def test_a_solve_in_a_terminal_shows_stages_code_answer_and_cost(server: ModelServer, tmp_path: Path) -> None:
    server.reply_with(TOOL.replace("import math", "pass"), DECISION, f"The import was missing.\n{TOOL}")
    said = ipython(
        server,
        tmp_path,
        cell("%load_ext creator_magic") + cell(f"%%solve --into n\n{BREAD}") + cell("print('bound', n)"),
    )
    assert "creation …" in said
    assert "attempt 1 failed: NameError in the tool cell" in said
    assert "def break_even(" in said
    assert "\n250\n" in said
    assert "Solved in 2 attempts · 3 calls" in said
    assert "bound 250" in said
    assert "text/html" not in said


def test_the_code_is_the_text_of_the_next_prompt_once(server: ModelServer, tmp_path: Path) -> None:
    server.reply_by(lambda _: TOOL if len(server.calls) % 2 else DECISION)
    solve = cell(f"%%solve\n{BREAD}") + "print('next', [get_ipython().rl_next_input])\n"
    forget = "get_ipython().rl_next_input = None\n"
    said = ipython(server, tmp_path, cell("%load_ext creator_magic") + solve + forget + solve)
    first, second = (line for line in said.splitlines() if line.startswith("next"))
    assert first.startswith("next ['# creator: tool · ")
    assert "loaves = break_even" in first
    assert second == "next [None]"
    again = ipython(server, tmp_path, cell("%load_ext creator_magic") + solve)
    assert "next ['# creator: tool" in again, "another session has another prompt"


def test_a_failure_in_a_terminal_ends_in_one_message(server: ModelServer, tmp_path: Path) -> None:
    server.reply_with(TOOL, "```python\nbreak_even(1, 1, 1)\n```")
    said = ipython(
        server, tmp_path, cell("%load_ext creator_magic") + cell(f"%%solve --max-rectifications 0\n{BREAD}")
    )
    assert "ZeroDivisionError" in said
    assert "UnsolvedError: Not solved in the one attempt" in said
    assert "creator_magic/" not in said


def test_plain_python_has_a_namespace_of_its_own(server: ModelServer, tmp_path: Path) -> None:
    server.reply_with(TOOL, f"{DECISION[:-3]}print('said')\nloaves\n```")
    code = (
        "import creator_magic\n"
        f"s = creator_magic.solve({BREAD!r})\n"
        "assert s.answer == 250 and 'loaves' not in globals()\n"
        "print(s)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={**os.environ, **environment(server)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.startswith("Solved at the first attempt · 2 calls")
    assert "Answer: 250" in ran.stdout


def test_help_in_a_terminal_is_text_and_shows_no_code(server: ModelServer, tmp_path: Path) -> None:
    server.reply_with("Which costs come with each loaf?", TOOL)
    solve = "".join(cell(f"%%solve --help-level {level}\n{BREAD}") for level in (1, 3))
    checked = cell("41") + cell("%creator check --check 'answer > 50'")
    said = ipython(server, tmp_path, cell("%load_ext creator_magic") + solve + checked)
    assert "A question back (help level 1)" in said
    assert "Which costs come with each loaf?" in said
    assert "def break_even(price: float, cost: float, fixed: float) -> int:" in said
    assert "math.ceil" not in said
    assert "0 of 1 checks hold" in said
    assert "Checked: 41, the value of" in said
