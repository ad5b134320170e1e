"""Notebook files run in real kernels: what is read and written, where, and what is refused."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import nbformat
import pytest

from creator_magic.errors import NotebookError
from creator_magic.headless import run_notebook
from tests.headless.ask_magic import by_id, save
from tests.notebook_files import code, read, shown

if TYPE_CHECKING:
    from pathlib import Path

    from creator_magic.run_report import Progress


def test_a_plain_notebook_is_run_in_its_folder(tmp_path: Path) -> None:
    path = save(
        tmp_path / "a.ipynb",
        nbformat.v4.new_markdown_cell("# Title"),
        code("import os; print(os.getcwd())", "a"),
        code("", "empty"),
        code("1 + 1", "b", tags=["x"]),
        code("1 / 0", "skipped", tags=["skip-execution"]),
    )
    seen: list[Progress] = []
    report = run_notebook(path, on_progress=seen.append)
    nb = read(path)
    assert shown(by_id(nb, "a")).strip() == str(tmp_path)
    assert shown(by_id(nb, "b")) == "2"
    assert by_id(nb, "b").metadata == {"tags": ["x"]}
    assert by_id(nb, "skipped").outputs == []
    assert nb.metadata.language_info.name == "python"
    assert (report.ran, report.total, report.failures, report.output) == (2, 2, (), path)
    assert [(p.number, p.total, p.seconds is None, p.failed) for p in seen] == [
        (1, 2, True, False),
        (1, 2, False, False),
        (2, 2, True, False),
        (2, 2, False, False),
    ]


def test_a_request_tells_the_cell_and_who_runs_it(tmp_path: Path) -> None:
    source = "get_ipython().kernel.get_parent()['metadata']"
    path = save(tmp_path / "a.ipynb", code(f"import json; print(json.dumps({source}))", "a", tags=["x"]))
    run_notebook(path)
    told = json.loads(shown(by_id(read(path), "a")))
    assert (told["cellId"], told["tags"]) == ("a", ["x"])
    marker = told["creator_magic_frontend"]
    assert (marker["v"], marker["app"], marker["path"], marker["cells"]) == (
        1,
        "creator-magic run",
        "a.ipynb",
        [],
    )
    assert set(marker) == {"v", "app", "app_version", "client", "path", "cells"}


def test_the_environment_of_the_kernel_can_be_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TAKEN_OUT", "x")
    monkeypatch.setenv("STAYS", "y")
    path = save(
        tmp_path / "a.ipynb",
        code("import os\n[os.environ.get(n) for n in ('TAKEN_OUT', 'STAYS', 'NEW')]", "a"),
    )
    run_notebook(path, env={"TAKEN_OUT": None, "NEW": "z"})
    assert shown(by_id(read(path), "a")) == "[None, 'y', 'z']"


def test_a_notebook_that_changed_during_the_run_is_not_written_over(tmp_path: Path) -> None:
    path = save(tmp_path / "a.ipynb", code("open('a.ipynb', 'a').write(' ')", "a"))
    report = run_notebook(path)
    assert report.output == tmp_path / "a.run.ipynb"
    assert any("changed during the run" in notice for notice in report.notices)
    assert read(path).cells[0].outputs == []
    assert shown(read(report.output).cells[0]) == "1"


def test_an_old_notebook_gets_ids_and_says_so(tmp_path: Path) -> None:
    path = tmp_path / "a.ipynb"
    cell: dict[str, Any] = {
        "cell_type": "code",
        "metadata": {},
        "source": ["x = 1\n", "x + 1"],
        "outputs": [],
        "execution_count": None,
    }
    path.write_text(json.dumps({"nbformat": 4, "nbformat_minor": 1, "metadata": {}, "cells": [cell]}))
    report = run_notebook(path)
    assert "4.1" in report.notices[0]
    assert shown(read(path).cells[0]) == "2"


@pytest.mark.parametrize("name", ["none.ipynb", "text.ipynb"])
def test_a_file_that_cannot_be_read_leaves_nothing(tmp_path: Path, name: str) -> None:
    (tmp_path / "text.ipynb").write_text("not json")
    with pytest.raises(NotebookError):
        run_notebook(tmp_path / name, tmp_path / "out.ipynb")
    assert not (tmp_path / "out.ipynb").exists()


def test_an_output_that_cannot_be_written_is_refused_before_anything_runs(tmp_path: Path) -> None:
    path = save(tmp_path / "a.ipynb", code("open('ran', 'w')", "a"))
    with pytest.raises(NotebookError, match="is a directory"):
        run_notebook(path, tmp_path)
    with pytest.raises(NotebookError, match="folder does not exist"):
        run_notebook(path, tmp_path / "none" / "out.ipynb")
    assert not (tmp_path / "ran").exists()


def test_a_kernel_that_is_not_installed_is_named(tmp_path: Path) -> None:
    path = save(tmp_path / "a.ipynb", code("1", "a"))
    before = path.read_bytes()
    with pytest.raises(NotebookError, match="'no-such-kernel' is not installed"):
        run_notebook(path, kernel_name="no-such-kernel")
    assert path.read_bytes() == before
