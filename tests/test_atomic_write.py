"""Files and folders are written whole or not at all, whenever the writer dies and whoever else writes."""

from __future__ import annotations

import os
import re
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from creator_magic.atomic_write import replace_folder, write_file, write_folder
from creator_magic.file_lock import locked_path
from tests.killed import killed_at_each_step

posix = pytest.mark.skipif(sys.platform == "win32", reason="needs fork and locks of folders")

OLD, NEW = b"old " * 5000, b"new " * 7000


def leftovers(folder: Path) -> list[Path]:
    return [path for path in folder.iterdir() if re.fullmatch(r"\..*\.(part|old)", path.name)]


@posix
def test_a_file_is_old_or_new_at_whichever_step_its_writer_is_killed(tmp_path: Path) -> None:
    path = tmp_path / "a.ipynb"
    seen = set()
    path.write_bytes(OLD)
    for step in killed_at_each_step(lambda: write_file(path, NEW), "atomic_write.py", "file_lock.py"):
        content = path.read_bytes()
        assert content in (OLD, NEW), f"step {step}"
        seen.add(content)
        assert len(leftovers(tmp_path)) <= 1  # those of earlier kills were cleared away
        path.write_bytes(OLD)
    assert seen == {OLD, NEW}
    assert path.read_bytes() == NEW
    assert list(tmp_path.iterdir()) == [path]


@posix
def test_a_folder_is_there_whole_or_not_at_whichever_step_its_writer_is_killed(tmp_path: Path) -> None:
    path = tmp_path / "tools"
    files = {"a.py": OLD, "inner/b.py": NEW}
    seen = set()
    for _ in killed_at_each_step(lambda: write_folder(path, files), "atomic_write.py"):
        seen.add(path.exists())
        if path.exists():
            assert {name: (path / name).read_bytes() for name in files} == files
            shutil.rmtree(path)
    assert seen == {False, True}
    assert list(tmp_path.iterdir()) == [path]


@posix
def test_a_folder_that_is_replaced_is_never_mixed(tmp_path: Path) -> None:
    path = tmp_path / "copy"

    def fill(part: Path, content: bytes) -> None:
        for name in ("a", "b"):
            (part / name).write_bytes(content)

    replace_folder(path, lambda part: fill(part, OLD))
    for _ in killed_at_each_step(
        lambda: replace_folder(path, lambda part: fill(part, NEW)), "atomic_write.py"
    ):
        if path.exists():  # the one moment without is said in its docstring
            assert {name.read_bytes() for name in path.iterdir()} in ({OLD}, {NEW})
    assert {name.read_bytes() for name in path.iterdir()} == {NEW}
    assert list(tmp_path.iterdir()) == [path]


@posix
def test_what_another_writer_has_at_hand_is_no_leftover(tmp_path: Path) -> None:
    mine = tmp_path / ".a.txt.notes.part"
    mine.write_text("a name of a person's")
    busy, dead = tmp_path / ".a.txt.00000001.part", tmp_path / ".a.txt.00000002.part"
    other = tmp_path / ".a.txt.bak.00000003.part"
    for path in (busy, dead, other):
        path.write_text("half")
    with locked_path(busy):
        write_file(tmp_path / "a.txt", b"new")
    assert sorted(tmp_path.iterdir()) == sorted([mine, busy, other, tmp_path / "a.txt"])


WRITER = """
import sys
from pathlib import Path
from creator_magic.atomic_write import write_file
path, letter = Path(sys.argv[1]), sys.argv[2].encode()
print(flush=True)
sys.stdin.readline()
for number in range(300):
    write_file(path, letter * (number * 100 + 1))
"""


def test_of_several_writers_at_once_the_file_is_one_s(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    command = [sys.executable, "-c", WRITER, str(path)]
    writers = [
        subprocess.Popen([*command, letter], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for letter in "abc"
    ]
    for writer in writers:
        assert writer.stdout is not None
        writer.stdout.readline()
    for writer in writers:
        assert writer.stdin is not None
        writer.stdin.write("\n")
        writer.stdin.flush()
    while any(writer.poll() is None for writer in writers):
        if path.exists():
            assert len(set(path.read_bytes())) == 1
    for writer in writers:
        writer.communicate()
    assert [writer.returncode for writer in writers] == [0, 0, 0]
    assert len(path.read_bytes()) == 299 * 100 + 1
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.skipif(not Path("/dev/null").exists(), reason="no devices here")
def test_a_device_stays_a_device(tmp_path: Path) -> None:
    link = tmp_path / "nowhere.html"
    link.symlink_to("/dev/null")
    before = Path("/dev/null").stat()
    write_file(link, b"gone")
    after = Path("/dev/null").stat()
    assert (before.st_ino, before.st_rdev) == (after.st_ino, after.st_rdev)
    assert not stat.S_ISREG(after.st_mode)


@posix
def test_what_only_its_owner_may_read_is_never_readable_for_others(tmp_path: Path) -> None:
    path = tmp_path / "a.ipynb"
    path.write_bytes(OLD)
    path.chmod(0o600)
    for _ in killed_at_each_step(lambda: write_file(path, NEW), "atomic_write.py"):
        assert all(stat.S_IMODE(left.stat().st_mode) == 0o600 for left in [path, *leftovers(tmp_path)])
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no limits on the size of files")
@pytest.mark.parametrize("write", ["file", "folder"])
def test_a_full_disk_leaves_everything_as_it_was(tmp_path: Path, write: str) -> None:
    import resource

    path = tmp_path / "a"
    if write == "file":
        path.write_bytes(b"old")
    most = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, most[1]))
    try:
        with pytest.raises(OSError, match="too large"):
            write_file(path, NEW) if write == "file" else write_folder(path, {"one": b"1", "two": NEW})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, most)
    assert [each.name for each in tmp_path.iterdir()] == (["a"] if write == "file" else [])
    assert not path.exists() or path.read_bytes() == b"old"
