"""`creator-magic install-frontend`, and what `creator-magic doctor` says of the copies that it finds."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from creator_magic import doctor, labextension
from creator_magic.cli import app
from creator_magic.labextension import NAME

CHECKOUT = Path(__file__).parent.parent
SOURCE = CHECKOUT / "labextension"


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The Jupyter data folder of a person who has nothing in it, and no other folder to look into."""
    folder = tmp_path / "data"
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(folder))
    monkeypatch.setenv("JUPYTER_CONFIG_DIR", str(tmp_path / "config"))
    monkeypatch.setenv("JUPYTERLAB_DIR", str(tmp_path / "lab"))
    monkeypatch.setattr(labextension, "jupyter_path", lambda name: [str(folder / name)])
    return folder


def invoke(*words: str | Path) -> Any:
    return CliRunner().invoke(app, ["install-frontend", *map(str, words)])


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def shipped() -> dict[str, bytes]:
    return {name: content for name, content in files(SOURCE).items() if name.endswith((".js", ".json"))}


def test_the_files_are_copied_into_the_persons_data_folder(data: Path) -> None:
    done = invoke()
    assert done.exit_code == 0, done.stderr
    there = data / "labextensions" / NAME
    assert done.stdout == f"The extension 0.1.0 is in {there}; reload the page.\n"
    assert files(there) == shipped()


@pytest.mark.parametrize("folder", ["", "labextensions"])
def test_another_folder_may_be_named(data: Path, tmp_path: Path, folder: str) -> None:
    assert invoke("--to", tmp_path / "lab" / "share" / folder).exit_code == 0
    assert labextension.read(tmp_path / "lab" / "share" / "labextensions" / NAME) is not None
    assert not data.exists()


def test_an_older_copy_is_replaced_whole(data: Path) -> None:
    there = data / "labextensions" / NAME
    assert invoke().exit_code == 0
    (there / "static" / "remoteEntry.js").write_text("old")
    (there / "static" / "gone.js").write_text("of an older version")
    assert invoke().exit_code == 0
    assert files(there) == shipped()
    assert [path.name for path in there.parent.iterdir()] == [NAME], "nothing is left beside it"


def test_a_replacement_that_fails_leaves_the_older_copy(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    there = data / "labextensions" / NAME
    invoke()
    (there / "static" / "remoteEntry.js").write_text("old")
    before = files(there)
    rename = Path.rename

    def refuses(self: Path, target: Path) -> Path:
        if self.suffix == ".part":
            raise PermissionError(13, "Permission denied")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", refuses)
    done = invoke()
    assert done.exit_code == 2
    assert done.stderr == f"creator-magic: cannot write {there}: Permission denied\n"
    assert files(there) == before
    assert [path.name for path in there.parent.iterdir()] == [NAME]


@pytest.mark.parametrize("what", ["file", "folder", "another extension", "link to nowhere"])
@pytest.mark.parametrize("words", [[], ["--remove"]])
def test_what_is_not_ours_is_left_alone(data: Path, what: str, words: list[str]) -> None:
    there = data / "labextensions" / NAME
    there.parent.mkdir(parents=True)
    if what == "file":
        there.write_text("mine")
    elif what == "link to nowhere":
        there.symlink_to(data / "nowhere")
    else:
        there.mkdir()
        name = "another" if what == "another extension" else ""
        (there / "package.json").write_text(json.dumps({"name": name}) if name else "mine")
    before = files(data)
    done = invoke(*words)
    assert done.exit_code == 2
    assert "It was left as it is" in done.stderr
    assert files(data) == before


def test_a_copy_can_be_removed(data: Path) -> None:
    invoke()
    there = data / "labextensions" / NAME
    assert invoke("--remove").stdout == f"Removed {there}; reload the page.\n"
    assert list(there.parent.iterdir()) == []
    assert invoke("--remove").stdout == f"There is no copy in {data}.\n"


def test_a_link_of_a_developer_is_removed_and_what_it_leads_to_stays(data: Path, tmp_path: Path) -> None:
    shutil.copytree(SOURCE, tmp_path / "linked")
    there = data / "labextensions" / NAME
    there.parent.mkdir(parents=True)
    there.symlink_to(tmp_path / "linked")
    assert invoke("--remove").exit_code == 0
    assert not there.is_symlink()
    assert (tmp_path / "linked" / "package.json").is_file()


def test_only_one_place_at_a_time(data: Path) -> None:
    done = invoke("--user", "--to", data)
    assert done.exit_code == 2
    assert "give one of" in done.stderr


# The doctor


def said() -> str:
    return "\n".join(doctor.check_lines(doctor._front_end()))


def test_the_doctor_finds_the_extension_of_this_environment() -> None:
    assert said().startswith("ok    front end jupyterlab "), said()


def test_the_doctor_says_what_to_run_where_there_is_no_extension(data: Path) -> None:
    assert "without the extension" in said()
    assert "creator-magic install-frontend" in said()
    assert invoke().exit_code == 0
    assert said().startswith("ok ")
    assert str(data) in said()


def test_the_doctor_sees_an_old_copy_that_hides_the_right_one(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    invoke()
    invoke("--to", tmp_path / "first")
    old = tmp_path / "first" / "labextensions" / NAME
    (old / "static" / "remoteEntry.js").write_text("old")
    folders = [tmp_path / "first", data]
    monkeypatch.setattr(labextension, "jupyter_path", lambda name: [str(f / name) for f in folders])
    assert said().startswith("warn  front end")
    assert f"remove {old}" in said()
    assert f"it hides the right one in {data}" in said()
    folders.reverse()
    assert said().startswith("ok ")
    assert f"an older copy in {old} is not used here" in said()


@pytest.mark.parametrize("name", [NAME, labextension.PLUGIN])
def test_the_doctor_sees_that_it_was_disabled(data: Path, name: str) -> None:
    invoke()
    words = [sys.executable, "-m", "jupyter", "labextension", "disable", "--level=user", name]
    subprocess.run(words, env=dict(os.environ), check=True, capture_output=True, timeout=120)
    assert "which is disabled" in said()
    assert f"jupyter labextension enable {NAME}" in said()
    assert str(data) in said()


def test_the_doctor_without_a_jupyterlab_says_what_a_lab_elsewhere_needs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(doctor, "installed", lambda _: None)
    assert said().startswith("ok    front end neither JupyterLab nor Notebook")
    assert "creator-magic install-frontend" in said()


# From a wheel


@pytest.mark.slow
def test_an_installed_wheel_finds_its_files(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=CHECKOUT, check=True, capture_output=True, timeout=120)
    (wheel,) = tmp_path.glob("*.whl")
    room = tmp_path / "room"
    venv.create(room, symlinks=os.name != "nt")
    python = room / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    into = [sys.executable, "-m", "pip", "--python", str(python), "install", "--no-index", "--no-deps"]
    subprocess.run([*into, str(wheel)], check=True, capture_output=True, timeout=120)
    # Its dependencies are those of this environment; creator-magic itself is found in the room first.
    (packages,) = room.rglob("site-packages")
    (packages / "dependencies.pth").write_text(
        "\n".join(path for path in sys.path if path.endswith("site-packages"))
    )
    code = "import creator_magic; print(creator_magic.__file__); from creator_magic.cli import app; app()"
    done = subprocess.run(
        [str(python), "-c", code, "install-frontend", "--to", str(tmp_path / "to")],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(str(packages))
    copied = tmp_path / "to" / "labextensions" / NAME
    assert files(copied) == shipped()
    assert files(room / "share" / "jupyter" / "labextensions" / NAME) == files(copied)
