"""Notebook files: reading any, completing one from its records, writing it whole."""

from __future__ import annotations

import copy
import json
import stat
from typing import TYPE_CHECKING, Any

import nbformat
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from creator_magic.cells.generated import KEY, CellMark, generated_cell, source_sha
from creator_magic.cells.notebook import complete, offered_cells, without_generated
from creator_magic.cells.notebook_file import read_notebook, write_notebook, write_output
from creator_magic.cells.standing import standing_cells
from creator_magic.errors import NotebookError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

Cell = dict[str, Any]


def spec(key: str, source: str, parent: str | None = "m", **more: object) -> Cell:
    """A generated cell as a record carries it."""
    role: Any = key.partition("-")[0]
    mark = CellMark(role, key, parent, "5eed5eed", 1, source_sha(source), "asked")
    output = {"output_type": "stream", "name": "stdout", "text": f"ran {source}\n"}
    return {**generated_cell(mark, source, [output], 1), **more}


def standing(key: str, source: str, *, id: str, parent: str = "m", edited: str | None = None) -> Cell:  # noqa: A002
    """A generated cell as it stands in a notebook."""
    cell = {**spec(key, source, parent), "id": id}
    return cell if edited is None else {**cell, "source": edited}


def user(name: str) -> Cell:
    return {
        "cell_type": "code",
        "id": name,
        "metadata": {},
        "source": f"# {name}",
        "outputs": [],
        "execution_count": None,
    }


def record(*cells: Cell, parent: str | None = "m", **more: object) -> Cell:
    return {
        "output_type": "display_data",
        "data": {"text/plain": "record"},
        "metadata": {KEY: {"v": 1, "parent": parent, "cells": list(cells), **more}},
    }


def magic(*outputs: Cell, id: str = "m") -> Cell:  # noqa: A002
    return {**user(id), "source": "%%solve\nHow many?", "outputs": list(outputs)}


