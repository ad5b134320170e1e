"""The report on results: files in, figures and a page out, each figure known beforehand."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pytest
from typer.testing import CliRunner

from creator_magic.bench.record import begin, record_path
from creator_magic.bench.report import read_report, traced
from creator_magic.bench.report.paper import TABLES, TRANSFER, counterpart, tabled
from creator_magic.bench.results_file import traces_path
from creator_magic.bench.trace import Trace, TracedAttempt, TracedCall
from creator_magic.cli import app
from tests.bench.results import ReadPage, row, rows, write

if TYPE_CHECKING:
    from pathlib import Path

    from creator_magic.bench.row import Row

HOSTILE = (
    "<script>alert(1)</script><img src=x onerror=alert(2)>\x1b[31mred\x1b]0;name\x07 \u202eto the left\u202c "
    "]]></pre></details>\ud800\x00 $\\frac{1}{0}$ {{ 7 * 7 }} & \u4e2d\uffff"
)

PLOTS = ("accuracy", "tokens", "tokens-a-problem")


def page_of(*paths: Path, everything: bool = False) -> ReadPage:
    return ReadPage(read_report(*paths).html(everything=everything))


def report(*words: str | Path) -> Any:
    return CliRunner().invoke(app, ["bench", "report", *map(str, words)])


def trace(of: Row, **changes: Any) -> Trace:
    told = {
        "text": f"The problem {of.id}",
        "calls": (
            TracedCall(
                "creation", 1, (("system", "You write tools."), ("user", f"ask {of.id}")), "```a tool```"
            ),
        ),
        "attempts": (
            TracedAttempt(
                (("tool", "def f(): ..."), ("decision", "f()")), "it failed", "ZeroDivisionError: x", ""
            ),
        ),
        **changes,
    }
    return Trace(of.id, of.data, of.method, of.repeat, **told)


@pytest.fixture
def two_methods(tmp_path: Path) -> Path:
    both = rows("rrrrrrrrrwwnfll ", method="creator") + rows("rrrwwwwwwwwwwwwr", method="pot")
    return write(tmp_path / "two.jsonl", both)


def test_every_outcome_is_counted_and_lost_work_is_apart(two_methods: Path) -> None:
    table = page_of(two_methods).table("Accuracy")
    assert table["creator"] == {
        "problems": "15",
        "runs": "15",
        "right": "9",
        "wrong": "2",
        "no answer": "1",
        "failed": "1",
        "lost": "2",
        "accuracy [95 %]": "69.2 % [42.4, 87.3]",  # 9 of the 13 that were not lost
        "lost as wrong": "60.0 %",  # 9 of 15
    }
    assert (table["pot"]["right"], table["pot"]["accuracy [95 %]"][:6]) == ("4", "25.0 %")


def test_methods_are_compared_on_what_both_worked_on(two_methods: Path) -> None:
    ((head, line),) = page_of(two_methods).tables["Method against method"]
    told = dict(zip(head, line, strict=True))
    # Thirteen problems: six that only creator has right, none that only pot has.
    assert (told["n"], told["only first right"], told["only second right"]) == ("13", "6", "0")
    assert (told["p"], told["p by Holm"], told["so"]) == ("0.031", "0.031", "creator is better")
    assert told["difference [95 %]"].startswith("+46.2 [")


@pytest.mark.parametrize(
    ("second", "so"),
    [
        ("rrrrr", "the same on all 5"),
        ("rrrww", "says nothing: only 2 tell them apart, 6 at least are needed"),
        ("lllll", "no problem in common: says nothing"),
    ],
)
def test_a_comparison_that_says_nothing_says_so(tmp_path: Path, second: str, so: str) -> None:
    path = write(tmp_path / "r.jsonl", rows("rrrrr") + rows(second, method="pot"))
    ((_, line),) = page_of(path).tables["Method against method"]
    assert line[-1] == so


def test_several_comparisons_are_adjusted_for(tmp_path: Path) -> None:
    made = rows("r" * 7 + "w" * 13) + rows("w" * 20, method="pot") + rows("w" * 20, method="cot")
    path = write(tmp_path / "r.jsonl", made)
    ((head, *lines),) = page_of(path).tables["Method against method"]
    places = [head.index(name) for name in ("second", "p", "p by Holm", "so")]
    told = {line[1]: [line[place] for place in places[1:]] for line in lines if line[0] == "creator"}
    # Alone 2 · 0.5⁷; with three pairs the smallest counts threefold, and so does the next, which equals it.
    assert told["pot"] == ["0.016", "0.047", "creator is better"]
    assert told["cot"] == ["0.016", "0.047", "creator is better"]


def test_repeats_are_averaged_and_the_problem_counts_once(tmp_path: Path) -> None:
    made = [each for n in (1, 2, 3, 4) for each in rows("rrww" if n < 3 else "rwrw", repeat=n)]
    page = page_of(write(tmp_path / "r.jsonl", made))
    accuracy = page.table("Accuracy")["creator"]
    assert (accuracy["problems"], accuracy["runs"], accuracy["accuracy [95 %]"][:6]) == ("4", "16", "50.0 %")
    low, high = map(float, re.findall(r"\[(.+), (.+)\]", accuracy["accuracy [95 %]"])[0])
    assert low < 20  # four problems say that little, whatever was repeated
    assert high > 80
    assert "intervals and tests are over problems, not over runs" in page.text
    assert "2 right, 2 wrong" in page.opened[""]


def test_the_last_row_for_the_same_work_counts(tmp_path: Path) -> None:
    path = write(tmp_path / "r.jsonl", rows("lwr") + rows("r"))
    page = page_of(path)
    assert page.table("Accuracy")["creator"]["lost"] == "0"
    assert page.table("Accuracy")["creator"]["right"] == "2"
    assert "the same work, which was done again: 1." in page.text


def test_rules_of_grading_stand_apart(tmp_path: Path) -> None:
    made = [*rows("rr"), row("p3", "wrong", any=True), row("p4", "wrong", any=True, lenient=True)]
    told = page_of(write(tmp_path / "r.jsonl", made)).table("By the rule of grading")["creator"]
    assert [told[rule][:7].strip() for rule in ("last", "any", "lenient")] == ["50.0 %", "100.0 %", "75.0 %"]
    assert (told["right by any, not by last"], told["lenient decides otherwise"]) == ("2", "1")


def test_accuracy_by_level_subject_and_rectification(tmp_path: Path) -> None:
    made = [
        row("p1", level="Level 2", subject="Algebra"),
        row("p2", level="Level 10", subject="Algebra", attempts=2, right_at=1),
        row("p3", "failed", level="Level 10", subject="Geometry", attempts=3),
        row("p4", "lost", level="Level 2", subject="Geometry"),
        row("p1", method="vanilla", attempts=0, level="Level 2", subject="Algebra"),
    ]
    page = page_of(write(tmp_path / "r.jsonl", made))
    levels = page.table("By level")
    assert list(levels) == ["Level 2", "Level 10"]
    assert levels["Level 2"] == {
        "creator": "100.0 % [20.7, 100.0] of 1",
        "vanilla": "100.0 % [20.7, 100.0] of 1",
    }
    assert levels["Level 10"] == {"creator": "50.0 % [9.5, 90.5] of 2", "vanilla": "-"}
    assert page.table("By subject")["Geometry"]["creator"].startswith("0.0 %")
    rounds = page.table("By rectification")
    assert list(rounds) == ["creator"]  # vanilla runs no code
    assert [told[:6] for told in rounds["creator"].values()] == ["33.3 %", "66.7 %", "66.7 %"]


def test_spending_is_told_for_each_solved_problem(tmp_path: Path) -> None:
    made = [
        row("p1", tokens=100, calls=2, cost=0.01, currency="EUR", seconds=1.5),
        row("p2", "wrong", tokens=300, calls=3, cost=0.03, currency="EUR", seconds=2.5),
        row("p3", "lost", tokens=50, calls=1, seconds=1.0),
        row("p1", "wrong", method="pot", tokens=10),
    ]
    page = page_of(write(tmp_path / "r.jsonl", made))
    solved = page.table("Spent for each solved problem")
    assert (solved["creator"]["tokens"], solved["creator"]["calls"]) == ("450", "6")
    assert solved["creator"]["money"] == "at least 0.04 EUR (1 without a price)"
    assert solved["pot"]["tokens"] == "-"
    assert page.table("Spent for each solved problem", 1)["pot"]["tokens"] == "10"


def test_methods_are_compared_at_equal_spend(tmp_path: Path) -> None:
    made = [row(f"p{n}", tokens=400) for n in range(10)]
    made += [row(f"p{n}", "right" if n < 6 else "wrong", method="pot", tokens=100) for n in range(10)]
    made += [row("p10", method="pot", tokens=1)]  # creator did not work on it
    told = page_of(write(tmp_path / "r.jsonl", made)).table("At equal spend")
    assert "Over the 10 problems" in page_of(tmp_path / "r.jsonl").text
    # For the 1,000 tokens that pot took, creator gets through two problems.
    assert told["pot"]["right within 1,000 in all"] == "60.0 %"
    assert told["creator"]["right within 1,000 in all"] == "20.0 %"
    assert (told["pot"]["solved for 100,000"], told["creator"]["solved for 100,000"]) == ("600", "250")
    assert (told["pot"]["right within 200 a problem"], told["creator"]["right within 200 a problem"]) == (
        "60.0 %",
        "0.0 %",
    )
    assert told["creator"]["right within 500 a problem"] == "100.0 %"


def groups(outcomes: str, **changes: object) -> list[Row]:
    """Rows of groups of three, with a blank between groups."""
    return [
        row(f"g{number}-{each.id}", each.outcome, group=f"g{number}", **changes)
        for number, group in enumerate(outcomes.split(), 1)
        for each in rows(group)
    ]


def test_transfer_is_told_by_group_as_the_paper_does(tmp_path: Path) -> None:
    made = groups("rww rrr rww wwl rrw")
    made += groups("rrr rrr www wwr rrw", method="creator,transfer", reused=("area",))
    page = page_of(write(tmp_path / "tool_transfer.jsonl", made))
    ours, paper = page.table("Transfer").values()
    # The lost problem is no one's: 7 of 14 against 9 of 14.
    assert (ours["groups"], ours["problems"]) == ("5", "14")
    assert (ours["without transfer"], ours["with transfer"]) == ("50.0 %", "57.1 %")
    assert (ours["groups better"], ours["worse"], ours["same"], ours["p"]) == ("1", "1", "3", "1.000")
    assert list(paper.values())[:4] == ["100", "300", "63.0 %", "78.3 %"]
    assert (paper["groups better"], paper["worse"], paper["same"]) == ("39", "2", "59")
    by_group = page.table("Transfer by group")
    assert [each["so"] for each in by_group.values()] == ["better", "same", "worse", "same", "same"]
    assert by_group["g1"]["tools used again"] == "area"
    ((head, line),) = page.tables["Method against method"]
    assert line[head.index("n")] == "5 groups"
    assert page.table("Reuse")["creator,transfer"]["reuse rate"] == "100.0 %"


def test_transfer_without_anything_to_compare_says_so(tmp_path: Path) -> None:
    path = write(tmp_path / "r.jsonl", groups("rrr", method="creator,transfer"))
    assert "there is nothing to compare it with" in page_of(path).text


def test_the_papers_figures_stand_beside(tmp_path: Path) -> None:
    made = [
        row(f"p{n}", method=method, data="creation_challenge_dev")
        for n in range(3)
        for method in ("creator,hints=all", "pot", "creator,samples=5")
    ]
    page = page_of(write(tmp_path / "r.jsonl", made))
    head, *lines = page.tables["Beside the paper's figures"][0]
    told = {(line[0], line[1]): line[2:] for line in lines}
    assert head[2:4] == ["paper", "here"]
    assert told["CREATOR", "all hint"][:2] == ["75.7 %", "creator,hints=all"]
    assert told["PoT (w/ Rec.)", "w/o CoT"][:2] == ["61.1 %", "pot"]
    assert told["", ""][1] == "creator,samples=5"  # which no row of the paper is like
    for caveat in ("gpt-3.5-turbo", "less than 0.01 from it", "75.5 %", "arXiv 2305.14318v3, table 4"):
        assert caveat in page.text
    assert page.table("Beside the paper's figures")["Standard"]["here"] == ""


def test_the_papers_tables_are_whole() -> None:
    # The figures that the abstract of section 4.3 and section 5.1 name.
    assert max(each.accuracy for each in TABLES["math"].rows) == 59.7
    assert max(each.accuracy for each in TABLES["tabmwp"].rows) == 94.7
    assert max(each.accuracy for each in TABLES["creationchallenge"].rows) == 75.7
    assert round(TRANSFER.with_transfer - TRANSFER.without, 1) == 15.3
    for each in TABLES["math"].rows:
        assert len(each.by_subject) == len(TABLES["math"].subjects)
        assert min(each.by_subject) < each.accuracy < max(each.by_subject)
    math = tabled("MATH")
    assert math is tabled("math_test")
    assert tabled("math-word-problems") is None
    found = counterpart(math, "creator,cot,rectify=3")
    assert found is not None
    assert (found.method, found.setting) == ("CREATOR", "w/ CoT")
    plain = counterpart(math, "pot,rectify=0")
    assert plain is not None
    assert plain.method == "PoT (w/o Rec.)"
    assert counterpart(math, "creator,transfer") is None


def test_a_row_opens_to_all_that_led_to_it(tmp_path: Path) -> None:
    made = rows("rw")
    path = write(tmp_path / "r.jsonl", made, map(trace, made))
    page = page_of(path)
    (opened,) = (text for anchor, text in page.opened.items() if anchor.startswith("row-"))
    for told in ("p2", "ask p2", "```a tool```", "def f(): ...", "f()", "it failed", "ZeroDivisionError: x"):
        assert told in opened
    assert "gold 12" in opened
    assert "answer 13" in opened
    assert page.links <= page.ids
    assert "Rows that came out right and are not opened here: 1. --all opens them too." in page.text
    assert page.opened["prompt-1"] == "Prompt 1You write tools."
    every = page_of(path, everything=True)
    assert sum(anchor.startswith("row-") for anchor in every.opened) == 2
    assert "not opened here" not in every.text


def test_what_does_not_fit_on_a_page_is_left_out_and_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(traced, "CHARACTERS", 50_000)
    made = rows("www")
    long = [trace(each, text="x" * 70_000) for each in made]
    path = write(tmp_path / "r.jsonl", made, long)
    page = page_of(path)
    assert "Texts cut to 20,000 characters: 3. --all shows them whole." in page.text
    assert "[… 50,000 more characters]" in page.text
    monkeypatch.setattr(traced, "CHARACTERS", 30_000)
    page = page_of(path)
    assert "Rows whose traces are left out: 1. The page holds 30,000 characters of traces;" in page.text
    assert "Left out, for the page is full: see r.traces.jsonl, or use --all." in page.text
    assert page_of(path, everything=True).text.count("x" * 70_000) == 3


def test_what_a_model_wrote_is_text_and_no_more(tmp_path: Path) -> None:
    kinds = {"data": HOSTILE, "method": HOSTILE, "model": HOSTILE, "level": HOSTILE, "subject": HOSTILE}
    named = {"answer": HOSTILE, "gold": HOSTILE, "failure": HOSTILE, "error": HOSTILE, "group": HOSTILE}
    made = [
        row(f"p{n}{HOSTILE}", outcome, reused=(HOSTILE,), **{**kinds, **named, "level": f"{n}{HOSTILE}"})
        for n, outcome in enumerate(("right", "failed", "lost"))
    ]
    attempt = TracedAttempt(((HOSTILE, HOSTILE),), HOSTILE, HOSTILE, HOSTILE)
    call = TracedCall(HOSTILE, 1, (("system", HOSTILE), (HOSTILE, HOSTILE)), HOSTILE)
    traces = [trace(each, text=HOSTILE, calls=(call,), attempts=(attempt,)) for each in made]
    path = write(tmp_path / "r.jsonl", made, traces)
    written = read_report(path).write(tmp_path / "out", everything=True)
    html = written[0].read_text("utf-8")
    page = ReadPage(html)
    assert not page.tags & {"script", "img", "iframe", "object", "link", "base", "form"}
    assert not {name for name in page.attributes if name.startswith("on")}
    assert "<script>alert(1)</script><img src=x onerror=alert(2)>red " in page.text
    assert "{{ 7 * 7 }}" in page.text
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069]", html)
    assert "default-src 'none'" in html
    assert not re.search(r"(?:src|href)=\"(?!#)", html.replace('xlink:href="#', ""))
    for plot in written[1:]:
        if plot.suffix == ".svg":
            drawn = ET.fromstring(plot.read_bytes())  # noqa: S314 - that it can be read is what is tested
            assert not {each.tag.rpartition("}")[2] for each in drawn.iter()} & {"script", "image"}
    shown = report(path, "-o", tmp_path / "out")
    assert shown.exit_code == 0
    assert not re.search("[\x1b\x07\u202e]", shown.stdout)


def test_a_page_needs_no_network_and_its_plots_follow_its_colours(two_methods: Path) -> None:
    html = read_report(two_methods).html()
    assert set(re.findall(r"https?://[^\s\"<]+", html)) <= {
        "http://www.w3.org/2000/svg",
        "http://www.w3.org/1999/xlink",
    }
    assert "color-scheme:light dark" in html
    assert "@media print" in html
    assert html.count("<svg") == len(read_report(two_methods).plots) > 2
    assert "currentColor" in html
    assert "#010203" not in html


def test_the_command_writes_a_page_and_plots(two_methods: Path, tmp_path: Path) -> None:
    done = report(two_methods)
    assert done.exit_code == 0, done.output
    folder = tmp_path / "two.report"
    plots = {f"{plot}.{form}" for plot in PLOTS for form in ("svg", "png")}
    assert {path.name for path in folder.iterdir()} == {"report.html", *plots}
    assert (folder / "accuracy.png").read_bytes().startswith(b"\x89PNG")
    first = (folder / "accuracy.svg").read_bytes()
    ET.fromstring(first)  # noqa: S314 - ours
    assert "9 of 13" in done.stdout
    assert "creator is better" in " ".join(done.stdout.split())
    assert str(folder / "report.html") in done.stdout
    assert report(two_methods, "-o", folder).exit_code == 0
    assert (folder / "accuracy.svg").read_bytes() == first  # the same results give the same picture


def test_models_and_files_are_told_apart(tmp_path: Path) -> None:
    small = write(tmp_path / "small.jsonl", rows("rw", model="small"))
    large = write(tmp_path / "large.jsonl", rows("rr", model="large"))
    again = write(tmp_path / "again.jsonl", rows("ww", model="large"))
    assert list(page_of(small, large).table("Accuracy")) == ["creator · small", "creator · large"]
    assert list(page_of(small, large, again).table("Accuracy")) == [
        "creator · small · small",
        "creator · large · large",
        "creator · large · again",
    ]


def test_different_problems_under_one_name_are_not_compared(tmp_path: Path) -> None:
    first = write(tmp_path / "first.jsonl", rows("rr"))
    second = write(tmp_path / "second.jsonl", rows("rr", gold="14"))
    done = report(first, second)
    assert done.exit_code == 2
    assert "The gold answer of p1 of shop is '12' in" in done.stderr
    assert report(first, write(tmp_path / "zoo.jsonl", rows("rr", data="zoo", gold="14"))).exit_code == 0


def test_methods_and_problems_stand_in_order_whatever_was_finished_first(tmp_path: Path) -> None:
    finished = [row("p10"), row("p2", method="pot"), row("p9"), row("p10", method="pot"), row("p2")]
    begin(tmp_path / "r.jsonl", {"methods": ["pot", "creator"]})
    page = page_of(write(tmp_path / "r.jsonl", finished))
    assert list(page.table("Accuracy")) == ["pot", "creator"]
    assert list(page.table("shop, problem by problem")) == ["p2", "p9", "p10"]


def test_the_settings_of_a_run_stand_on_the_page(tmp_path: Path) -> None:
    path = write(tmp_path / "r.jsonl", rows("r"))
    begin(tmp_path / "other.jsonl", {"model": HOSTILE, "parameters": {"</dd><script>": 0.2}})
    record_path(tmp_path / "other.jsonl").rename(record_path(path))
    page = page_of(path)
    assert "Settings of" in page.text
    assert '"\\u003c/dd\\u003e\\u003cscript\\u003e": 0.2' in page.text
    assert "script" not in page.tags


def test_data_sets_stand_apart(tmp_path: Path) -> None:
    path = write(tmp_path / "r.jsonl", rows("rw") + rows("r", data="zoo"))
    report = read_report(path)
    page = ReadPage(report.html())
    assert [line[1] for table in page.tables["Accuracy"] for line in table[1:]] == ["2", "1"]
    assert set(report.plots) == {"1-shop-accuracy", "2-zoo-accuracy"}


def test_a_line_that_was_cut_off_is_left_out(tmp_path: Path) -> None:
    made = rows("rw")
    path = write(tmp_path / "r.jsonl", made, map(trace, made))
    for each in (path, traces_path(path)):
        with each.open("a") as file:
            file.write('{"id": "p3", "da')
    assert page_of(path).table("Accuracy")["creator"]["runs"] == "2"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "cannot be read"),
        (b"", "holds no results yet"),
        (b"\x89PNG\r\n\x1a\n\xff\n", "is no text"),
        (b"# Notes\n", "Line 1 of FILE is not JSON"),
        (b"[1, 2]\n", "Line 1 of FILE is no row of results"),
        (b'{"cells": []}\n', "Line 1 of FILE is no row of results"),
        (
            json.dumps({"id": "p1", "outcome": "splendid"}).encode() + b"\n",
            "Line 1 of FILE is no row of results",
        ),
    ],
)
def test_what_is_no_results_file_is_refused(tmp_path: Path, content: bytes | None, said: str) -> None:
    path = tmp_path / "given.jsonl"
    if content is not None:
        path.write_bytes(content)
    done = report(path)
    assert done.exit_code == 2
    assert said.replace("FILE", str(path)) in done.stderr
    assert not path.with_suffix(".report").exists()


def test_a_row_with_a_value_of_another_kind_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "r.jsonl", [row("p1"), row("p2", tokens="many")])
    done = report(path)
    assert (done.exit_code, f"Line 2 of {path} is no row of results" in done.stderr) == (2, True)


def test_a_trace_that_is_none_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "r.jsonl", rows("w"))
    traces_path(path).write_text('{"id": "p1"}\n')
    done = report(path)
    assert (done.exit_code, "r.traces.jsonl is no trace" in done.stderr) == (2, True)


def test_a_folder_that_cannot_be_written_is_told(two_methods: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    done = report(two_methods, "-o", tmp_path / "file")
    assert (done.exit_code, "cannot be written" in done.stderr) == (2, True)
    assert (tmp_path / "file").read_text() == "mine"


def test_a_missing_library_is_named(two_methods: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("creator_magic.bench.report.report.find_spec", lambda _: None)
    done = report(two_methods)
    assert done.exit_code == 2
    assert (
        'The report needs scipy, which is not installed. Use: pip install "creator-magic[bench]"'
        in done.stderr
    )


def test_scripted_results_are_called_so(tmp_path: Path) -> None:
    path = write(tmp_path / "r.jsonl", rows("rw", scripted=True))
    report = read_report(path)
    told = "Scripted replies: written by hand, not by a model."
    assert told in repr(report)
    assert told in report.html()
    assert told in report._repr_html_()
    assert b"written by hand" in report.plots["accuracy"].svg()


def test_scripted_results_among_others_are_named(tmp_path: Path) -> None:
    path = write(tmp_path / "r.jsonl", rows("rw", scripted=True) + rows("rr", method="pot"))
    assert "written by hand, not by a model." in repr(read_report(path))
    assert "Of these methods: creator." in repr(read_report(path))


def test_the_better_on_more_problems_may_be_the_worse_on_average(tmp_path: Path) -> None:
    made = []
    for n in (1, 2, 3, 4):
        # Twenty problems that creator has right once in four times, and six that pot always has right.
        made += rows(("r" if n == 1 else "w") * 20 + "w" * 6, repeat=n)
        made += rows("w" * 20 + "r" * 6, method="pot", repeat=n)
    ((head, line),) = page_of(write(tmp_path / "r.jsonl", made)).tables["Method against method"]
    told = dict(zip(head, line, strict=True))
    assert (told["only first right"], told["only second right"], told["p"]) == ("20", "6", "0.009")
    assert told["difference [95 %]"].startswith("-3.8 [")
    assert told["so"] == "creator is better on more problems, but not on average"


def test_it_shows_itself_in_a_notebook(two_methods: Path) -> None:
    report = read_report(two_methods)
    page = ReadPage(report._repr_html_())
    assert page.table("Accuracy")["creator"]["right"] == "9"
    assert "svg" in page.tags
    assert report.plots["accuracy"]._repr_svg_().lstrip().startswith("<?xml")
    assert "9 of 13" in repr(report)
