"""The command line: arguments, exit codes, and what goes to stdout and stderr."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import nbformat
import pytest
from typer.testing import CliRunner

from creator_magic import demo, doctor
from creator_magic.check import Check
from creator_magic.cli import app
from creator_magic.errors import NotebookError
from tests.conftest import environment
from tests.headless.ask_magic import SETUP, TOOL_AND_DECISION, save
from tests.model_server import ModelServer
from tests.notebook_files import REPLIES, code, problem_notebook, read, shown, slots
from tests.test_solve_live import BREAD, DECISION, TOOL

if TYPE_CHECKING:
    from pathlib import Path


def invoke(*arguments: str | Path) -> Any:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_help_names_the_commands_and_the_exit_codes() -> None:
    shown = invoke("--help").stdout
    for word in ("run", "demo", "doctor", "Exit codes", "130"):
        assert word in shown
    assert "report.ipynb" in invoke("run", "-h").stdout


def test_the_version_is_shown() -> None:
    done = invoke("--version")
    assert done.exit_code == 0
    assert done.stdout.startswith("creator-magic ")


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys\nfrom creator_magic.cli import app\n"
        "try: app(['--help'])\nexcept SystemExit: pass\n"
        "heavy = {'IPython', 'nbclient', 'nbformat', 'nbconvert', 'openai', 'jupyter_client', 'zmq'}\n"
        "print(sorted(heavy & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"


@pytest.mark.parametrize(
    "arguments",
    [
        ["run"],
        ["run", "a.ipynb", "--no-such-flag"],
        ["run", "a.ipynb", "--timeout", "0"],
        ["nonsense"],
        ["run", "a", "b"],
    ],
)
def test_wrong_usage_is_exit_code_two(arguments: list[str]) -> None:
    assert invoke(*arguments).exit_code == 2


def test_a_notebook_is_run_into_another_file_and_a_page(tmp_path: Path) -> None:
    path = save(tmp_path / "a.ipynb", code(SETUP, "s"), code("rows = []", "r"), code(TOOL_AND_DECISION, "m"))
    out = tmp_path / "out.ipynb"
    done = invoke("run", path, "-o", out, "--html")
    assert done.exit_code == 0
    assert slots(read(out)) == ["s", "r", "m", "tool", "decision"]
    assert slots(read(path)) == ["s", "r", "m"]
    lines = done.stdout.splitlines()
    assert lines[0].startswith(f"{out}: 3 cells ran in ")
    assert lines[1] == "1 of 1 problems solved; 2 model calls; 10 tokens in, 0 out"
    page = (tmp_path / "out.html").read_text(encoding="utf-8")
    assert "def" in page
    assert "double" in page


def test_the_cost_of_a_run_is_told_where_prices_are_set(tmp_path: Path) -> None:
    prices = "%config CreatorMagic.prices = {'test-model': {'input': 1000000.0, 'output': 0.0}}"
    cells = [code(f"%load_ext creator_magic\n{prices}", "load"), code(f"%%solve\n{BREAD}", "m")]
    with ModelServer() as server, pytest.MonkeyPatch.context() as patch:
        server.reply_with(TOOL, DECISION)
        for name, value in environment(server).items():
            patch.setenv(name, value)
        done = invoke("run", save(tmp_path / "a.ipynb", *cells))
    assert done.exit_code == 0, done.stderr
    told = re.search(r"([\d,]+) tokens in, [\d,]+ out; cost: ([\d.]+)$", done.stdout, re.MULTILINE)
    assert told is not None, done.stdout
    assert float(told[2]) == float(told[1].replace(",", ""))


@pytest.mark.parametrize("skipped", [["decision"], ["tool", "decision"]])
def test_a_generated_cell_that_is_tagged_is_not_run_by_its_magic_cell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, skipped: list[str]
) -> None:
    path = save(tmp_path / "a.ipynb", *problem_notebook().cells[:2])
    with ModelServer() as server:
        server.reply_with(*REPLIES)
        for name, value in environment(server).items():
            monkeypatch.setenv(name, value)
        assert invoke("run", path).exit_code == 0
        solved = read(path)
        for cell in solved.cells:
            if cell.metadata.get("creator_magic", {}).get("key") in skipped:
                cell.metadata.tags = ["skip-execution"]
        save(path, *solved.cells, code("(rows, 'break_even' in globals())", "look"))
        done = invoke("run", path)
        assert done.exit_code == 0, done.stderr
        assert len(server.calls) == 2
    after = read(path)
    assert slots(after) == ["load", "magic", "tool", "decision", "look"]
    assert shown(after.cells[-1]) == f"([], {'tool' not in skipped})"
    assert [cell.source for cell in after.cells[:-1]] == [cell.source for cell in solved.cells]


def test_progress_goes_to_stderr_a_line_a_cell(tmp_path: Path) -> None:
    path = save(tmp_path / "a.ipynb", code("print('x' * 200)", "a"), code("[bold]1[/bold]" + "2" * 200, "b"))
    done = invoke("run", path)
    lines = done.stderr.splitlines()
    assert lines[0].startswith("[1/2]")
    assert lines[0].endswith("print('x' * 200)")
    assert lines[1].startswith("[2/2]")
    assert "[bold]1[/bold]2" in lines[1]
    assert lines[1].endswith("…  failed")


def test_a_failing_cell_is_exit_code_one_and_one_line(tmp_path: Path) -> None:
    path = save(tmp_path / "a.ipynb", code("1 / 0", "a"), code("1", "b"))
    done = invoke("run", path, "--html")
    assert done.exit_code == 1
    assert (
        done.stderr.splitlines()[-1] == "creator-magic: cell 1 (1 / 0): ZeroDivisionError: division by zero"
    )
    assert "1 cell of 2 ran" in done.stdout
    assert (tmp_path / "a.html").exists(), "what ran is shown all the same"


def test_allowed_errors_are_told_and_exit_code_zero(tmp_path: Path) -> None:
    path = save(tmp_path / "a.ipynb", code("1 / 0", "a"), code("1", "b"))
    done = invoke("run", path, "--allow-errors")
    assert done.exit_code == 0
    assert "ZeroDivisionError" in done.stderr


def test_a_dead_kernel_is_exit_code_one(tmp_path: Path) -> None:
    path = save(tmp_path / "a.ipynb", code("import os; os._exit(1)", "a"))
    done = invoke("run", path)
    assert done.exit_code == 1
    assert "the kernel ended" in done.stderr.splitlines()[-1]


def test_a_missing_model_points_to_the_doctor(tmp_path: Path) -> None:
    source = "from creator_magic.errors import NotConfiguredError\nraise NotConfiguredError('none is set')"
    done = invoke("run", save(tmp_path / "a.ipynb", code(source, "a")))
    assert done.exit_code == 1
    assert "creator-magic doctor" in done.stderr.splitlines()[-1]


def test_an_unreadable_notebook_is_exit_code_two_and_one_line(tmp_path: Path) -> None:
    (tmp_path / "a.ipynb").write_text("nonsense")
    for name in ("a.ipynb", "none.ipynb"):
        done = invoke("run", tmp_path / name)
        assert done.exit_code == 2
        assert done.stdout == ""
        assert len(done.stderr.splitlines()) == 1
        assert done.stderr.startswith("creator-magic: ")


def test_a_page_is_not_written_over_the_notebook(tmp_path: Path) -> None:
    path = save(tmp_path / "a.ipynb", code("1", "a"))
    done = invoke("run", path, "-o", tmp_path / "out.html", "--html")
    assert done.exit_code == 2
    assert not (tmp_path / "out.html").exists()


def test_a_page_asks_nothing_of_the_network(tmp_path: Path) -> None:
    path = save(
        tmp_path / "a.ipynb",
        nbformat.v4.new_markdown_cell("$x^2$\n\n```mermaid\ngraph TD\n```"),
        code("1", "a"),
    )
    assert invoke("run", path, "--html").exit_code == 0
    page = (tmp_path / "a.html").read_text(encoding="utf-8")
    for sign in ("<script", "<link", "@import", 'src="http', "cdnjs"):
        assert sign not in page
    assert "$x^2$" in page


# The doctor


def _say(*found: Check) -> Any:
    return lambda: iter(found)


def test_the_doctor_is_content_with_warnings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "checks", _say(Check("model", "warn", "none is set", ("set one",))))
    done = invoke("doctor")
    assert done.exit_code == 0
    assert done.stdout.splitlines()[0].split() == ["warn", "model", "none", "is", "set"]
    assert done.stdout.splitlines()[1].strip() == "- set one"


def test_the_doctor_fails_if_a_check_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "checks", _say(Check("kernel", "fail", "no"), Check("model", "ok", "m")))
    assert invoke("doctor").exit_code == 1


# The demo

SHOWS_SETTINGS = (
    "import os, json\n"
    "print(json.dumps({n: v for n, v in os.environ.items() if n.startswith(('CREATOR_', 'OPENAI_'))}))"
)


@pytest.fixture
def bundle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that stands for the package's, with a quickstart that was solved before."""
    folder = tmp_path / "bundle"
    folder.mkdir()
    save(
        folder / "01_quickstart.ipynb",
        code(SETUP, "s"),
        code("rows = []", "r"),
        code(TOOL_AND_DECISION, "m"),
        code(SHOWS_SETTINGS, "env"),
    )
    (folder / "01_quickstart.replies.jsonl").write_text("")
    assert invoke("run", folder / "01_quickstart.ipynb").exit_code == 0
    monkeypatch.setattr(demo, "bundled", lambda name: folder / name)
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "CREATOR_MODEL"):
        monkeypatch.delenv(name, raising=False)
    return folder