def notebook(*cells: Cell) -> nbformat.NotebookNode:
    made: nbformat.NotebookNode = nbformat.from_dict(
        {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": copy.deepcopy(list(cells))}
    )
    return made


def sources(nb: nbformat.NotebookNode) -> list[str]:
    return [cell["source"] for cell in nb.cells]


def ids(nb: nbformat.NotebookNode) -> list[str]:
    return [cell["id"] for cell in nb.cells]


def generated(nb: nbformat.NotebookNode) -> dict[str, nbformat.NotebookNode]:
    return {cell["metadata"][KEY]["key"]: cell for cell in nb.cells if KEY in cell["metadata"]}


# Completing


def test_a_record_becomes_cells_directly_under_its_magic_cell() -> None:
    done = complete(notebook(user("a"), magic(record(spec("tool", "T"), spec("decision", "D"))), user("b")))
    assert sources(done) == ["# a", "%%solve\nHow many?", "T", "D", "# b"]
    assert generated(done)["decision"]["outputs"][0]["text"] == "ran D\n"
    nbformat.validate(done)


def test_the_record_stays_without_the_cells_it_carried() -> None:
    done = complete(notebook(magic(record(spec("tool", "T"), summary={"solved": True}))))
    output = done.cells[0]["outputs"][0]
    assert output["metadata"][KEY] == {"v": 1, "parent": "m", "summary": {"solved": True}}
    assert output["data"] == {"text/plain": "record"}


def test_completing_does_not_change_what_it_is_given() -> None:
    given_one = notebook(magic(record(spec("tool", "T"))))
    before = copy.deepcopy(given_one)
    complete(given_one)
    assert given_one == before


def test_a_standing_cell_is_rewritten_where_it_stands_and_keeps_its_id() -> None:
    done = complete(
        notebook(
            magic(record(spec("tool", "T2"), spec("decision", "D2"))),
            user("a"),
            standing("tool", "T", id="t"),
            user("b"),
            standing("decision", "D", id="d"),
        ),
        told=True,
    )
    assert ids(done) == ["m", "a", "t", "b", "d"]
    assert sources(done)[2::2] == ["T2", "D2"]
    assert generated(done)["tool"]["outputs"][0]["text"] == "ran T2\n"


def test_a_persons_own_metadata_of_a_generated_cell_stays() -> None:
    old = standing("tool", "T", id="t")
    old["metadata"]["tags"] = ["hide-input"]
    done = complete(notebook(magic(record(spec("tool", "T2"))), old), told=True)
    assert done.cells[1]["metadata"]["tags"] == ["hide-input"]
    assert done.cells[1]["metadata"][KEY]["sha"] == source_sha("T2")


def test_a_cell_above_its_magic_comes_back_below_it() -> None:
    old = standing("tool", "T", id="t")
    done = complete(
        notebook(old, user("a"), magic(record(spec("tool", "T2"), spec("decision", "D")))), told=True
    )
    assert ids(done)[:3] == ["a", "m", "t"]
    assert sources(done)[2:] == ["T2", "D"]


def test_a_new_slot_goes_after_the_slot_before_it() -> None:
    done = complete(
        notebook(
            magic(record(spec("tool", "T"), spec("tool-2", "U"), spec("decision", "D"))),
            user("a"),
            standing("tool", "T", id="t"),
            user("b"),
        ),
        told=True,
    )
    assert sources(done) == ["%%solve\nHow many?", "# a", "T", "U", "D", "# b"]


def test_a_deleted_cell_comes_back() -> None:
    done = complete(
        notebook(magic(record(spec("tool", "T"), spec("decision", "D"))), standing("decision", "D", id="d")),
        told=True,
    )
    assert sources(done)[1:] == ["T", "D"]


def test_an_old_slot_goes_unless_it_was_edited() -> None:
    cells = [
        magic(record(spec("tool", "T"))),
        standing("tool", "T", id="t"),
        standing("tool-2", "U", id="u"),
        standing("tool-3", "V", id="v", edited="V, mended"),
    ]
    assert ids(complete(notebook(*cells), told=True)) == ["m", "t", "v"]


def test_a_failed_solve_takes_no_old_slot_away() -> None:
    offered = record(spec("tool", "T2"), summary={"solved": False})
    done = complete(
        notebook(magic(offered), standing("tool", "T", id="t"), standing("decision", "D", id="d")), told=True
    )
    assert sources(done)[1:] == ["T2", "D"]


def test_a_cell_that_the_kernel_says_to_keep_stays_whole() -> None:
    old = standing("decision", "D", id="d", edited="my D")
    new = record(spec("tool", "T"), spec("decision", "D2", keep=True))
    done = complete(notebook(magic(new), old), told=True)
    kept = generated(done)["decision"]
    assert kept["source"] == "my D"
    assert kept == nbformat.from_dict(old)


def test_the_mark_keep_does_not_reach_the_file() -> None:
    done = complete(notebook(magic(record(spec("tool", "T", keep=False)))), told=True)
    nbformat.validate(done)
    assert "keep" not in done.cells[1]


def test_an_edited_cell_is_replaced_where_the_kernel_knew_the_edit() -> None:
    cells = [magic(record(spec("tool", "T2"))), standing("tool", "T", id="t", edited="mine")]
    assert sources(complete(notebook(*cells), told=True))[1] == "T2"
    assert sources(complete(notebook(*cells)))[1] == "mine"


def test_a_copy_that_a_person_made_of_a_generated_cell_is_their_own() -> None:
    done = complete(
        notebook(
            magic(record(spec("decision", "D2"))),
            standing("decision", "D", id="d"),
            standing("decision", "D", id="copy"),
        ),
        told=True,
    )
    assert [(cell["id"], cell["source"]) for cell in done.cells[1:]] == [("d", "D2"), ("copy", "D")]


def test_a_generated_cell_turned_into_text_is_a_persons_own() -> None:
    note = {
        "cell_type": "markdown",
        "id": "n",
        "source": "D",
        "metadata": standing("tool", "D", id="n")["metadata"],
    }
    done = complete(notebook(magic(record(spec("tool", "T"))), note), told=True)
    assert sources(done)[1:] == ["T", "D"]


def test_two_magic_cells_keep_their_cells_apart() -> None:
    done = complete(
        notebook(
            magic(record(spec("tool", "T1"))),
            magic(record(spec("tool", "T2", "n"), parent="n"), id="n"),
            standing("tool", "old", id="x", parent="n"),
        ),
        told=True,
    )
    assert [
        (cell["source"], cell["metadata"][KEY]["parent"]) for cell in done.cells if KEY in cell["metadata"]
    ] == [
        ("T1", "m"),
        ("T2", "n"),
    ]
    assert ids(done)[-1] == "x"


def test_a_record_without_a_parent_belongs_to_the_cell_it_is_under() -> None:
    done = complete(notebook(magic(record(spec("tool", "T", None), parent=None))))
    assert generated(done)["tool"]["metadata"][KEY]["parent"] == "m"


def test_a_copied_magic_cell_does_not_bring_the_cells_of_the_first() -> None:
    offered = record(spec("tool", "T"))
    done = complete(notebook(magic(offered), magic(offered, id="copy")))
    assert sources(done).count("T") == 1
    assert ids(done)[2] == "copy"


def test_of_two_records_under_one_cell_the_later_counts_slot_by_slot() -> None:
    done = complete(
        notebook(magic(record(spec("tool", "T"), spec("decision", "D")), record(spec("tool", "T2"))))
    )
    assert sources(done)[1:] == ["T2", "D"]
    assert complete(done) == done


@pytest.mark.parametrize(
    "damaged",
    [
        {"v": 2, "cells": [spec("tool", "T")]},
        {"v": 1, "cells": "T"},
        {"v": 1},
        {"v": 1, "cells": [None, 3, {}, {"cell_type": "code", "source": "x", "metadata": {}}]},
        {"v": 1, "cells": [{**spec("tool", "T"), "source": None}]},
        "T",
        None,
    ],
)
def test_a_damaged_record_changes_nothing(damaged: object) -> None:
    output = {**record(), "metadata": {KEY: damaged}}
    given_one = notebook(magic(output), standing("tool", "T", id="t"))
    assert complete(given_one) == given_one


def test_new_cells_get_the_same_ids_every_time() -> None:
    given_one = notebook(magic(record(spec("tool", "T"), spec("decision", "D"))))
    assert ids(complete(given_one)) == ids(complete(given_one))
    assert len(set(ids(complete(given_one)))) == 3


def test_offered_cells_are_those_of_the_records() -> None:
    cell = magic(record(spec("tool", "T")), record(spec("decision", "D")))
    assert list(offered_cells(cell)) == ["tool", "decision"]
    assert offered_cells(user("a")) == {}
    assert offered_cells({"cell_type": "markdown", "source": "", "metadata": {}}) == {}


def test_standing_cells_come_in_notebook_order() -> None:
    nb = notebook(
        standing("tool", "T", id="above"),
        magic(),
        standing("decision", "D", id="d"),
        standing("tool", "T", id="t"),
        standing("tool-2", "U", id="orphan", parent="gone"),
    )
    assert {parent: [cell["id"] for cell in cells] for parent, cells in standing_cells(nb.cells).items()} == {
        "m": ["d", "t"]
    }


def test_without_generated_cells_and_outputs_a_notebook_is_as_its_author_wrote_it() -> None:
    nb = notebook(
        magic(record()), standing("tool", "T", id="t"), standing("tool", "T", id="o", parent="gone")
    )
    bare = without_generated(nb)
    assert ids(bare) == ["m", "o"]
    assert all(cell["outputs"] == [] for cell in bare.cells)


# Whatever a notebook holds, completing it leaves the person's cells alone.

_KEYS = ("tool", "tool-2", "decision")
_IDS = ("m1", "m2")


@st.composite
def _notebooks(draw: st.DrawFn) -> nbformat.NotebookNode:
    cells: list[Cell] = [user(f"u{number}") for number in range(draw(st.integers(0, 3)))]
    for parent in draw(st.lists(st.sampled_from([*_IDS, "gone"]), max_size=6)):
        key = draw(st.sampled_from(_KEYS))
        edited = draw(st.sampled_from([None, "mine", "also mine"]))
        cells.append(standing(key, f"old {key}", id=f"g{len(cells)}", parent=parent, edited=edited))
    for name in _IDS[: draw(st.integers(0, 2))]:
        records = [
            record(
                *(
                    spec(key, f"new {key}", name, keep=draw(st.booleans()))
                    for key in draw(st.lists(st.sampled_from(_KEYS)))
                ),
                parent=draw(st.sampled_from([name, None, "elsewhere"])),
                summary={"solved": draw(st.booleans())},
            )
            for _ in range(draw(st.integers(0, 2)))
        ]
        cells.append(magic(*records, id=name))
    cells = draw(st.permutations(cells))
    if draw(st.booleans()) and cells:
        cells = [*cells, {**cells[0], "source": "twin"}]
    return notebook(*cells)


@settings(max_examples=300, deadline=None)
@given(_notebooks(), st.booleans())
def test_no_cell_of_a_persons_is_lost_moved_or_changed(nb: nbformat.NotebookNode, told: bool) -> None:
    before = complete(nb_without_records(nb))
    stands = {id(cell) for cells in standing_cells(before.cells).values() for cell in cells}
    own = {cell["id"]: cell["source"] for cell in before.cells if id(cell) not in stands}
    done = complete(nb, told=told)
    assert [(cell["id"], cell["source"]) for cell in done.cells if cell["id"] in own] == list(own.items())
    assert len(set(ids(done))) == len(ids(done))
    if not told:
        texts = sources(done)
        assert all(texts.count(text) >= sources(nb).count(text) for text in ("mine", "also mine"))


def nb_without_records(nb: nbformat.NotebookNode) -> nbformat.NotebookNode:
    bare = copy.deepcopy(nb)
    for cell in bare.cells:
        cell["outputs"] = []
    return bare


@settings(max_examples=200, deadline=None)
@given(_notebooks(), st.booleans())
def test_completing_twice_changes_nothing_more(nb: nbformat.NotebookNode, told: bool) -> None:
    done = complete(nb, told=told)
    assert complete(done, told=told) == done


@settings(max_examples=200, deadline=None)
@given(_notebooks())
def test_every_offered_cell_stands_once_below_its_magic(nb: nbformat.NotebookNode) -> None:
    done = complete(nb, told=True)
    place = {cell["id"]: index for index, cell in enumerate(done.cells)}
    for cell in nb.cells:
        for key, offered in offered_cells(cell).items():
            here = [
                c for c in standing_cells(done.cells).get(cell["id"], []) if c["metadata"][KEY]["key"] == key
            ]
            assert len(here) == 1 or cell["source"] == "twin"
            if here and not offered["keep"]:
                assert here[0]["source"] == f"new {key}"
                assert place[here[0]["id"]] > place[cell["id"]]


@settings(max_examples=100, deadline=None)
@given(_notebooks())
def test_a_notebook_without_records_stays_as_it_is(nb: nbformat.NotebookNode) -> None:
    bare = nb_without_records(nb)
    done = complete(bare)
    for cell, before in zip(done.cells, bare.cells, strict=True):
        assert {**cell, "id": ""} == {**before, "id": ""}


# Reading and writing


def _write(path: Path, content: object) -> Path:
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return path


def _file(path: Path, cells: Sequence[Cell], minor: int = 5) -> Path:
    return _write(path, {"nbformat": 4, "nbformat_minor": minor, "metadata": {}, "cells": list(cells)})


def test_a_notebook_survives_reading_and_writing(tmp_path: Path) -> None:
    path = _file(tmp_path / "a.ipynb", [user("a"), magic(record(spec("tool", "T")))])
    nb, notices = read_notebook(path)
    write_notebook(nb, path)
    assert read_notebook(path) == (nb, ())
    assert notices == ()


def test_an_older_minor_version_is_raised_and_said(tmp_path: Path) -> None:
    cells = [{name: value for name, value in user(n).items() if name != "id"} for n in ("a", "b")]
    path = _file(tmp_path / "a.ipynb", cells, minor=2)
    nb, notices = read_notebook(path)
    assert nb.nbformat_minor == 5
    assert len(set(ids(nb))) == 2
    assert notices == ("notebook format 4.2 was raised to 4.5, whose cells have ids",)
    assert ids(read_notebook(path)[0]) == ids(nb), "the same file gives the same ids"


def test_format_three_is_raised_too(tmp_path: Path) -> None:
    cell = {
        "cell_type": "code",
        "input": "1",
        "language": "python",
        "metadata": {},
        "outputs": [],
        "collapsed": False,
    }
    old = {"nbformat": 3, "nbformat_minor": 0, "metadata": {"name": ""}, "worksheets": [{"cells": [cell]}]}
    nb, notices = read_notebook(_write(tmp_path / "a.ipynb", old))
    assert sources(nb) == ["1"]
    assert "3.0" in notices[0]


def test_cells_that_share_an_id_get_ids_of_their_own(tmp_path: Path) -> None:
    nb, notices = read_notebook(
        _file(tmp_path / "a.ipynb", [user("a"), user("a"), {**user("b"), "id": "no good!"}])
    )
    assert ids(nb)[0] == "a"
    assert len(set(ids(nb))) == 3
    assert notices == ("cells that had no id of their own got one: 2",)


def test_a_newer_minor_version_with_unknown_parts_is_read_and_kept(tmp_path: Path) -> None:
    path = _file(tmp_path / "a.ipynb", [{**user("a"), "novelty": 1}], minor=7)
    nb, _ = read_notebook(path)
    assert (nb.nbformat_minor, nb.cells[0]["novelty"]) == (7, 1)


def test_a_byte_order_mark_does_no_harm(tmp_path: Path) -> None:
    path = _file(tmp_path / "a.ipynb", [user("a")])
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert ids(read_notebook(path)[0]) == ["a"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "does not hold JSON"),
        ("{", "does not hold JSON"),
        ("[]", "no `nbformat` number"),
        ("{}", "no `nbformat` number"),
        ({"nbformat": "4"}, "no `nbformat` number"),
        ({"nbformat": 5, "nbformat_minor": 0}, "format 5"),
        ({"nbformat": 4, "nbformat_minor": 5, "metadata": {}}, "not a valid notebook"),
        ({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": 3}, "not a valid notebook"),
        ({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [3]}, "not a valid notebook"),
        ({"nbformat": 4, "nbformat_minor": "x", "metadata": {}, "cells": []}, "not a valid notebook"),
        (
            {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [{"id": "a"}]},
            "not a valid notebook",
        ),
        ({"nbformat": 3, "nbformat_minor": 0}, "not a valid notebook"),
        ({"nbformat": -1}, "not a valid notebook"),
        ("[" * 100_000, "does not hold JSON"),
    ],
)
def test_what_is_no_notebook_is_refused_in_one_line(tmp_path: Path, content: object, said: str) -> None:
    path = _write(tmp_path / "a.ipynb", content)
    with pytest.raises(NotebookError, match=said) as caught:
        read_notebook(path)
    assert str(path) in caught.value.message
    assert "\n" not in caught.value.message


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.ipynb"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(NotebookError, match="does not hold JSON"):
        read_notebook(path)


def test_a_missing_file_and_a_directory_are_refused(tmp_path: Path) -> None:
    with pytest.raises(NotebookError, match="No such file"):
        read_notebook(tmp_path / "none.ipynb")
    with pytest.raises(NotebookError, match="cannot read"):
        read_notebook(tmp_path)


def test_writing_keeps_permissions_and_links(tmp_path: Path) -> None:
    real, link = tmp_path / "real.txt", tmp_path / "link.txt"
    real.write_text("old")
    real.chmod(0o640)
    link.symlink_to(real)
    write_output(link, b"new")
    assert link.is_symlink()
    assert real.read_bytes() == b"new"
    assert stat.S_IMODE(real.stat().st_mode) == 0o640
    assert sorted(tmp_path.iterdir()) == [link, real]


def test_a_failed_write_leaves_the_old_file_and_no_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.txt"
    path.write_text("old")

    def fails(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", fails)
    with pytest.raises(NotebookError, match="No space left"):
        write_output(path, b"new")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_directory_is_not_written_over(tmp_path: Path) -> None:
    with pytest.raises(NotebookError, match="is a directory"):
        write_output(tmp_path, b"new")


def test_a_lone_surrogate_in_an_output_survives(tmp_path: Path) -> None:
    cell = {**user("a"), "outputs": [{"output_type": "stream", "name": "stdout", "text": "\ud800 ü"}]}
    path = tmp_path / "a.ipynb"
    write_notebook(notebook(cell), path)
    assert read_notebook(path)[0].cells[0]["outputs"][0]["text"] == "\ud800 ü"
