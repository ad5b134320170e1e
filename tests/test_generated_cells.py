"""The mark of a generated cell, and what a record sums up."""

from __future__ import annotations

import subprocess
import sys

import nbformat
import pytest
from hypothesis import given
from hypothesis import strategies as st

from creator_magic.cells.generated import (
    KEY,
    CellMark,
    SolveSummary,
    generated_cell,
    is_edited,
    solve_id_of,
    source_sha,
)

MARK = CellMark("tool", "tool-2", "m1", "0a1b2c3d", 3, source_sha("x = 1"), "f" * 16)


def test_a_mark_survives_the_way_through_metadata() -> None:
    assert CellMark.from_metadata(MARK.to_metadata()) == MARK


def test_a_mark_has_the_fixed_format() -> None:
    assert MARK.to_metadata() == {
        "creator_magic": {
            "v": 1,
            "role": "tool",
            "key": "tool-2",
            "parent": "m1",
            "solve_id": "0a1b2c3d",
            "revision": 3,
            "sha": source_sha("x = 1"),
            "asked": "f" * 16,
        }
    }


def test_a_mark_keeps_company_with_other_metadata() -> None:
    assert CellMark.from_metadata({"tags": ["a"], **MARK.to_metadata()}) == MARK


def test_a_mark_may_lack_a_parent() -> None:
    metadata = {KEY: {**MARK.to_metadata()[KEY], "parent": None}}
    mark = CellMark.from_metadata(metadata)
    assert mark is not None
    assert mark.parent is None


@pytest.mark.parametrize(
    "damage",
    [
        {"v": 2},
        {"v": None},
        {"role": "poem"},
        {"role": ["tool"]},
        {"key": ""},
        {"key": None},
        {"parent": 3},
        {"revision": "3"},
        {"revision": True},
        {"sha": None},
        {"asked": 5},
        {"solve_id": {}},
    ],
)
def test_a_damaged_mark_or_one_of_another_version_is_no_mark(damage: dict[str, object]) -> None:
    assert CellMark.from_metadata({KEY: {**MARK.to_metadata()[KEY], **damage}}) is None


@pytest.mark.parametrize("metadata", [{}, {KEY: None}, {KEY: "tool"}, {KEY: []}, {KEY: {}}, {"tags": []}])
def test_a_cell_of_the_persons_own_has_no_mark(metadata: dict[str, object]) -> None:
    assert CellMark.from_metadata(metadata) is None


def test_a_later_version_may_add_entries() -> None:
    assert CellMark.from_metadata({KEY: {**MARK.to_metadata()[KEY], "cost": 1}}) == MARK


def test_an_edit_is_seen_and_line_ends_are_none() -> None:
    mark = CellMark("tool", "tool", None, "", 1, source_sha("a = 1\nb = 2"), "")
    assert not is_edited(mark, "a = 1\nb = 2")
    assert not is_edited(mark, "a = 1\r\nb = 2")
    assert is_edited(mark, "a = 1\nb = 3")
    assert is_edited(mark, "")


@given(st.text(st.characters()))
def test_every_text_has_a_hash_of_sixteen_digits(source: str) -> None:
    sha = source_sha(source)
    assert len(sha) == 16
    assert int(sha, 16) >= 0


def test_the_same_question_in_the_same_cell_is_the_same_solve() -> None:
    assert solve_id_of("m1", "abc") == solve_id_of("m1", "abc")
    assert len({solve_id_of(parent, asked) for parent in ("m1", "m2", None) for asked in ("a", "b")}) == 6
    assert len(solve_id_of(None, "")) == 8


def test_a_generated_cell_with_an_id_is_valid_in_a_notebook() -> None:
    output = {"output_type": "stream", "name": "stdout", "text": "7\n"}
    cell = generated_cell(MARK, "print(7)", [output], 4)
    notebook = nbformat.v4.new_notebook(cells=[{"id": "g1", **cell}])
    nbformat.validate(notebook)
    assert cell["metadata"] == MARK.to_metadata()
    assert cell["outputs"] == [output]
    assert cell["execution_count"] == 4


def test_a_summary_takes_what_it_knows_and_leaves_the_rest() -> None:
    record = {"solved": True, "problem": "p", "calls": 2, "seconds": 3, "attempts": "many", "later": 1}
    assert SolveSummary.from_record(record) == SolveSummary(problem="p", solved=True, calls=2, seconds=3)


def test_importing_it_needs_the_standard_library_only() -> None:
    code = (
        "import sys; before = set(sys.modules); import creator_magic.cells.generated;"
        "new = {name.partition('.')[0] for name in set(sys.modules) - before};"
        "print(sorted(new - set(sys.stdlib_module_names) - {'creator_magic'}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_magic_cell_needs_no_library_for_files_which_takes_seconds_to_import() -> None:
    code = "import sys, creator_magic.magic_cell; print('nbformat' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
