"""The tools of a project: kept, revised, counted, forgotten, restored, found; and never lost."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from creator_magic.errors import InputError
from creator_magic.project_store import ProjectStore
from creator_magic.project_store.counts import Slot, add_counts, read_counts
from creator_magic.project_store.migrations import MIGRATIONS
from creator_magic.project_store.opening import open_store
from creator_magic.spending import Spent
from creator_magic.toolbox.reading import describe
from creator_magic.toolbox.search import count, search
from creator_magic.toolbox.store import NameTakenError, ToolStore
from creator_magic.toolbox.terms import terms_of
from creator_magic.toolbox.tool import Case, Evidence, Provenance, Tool

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def store(tmp_path: Path) -> Iterator[ToolStore]:
    kept = ToolStore(tmp_path / ".creator" / "toolbox.sqlite")
    yield kept
    kept.close()


def tool(name: str, doc: str = "Return nothing.", problem: str = "", body: str = "return None") -> Tool:
    source = f'def {name}(x: float) -> object:\n    """{doc}"""\n    {body}'
    return replace(describe(source, name), problem=problem)


def test_a_tool_comes_back_whole(store: ToolStore) -> None:
    made = replace(
        tool("area", "Return the area.", "How large is a field \U0001d53d?"),
        requirements=("numpy",),
        calls=("width",),
        cases=(Case("area(1)", "1", ("import os",), "decision"),),
        provenance=Provenance(
            model="m",
            place="a.ipynb",
            evidence=Evidence("area(1)", "1", 1, ("python 3.11",)),
            borrowed=("g",),
        ),
    )
    assert store.add(made) == made
    assert store.get("area") == made
    assert store.tools() == (made,)
    assert store.names() == ("area",)
    assert store.names("b") == ()


def test_looking_makes_no_file(store: ToolStore) -> None:
    assert (store.tools(), store.names(), store.search("x"), store.find("x")) == ((), (), (), None)
    assert (store.usage(), store.forgotten()) == ((), ())
    with pytest.raises(InputError, match=r"no tool x\. It is empty"):
        store.get("x")
    assert not store.path.exists()


def test_a_change_is_another_revision_and_the_search_finds_the_newest(store: ToolStore) -> None:
    store.add(tool("area", "Return the area of a rectangle."))
    changed = store.revise(tool("area", "Return the area of a triangle."), "rectified")
    assert changed.revision == 2
    assert [(r.tool.revision, r.reason) for r in store.history("area")] == [(1, "made"), (2, "rectified")]
    assert store.history("area")[0].tool.docstring == "Return the area of a rectangle."
    assert store.search("triangle")[0].name == "area"
    assert store.search("rectangle") == ()
    with pytest.raises(InputError, match=r"no tool arae\. Did you mean area\?"):
        store.revise(tool("arae"), "rectified")


def test_the_same_tool_is_kept_once_and_another_of_its_name_is_refused(store: ToolStore) -> None:
    store.add(tool("area"))
    store.used("area", solved=True)
    assert store.add(tool("area")).uses == 1
    with pytest.raises(NameTakenError):
        store.add_all([tool("new"), tool("area", body="return 1")])
    assert store.names() == ("area",)


def test_uses_and_successes_are_counted(store: ToolStore) -> None:
    store.add_all([tool("area"), tool("rest")])
    store.used("area", solved=True)
    store.used("area", solved=False)
    kept = store.get("area")
    assert (kept.uses, kept.successes) == (2, 1)
    assert [(u.name, u.times, u.since) for u in store.usage()] == [("area", 3, 4), ("rest", 1, 3)]


def test_a_forgotten_tool_is_not_found_and_comes_back(store: ToolStore) -> None:
    store.add_all([tool("area", "Area of a field."), tool("rest")])
    with pytest.raises(InputError, match="no tool gone"):
        store.forget(["area", "gone"])
    assert store.names() == ("area", "rest")
    store.forget(["area"])
    assert store.names() == ("rest",)
    assert store.search("area of a field") == ()
    assert [t.name for t in store.forgotten()] == ["area"]
    with pytest.raises(InputError, match=r"No tool rest was forgotten\. Forgotten were: area"):
        store.restore("rest")
    store.add(tool("area", body="return 2"))
    with pytest.raises(NameTakenError, match="Forget that one first"):
        store.restore("area")
    store.forget(["area"])
    assert store.restore("area").source.endswith("return 2")
    store.forget(["area"])
    assert store.search("area of a field") == ()


def test_terms_split_identifiers_and_leave_out_what_is_everywhere() -> None:
    assert terms_of("haversineDistance of the HTTPServer_v2: lat1, cities, losses, gas") == [
        "haversine", "distance", "http", "server", "lat", "city", "losse", "gas",
    ]  # fmt: skip
    assert terms_of("Compute the value of 3.5 and return it as a float") == []
    assert terms_of("größe Änderung") == ["größe", "änderung"]


def test_search_looks_at_problem_name_signature_and_docstring(store: ToolStore) -> None:
    store.add_all(
        [
            tool("stopping_distance", "Return metres.", "How far does a truck slide on ice?"),
            tool("tile_count", "Return how many tiles cover a kitchen floor."),
            tool("loan_rate", "Return a share.", "A bank lends money."),
            *(
                tool(f"filler_{n}", "Return the sum of numbers.", "A shop sells money and ice.")
                for n in range(30)
            ),
        ]
    )
    assert store.search("A truck needs how long on a road?")[0].name == "stopping_distance"
    assert store.search("We tile two kitchens")[0].name == "tile_count"
    hit = store.search("What does the loan of a bank cost, and its rate?")[0]
    assert (hit.name, set(hit.terms)) == ("loan_rate", {"loan", "rate", "bank"})
    assert 0.5 < hit.share < 1.0
    assert len(store.search("money", limit=5)) == 5
    assert store.search("zebra") == store.search("") == store.search('"*" OR NEAR(') == ()


def test_the_fast_search_finds_what_scoring_every_tool_finds(store: ToolStore) -> None:
    words = [f"w{chr(97 + a)}{chr(97 + b)}" for a in range(20) for b in range(20)]
    store.add_all(
        [
            tool(f"t{n}", " ".join(words[(n * k * k + k) % 400] for k in range(1, 12)), "common words of all")
            for n in range(600)
        ]
    )
    agreed = 0
    with store.reading() as connection:
        assert connection is not None
        for n in range(0, 400, 10):
            text = " ".join([words[n], words[(n * 7 + 3) % 400], words[(n * 3 + 1) % 400], "common words"])
            counts = count(connection, text)
            every = search(connection, counts, 3, exhaustive=True)
            fast = search(connection, counts, 3)
            agreed += len({h.name for h in every} & {h.name for h in fast})
    assert agreed >= 0.95 * 3 * 40


def test_a_projects_file_of_the_version_before_keeps_what_it_has(tmp_path: Path) -> None:
    path = tmp_path / ".creator" / "toolbox.sqlite"
    old = open_store(path, MIGRATIONS[:1])
    add_counts(old, {Slot("day", "n", "m"): Spent(replayed=3)})
    old.close()
    store = ToolStore(path)
    store.add(tool("area"))
    with ProjectStore(path).reading() as connection:
        assert read_counts(connection).total.replayed == 3
    assert store.names() == ("area",)
    store.close()


WRITER = """
import json, sys, time
from pathlib import Path
from creator_magic.toolbox.store import ToolStore
from tests.test_toolbox_store import tool

