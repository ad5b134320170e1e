"""Damaged files of a project: moved aside and told of, and what can be read of them is kept."""

from __future__ import annotations

import functools
import json
import shutil
import sqlite3
import tempfile
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from creator_magic.errors import InputError, StoreError
from creator_magic.model.cassette import Cassette, CassetteModel
from creator_magic.toolbox.store import ToolStore
from tests.test_model_cassette import QUESTION, FakeModel, with_text
from tests.test_toolbox_store import tool

if TYPE_CHECKING:
    from creator_magic.ports import Question

TOOLS = [f"area_{number}" for number in range(60)]
REPLIES = [replace(QUESTION, attempt=attempt) for attempt in range(1, 8)]


@functools.cache
def whole_store() -> bytes:
    """A toolbox with tools on many pages, in one file."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "toolbox.sqlite"
        store = ToolStore(path)
        store.add_all([tool(name, problem=f"{name} " * 50) for name in TOOLS])
        store.close()
        return path.read_bytes()


@functools.cache
def whole_cassette() -> bytes:
    """A cassette with replies of several lengths and scripts."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "cassette.jsonl"
        for question in REPLIES:
            Cassette(path).add(question, with_text("ü\n" * question.attempt**3), "m")
        return path.read_bytes()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / ".creator"
    folder.mkdir()
    return folder


def damaged_pages(*pages: int) -> bytes:
    whole = bytearray(whole_store())
    for page in pages:
        whole[page * 4096 : (page + 1) * 4096] = b"\xa5" * 4096
    return bytes(whole)


