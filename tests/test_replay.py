"""A problem that was solved once is not paid for again: the project's cassette."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import nbformat

from creator_magic.cells.generated import KEY
from creator_magic.headless import run_notebook
from tests.conftest import KEY_OF_THE_TESTS, environment
from tests.live_notebook import LiveNotebook
from tests.test_solve_live import BREAD, DECISION, TOOL

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from tests.model_server import ModelServer

FAILING = "```python\nbreak_even(1, 1, 1)\n```"


def asking(server: ModelServer, **more: str) -> dict[str, str]:
    env = {**environment(server), **more}
    if "CREATOR_CASSETTE_MODE" not in more:
        del env["CREATOR_CASSETTE_MODE"]
    return env


def test_the_same_problem_is_replayed_and_a_rectification_with_it(
    server: ModelServer, tmp_path: Path
) -> None:
    server.reply_with(TOOL, FAILING, f"Divided by nothing.\n{DECISION}")
    with LiveNotebook(asking(server), cwd=str(tmp_path)) as notebook:
        notebook.run("%load_ext creator_magic")
        first = notebook.run(f"%%solve\n{BREAD}", cell_id="m")
        assert first.status == "ok", first.error
        assert "3 calls" in first.html
        assert len(server.calls) == 3
        kept = (tmp_path / ".creator" / "cassette.jsonl").read_text("utf-8").splitlines()
        assert len(kept) == 3
        assert KEY_OF_THE_TESTS not in "".join(kept)
        assert BREAD in json.loads(kept[0])["request"]["messages"][1]["content"]
    server.close()
    with LiveNotebook({}, cwd=str(tmp_path)) as later:
        later.run("%load_ext creator_magic")
        again = later.run(f"%%solve\n{BREAD}", cell_id="m")
        assert again.status == "ok", again.error
        assert [c["source"] for c in again.cells] == [c["source"] for c in first.cells]
        assert [c["metadata"] for c in again.cells] == [c["metadata"] for c in first.cells]
        assert "3 replayed replies" in again.html
        assert "creation: replayed" in again.html


def test_what_counts_as_the_same_question(server: ModelServer, tmp_path: Path) -> None:
    server.reply_by(
        lambda body: TOOL if "tool cell" not in str(body) and "The tool:" not in str(body) else DECISION
    )
    with LiveNotebook(asking(server), cwd=str(tmp_path)) as notebook:
        notebook.run("%load_ext creator_magic\nrows = [1]")
        for line, more in (
            ("", 2),
            ("", 0),
            ("--hint quickly", 2),
            ("--use rows", 2),
            ("--use rows", 0),
            ("--method entangled --max-rectifications 0", 1),
            ("--model other", 2),
            ("--model other", 0),
            ("--fresh", 2),
            ("--into n --timeout 9", 0),
        ):
            before = len(server.calls)
            notebook.run(f"%%solve {line}\n{BREAD}")
            assert len(server.calls) - before == more, line
        before = len(server.calls)
        notebook.run(f"%%solve\n{BREAD} ")
        assert len(server.calls) - before == 2
        notebook.run("rows = {1: 2}")
        notebook.run(f"%%solve --use rows\n{BREAD}")
        assert len(server.calls) - before == 4


def test_modes(server: ModelServer, tmp_path: Path) -> None:
    server.reply_by(lambda body: DECISION if "The tool:" in str(body) else TOOL)
    with LiveNotebook(asking(server), cwd=str(tmp_path)) as notebook:
        notebook.run("%load_ext creator_magic")
        notebook.run("%creator cassette lesson.jsonl --mode record")
        for _ in range(2):
            notebook.run(f"%%solve --no-reuse\n{BREAD}")
        assert len(server.calls) == 4
        shown = notebook.run("%creator cassette --mode replay").text
        assert "lesson.jsonl (replay), 2 replies" in shown
        assert notebook.run(f"%%solve --model never-heard-of\n{BREAD}").status == "ok"
        missed = notebook.run("%%solve --no-reuse\nSomething else.")
        assert missed.status == "error"
        assert "holds no reply for the creation of this problem" in missed.error
        assert "--fresh asks a model" in notebook.run(f"%%solve --fresh\n{BREAD}").error
        assert len(server.calls) == 4
        notebook.run("%creator cassette --mode off")
        notebook.run(f"%%solve --no-reuse\n{BREAD}")
        assert len(server.calls) == 6
        assert "Did you mean cassette?" in notebook.run("%creator casette").error
        assert "invalid choice" in notebook.run("%creator cassette --mode of").error
        assert (
            "is not there"
            in (
                notebook.run("%creator cassette none.jsonl --mode replay"),
                notebook.run(f"%%solve --no-reuse\n{BREAD}"),
            )[1].error
        )


def test_an_unsolved_problem_that_is_replayed_says_how_to_ask_anew(
    server: ModelServer, tmp_path: Path
) -> None:
    server.reply_with(TOOL, FAILING)
    with LiveNotebook(asking(server), cwd=str(tmp_path)) as notebook:
        notebook.run("%load_ext creator_magic")
        assert "recorded" not in notebook.run(f"%%solve --max-rectifications 0\n{BREAD}").error
        again = notebook.run(f"%%solve --max-rectifications 0\n{BREAD}")
        assert len(server.calls) == 2
        assert "--fresh asks the model anew" in again.error


def test_a_project_that_cannot_be_written_loses_no_reply(server: ModelServer, tmp_path: Path) -> None:
    (tmp_path / ".creator").write_text("a file where a folder should be")
    server.reply_with(TOOL, DECISION)
    with LiveNotebook(asking(server), cwd=str(tmp_path)) as notebook:
        notebook.run("%load_ext creator_magic")
        ran = notebook.run(f"%%solve\n{BREAD}")
        assert ran.status == "ok", ran.error
        assert "could not be kept" in ran.html


def test_run_takes_a_cassette(server: ModelServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    server.reply_with(TOOL, DECISION)
    cells = [nbformat.v4.new_code_cell(s) for s in ("%load_ext creator_magic", f"%%solve\n{BREAD}")]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), tmp_path / "a.ipynb")
    for name, value in asking(
        server, CREATOR_CASSETTE=str(tmp_path / "c.jsonl"), CREATOR_CASSETTE_MODE="auto"
    ).items():
        monkeypatch.setenv(name, value)
    run_notebook(tmp_path / "a.ipynb", tmp_path / "b.ipynb")
    monkeypatch.setenv("CREATOR_CASSETTE_MODE", "replay")
    for name in ("OPENAI_BASE_URL", "OPENAI_API_KEY", "CREATOR_MODEL"):
        monkeypatch.delenv(name)
    run_notebook(tmp_path / "a.ipynb", tmp_path / "c.ipynb")
    made = [nbformat.read(tmp_path / name, as_version=4).cells for name in ("b.ipynb", "c.ipynb")]
    assert [c.source for c in made[0]] == [c.source for c in made[1]]
    assert [c.metadata.get(KEY) for c in made[0]] == [c.metadata.get(KEY) for c in made[1]]
    assert len(server.calls) == 2


def test_the_project_is_found_upwards(tmp_path: Path) -> None:
    from creator_magic.project import project_folder

    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    assert project_folder(inner) == inner.resolve()
    (tmp_path / ".git").mkdir()
    assert project_folder(inner) == tmp_path.resolve()
    (tmp_path / "a" / ".creator").mkdir()
    assert project_folder(inner) == (tmp_path / "a").resolve()