def _settings(notebook: Path) -> str:
    return "".join(output.text for output in read(notebook).cells[-1].outputs)


def test_the_demo_is_scripted_and_uses_no_key(
    bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
    monkeypatch.setenv("CREATOR_METHOD", "entangled")
    folder = tmp_path / "try"
    done = invoke("demo", folder)
    assert done.exit_code == 0, done.stderr
    assert "scripted: written by hand, not by a model" in done.stdout
    assert "1. tool def double(x): return 2 * x" in done.stdout
    assert "   2\n" in done.stdout, "the answer"
    assert str(folder / "01_quickstart.ipynb") in done.stdout
    assert str(folder / "01_quickstart.html") in done.stdout
    assert "OPENAI_API_KEY" in done.stdout.partition("connect a model")[2]
    assert slots(read(folder / "01_quickstart.ipynb")) == ["s", "r", "m", "tool", "decision", "env"]
    settings = _settings(folder / "01_quickstart.ipynb")
    assert "sk-test" not in settings
    assert "entangled" not in settings
    assert str(bundle / "01_quickstart.replies.jsonl") in settings
    assert '"CREATOR_CASSETTE_MODE": "replay"' in settings


@pytest.mark.usefixtures("bundle")
def test_a_second_demo_leaves_the_first_alone(tmp_path: Path) -> None:
    folder = tmp_path / "try"
    assert invoke("demo", folder).exit_code == 0
    (folder / "01_quickstart.ipynb").write_text("mine")
    assert invoke("demo", folder).exit_code == 0
    assert (folder / "01_quickstart.ipynb").read_text() == "mine"
    assert (folder / "01_quickstart-2.ipynb").exists()
    assert (folder / "01_quickstart-2.html").exists()


@pytest.mark.usefixtures("bundle")
def test_a_live_demo_needs_a_model(tmp_path: Path) -> None:
    done = invoke("demo", tmp_path / "try", "--live")
    assert done.exit_code == 2
    assert "CREATOR_MODEL" in done.stderr
    assert not (tmp_path / "try").exists()


@pytest.mark.usefixtures("bundle")
def test_a_live_demo_says_first_whom_it_asks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CREATOR_MODEL", "some-model")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://user:secret@127.0.0.1:9/v1")
    done = invoke("demo", tmp_path / "try", "--live")
    assert done.stdout.splitlines()[0] == "Asking some-model at http://127.0.0.1:9/v1."
    assert "scripted" not in done.stdout
    settings = _settings(tmp_path / "try" / "01_quickstart.ipynb")
    assert "CREATOR_CASSETTE" not in settings


