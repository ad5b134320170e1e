"""Running notebook files in real kernels.

`%%ask` stands in for the kernel half of a solve: each paragraph of its body is a generated cell,
whose first line names the slot. It runs the cells that stand under it, as a solve does, unless
its body changed, and shows one record that it updates in place.
"""

from __future__ import annotations

import json
import os
import pickle
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import nbformat
import pytest

from creator_magic.cells.generated import KEY
from creator_magic.errors import NotebookError
from creator_magic.headless import run_notebook
from creator_magic.run_report import KernelDiedError, Progress
from tests.notebook_files import code, read, shown, slot, slots

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

SETUP = """
import hashlib
from IPython.core.magic import register_cell_magic
from IPython.display import display
from creator_magic.cells.generated import CellMark, generated_cell, source_sha

requests = []

@register_cell_magic
def ask(line, body):
    shell = get_ipython()
    metadata = shell.kernel.get_parent()["metadata"]
    requests.append(metadata)
    parent = metadata["cellId"]
    asked = hashlib.sha256(body.encode()).hexdigest()[:16]
    standing = metadata["creator_magic_frontend"]["cells"]
    marks = [CellMark.from_metadata(cell["metadata"]) for cell in standing]
    known = {m.key: c["source"] for m, c in zip(marks, standing) if m.asked == asked}
    handle = display({"text/plain": "working"}, raw=True, display_id=True)
    cells = []
    for part in body.strip().split("\\n\\n"):
        key, _, source = part.partition("\\n")
        keep = key.endswith(" keep")
        key = key.removesuffix(" keep")
        mark = CellMark(key.partition("-")[0], key, parent, "5eed5eed", 1, source_sha(source), asked)
        source = known.get(key, source)
        exec(source, shell.user_ns)
        output = {"output_type": "stream", "name": "stdout", "text": "made by the magic\\n"}
        cells.append({**generated_cell(mark, source, [output], 7), **({"keep": True} if keep else {})})
        handle.update(
            {"text/plain": f"{len(cells)} cells"},
            raw=True,
            metadata={"creator_magic": {
                "v": 1, "parent": parent, "cells": cells,
                "summary": {"solved": True, "problem": body, "answer_text": str(len(cells)),
                            "calls": 0 if known else 2, "prompt_tokens": 10, "attempts": 1},
            }},
        )
    if line == "fails":
        raise ValueError("no answer")
"""

TOOL_AND_DECISION = "%%ask\ntool\ndef double(x): return 2 * x\n\ndecision\nrows.append(double(4))"


def save(path: Path, *cells: nbformat.NotebookNode) -> Path:
    nbformat.write(nbformat.v4.new_notebook(cells=list(cells)), path)
    return path


def by_id(nb: nbformat.NotebookNode, name: str) -> nbformat.NotebookNode:
    cell: nbformat.NotebookNode = next(cell for cell in nb.cells if cell.id == name)
    return cell


@pytest.fixture
def solved(tmp_path: Path) -> Path:
    """A notebook that was solved: a tool, a decision that appends a row, and a look at the rows."""
    path = save(
        tmp_path / "a.ipynb",
        code(SETUP, "setup"),
        code("rows = []", "rows"),
        code(TOOL_AND_DECISION, "magic"),
        code("(rows, double(1))", "look"),
    )
    report = run_notebook(path)
    assert not report.failures
    return path


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


def test_records_become_cells_with_outputs(solved: Path) -> None:
    nb = read(solved)
    assert slots(nb) == ["setup", "rows", "magic", "tool", "decision", "look"]
    assert shown(by_id(nb, "look")) == "([8], 2)"
    assert shown(slot(nb, "tool")) == "made by the magic\n"
    assert slot(nb, "tool").execution_count == 7
    record = by_id(nb, "magic").outputs[0]
    assert record.data["text/plain"] == "2 cells"
    assert "cells" not in record.metadata[KEY]
    assert len(by_id(nb, "magic").outputs) == 1


def test_the_report_sums_up_the_solves_of_this_run(solved: Path) -> None:
    report = run_notebook(solved)
    assert [(s.solved, s.answer_text, s.calls, s.prompt_tokens) for s in report.solves] == [
        (True, "2", 0, 10)
    ]
    assert (report.ran, report.total) == (4, 4)


def test_its_own_output_runs_again_and_stays_the_same(solved: Path) -> None:
    before = read(solved)
    run_notebook(solved)
    after = read(solved)
    assert [(c.id, c.source) for c in after.cells] == [(c.id, c.source) for c in before.cells]
    assert shown(by_id(after, "look")) == "([8], 2)", "the decision appended once, not twice"