path, number, seconds = Path(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
print("ready", flush=True)
sys.stdin.readline()
store = ToolStore(path)
writes, made, end = [], 0, time.monotonic() + seconds
while time.monotonic() < end:
    name = f"tool_{number}_{made}"
    began = time.monotonic()
    store.add(tool(name, f"Return thing {number}.", "A problem of many words about a thing."))
    writes.append(time.monotonic() - began)
    made += 1
    began = time.monotonic()
    store.used(name, solved=True)
    writes.append(time.monotonic() - began)
    assert store.search(f"thing about {name}")
print(json.dumps([made, writes]))
store.close()
"""


def write_at_once(path: Path, writers: int, seconds: float) -> list[tuple[str, str]]:
    """Let processes add, count and search in one toolbox at the same time; return what each printed."""
    begun = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, str(path), str(number), str(seconds)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for number in range(writers)
    ]
    for writer in begun:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "ready\n"
    for writer in begun:
        assert writer.stdin is not None
        writer.stdin.write("\n")
        writer.stdin.flush()
    return [writer.communicate(timeout=seconds + 120) for writer in begun]


@pytest.mark.slow
def test_eight_processes_that_add_and_search_lose_nothing(store: ToolStore) -> None:
    said = write_at_once(store.path, 8, 5)
    assert [error for _, error in said] == [""] * 8
    made = [json.loads(out) for out, _ in said]
    assert len(store.names()) == sum(count for count, _ in made) > 8
    assert all(t.uses == t.successes == 1 for t in store.tools())
    sorted(seconds for _, all_of_one in made for seconds in all_of_one)