def pages_of(table: str) -> list[int]:
    """The pages of a table's rows, counted from 0."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.sqlite"
        path.write_bytes(whole_store())
        connection = sqlite3.connect(path)
        try:
            found = connection.execute(
                "SELECT rootpage FROM sqlite_master WHERE name = ?", (table,)
            ).fetchone()
        finally:
            connection.close()
    return [found[0] - 1]


def aside(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if ".damaged-" in path.name)


# The toolbox


def test_what_can_be_read_of_a_damaged_toolbox_is_in_a_new_one(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = folder / "toolbox.sqlite"
    damaged = damaged_pages(*pages_of("spending"))
    path.write_bytes(damaged)
    store = ToolStore(path)
    assert list(store.names()) == sorted(TOOLS)
    assert store.get("area_7") == replace(tool("area_7", problem="area_7 " * 50), revision=1)
    assert {hit.name for hit in store.search("area_7 7", 60)} <= set(TOOLS)
    assert store.search("area", 3)
    store.add(tool("new"))
    store.close()
    assert (folder / "toolbox.sqlite.damaged-1").read_bytes() == damaged
    said = capsys.readouterr().err
    assert ".creator/toolbox.sqlite is damaged (" in said
    assert (
        "It is now toolbox.sqlite.damaged-1; 60 tools could be read and taken over into a new file." in said
    )
    assert len(said.splitlines()) == 1
    assert aside(folder) == ["toolbox.sqlite.damaged-1"]


def test_a_page_that_is_met_later_is_mended_too(folder: Path) -> None:
    path = folder / "toolbox.sqlite"
    # Not the root of the table, but a page of its rows, which opening does not look at.
    whole = whole_store()
    page = next(
        n for n in range(3, len(whole) // 4096) if b"area_30 area_30" in whole[n * 4096 : (n + 1) * 4096]
    )
    path.write_bytes(damaged_pages(page))
    store = ToolStore(path)
    with pytest.raises(
        StoreError, match=r"is damaged .* It is now toolbox\.sqlite\.damaged-1; .* Run this again\."
    ):
        store.tools()
    kept = store.tools()
    assert len(TOOLS) - 8 <= len(kept) < len(TOOLS)
    assert "area_30" not in [each.name for each in kept]
    assert all(hit.name in store.names() for hit in store.search("area_31", 60))
    store.close()


def test_a_second_damage_has_a_name_of_its_own(folder: Path) -> None:
    path = folder / "toolbox.sqlite"
    for number in (1, 2):
        path.write_bytes(b"no database at all, but long enough to be looked at as one " * number * 20)
        store = ToolStore(path)
        assert store.names() == ()
        store.add(tool("area"))
        store.close()
        assert aside(folder) == [f"toolbox.sqlite.damaged-{n}" for n in range(1, number + 1)]
    sizes = [(folder / name).stat().st_size for name in aside(folder)]
    assert sizes == [59 * 20, 59 * 40]


def test_a_file_that_was_emptied_does_not_take_its_journal_along(folder: Path) -> None:
    path = folder / "toolbox.sqlite"
    store = ToolStore(path)
    store.add(tool("area"))  # still in the journal
    journal = (folder / "toolbox.sqlite-wal").read_bytes()
    shutil.copy(folder / "toolbox.sqlite-wal", folder / "kept")
    store.close()
    path.write_bytes(b"")
    (folder / "kept").rename(folder / "toolbox.sqlite-wal")
    store.add(tool("new"))
    assert store.names() == ("new",)
    store.close()
    assert (folder / "toolbox.sqlite-wal.damaged-1").read_bytes() == journal


def test_what_another_program_keeps_is_left_alone(folder: Path) -> None:
    other = folder / "mine.sqlite"
    connection = sqlite3.connect(other)
    connection.execute("CREATE TABLE mine (name TEXT)")
    connection.close()
    notes = folder / "notes.txt"
    notes.write_text("notes of mine, and no toolbox\n" * 50)
    for path, why in ((other, "the database of another program"), (notes, "no toolbox")):
        before = path.read_bytes()
        with pytest.raises(StoreError, match=f"is {why}. It was left as it is"):
            ToolStore(path).names()
        assert path.read_bytes() == before
    assert aside(folder) == []


def test_a_folder_in_its_place_is_told_and_left_alone(folder: Path) -> None:
    (folder / "toolbox.sqlite" / "mine").mkdir(parents=True)
    with pytest.raises(StoreError, match="cannot be used"):
        ToolStore(folder / "toolbox.sqlite").names()
    assert (folder / "toolbox.sqlite" / "mine").is_dir()


def test_a_shared_toolbox_that_is_damaged_is_not_ours_to_mend(folder: Path) -> None:
    path = folder / "toolbox.sqlite"
    path.write_bytes(damaged_pages(*range(1, 20)))
    before = path.read_bytes()
    with pytest.raises(StoreError, match="is damaged"):
        ToolStore(path, read_only=True).tools()
    assert path.read_bytes() == before
    assert aside(folder) == []


damages = st.lists(st.tuples(st.integers(0, 2**32), st.integers(1, 255)), min_size=1, max_size=30)


def flipped(whole: bytes, places: list[tuple[int, int]]) -> bytes:
    data = bytearray(whole)
    for place, mask in places:
        data[place % len(data)] ^= mask
    return bytes(data)


@given(places=damages, cut=st.one_of(st.none(), st.integers(0, 2**32)))
@settings(deadline=None, max_examples=60)
def test_wild_damage_of_a_toolbox_raises_nothing_but_our_errors(
    places: list[tuple[int, int]], cut: int | None
) -> None:
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "toolbox.sqlite"
        data = flipped(whole_store(), places)
        path.write_bytes(data if cut is None else data[: cut % len(data)])
        damaged = path.read_bytes()
        store = ToolStore(path)
        acts = (store.names, store.tools, lambda: store.search("area", 3), lambda: store.add(tool("new")))
        for act in acts * 2:
            with suppress(StoreError, InputError):
                act()
        store.close()
        for kept in Path(name).glob("*.sqlite.damaged-1"):
            assert kept.read_bytes() == damaged


# The cassette


def readable(data: bytes) -> dict[int, str]:
    """The replies of a cassette's lines that are as they were, by attempt."""
    known = dict(zip(whole_cassette().splitlines(), REPLIES, strict=True))
    return {
        known[line].attempt: json.loads(line)["reply"]["text"] for line in data.split(b"\n") if line in known
    }


