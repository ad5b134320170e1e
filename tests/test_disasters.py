"""A full disk, a folder that may only be read, two of us at once: nothing is lost, and all is told."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from typing import TYPE_CHECKING, Any

import nbformat
import pytest

from tests.conftest import environment
from tests.live_notebook import LiveNotebook
from tests.notebook_files import code, read, slots, write
from tests.rights import WITHOUT_PRIVILEGES
from tests.small_disk import SmallDisk

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.model_server import ModelServer

posix = pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX permissions and limits")

TOOL = "def half(number):\n    return number / 2\n"


def answer(body: dict[str, Any]) -> str:
    """Reply to whatever is asked: with the number that the problem states."""
    said = "\n".join(message["content"] for message in body["messages"])
    number = said.rpartition("Problem number ")[2].split()[0]
    if f"def twice_{number}" not in said:
        return f"```python tool\ndef twice_{number}(x):\n    return 2 * x\n```"
    return f"```python decision\ntwice_{number}({number})\n```"


def problem(number: int) -> str:
    # So long that no reply to it fits into what is left of a block of the disk.
    return f"%%solve\nProblem number {number} is: twice that? {'Think well. ' * 500}"


def asking(server: ModelServer) -> dict[str, str]:
    server.reply_by(answer)
    return {name: value for name, value in environment(server).items() if name != "CREATOR_CASSETTE_MODE"}


def kept_problems(folder: Path) -> list[str]:
    """The numbers of the problems in a cassette, one for each reply."""
    lines = (folder / ".creator" / "cassette.jsonl").read_bytes().splitlines()
    return [json.loads(line)["asked"]["problem"].split()[2] for line in lines]


def check_store(folder: Path) -> None:
    with closing(sqlite3.connect(folder / ".creator" / "toolbox.sqlite")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    small = SmallDisk(tmp_path / "disk")
    yield small
    small.close()


@posix
def test_a_full_disk_is_told_once_and_loses_nothing(server: ModelServer, disk: SmallDisk) -> None:
    (disk.folder / "half.py").write_text(TOOL)
    with LiveNotebook(asking(server), cwd=str(disk.folder)) as live:
        live.run("%load_ext creator_magic")
        assert live.run(problem(1), "one").status == "ok"
        before = (disk.folder / ".creator" / "cassette.jsonl").read_bytes()
        disk.fill(live)
        for number in (2, 3):
            ran = live.run(problem(number), "two")
            assert ran.status == "ok", ran.error
            assert f"Answer: {2 * number}" in ran.text
            assert ran.text.count("The reply could not be kept in cassette.jsonl: ") == 1
            # Once a session.
            assert ran.text.count("What was spent counts for this session only") == (number == 2)
        assert (disk.folder / ".creator" / "cassette.jsonl").read_bytes() == before
        refused = live.run("%tools import half.py")
        assert "StoreError: .creator/toolbox.sqlite cannot be used: the disk is full" in refused.error
        assert "half" not in live.run("%tools list").text
        disk.free(live)
        assert live.run(problem(4), "four").status == "ok"
        assert live.run("%tools import half.py").status == "ok"
        assert "8 calls" in live.run("%creator cost").text.partition("This project")[2]
    assert kept_problems(disk.folder) == ["1", "1", "4", "4"]
    check_store(disk.folder)
    assert [path.name for path in (disk.folder / ".creator").iterdir() if "damaged" in path.name] == []


def test_a_damaged_toolbox_is_moved_aside_in_a_solve_and_told_in_a_line(
    server: ModelServer, tmp_path: Path
) -> None:
    kept = tmp_path / ".creator"
    kept.mkdir()
    (kept / "toolbox.sqlite").write_bytes(b"not a database" * 500)
    with LiveNotebook(asking(server), cwd=str(tmp_path)) as live:
        live.run("%load_ext creator_magic")
        rans = [live.run(problem(number), "cell") for number in (1, 2)]
        assert [ran.status for ran in rans] == ["ok", "ok"]
        told = [ran.text.count("It is now toolbox.sqlite.damaged-1; no tool could be read") for ran in rans]
        assert told == [1, 0]
        assert "4 calls" in live.run("%creator cost").text.partition("This project")[2]
    assert (kept / "toolbox.sqlite.damaged-1").read_bytes() == b"not a database" * 500


@posix
def test_a_folder_that_may_only_be_read_is_told_once_and_stays_as_it_is(
    server: ModelServer, tmp_path: Path
) -> None:
    (tmp_path / "half.py").write_text(TOOL)
    (tmp_path / "third.py").write_text(TOOL.replace("half", "third").replace("2", "3"))
    kept = tmp_path / ".creator"
    with LiveNotebook(asking(server), cwd=str(tmp_path)) as live:
        live.run("%load_ext creator_magic")
        assert live.run(problem(1), "one").status == "ok"
        assert live.run("%tools import half.py").status == "ok"
        live.run("%reload_ext creator_magic")  # so that all files are closed
        before = {path: path.read_bytes() for path in kept.iterdir()}
        for path in (*before, kept, tmp_path):
            path.chmod(0o555 if path.is_dir() else 0o444)
        assert live.run(WITHOUT_PRIVILEGES).status == "ok"
        assert live.run(problem(1), "again").status == "ok"  # what was kept is replayed
        assert len(server.calls) == 2
        ran = live.run(problem(2), "two")
        assert ran.status == "ok", ran.error
        assert "Answer: 4" in ran.text
        assert ran.text.count("The reply could not be kept in cassette.jsonl: Permission denied") == 1
        listed = live.run("%tools list")
        assert "half" in listed.text, listed.error
        assert "half" in live.run("%tools search number half").text
        assert "cannot be used" in live.run("%tools import third.py").error
        assert "out cannot be written: Permission denied" in live.run("%tools export out half").error
    tmp_path.chmod(0o755)
    kept.chmod(0o755)
    assert {path: path.read_bytes() for path in kept.iterdir()} == before
    assert not (tmp_path / "out").exists()


RUN = "import sys; from creator_magic.cli import app; app(['run', sys.argv[1]])"


@posix
def test_a_notebook_that_may_not_be_written_is_refused_before_it_is_run(
    server: ModelServer, tmp_path: Path
) -> None:
    path = write_problem(tmp_path, "")
    before = path.read_bytes()
    path.chmod(0o444)
    tmp_path.chmod(0o555)
    command = [sys.executable, "-c", WITHOUT_PRIVILEGES + RUN, str(path)]
    ran = subprocess.run(
        command, env={**live_environment(), **asking(server)}, capture_output=True, check=False
    )
    tmp_path.chmod(0o755)
    assert ran.returncode == 2
    assert b"no permission" in ran.stdout + ran.stderr
    assert path.read_bytes() == before
    assert len(server.calls) == 0
    assert list(tmp_path.iterdir()) == [path]


def live_environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith(("OPENAI_", "CREATOR_"))}


def write_problem(folder: Path, before: str) -> Path:
    cells = [
        code(f"{before}\n%load_ext creator_magic", "load"),
        code(problem(1), "magic"),
        code("mine = 1", "mine"),
    ]
    return write(folder / "a.ipynb", nbformat.v4.new_notebook(cells=cells))


MEET = """
import os, pathlib, time
pathlib.Path(f"here-{os.getpid()}").touch()
end = time.monotonic() + 60
while len(list(pathlib.Path().glob("here-*"))) < 2 and time.monotonic() < end:
    time.sleep(0.01)
