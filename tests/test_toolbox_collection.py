"""The toolbox as a whole: admission under a free name, reuse, rectification, care, and meaning."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from creator_magic.errors import InputError, StoreError
from creator_magic.model.embeddings import EmbeddingModel
from creator_magic.toolbox.care import rarely_used
from creator_magic.toolbox.collection import PERSONAL, Toolbox
from creator_magic.toolbox.meaning import Meaning
from creator_magic.toolbox.places import toolbox_of
from creator_magic.toolbox.reading import describe
from creator_magic.toolbox.store import ToolStore, UseCount
from creator_magic.toolbox.tool import Case, Provenance, Tool

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from creator_magic.toolbox.admission import Admission
    from tests.model_server import ModelServer

BY_MODEL = Provenance(model="m", place="a.ipynb")


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Toolbox]:
    opened = toolbox_of(tmp_path / "project", str(tmp_path / "personal.sqlite"))
    yield opened
    opened.close()


def area(body: str = "width * height", doctest: str = "") -> str:
    return f'def area(width, height):\n    """Return the area of a field.{doctest}"""\n    return {body}'


def solve(box: Toolbox, source: str, decision: str = "", problem: str = "How large is it?") -> Admission:
    (admission,) = box.admit(source, problem=problem, decision=decision, answer="6", provenance=BY_MODEL)
    return admission


def test_a_tool_that_solved_its_problem_serves_the_next(box: Toolbox) -> None:
    kept = solve(box, area(), "area(2, 3)", "A field is 2 by 3.").tool
    (candidate,) = box.candidates("How large is a field of 5 by 6?")
    assert candidate.tool == kept == box.own.get("area")
    assert (candidate.place, candidate.helpers) == ("project", ())
    assert "field" in candidate.terms
    assert 0 < candidate.share <= 1
    box.used("area", solved=True)
    box.used("area", solved=False)
    assert (box.own.get("area").uses, box.own.get("area").successes) == (2, 1)
    assert kept.provenance.evidence is not None
    assert (kept.provenance.model, kept.provenance.evidence.answer) == ("m", "6")


@pytest.mark.parametrize("least", [0.0, 0.05, 0.1, 0.4, 0.9, 1.0])
@pytest.mark.parametrize(
    "problem",
    [
        "How large is a field?",
        "The price of a loan, in euro",
        "case of a loan on a sphere",
        "xylophone",
        "",
        "a",
    ],
)
def test_a_tool_that_shares_too_little_is_none_to_offer(box: Toolbox, problem: str, least: float) -> None:
    for store in (box.own, box.stores[PERSONAL]):
        store.add_all(
            [
                a_tool("field_area", "Case: how large a field is, in square metres."),
                a_tool("loan_rate", "Case: the price of a loan of a bank."),
                a_tool("great_circle", "Case: two places on a sphere."),
            ]
        )
        every = [each for each in box.candidates(problem, 10) if each.share >= least]
        assert list(box.candidates(problem, 10, least)) == every
        assert list(box.candidates(problem, 1, least)) == every[:1]


def test_a_damaged_tool_that_is_not_offered_is_in_nobodys_way(box: Toolbox) -> None:
    box.own.add_all([a_tool("field_area", "Case: how large a field is."), a_tool("rest", "Case: pause.")])
    with box.own.writing() as connection:
        connection.execute("UPDATE tool_revisions SET details = '{' WHERE summary LIKE '%pause%'")
    text = "Case: how large is a field, and how far is it to the river?"
    assert [each.tool.name for each in box.candidates(text, 3, 0.1)] == ["field_area"]
    with pytest.raises(StoreError, match="The tool rest is damaged"):
        box.candidates(text)


def test_what_fails_is_not_kept(box: Toolbox) -> None:
    assert "is expected" in solve(box, area(doctest="\n\n    >>> area(1, 1)\n    2\n    ")).refused
    assert "needs names that nothing in it binds: tax" in solve(box, area("tax(width)")).refused
    assert box.own.names() == ()


def test_another_tool_of_the_same_name_gets_a_name_of_its_own(box: Toolbox) -> None:
    solve(box, area(), "area(2, 3)")
    assert solve(box, area(), "area(2, 3)").tool.name == "area"
    doctest = "\n\n    >>> area(2, 3)\n    10\n    "
    second = solve(box, area("2 * (width + height)", doctest), "area(1, 1)").tool
    third = solve(box, area("width + height"), "area(1, 1)").tool
    assert (second.name, third.name) == ("area_2", "area_3")
    assert "def area_2(" in second.source
    assert [case.call for case in second.cases] == ["area_2(2, 3)", "area_2(1, 1)"]
    assert all(report.passed for _, report in box.check())


def test_a_tool_that_calls_another_brings_it_along(box: Toolbox) -> None:
    solve(box, area(), "area(2, 3)")
    volume = "def volume(a, b, c):\n    '''Return the volume of a box.'''\n    return area(a, b) * c"
    kept = solve(box, volume, "volume(1, 2, 3)", "How much fits into a box?").tool
    assert kept.calls == ("area",)
    assert [case.expected for case in kept.cases] == ["6"]
    (candidate,) = box.candidates("a box, how much volume?", limit=1)
    assert [helper.name for helper in candidate.helpers] == ["area"]
    assert box.rarely_used() == []


def test_a_rectified_tool_replaces_the_old_one_only_if_it_passes_its_cases(box: Toolbox) -> None:
    solve(box, area(), "area(2, 3)")
    again = {
        "problem": "And without a height?",
        "decision": "area(4)",
        "answer": "16",
        "provenance": BY_MODEL,
    }
    better = area("width * (height or width)").replace("height):", "height=None):")
    (replaced,) = box.rectify("area", better, **again)  # type: ignore[arg-type]
    assert (replaced.tool.name, replaced.tool.revision) == ("area", 2)
    assert [case.call for case in replaced.tool.cases] == ["area(2, 3)", "area(4)"]
    assert replaced.tool.problem == "How large is it?"

    other = area("width * width").replace("height):", "height=None):")
    (added,) = box.rectify("area", other, **again)  # type: ignore[arg-type]
    assert (added.tool.name, added.tool.problem) == ("area_2", "And without a height?")
    assert box.own.get("area").revision == 2
    assert [revision.reason for revision in box.own.history("area")] == ["made", "rectified"]


def test_an_edit_must_pass_the_cases_or_be_insisted_on(box: Toolbox) -> None:
    solve(box, area(), "area(2, 3)")
    assert "`area(2, 3)` shows 5, where 6 is expected." in box.edit("area", area("width + height")).refused
    assert box.own.get("area").revision == 1
    assert box.edit("area", area("height * width")).tool.revision == 2
    assert box.edit("area", area("width + height"), anyway=True).tool.revision == 3
    with pytest.raises(InputError, match="does not define area"):
        box.edit("area", "def other():\n    pass")


def test_foreign_tools_are_offered_once_their_cases_passed(box: Toolbox) -> None:
    tool = describe(area(doctest="\n\n    >>> area(2, 3)\n    6\n    "), "area")
    box.own.add(replace(tool, provenance=Provenance("imported", foreign=True)))
    assert box.candidates("area of a field") == ()
    assert [hit.name for _, hit in box.search("area of a field", 3)] == ["area"]
    assert list(box.check(["area"])) == []
    ((_, report),) = box.check(["area"], foreign=True)
    assert report.passed
    (candidate,) = box.candidates("area of a field")
    assert candidate.tool.provenance.origin == "imported"
    assert candidate.tool.provenance.evidence is not None


def test_the_personal_and_shared_toolboxes_are_searched_and_shared_ones_stay_as_they_are(
    tmp_path: Path,
) -> None:
    course = ToolStore(tmp_path / "course" / "toolbox.sqlite")
    course.add_all([describe(area(), "area"), describe("def loan():\n    '''Money of a bank.'''", "loan")])
    course.close()
    before = (tmp_path / "course" / "toolbox.sqlite").read_bytes()
    box = toolbox_of(
        tmp_path / "p", str(tmp_path / "mine.sqlite"), [str(course.path), str(tmp_path / "not_there.sqlite")]
    )
    box.stores[PERSONAL].add(describe("def perimeter(a):\n    '''Length around a field.'''", "perimeter"))
    box.own.add(describe(area("0"), "area"))
    found = {
        c.tool.name: c.place for c in box.candidates("Area and length around a field, and money of a bank")
    }
    assert found == {"area": "project", "perimeter": "personal", "loan": "shared: course/toolbox.sqlite"}
    box.used("loan", solved=True)
    shared = box.stores["shared: course/toolbox.sqlite"]
    assert shared.get("loan").uses == 0
    with pytest.raises(StoreError, match=r"cannot be used|may not be written"):
        shared.forget(["loan"])
    box.close()
    assert (tmp_path / "course" / "toolbox.sqlite").read_bytes() == before


def test_tools_that_behave_alike_are_reported(box: Toolbox) -> None:
    solve(box, area(), "area(2, 3)")
    field = area("height * width").replace("def area", "def field_size")
    solve(box, field, "field_size(4, 5)")
    solve(box, area("width + height").replace("def area", "def field_sum"), "field_sum(2, 3)")
    assert [(pair.one, pair.other, pair.cases) for pair in box.alike()] == [("area", "field_size", 2)]


def test_the_log_frequency_rule() -> None:
    log = [("new", 1, 20), ("unused", 1, 21), ("once", 2, 400), ("seldom", 2, 401), ("often", 9, 9000)]
    assert rarely_used(UseCount(*entry) for entry in log) == ["unused", "seldom"]


def test_trimming_counts_from_when_a_tool_was_made(box: Toolbox) -> None:
    box.own.add(describe("def old():\n    pass", "old"))
    box.own.add(describe("def busy():\n    pass", "busy"))
    for _ in range(20):
        box.own.used("busy", solved=True)
    box.own.add(describe("def new():\n    pass", "new"))
    assert box.rarely_used() == ["old"]


def with_meaning(box: Toolbox, server: ModelServer) -> Meaning:
    meaning = Meaning(EmbeddingModel("embedder", server.url, "sk-test"))
    box._meaning = meaning
    return meaning


def a_tool(name: str, doc: str) -> Tool:
    return describe(f"def {name}():\n    '''{doc}'''", name)


def test_embeddings_find_what_shares_no_word_and_are_asked_for_once(
    box: Toolbox, server: ModelServer
) -> None:
    box.own.add_all(
        [
            a_tool("loan_rate", "Price of a loan."),
            a_tool("great_circle", "On a sphere."),
            a_tool("rest", "Rest."),
        ]
    )
    assert box.candidates("cash") == ()
    meaning = with_meaning(box, server)
    assert box.candidates("cash")[0].tool.name == "loan_rate"
    assert box.candidates("the globe and a sphere")[0].tool.name == "great_circle"
    assert meaning.notice == ""
    sent = [request.body["input"] for request in server.requests]
    assert [len(texts) for texts in sent] == [3, 1, 1]
    assert sent[1] == ["cash"]
    box.own.revise(a_tool("rest", "A truck on a road."), "edited")
    assert box.candidates("journey")[0].tool.name == "rest"
    assert [len(request.body["input"]) for request in server.requests][3:] == [1, 1]


def test_many_tools_are_embedded_in_batches(box: Toolbox, server: ModelServer) -> None:
    box.own.add_all([a_tool(f"t{n}", "Money.") for n in range(150)])
    with_meaning(box, server)
    box.candidates("cash")
    assert [len(request.body["input"]) for request in server.requests] == [64, 64, 22, 1]


def test_without_numpy_the_likenesses_are_the_same(
    box: Toolbox, server: ModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    box.own.add_all([a_tool("loan_rate", "Price of a loan."), a_tool("sphere", "Circle on earth.")])
    with_meaning(box, server)
    before = [(hit.name, round(hit.score, 5)) for _, hit in box.search("cash", 3)]
    monkeypatch.setitem(__import__("sys").modules, "numpy", None)
    assert [(hit.name, round(hit.score, 5)) for _, hit in box.search("cash", 3)] == before


def test_an_endpoint_without_embeddings_leaves_the_search_by_terms(box: Toolbox, server: ModelServer) -> None:
    box.own.add(a_tool("loan_rate", "Price of a loan."))
    server.embeds = False
    meaning = with_meaning(box, server)
    assert box.candidates("a loan")[0].tool.name == "loan_rate"
    assert meaning.notice.startswith("The tools were searched by terms alone: ")
    assert "sk-test" not in meaning.notice


def test_cases_of_any_origin_run_again(box: Toolbox) -> None:
    box.own.add(replace(describe(area(), "area"), cases=(Case("area(1, 2)", "3", (), "person"),)))
    ((tool, report),) = box.check()
    assert tool.name == "area"
    assert [(outcome.passed, outcome.got) for outcome in report.outcomes] == [(False, "2")]
