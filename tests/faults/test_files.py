"""The disk and its files."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import nbformat
import pytest

from creator_magic.errors import NotebookError
from creator_magic.headless import run_notebook
from tests.conftest import environment
from tests.faults.book import DECISION, TOOL
from tests.faults.catalogue import Fault, fault
from tests.live_notebook import LiveNotebook

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.live_notebook import Ran
    from tests.model_server import ModelServer

CELL = "%%solve\nWhat is one more than 41?"


@contextmanager
def project(server: ModelServer, folder: Path) -> Iterator[LiveNotebook]:
    """A notebook in `folder`, with the project's cassette in use."""
    asking = {k: v for k, v in environment(server).items() if k != "CREATOR_CASSETTE_MODE"}
    with LiveNotebook(asking, cwd=str(folder)) as notebook:
        assert notebook.run("%load_ext creator_magic").status == "ok"
        assert notebook.run("mine = [1, 2]; seen = id(mine)").status == "ok"
        yield notebook


def solved(notebook: LiveNotebook, fault: Fault) -> Ran:
    """Solve in spite of it all, and see that the person is told."""
    ran = notebook.run(CELL, "magic")
    assert ran.status == "ok", ran.error
    told = ran.html.replace("&#39;", "'") + ran.text
    assert [words for words in fault.says if words not in told] == [], told
    assert "Traceback" not in told
    assert notebook.value("(one_more(1), mine, id(mine) == seen)") == "(2, [1, 2], True)"
    return ran


@fault(
    "The disk is full (shown by a limit on the size of files) when a reply is kept",
    "The answer, and a line that the reply could not be kept; no half line stays in the cassette",
    requests=2,
    says=["could not be kept in cassette.jsonl"],
)
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limit on the size of files")
def test_a_full_disk_loses_no_reply(server: ModelServer, tmp_path: Path, fault: Fault) -> None:
    server.reply_with(TOOL, DECISION)
    limit = "import resource; _, _most = resource.getrlimit(resource.RLIMIT_FSIZE)"
    with project(server, tmp_path) as notebook:
        notebook.run(f"{limit}; resource.setrlimit(resource.RLIMIT_FSIZE, (100, _most))")
        solved(notebook, fault)
        notebook.run("resource.setrlimit(resource.RLIMIT_FSIZE, (_most, _most))")
        assert (tmp_path / ".creator" / "cassette.jsonl").read_bytes() == b""
    assert len(server.calls) == fault.requests


@fault(
    "The project's folder cannot be written (shown by a file where it should be)",
    "The answer, and a line that the reply could not be kept",
    requests=2,
    says=["could not be kept in cassette.jsonl"],
)
def test_a_project_that_cannot_be_written_loses_no_reply(
    server: ModelServer, tmp_path: Path, fault: Fault
) -> None:
    (tmp_path / ".creator").write_text("a file")
    server.reply_with(TOOL, DECISION)
    with project(server, tmp_path) as notebook:
        solved(notebook, fault)
    assert (tmp_path / ".creator").read_text() == "a file"
    assert len(server.calls) == fault.requests


def recorded(server: ModelServer, folder: Path) -> Path:
    """A cassette with the two replies of a solve."""
    server.reply_with(TOOL, DECISION)
    with project(server, folder) as notebook:
        assert notebook.run(CELL, "magic").status == "ok"
    server.forget()
    return folder / ".creator" / "cassette.jsonl"


@fault(
    "The cassette's last line was cut off",
    "The answer: what is whole is replayed, the rest asked for. The half line is set aside; a notice says so",
    requests=1,
    says=["The last line of cassette.jsonl was cut off and is now in cassette.jsonl.damaged-1"],
)
def test_a_cut_line_is_set_aside(server: ModelServer, tmp_path: Path, fault: Fault) -> None:
    cassette = recorded(server, tmp_path)
    whole = cassette.read_bytes()
    cassette.write_bytes(whole[:-40])
    server.reply_with(DECISION)
    with project(server, tmp_path) as notebook:
        solved(notebook, fault)
    assert len(server.calls) == fault.requests
    lines = cassette.read_bytes().splitlines()
    assert [json.loads(line)["asked"]["stage"] for line in lines] == ["creation", "decision"]
    assert whole.splitlines()[0] == lines[0]


@fault(
    "Lines of the cassette are damaged",
    "The answer from those that are whole, without a request; a line says how many are left out",
    requests=0,
    says=["2 lines of cassette.jsonl cannot be read and are left out"],
)
def test_damaged_lines_are_left_out(server: ModelServer, tmp_path: Path, fault: Fault) -> None:
    cassette = recorded(server, tmp_path)
    first, second = cassette.read_bytes().splitlines()
    cassette.write_bytes(b"\n".join([first, b"\x00\xff{", b'["no reply"]', second, b""]))
    with project(server, tmp_path) as notebook:
        solved(notebook, fault)
    assert len(server.calls) == fault.requests


