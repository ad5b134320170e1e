"""The README is true: its commands and cells run, and its tables say what the code says."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import nbformat

from creator_magic.commands import _COMMANDS
from creator_magic.config import CreatorMagic
from creator_magic.demo import bundled
from creator_magic.magics import CreatorMagics, flags
from tests.live_notebook import LiveNotebook

if TYPE_CHECKING:
    import pytest

README = Path(__file__).parent.parent / "README.md"
REPLAY = {
    "CREATOR_CASSETTE": str(bundled("01_quickstart.replies.jsonl")),
    "CREATOR_CASSETTE_MODE": "replay",
}


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", README.read_text("utf-8"), re.MULTILINE | re.DOTALL)


def test_the_two_commands_are_the_ones_ci_runs() -> None:
    ci = (README.parent / ".ci" / "run").read_text("utf-8")
    assert 'eval "$(readme_command demo)"' in ci
    assert 'eval "$(readme_command test)"' in ci
    shell = blocks("sh")
    assert shell[:2] == ['pip install ".[demo]" && creator-magic demo\n', 'pip install ".[test]" && pytest\n']
    assert len(shell) == 3, "a new command needs a test of its own"


def test_the_run_command_does_what_the_readme_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in REPLAY.items():
        monkeypatch.setenv(name, value)
    cells = [nbformat.v4.new_code_cell(source) for source in blocks("python")[1:]]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), tmp_path / "problems.ipynb")
    words = blocks("sh")[2].split()
    ran = subprocess.run(
        [str(Path(sys.executable).parent / words[0]), *words[1:]],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    solved = nbformat.read(tmp_path / "solved.ipynb", as_version=4)
    roles = [
        cell.metadata["creator_magic"]["role"] for cell in solved.cells if "creator_magic" in cell.metadata
    ]
    assert roles == ["tool", "decision"]
    assert (tmp_path / "solved.html").is_file()


def test_the_cells_of_the_readme_run() -> None:
    with LiveNotebook(REPLAY) as notebook:
        settings, load, solve, isolated = blocks("python")
        assert notebook.run(load).status == "ok"
        assert notebook.run(settings).status == "ok"
        ours = "[c for c in get_ipython().configurables if type(c).__name__ == 'CreatorMagic']"
        assert notebook.value(f"[c.model for c in {ours}]") == "['MODEL']"
        ran = notebook.run(solve)
        assert ran.status == "ok", ran.error
        assert "1175" in ran.html
        ran = notebook.run(isolated)
        assert (ran.status, ran.text) == ("ok", "3\n"), ran.error


def test_every_flag_is_in_the_readme_and_every_flag_of_the_readme_exists() -> None:
    told = set(re.findall(r"^\| `(--[a-z-]+)", README.read_text("utf-8"), re.MULTILINE))
    assert told == set(flags(CreatorMagics.solve)) - {"--help"}


def test_every_command_and_setting_of_the_readme_exists() -> None:
    text = README.read_text("utf-8")
    assert set(re.findall(r"`%creator ([a-z]+)", text)) <= set(_COMMANDS)
    settings = set(re.findall(r"CreatorMagic\.([a-z_]+)|`((?:solve|session)_[a-z]+)`", text))
    known = CreatorMagic.class_trait_names(config=True)
    assert {name for pair in settings for name in pair if name} <= set(known)


def test_the_lines_of_the_readme_on_cost_run() -> None:
    section = README.read_text("utf-8").partition("## What it costs")[2].partition("\n## ")[0]
    lines = [" ".join(line.split()) for line in re.findall(r"`(%[^`]+)`", section)]
    assert len(lines) > 6
    with LiveNotebook(REPLAY) as notebook:
        notebook.run("%load_ext creator_magic")
        for line in lines:
            ran = notebook.run(line)
            assert ran.status == "ok", ran.error
            assert "Error" not in ran.text, ran.text


def test_the_pictures_of_the_readme_are_there() -> None:
    for picture in re.findall(r"!\[[^]]+\]\(([^)]+)\)", README.read_text("utf-8")):
        assert (README.parent / picture).stat().st_size < 700_000