"""


def test_of_two_runs_of_one_notebook_at_once_each_keeps_its_result(
    server: ModelServer, tmp_path: Path
) -> None:
    path = write_problem(tmp_path, MEET)
    command = [sys.executable, "-c", RUN, str(path)]
    env = {**live_environment(), **asking(server)}
    runs = [
        subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        for _ in range(2)
    ]
    said = [run.communicate(timeout=120)[0] for run in runs]
    assert [run.returncode for run in runs] == [0, 0], said
    for name in ("a.ipynb", "a.run.ipynb"):
        assert slots(read(tmp_path / name)) == ["load", "magic", "tool", "decision", "mine"]
    assert sum("was changed during the run" in " ".join(text.split()) for text in said) == 1, said
    names = {file.name for file in tmp_path.iterdir() if not file.name.startswith("here-")}
    assert names == {".creator", "a.ipynb", "a.run.ipynb"}


def test_two_kernels_that_solve_and_keep_at_once_lose_nothing(server: ModelServer, tmp_path: Path) -> None:
    env = asking(server)
    names = [f"tool_{number}" for number in range(12)]
    for name in names:
        (tmp_path / f"{name}.py").write_text(TOOL.replace("half", name))
    with LiveNotebook(env, cwd=str(tmp_path)) as one, LiveNotebook(env, cwd=str(tmp_path)) as two:
        sent: list[list[str]] = []
        for live, start in ((one, 0), (two, 1)):
            assert live.run("%load_ext creator_magic").status == "ok"
            sent.append([])
            for number in range(start, 12, 2):
                sent[-1].append(live.send(problem(number), f"cell-{number}"))
                sent[-1].append(live.send(f"%tools import {names[number]}.py"))
        for live, messages in zip((one, two), sent, strict=True):
            rans = live.gather_all(messages, timeout=120)
            assert [ran.status for ran in rans] == ["ok"] * 12
            assert not any("could not" in ran.text for ran in rans)
        listed = one.run("%tools list").text
        assert all(name in listed for name in names)
        assert "24 calls" in two.run("%creator cost").text.partition("This project")[2]
    assert sorted(kept_problems(tmp_path)) == sorted([str(number) for number in range(12)] * 2)
    check_store(tmp_path)