def test_an_edit_is_what_runs_next_time(solved: Path) -> None:
    nb = read(solved)
    slot(nb, "decision").source = "rows.append('mine')"
    nbformat.write(nb, solved)
    run_notebook(solved)
    after = read(solved)
    assert slot(after, "decision").source == "rows.append('mine')"
    assert shown(by_id(after, "look")) == "(['mine'], 2)"


def test_a_moved_cell_stays_where_the_person_put_it(solved: Path) -> None:
    nb = read(solved)
    nb.cells.append(nb.cells.pop(slots(nb).index("decision")))
    nbformat.write(nb, solved)
    run_notebook(solved)
    after = read(solved)
    assert slots(after) == ["setup", "rows", "magic", "tool", "look", "decision"]
    assert shown(by_id(after, "look")) == "([8], 2)"


def test_a_cell_moved_above_its_magic_does_not_run_there(solved: Path) -> None:
    nb = read(solved)
    nb.cells.insert(0, nb.cells.pop(slots(nb).index("decision")))
    nbformat.write(nb, solved)
    report = run_notebook(solved)
    assert not report.failures
    assert slots(read(solved)) == ["setup", "rows", "magic", "tool", "decision", "look"]


def test_a_deleted_cell_comes_back(solved: Path) -> None:
    nb = read(solved)
    del nb.cells[slots(nb).index("decision")]
    nbformat.write(nb, solved)
    run_notebook(solved)
    assert slots(read(solved)) == ["setup", "rows", "magic", "tool", "decision", "look"]


def test_a_changed_problem_rewrites_the_cells_in_place(solved: Path) -> None:
    nb = read(solved)
    names = [slot(nb, "tool").id, slot(nb, "decision").id]
    by_id(nb, "magic").source = TOOL_AND_DECISION.replace("double(4)", "double(5)")
    nbformat.write(nb, solved)
    run_notebook(solved)
    after = read(solved)
    assert slot(after, "decision").source == "rows.append(double(5))"
    assert [slot(after, "tool").id, slot(after, "decision").id] == names
    assert shown(by_id(after, "look")) == "([10], 2)"


def test_a_cell_that_the_kernel_keeps_holds_the_persons_text(solved: Path) -> None:
    nb = read(solved)
    slot(nb, "decision").source = "# mine"
    by_id(nb, "magic").source = TOOL_AND_DECISION.replace("decision", "decision keep").replace("4", "5")
    nbformat.write(nb, solved)
    run_notebook(solved)
    after = read(solved)
    assert slot(after, "decision").source == "# mine"
    assert shown(by_id(after, "look")) == "([10], 2)"


def test_an_old_slot_goes_and_an_edited_one_stays_and_runs(solved: Path) -> None:
    nb = read(solved)
    tool = slot(nb, "tool")
    for key, source in (("tool-2", tool.source), ("tool-3", "rows.append('extra')")):
        extra = nbformat.from_dict(
            {**tool, "id": key, "source": source, "metadata": json.loads(json.dumps(tool.metadata))}
        )
        extra.metadata[KEY]["key"] = key
        nb.cells.insert(slots(nb).index("look"), extra)
    nbformat.write(nb, solved)
    run_notebook(solved)
    after = read(solved)
    assert slots(after) == ["setup", "rows", "magic", "tool", "decision", "tool-3", "look"]
    assert shown(by_id(after, "look")) == "([8, 'extra'], 2)"


def test_without_their_magic_cell_generated_cells_run_as_ordinary_ones(solved: Path) -> None:
    nb = read(solved)
    nb.cells = [cell for cell in nb.cells if cell.id not in {"magic", "setup"}]
    nbformat.write(nb, solved)
    run_notebook(solved)
    after = read(solved)
    assert slots(after) == ["rows", "tool", "decision", "look"]
    assert shown(by_id(after, "look")) == "([8], 2)"


@pytest.mark.parametrize("switched_off", ["# %%ask\n# off", "print('no magic')"])
def test_with_their_magic_switched_off_they_run_too(solved: Path, switched_off: str) -> None:
    nb = read(solved)
    by_id(nb, "magic").source = switched_off
    nbformat.write(nb, solved)
    run_notebook(solved)
    after = read(solved)
    assert slots(after) == ["setup", "rows", "magic", "tool", "decision", "look"]
    assert shown(by_id(after, "look")) == "([8], 2)"


def test_a_copy_that_a_person_made_runs_as_their_own(solved: Path) -> None:
    nb = read(solved)
    nb.cells.insert(-1, nbformat.from_dict({**slot(nb, "decision"), "id": "copy"}))
    nbformat.write(nb, solved)
    run_notebook(solved)
    after = read(solved)
    assert by_id(after, "copy").source == "rows.append(double(4))"
    assert shown(by_id(after, "look")) == "([8, 8], 2)"


