"""`creator-magic explore`, and replies that were recorded."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from creator_magic.toolbox.places import toolbox_of
from creator_magic.toolbox.tool import Provenance
from tests.conftest import environment
from tests.explore.scripted import Explorer

if TYPE_CHECKING:
    from tests.model_server import ModelServer

SHORT = ["--episodes", "1", "--trials", "2"]
LOCAL = "def fee(n: int) -> int:\n    '''Return the fee in cents.'''\n    return 3 * n\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "fees.py").write_text(LOCAL)
    return tmp_path


def explore(
    server: ModelServer, folder: Path, *words: str, **settings: str
) -> subprocess.CompletedProcess[str]:
    env = {k: v for k, v in os.environ.items() if not k.startswith(("OPENAI_", "CREATOR_"))}
    return subprocess.run(
        [str(Path(sys.executable).parent / "creator-magic"), "explore", *words],
        cwd=folder,
        env={**env, **environment(server), **settings},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_a_module_of_the_folder_is_explored(server: ModelServer, folder: Path) -> None:
    server.reply_by(Explorer({"fee": "fee({n})"}))
    ran = explore(server, folder, "fees:fee", *SHORT)
    assert ran.returncode == 0, ran.stderr
    assert "fee (fees:fee): 2 to be made, by 8 to 18 calls of test-model." in ran.stdout
    assert "it is 6" in ran.stdout
    assert ran.stdout.rstrip().endswith("fee: every trial of the course is there. More: --episodes.")
    assert not (folder / "note.txt").exists()
    assert len(server.calls) == 10


def test_recorded_replies_are_replayed_without_a_model(server: ModelServer, folder: Path) -> None:
    server.reply_by(Explorer({"fee": "fee({n})"}))
    first = explore(server, folder, "fees:fee", *SHORT, CREATOR_CASSETTE_MODE="auto")
    assert first.returncode == 0, first.stderr
    lines = (folder / ".creator" / "cassette.jsonl").read_text("utf-8").splitlines()
    asked = [json.loads(line)["asked"] for line in lines]
    assert len({json.dumps(each) for each in asked}) == 10
    assert asked[0]["trial"][3:] == [1, 1]
    number = len(server.calls)
    (folder / ".creator" / "toolbox.sqlite").unlink()
    again = explore(server, folder, "fees:fee", *SHORT, CREATOR_CASSETTE_MODE="replay")
    assert again.returncode == 0, again.stderr
    assert "2 of 2 trials, 2 solved, 2 passed the judge" in again.stdout
    assert len(server.calls) == number


def test_what_was_learnt_is_taken_over_when_the_person_agrees(server: ModelServer, folder: Path) -> None:
    (folder / ".git").mkdir()
    box = toolbox_of(folder, str(folder / "personal.sqlite"))
    made = Provenance(model="m", place="a.ipynb")
    source = LOCAL.replace("'''", '"""')
    box.admit(source, problem="How much?", decision="fee(4)", answer="12", provenance=made)
    box.close()
    server.reply_by(Explorer({"fee": "fee({n})"}))
    ran = explore(server, folder, "fee", *SHORT)
    assert ran.returncode == 0, ran.stderr
    number = len(server.calls)
    for words, said in (
        (["--dry-run"], "No model would be asked"),
        ([], "Not taken: it needs your yes, and this program has no terminal to ask at."),
        (["--yes"], "fee was changed; this is revision 2."),
    ):
        ran = explore(server, folder, "fee", "--learn", *words)
        assert ran.returncode == 0, ran.stderr
        assert said in " ".join(ran.stdout.split())
        assert ("To take it over, say yes" in ran.stdout) == (words != ["--dry-run"])
    assert len(server.calls) == number


def test_a_dry_run_sends_nothing(server: ModelServer, folder: Path) -> None:
    ran = explore(server, folder, "fees:fee", "--dry-run")
    assert ran.returncode == 0, ran.stderr
    assert "60 to be made, by 240 to 540 calls of test-model" in ran.stdout
    assert "Return the fee in cents." in ran.stdout
    assert server.calls == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["fees:fea"], "fees:fea cannot be imported"),
        (["nothing"], "There is no tool 'nothing'."),
        (["fees:fee", "--allow", "networks"], "'networks' is nothing to allow"),
    ],
)
def test_what_cannot_be_explored_is_refused(
    server: ModelServer, folder: Path, words: list[str], said: str
) -> None:
    ran = explore(server, folder, *words)
    assert ran.returncode == 2
    assert said in ran.stderr
    assert server.calls == []


def test_a_model_that_fails_loses_nothing(server: ModelServer, folder: Path) -> None:
    server.reply_by(Explorer({"fee": "fee({n})"}))
    server.fault(7, "401-forever")
    ran = explore(server, folder, "fees:fee", *SHORT)
    assert ran.returncode == 2
    assert "1 trial is kept; explore again to go on." in ran.stdout
    assert "401" in ran.stderr or "key" in ran.stderr
    server.forget()
    server.reply_by(Explorer({"fee": "fee({n})"}, number=5))
    ran = explore(server, folder, "fees:fee", *SHORT)
    assert ran.returncode == 0
    assert "1 of 2 trials are there, 1 to be made" in ran.stdout
