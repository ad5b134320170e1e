"""The README is true: its commands and cells run, and its tables say what the code says."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import nbformat
import pytest

from creator_magic import nbconvert
from creator_magic.commands import _COMMANDS
from creator_magic.config import CreatorMagic
from creator_magic.demo import bundled
from creator_magic.magics import CreatorMagics, flags
from tests.live_notebook import LiveNotebook
from tests.notebook_files import run_again_if_a_port_was_taken

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
    assert len(shell) == 7, "a new command needs a test of its own"


@pytest.fixture
def problems(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The notebook of the README, in a folder of its own, with the demo's replies."""
    for name, value in {**REPLAY, "JUPYTER_DATA_DIR": str(tmp_path / "data")}.items():
        monkeypatch.setenv(name, value)
    cells = [nbformat.v4.new_code_cell(source) for source in blocks("python")[1:3]]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel})
    nbformat.write(notebook, tmp_path / "problems.ipynb")
    return tmp_path


def do(folder: Path, command: str) -> str:
    words = command.split()
    ran = run_again_if_a_port_was_taken([str(Path(sys.executable).parent / words[0]), *words[1:]], cwd=folder)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def roles(path: Path) -> list[str]:
    solved = nbformat.read(path, as_version=4)
    return [
        cell.metadata["creator_magic"]["role"] for cell in solved.cells if "creator_magic" in cell.metadata
    ]


def test_the_run_command_does_what_the_readme_says(problems: Path) -> None:
    do(problems, blocks("sh")[2])
    assert roles(problems / "solved.ipynb") == ["tool", "decision"]
    assert (problems / "solved.html").is_file()


def test_the_papermill_command_does_what_the_readme_says(problems: Path) -> None:
    do(problems, blocks("sh")[3])
    assert roles(problems / "solved.ipynb") == ["tool", "decision"]


def test_the_nbconvert_command_does_what_the_readme_says(problems: Path) -> None:
    do(problems, blocks("sh")[4])
    page = (problems / "problems.html").read_text("utf-8")
    assert page.count('class="jp-Cell jp-CodeCell') == 4


def test_the_complete_command_does_what_the_readme_says(problems: Path) -> None:
    do(problems, "jupyter execute --inplace problems.ipynb")
    assert roles(problems / "problems.ipynb") == []
    do(problems, blocks("sh")[5])
    assert roles(problems / "problems.ipynb") == ["tool", "decision"]


def test_the_install_command_does_what_the_readme_says(problems: Path) -> None:
    said = do(problems, blocks("sh")[6])
    copied = problems / "data" / "labextensions" / "creator-magic"
    assert str(copied) in said
    assert (copied / "package.json").is_file()


def test_the_preprocessors_of_the_readme_exist() -> None:
    named = set(re.findall(r"creator_magic\.nbconvert\.(\w+)", README.read_text("utf-8")))
    assert named == {"RunPreprocessor", "CompletePreprocessor"}
    assert all(hasattr(nbconvert, name) for name in named)


def test_every_row_of_the_front_ends_says_how_we_know() -> None:
    table = (
        README.read_text("utf-8").partition("## Every front end")[2].partition("\n\n")[2].partition("\n\n")[0]
    )
    rows = [line.strip("| ").split(" | ") for line in table.splitlines()[2:]]
    assert len(rows) == 11
    assert all(re.match(r"(run|tests send|read) ", known) for *_, known in rows)
    versions = {name: version(name) for name in ("papermill", "nbconvert", "nbclient")}
    told = {name: next(row[2] for row in rows if name in row[0]) for name in versions}
    for name, number in versions.items():
        newest = [int(part) for part in re.findall(r"\d+", told[name].rpartition(": ")[2])]
        assert newest <= [int(part) for part in re.findall(r"\d+", number)], f"{name}: {number}"


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


def test_every_flag_that_the_first_steps_tell_of_exists() -> None:
    steps = README.read_text("utf-8").partition("## First steps")[2].partition("\n## ")[0]
    told = set(re.findall(r"^\| `(--[a-z-]+)", steps, re.MULTILINE))
    assert len(told) > 10
    assert told <= set(flags(CreatorMagics.solve))


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


def test_the_reference_is_what_the_code_says() -> None:
    made = [sys.executable, str(README.parent / "docs" / "reference.py"), "--check"]
    run = subprocess.run(made, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
