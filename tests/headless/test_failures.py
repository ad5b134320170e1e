"""Cells of a notebook file that fail, hang, or take their kernel with them."""

from __future__ import annotations

import json
import pickle
import sys
import time
from typing import TYPE_CHECKING

import nbformat
import pytest

from creator_magic.errors import NotebookError
from creator_magic.headless import run_notebook
from creator_magic.run_report import KernelDiedError
from tests.headless.ask_magic import SETUP, by_id, save
from tests.notebook_files import code, read, shown, slot, slots

if TYPE_CHECKING:
    from pathlib import Path


def test_a_run_stops_at_the_first_failing_cell_and_writes_what_ran(tmp_path: Path) -> None:
    path = save(
        tmp_path / "a.ipynb", code("print('ran')", "a"), code("1 / 0", "b"), code("print('not')", "c")
    )
    by_name = tmp_path / "out.ipynb"
    report = run_notebook(path, by_name)
    nb = read(by_name)
    assert [str(failure) for failure in report.failures] == [
        "cell 2 (1 / 0): ZeroDivisionError: division by zero"
    ]
    assert (report.ran, report.total) == (2, 3)
    assert shown(by_id(nb, "a")) == "ran\n"
    assert by_id(nb, "b").outputs[0].ename == "ZeroDivisionError"
    assert by_id(nb, "c").outputs == []
    assert read(path).cells[0].outputs == [], "the notebook itself was not touched"


def test_cells_after_a_failure_are_put_back_as_they_were(solved: Path) -> None:
    nb = read(solved)
    slot(nb, "decision").source = "# mine"
    by_id(nb, "rows").source = "1 / 0"
    nbformat.write(nb, solved)
    before = read(solved).cells[2:]
    report = run_notebook(solved)
    assert len(report.failures) == 1
    assert read(solved).cells[2:] == before


def test_a_magic_that_fails_still_leaves_its_cells(tmp_path: Path) -> None:
    path = save(
        tmp_path / "a.ipynb", code(SETUP, "setup"), code("%%ask fails\ntool\nx = 1", "magic"), code("1", "z")
    )
    report = run_notebook(path)
    assert [failure.reason for failure in report.failures] == ["ValueError: no answer"]
    assert report.failures[0].title == "%%ask fails · tool"
    assert slots(read(path)) == ["setup", "magic", "tool", "z"]


@pytest.mark.parametrize("tags", [[], ["raises-exception"]])
def test_the_cells_of_a_magic_that_failed_do_not_run(solved: Path, tags: list[str]) -> None:
    nb = read(solved)
    by_id(nb, "magic").source = "%%ask\n1 / 0"
    by_id(nb, "magic").metadata["tags"] = tags
    by_id(nb, "look").source = "rows"
    by_id(nb, "setup").source = SETUP.replace("    cells = []\n", "    cells = []\n    1 / 0\n")
    before = [slot(nb, "tool"), slot(nb, "decision")]
    nbformat.write(nb, solved)
    run_notebook(solved, allow_errors=True)
    after = read(solved)
    assert [slot(after, "tool"), slot(after, "decision")] == before
    assert shown(by_id(after, "look")) == "[]"


def test_a_magic_that_made_no_record_but_ended_well_lets_its_cells_run(solved: Path) -> None:
    nb = read(solved)
    by_id(nb, "magic").source = "%%capture\nonly_looking = True"
    nbformat.write(nb, solved)
    run_notebook(solved)
    assert shown(by_id(read(solved), "look")) == "([8], 2)"


def test_errors_may_be_allowed(tmp_path: Path) -> None:
    path = save(
        tmp_path / "a.ipynb",
        code("1 / 0", "a"),
        code("[][0]", "expected", tags=["raises-exception"]),
        code("nonsense", "b"),
        code("3", "c"),
    )
    report = run_notebook(path, allow_errors=True)
    assert [failure.number for failure in report.failures] == [1, 3]
    assert shown(by_id(read(path), "c")) == "3"
    assert [failure.number for failure in run_notebook(path).failures] == [1]


def test_an_error_of_many_lines_is_told_in_one(tmp_path: Path) -> None:
    path = save(tmp_path / "a.ipynb", code("raise ValueError('first\\nsecond' + 'x' * 999)", "a"))
    (failure,) = run_notebook(path).failures
    assert failure.reason == "ValueError: first …"


def test_a_cell_over_the_time_limit_fails_and_the_next_may_run(tmp_path: Path) -> None:
    path = save(tmp_path / "a.ipynb", code("import time\ntime.sleep(60)", "a"), code("1", "b"))
    began = time.monotonic()
    report = run_notebook(path, timeout=0.5, allow_errors=True)
    assert time.monotonic() - began < 30
    assert [failure.reason for failure in report.failures] == ["it ran longer than 0.5 seconds"]
    nb = read(path)
    assert by_id(nb, "a").outputs[-1].ename == "KeyboardInterrupt"
    assert shown(by_id(nb, "b")) == "1"


def test_a_cell_that_does_not_heed_the_interrupt_loses_its_kernel(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("creator_magic.notebook_run._GRACE", 0.5)
    stubborn = (
        "import signal, time\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nprint('deaf')\ntime.sleep(60)"
    )
    path = save(tmp_path / "a.ipynb", code(stubborn, "a"), code("1", "b"))
    with pytest.raises(KernelDiedError, match=r"ran longer than 0\.5 seconds"):
        run_notebook(path, timeout=0.5, allow_errors=True)
    assert shown(by_id(read(path), "a")) == "deaf\n"


def test_a_kernel_that_dies_is_told_and_what_ran_is_written(tmp_path: Path) -> None:
    path = save(
        tmp_path / "a.ipynb", code("print('ran')", "a"), code("import os\nos._exit(3)", "b"), code("1", "c")
    )
    with pytest.raises(KernelDiedError, match=r"cell 2 \(import os\): the kernel ended") as caught:
        run_notebook(path, allow_errors=True)
    assert shown(by_id(read(path), "a")) == "ran\n"
    assert caught.value.report.ran == 2
    again = pickle.loads(pickle.dumps(caught.value))  # noqa: S301 - our own bytes
    assert (again.message, again.report) == (caught.value.message, caught.value.report)


def test_a_kernel_that_dies_before_it_answers_is_started_once_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As one does whose port another program took meanwhile.
    program = tmp_path / "kernel.py"
    program.write_text(
        "import pathlib, sys\n"
        f"begun = pathlib.Path({str(tmp_path / 'begun')!r})\n"
        "if len(begun.read_text()) < int(sys.argv.pop()):\n"
        "    begun.write_text(begun.read_text() + 'x')\n"
        "    sys.exit(1)\n"
        "from ipykernel.kernelapp import launch_new_instance\n"
        "launch_new_instance()\n"
    )
    for name, deaths in (("unlucky", "1"), ("broken", "2")):
        words = [sys.executable, str(program), "-f", "{connection_file}", deaths]
        spec = tmp_path / "kernels" / name / "kernel.json"
        spec.parent.mkdir(parents=True)
        spec.write_text(json.dumps({"argv": words, "display_name": name, "language": "python"}))
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    path = save(tmp_path / "a.ipynb", code("6 * 7", "mine"))
    (tmp_path / "begun").write_text("")
    run_notebook(path, kernel_name="unlucky")
    assert shown(by_id(read(path), "mine")) == "42"
    (tmp_path / "begun").write_text("")
    with pytest.raises(NotebookError, match="its kernel did not start"):
        run_notebook(path, kernel_name="broken")