def test_two_magic_cells_each_have_their_own(tmp_path: Path) -> None:
    path = save(
        tmp_path / "a.ipynb",
        code(SETUP, "setup"),
        code("%%ask\ntool\none = 1", "first"),
        code("%%ask\ntool\ntwo = one + 1\n\ndecision\ntwo", "second"),
        code(
            "told = [r['creator_magic_frontend']['cells'] for r in requests]\n"
            "[[cell['metadata']['creator_magic']['key'] for cell in cells] for cells in told]",
            "told",
        ),
    )
    for told in ("[[], []]", "[['tool'], ['tool', 'decision']]"):
        run_notebook(path)
        nb = read(path)
        assert slots(nb) == ["setup", "first", "tool", "second", "tool", "decision", "told"]
        assert shown(by_id(nb, "told")) == told


def test_a_record_in_a_file_saved_by_a_front_end_becomes_cells_that_the_kernel_is_told(solved: Path) -> None:
    nb = read(solved)
    cells = [{k: v for k, v in slot(nb, key).items() if k != "id"} for key in ("tool", "decision")]
    cells[1]["source"] = "rows.append('from the record')"
    by_id(nb, "magic").outputs[0].metadata[KEY]["cells"] = cells
    nb.cells = [cell for cell in nb.cells if KEY not in cell.metadata]
    nbformat.write(nb, solved)
    run_notebook(solved)
    assert shown(by_id(read(solved), "look")) == "(['from the record'], 2)"


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


_WITHOUT_HANDLERS = """
import asyncio
def add_signal_handler(*_): raise NotImplementedError
asyncio.SelectorEventLoop.add_signal_handler = add_signal_handler
"""


def _cli(*arguments: str | Path, before: str = "") -> list[str]:
    return [sys.executable, "-c", f"{before}\nfrom creator_magic.cli import app; app()", *map(str, arguments)]


def _interrupt_when(ready: Path, process: subprocess.Popen[str], times: Sequence[float] = (0.0,)) -> None:
    until = time.monotonic() + 60
    while not ready.exists():
        assert time.monotonic() < until
        time.sleep(0.05)
    for pause in times:
        time.sleep(pause)
        os.kill(process.pid, signal.SIGINT)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signal to send")
def test_an_interrupt_writes_what_ran_where_a_loop_takes_no_handlers(tmp_path: Path) -> None:
    waits = "print('begun', flush=True)\nopen('ready', 'w').close()\nimport time\ntime.sleep(60)"
    path = save(tmp_path / "a.ipynb", code(waits, "a"), code("print('not')", "b"))
    with subprocess.Popen(
        _cli("run", path, before=_WITHOUT_HANDLERS), stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        _interrupt_when(tmp_path / "ready", process)
        process.communicate(timeout=60)
    assert process.returncode == 130
    assert shown(by_id(read(path), "a")) == "begun\n"
    assert by_id(read(path), "b").outputs == []


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signal to send")
def test_an_interrupt_stops_the_cell_and_writes_what_ran(tmp_path: Path) -> None:
    waits = "print('begun', flush=True)\nopen('ready', 'w').close()\nimport time\ntime.sleep(60)"
    path = save(tmp_path / "a.ipynb", code("print('ran')", "a"), code(waits, "b"), code("print('not')", "c"))
    with subprocess.Popen(
        _cli("run", path), stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        _interrupt_when(tmp_path / "ready", process)
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert errors.splitlines()[-1] == "creator-magic: interrupted"
    assert "Traceback" not in errors
    nb = read(path)
    assert shown(by_id(nb, "a")) == "ran\n"
    assert shown(by_id(nb, "b")) == "begun\n"
    assert by_id(nb, "b").outputs[-1].ename == "KeyboardInterrupt"
    assert by_id(nb, "c").outputs == []


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signal to send")
def test_a_second_interrupt_ends_a_kernel_that_is_deaf_to_the_first(tmp_path: Path) -> None:
    deaf = (
        "import signal, time\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\n"
        "print('deaf', flush=True)\nopen('ready', 'w').close()\ntime.sleep(60)"
    )
    path = save(tmp_path / "a.ipynb", code(deaf, "a"))
    with subprocess.Popen(
        _cli("run", path), stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        _interrupt_when(tmp_path / "ready", process, (0.0, 0.5))
        process.communicate(timeout=60)
    assert process.returncode == 130
    assert shown(by_id(read(path), "a")) == "deaf\n"
