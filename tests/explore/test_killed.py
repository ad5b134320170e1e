"""An exploration that is killed loses no finished trial, and repeats none."""

from __future__ import annotations

import os
import random
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from creator_magic.explore.memory import LongTermMemory
from creator_magic.project_store import ProjectStore
from tests.conftest import environment
from tests.explore.scripted import Explorer
from tests.explore.test_export import trial
from tests.killed import killed_at_each_step

if TYPE_CHECKING:
    from creator_magic.explore.trial import Trial
    from tests.model_server import ModelServer

EPISODES, TRIALS = 3, 3
COMMAND = [str(Path(sys.executable).parent / "creator-magic"), "explore", "statistics:median"]
KILLS = int(os.environ.get("CREATOR_TESTS_KILLS", "4"))
"""20 of them: CREATOR_TESTS_KILLS=20 pytest -n 1 tests/explore/test_killed.py"""


def trials(folder: Path) -> list[tuple[int, int, str, str]]:
    path = folder / ".creator" / "toolbox.sqlite"
    if not path.exists():
        return []
    with sqlite3.connect(path) as connection:
        if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'trials'").fetchone():
            return []
        return connection.execute("SELECT episode, number, query, details FROM trials ORDER BY id").fetchall()


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.skipif(sys.platform == "win32", reason="needs fork")
def test_no_finished_trial_is_lost_and_none_is_repeated(server: ModelServer, tmp_path: Path) -> None:
    explorer = Explorer({"median": "median([1, 2, {n}])"})
    chance = random.Random(7)  # noqa: S311 - guards no secret
    number = max(EPISODES, KILLS)
    course = ["--episodes", str(number), "--trials", str(TRIALS)]
    env = {
        **{k: v for k, v in os.environ.items() if not k.startswith(("OPENAI_", "CREATOR_"))},
        **environment(server),
        "CREATOR_CASSETTE_MODE": "off",
    }
    kept: list[tuple[int, int, str, str]] = []
    for _ in range(KILLS):
        server.forget()
        server.reply_by(explorer)
        process = subprocess.Popen(
            [*COMMAND, *course], cwd=tmp_path, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        # At any of the steps of its first trials, wherever it is then.
        server.wait_for(chance.randint(1, 9))
        process.kill()
        process.wait()
        now = trials(tmp_path)
        assert now[: len(kept)] == kept
        kept = now
        assert all('"judgement": {' in row[3] for row in kept)
    server.forget()
    server.reply_by(explorer)
    ended = subprocess.run(
        [*COMMAND, *course], cwd=tmp_path, env=env, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stderr
    now = trials(tmp_path)
    assert now[: len(kept)] == kept
    wanted = [(episode, trial) for episode in range(1, number + 1) for trial in range(1, TRIALS + 1)]
    assert [row[:2] for row in now] == wanted
    assert len({row[2] for row in now}) == len(wanted)
    assert f"of {len(wanted)} trials are there" in ended.stdout or not kept


@pytest.mark.skipif(sys.platform == "win32", reason="needs fork")
def test_a_trial_is_kept_whole_or_not_at_all(tmp_path: Path) -> None:
    store = ProjectStore(tmp_path / "toolbox.sqlite")
    LongTermMemory(store).keep(trial("median", 1, "The first?"))
    store.close()

    def keep() -> None:
        store = ProjectStore(tmp_path / "toolbox.sqlite")
        LongTermMemory(store).keep(trial("median", 2, "The second?"))
        store.close()

    seen = set()
    for _ in killed_at_each_step(keep, "memory.py", "trials.py", "store.py"):
        store = ProjectStore(tmp_path / "toolbox.sqlite")
        kept = LongTermMemory(store).trials("median", "v1")
        assert [*kept] in ([trial("median", 1, "The first?")], [*map(_numbered, (1, 2))])
        seen.add(len(kept))
        with store.transaction() as connection:
            connection.execute("DELETE FROM trials WHERE number = 2")
        store.close()
    assert seen == {1, 2}


def _numbered(number: int) -> Trial:
    return trial("median", number, {1: "The first?", 2: "The second?"}[number])
