"""A process that keeps something is killed at each of its steps: what was kept before is still there."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from creator_magic.model.cassette import Cassette
from creator_magic.project_store import ProjectStore
from creator_magic.project_store.counts import Slot, add_counts, read_counts
from creator_magic.spending import Spent
from creator_magic.toolbox.store import ToolStore
from tests.killed import killed_at_each_step
from tests.test_damaged_files import TOOLS, aside, damaged_pages, pages_of
from tests.test_model_cassette import QUESTION, with_text
from tests.test_toolbox_store import tool

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs fork")


def test_a_reply_is_kept_or_not_and_no_other_is_lost(tmp_path: Path) -> None:
    path = tmp_path / ".creator" / "cassette.jsonl"
    kept = [replace(QUESTION, attempt=attempt) for attempt in range(3)]
    for question in kept:
        Cassette(path).add(question, with_text("kept"), "m")
    whole = path.read_bytes()
    torn = whole + whole.splitlines()[0][:70]
    new = replace(QUESTION, attempt=99)

    def add() -> None:
        Cassette(path).add(new, with_text("new"), "m")

    path.write_bytes(torn)
    for _ in killed_at_each_step(add, "cassette_file.py", "damaged_files.py", "file_lock.py"):
        cassette = Cassette(path)
        assert [cassette.find(question) is not None for question in kept] == [True] * 3
        cassette.add(QUESTION, with_text("after"), "m")
        assert path.read_bytes().startswith(whole)
        assert all(line.endswith(b"}") for line in path.read_bytes().splitlines())
        for name in aside(path.parent):
            path.with_name(name).unlink()
        path.write_bytes(torn)
    found = Cassette(path).find(new)
    assert found is not None
    assert found.text == "new"


def test_a_tool_is_kept_or_not_and_no_other_is_lost(tmp_path: Path) -> None:
    path = tmp_path / "toolbox.sqlite"

    def add() -> None:
        store = ToolStore(path)
        store.add(tool("new"))
        store.close()

    steps = 0
    for steps in killed_at_each_step(add, "store.py", "opening.py", "mending.py", "search.py"):
        store = ToolStore(path)
        store.add(tool(f"kept_{steps}"))
        assert len(store.names("kept")) == steps
        if "new" in store.names():
            assert store.get("new") == tool("new")
            store.forget(["new"])
        store.close()
    assert steps > 100
    assert aside(tmp_path) == []


@pytest.mark.slow
def test_a_damaged_file_is_mended_though_who_mends_it_is_killed(tmp_path: Path) -> None:
    whole = tmp_path / "whole"
    whole.write_bytes(damaged_pages(*pages_of("spending")))
    folder = tmp_path / ".creator"
    path = folder / "toolbox.sqlite"

    def open_it() -> None:
        store = ToolStore(path)
        store.names()
        store.close()

    def begin() -> None:
        folder.mkdir(exist_ok=True)
        for each in folder.iterdir():
            each.unlink()
        path.write_bytes(whole.read_bytes())

    begin()
    for step in killed_at_each_step(open_it, "mending.py", "damaged_files.py", "opening.py"):
        store = ToolStore(path)
        assert list(store.names()) == sorted(TOOLS), step
        store.close()
        kept = [each for each in folder.iterdir() if each.read_bytes() == whole.read_bytes()]
        assert len(kept) == 1, step
        assert not [each for each in folder.iterdir() if each.name.endswith((".part", ".mended"))]
        begin()
    assert aside(folder) == ["toolbox.sqlite.damaged-1"]


def test_counts_are_added_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "toolbox.sqlite"
    slots = {Slot("2026-11-03", name, "m"): Spent(replayed=1) for name in ("a", "b")}

    def add() -> None:
        store = ProjectStore(path)
        with store.transaction() as connection:
            add_counts(connection, slots)
        store.close()

    for _ in killed_at_each_step(add, "counts.py", "store.py"):
        store = ProjectStore(path)
        with store.reading() as connection:
            told = [read_counts(connection, notebook=name).total.replayed for name in ("a", "b")]
        assert told[0] == told[1]
        store.close()