def test_a_demo_whose_files_are_missing_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(NotebookError, match="missing from this installation"):
        demo.bundled("no-such-file")
    monkeypatch.setattr(demo, "NAME", "no-such-notebook")
    assert invoke("demo", tmp_path / "try").exit_code == 2


@pytest.fixture
def no_pandas(monkeypatch: pytest.MonkeyPatch) -> None:
    """An installation without the extra that brings pandas."""
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *more: None if name == "pandas" else find(name, *more)
    )


@pytest.mark.usefixtures("bundle", "no_pandas")
def test_a_demo_without_pandas_says_what_to_install_and_makes_nothing(tmp_path: Path) -> None:
    done = invoke("demo", tmp_path / "try")
    assert done.exit_code == 2
    (line,) = done.stderr.splitlines()
    assert "needs pandas" in line
    assert 'pip install "creator-magic[demo]"' in line
    assert not (tmp_path / "try").exists()


@pytest.mark.usefixtures("no_pandas")
def test_a_demo_of_another_notebook_does_not_ask_for_pandas(tmp_path: Path) -> None:
    path = save(tmp_path / "a.ipynb", code("1 + 1", "a"))
    done = demo.run_demo(tmp_path / "try", notebook=path, replies=tmp_path / "none.jsonl")
    assert not done.report.failures


@pytest.mark.usefixtures("bundle")
def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = invoke("demo", tmp_path / "file" / "try")
    assert done.exit_code == 2
    assert "cannot make the folder" in done.stderr


def test_the_live_demo_does_not_depend_on_the_names_a_model_chooses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def reply(body: dict[str, Any]) -> str:
        asked = str(body["messages"])
        if "You write tools" in asked:
            return "```python tool\ndef a_name_of_its_own(x=1):\n    return x\n```"
        return "```python decision\na_name_of_its_own(7)\n```"

    with ModelServer() as server:
        server.reply_by(reply)
        for name, value in environment(server).items():
            monkeypatch.setenv(name, value)
        done = demo.run_demo(tmp_path / "live", live=True)
    assert done.report.failures == ()
    assert [solve.answer_text for solve in done.report.solves] == ["7"] * 4
    assert not any(solve.scripted for solve in done.report.solves)