@fault(
    "The cassette is a file of something else, and no model may be asked",
    "A failed cell: it holds no reply for this problem, what is damaged, and what to do",
    requests=0,
    says=["cassette.jsonl holds no reply for the creation", "cannot be read", "use the mode auto"],
)
def test_a_cassette_of_something_else(server: ModelServer, tmp_path: Path, fault: Fault) -> None:
    (tmp_path / ".creator").mkdir()
    (tmp_path / ".creator" / "cassette.jsonl").write_bytes(os.urandom(3000).replace(b"\n", b"") + b"\n")
    with project(server, tmp_path) as notebook:
        notebook.run("%creator cassette --mode replay")
        ran = notebook.run(CELL, "magic")
        assert ran.status == "error"
        assert [words for words in fault.says if words not in ran.error] == [], ran.error
        assert len(ran.error.splitlines()) <= 3
        assert notebook.names() == {"mine", "seen"}
    assert len(server.calls) == fault.requests


# Notebooks as files


def written(path: Path, **changes: Any) -> Path:
    """A notebook file with a solve in it, as an editor of another age would write it."""
    cells = [nbformat.v4.new_code_cell(source) for source in ("%load_ext creator_magic", CELL)]
    notebook = nbformat.v4.new_notebook(cells=cells)
    if changes.get("nbformat") == 3:
        notebook = nbformat.convert(notebook, 3)
    content = {**json.loads(json.dumps(notebook)), **changes}
    for cell in content.get("cells", []):
        if changes.get("nbformat_minor", 5) < 5:
            cell.pop("id", None)
    path.write_text(json.dumps(content))
    return path


@fault(
    "A notebook in format 3",
    "It is run, and written as 4.5; a line says so",
    requests=2,
    case='{"nbformat": 3}',
    says=["notebook format 3", "was raised to 4.5"],
)
@fault(
    "A notebook in format 4.2, without ids of cells",
    "It is run, and written as 4.5; a line says so",
    requests=2,
    case='{"nbformat_minor": 2}',
    says=["notebook format 4.2 was raised to 4.5"],
)
@fault(
    "A notebook in a newer minor format, 4.9",
    "It is run",
    requests=2,
    case='{"nbformat_minor": 9}',
)
def test_a_notebook_of_another_age_is_run(
    server: ModelServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: Fault
) -> None:
    for name, value in environment(server).items():
        monkeypatch.setenv(name, value)
    server.reply_with(TOOL, DECISION)
    path = written(tmp_path / "a.ipynb", **json.loads(fault.case))
    report = run_notebook(path)
    assert not report.failures
    assert [words for words in fault.says if words not in " ".join(report.notices)] == []
    assert len(nbformat.read(path, as_version=4).cells) == 4
    assert len(server.calls) == fault.requests


@fault(
    "A notebook in a format that does not exist yet, 5",
    "An error that names the format; the file is as it was",
    requests=0,
    case='{"nbformat": 5}',
    says=["is in notebook format 5; the newest that can be read here is 4"],
)
@fault(
    "A file that is no notebook",
    "An error that says so; the file is as it was",
    requests=0,
    case='{"nbformat": "four"}',
    says=["is not a notebook"],
)
def test_a_notebook_that_cannot_be_read_is_left_alone(
    server: ModelServer, tmp_path: Path, fault: Fault
) -> None:
    path = written(tmp_path / "a.ipynb", **json.loads(fault.case))
    before = path.read_bytes()
    with pytest.raises(NotebookError) as told:
        run_notebook(path)
    assert [words for words in fault.says if words not in str(told.value)] == []
    assert path.read_bytes() == before
    assert len(server.calls) == fault.requests


RUN_WITH_LITTLE_ROOM = """
import resource, sys
from creator_magic.cli import app
most = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, most))
app(["run", sys.argv[1]])
"""


@fault(
    "The disk is full (shown by a limit on the size of files) when a notebook is written",
    "`creator-magic run` fails with a line; the file is as it was, and no part of a new one stays",
    requests=2,
    says=["cannot write", "a.ipynb", "File too large"],
)
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limit on the size of files")
def test_a_notebook_that_cannot_be_written_is_as_it_was(
    server: ModelServer, tmp_path: Path, fault: Fault
) -> None:
    server.reply_with(TOOL, DECISION.replace("one_more(41)", "print('x' * 200_000)\none_more(41)"))
    path = written(tmp_path / "a.ipynb")
    before = path.read_bytes()
    ran = subprocess.run(
        [sys.executable, "-c", RUN_WITH_LITTLE_ROOM, str(path)],
        env={**os.environ, **environment(server)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ran.returncode != 0
    said = " ".join((ran.stdout + ran.stderr).split())
    assert [words for words in fault.says if words not in said] == [], said
    assert "Traceback" not in said
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir() if file.name != ".creator"] == ["a.ipynb"]
    assert len(server.calls) == fault.requests