def text_of(path: Path, question: Question) -> str | None:
    found = Cassette(path).find(question)
    return found.text if found else None


@given(places=damages, cut=st.one_of(st.none(), st.integers(0, 2**32)))
@settings(deadline=None)
def test_wild_damage_of_a_cassette_loses_no_reply_that_is_whole(
    places: list[tuple[int, int]], cut: int | None
) -> None:
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / ".creator" / "cassette.jsonl"
        path.parent.mkdir()
        data = flipped(whole_cassette(), places)
        damaged = data if cut is None else data[: cut % len(data)]
        path.write_bytes(damaged)
        expected = readable(damaged)
        new = replace(QUESTION, attempt=99)
        for _ in range(2):  # as it was found, and with a reply added
            for question in REPLIES:
                if question.attempt in expected:
                    assert text_of(path, question) == expected[question.attempt]
            Cassette(path).add(new, with_text("new"), "m")
            assert text_of(path, new) == "new"
        kept = b"".join(each.read_bytes() for each in sorted(path.parent.iterdir(), reverse=True))
        assert all(line in kept for line in damaged.split(b"\n"))


def test_a_reply_whose_line_end_was_lost_is_found(folder: Path) -> None:
    path = folder / "cassette.jsonl"
    path.write_bytes(whole_cassette().replace(b"\n", b"\0", 3))
    for question in REPLIES:
        assert text_of(path, question) == "ü\n" * question.attempt**3
    half = whole_cassette() + b"\0" + whole_cassette()[:50]
    path.write_bytes(half.replace(b"\n\0", b"\0"))
    Cassette(path).add(replace(QUESTION, attempt=99), with_text("new"), "m")
    assert text_of(path, REPLIES[-1]) == "ü\n" * REPLIES[-1].attempt ** 3


@pytest.mark.parametrize("content", [b"\0" * 5000, b"\xff\n" * 50, b"notes of mine\n", b"[1]"])
def test_a_projects_cassette_that_is_none_is_moved_aside(folder: Path, content: bytes) -> None:
    path = folder / "cassette.jsonl"
    path.write_bytes(content)
    model = CassetteModel(Cassette(path), FakeModel(), "m", "auto")
    (notice,) = model.ask(QUESTION, lambda _: None).notices
    assert "It is now cassette.jsonl.damaged-1; a new one was begun." in notice
    assert (folder / "cassette.jsonl.damaged-1").read_bytes() == content
    assert len(path.read_bytes().splitlines()) == 1


def test_a_file_that_a_person_named_by_mistake_is_left_alone(tmp_path: Path) -> None:
    for content in (b"notes of mine\n", b"notes of mine", b'{"cells": []}\n'):
        path = tmp_path / "notes.txt"
        path.write_bytes(content)
        model = CassetteModel(Cassette(path), FakeModel(), "m", "auto")
        notices = model.ask(QUESTION, lambda _: None).notices
        assert "The reply could not be kept in notes.txt: it is no cassette." in " ".join(notices)
        assert path.read_bytes() == content
        assert [each.name for each in tmp_path.iterdir()] == ["notes.txt"]


def test_an_empty_file_and_empty_lines_are_no_damage(folder: Path) -> None:
    path = folder / "cassette.jsonl"
    path.write_bytes(b"")
    cassette = Cassette(path)
    cassette.add(QUESTION, with_text("a"), "m")
    path.write_bytes(b"\n\n" + path.read_bytes() + b"\n")
    cassette.add(QUESTION, with_text("b"), "m")
    assert text_of(path, QUESTION) == "b"
    assert cassette.take_notices() == ()
    assert aside(folder) == []
