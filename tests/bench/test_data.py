"""Problems read from the published layouts, from any other file, and our own."""

from __future__ import annotations

import contextlib
import csv
import datetime as dt
import json
import math
from fractions import Fraction
from itertools import pairwise, product
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from creator_magic.bench.data import bundled, read_problems
from creator_magic.bench.grading import grade
from creator_magic.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

MATH = {
    "problem": "What is $\\frac{1}{2}$ of 5?",
    "level": "Level 2",
    "type": "Prealgebra",
    "solution": "It is $\\boxed{1}$, no: $\\frac{1}{2}\\cdot 5=\\boxed{\\frac{5}{2}}$.",
}
TABMWP = {
    "question": "How many more apples than pears are there?",
    "choices": None,
    "answer": "1,012",
    "unit": "apples",
    "table_title": "Fruit",
    "table": "fruit | number\napples | 1,020\npears | 8",
    "ques_type": "free_text",
    "ans_type": "integer_number",
    "grade": 3,
}
CHOICE = {
    **TABMWP,
    "choices": ["apples", "pears"],
    "answer": "pears",
    "unit": None,
    "ans_type": "extractive_text",
    "question": "Of which are there fewer?",
}
CREATION = {
    "utility": "The area of a square.",
    "tool": "```python\ndef area(side): return side ** 2\n```",
    "args": "- side (float): its side",
    "return": "- area (float): its area",
    "constant": "- none",
    "solution": "```python\nprint(area(7))\n```",
    "answer": 49.0,
    "question": "How large is a square with sides of 7?",
}
TRANSFER = {
    "intro": "Areas of squares.",
    "tool": "def area(side): return side ** 2",
    **{f"scn{n}": f"How large is a square with sides of {n}?" for n in (1, 2, 3)},
    **{f"sol{n}": f"print(area({n}))" for n in (1, 2, 3)},
    **{f"ans{n}": float(n * n) for n in (1, 2, 3)},
}


def lines(path: Path, *rows: Any, encoding: str = "utf-8") -> Path:
    path.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows) + "\n", encoding)
    return path


def test_math_is_read_as_published_and_as_json_lines(tmp_path: Path) -> None:
    for name in ("algebra/10", "algebra/2", "geometry/1"):
        file = tmp_path / f"MATH/test/{name}.json"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(MATH), "utf-8")
    found = read_problems(tmp_path / "MATH")
    assert found.name == "math"
    assert [problem.id for problem in found.problems] == [
        f"math-test/{name}" for name in ("algebra/2", "algebra/10", "geometry/1")
    ]
    first = found.problems[0]
    assert (first.answer, first.graded_by, first.level, first.subject) == (
        r"\frac{5}{2}",
        "latex",
        "2",
        "Prealgebra",
    )
    row = {"question": "What is 2 + 2?", "answer": "4", "level": "Level 1"}
    (alone,) = read_problems(lines(tmp_path / "rows.jsonl", row)).problems
    assert (alone.text, alone.answer, alone.id, alone.subject) == ("What is 2 + 2?", "4", "math-0", "")
    folder = tmp_path / "subjects"
    folder.mkdir()
    lines(folder / "geometry.jsonl", row, row)
    assert [problem.subject for problem in read_problems(folder).problems] == ["geometry", "geometry"]


def test_tabmwp_has_its_table_in_the_statement(tmp_path: Path) -> None:
    path = tmp_path / "problems_dev.json"
    path.write_text(json.dumps({"33": TABMWP, "117": CHOICE}), "utf-8")
    found = read_problems(path)
    number, choice = found.problems
    assert found.name == "tabmwp"
    assert [number.id, choice.id] == ["tabmwp-33", "tabmwp-117"]
    assert number.text == (
        "Fruit\nfruit | number\napples | 1,020\npears | 8\n\nHow many more apples than pears are there?"
        "\n\nThe answer's unit: apples"
    )
    assert (number.graded_by, number.level, number.answer) == ("number", "3", "1,012")
    assert (choice.graded_by, choice.choices) == ("text", ("apples", "pears"))
    assert choice.text.endswith("Of which are there fewer?\n\nChoose one of: (A) apples, (B) pears")
    assert grade(number, "1012 apples").correct
    assert grade(choice, "(B)").correct
    row = {
        "question": "How many?",
        "answer": 4.0,
        "level": 5,
        "table": "Name: None\nUnit: $\nContent:\na | $4.00",
    }
    (short,) = read_problems(lines(tmp_path / "rows.jsonl", row)).problems
    assert (short.text, short.answer, short.level) == ("Unit: $\nContent:\na | $4.00\n\nHow many?", "4", "5")


def test_creation_challenge_leaves_out_what_cannot_be_graded_and_says_so(tmp_path: Path) -> None:
    published = read_problems(
        lines(tmp_path / "CC.jsonl", CREATION, {**CREATION, "constant": "- g: 9.81 m/s^2"})
    )
    assert (published.name, published.left_out) == ("creation_challenge", "")
    first, second = published.problems
    assert (first.id, first.text, first.answer) == ("cc-0", CREATION["question"], "49")
    assert first.hints == {
        "utility": "The area of a square.",
        "arguments": "- side (float): its side",
        "returns": "- area (float): its area",
    }
    assert second.text.endswith("\n\nConstants:\n- g: 9.81 m/s^2")
    flagged = [
        {**CREATION, "id": f"cc-{number}", "flags": {"match_any": matches, "nondeterministic": varies}}
        for number, (matches, varies) in enumerate(product((True, False), repeat=2))
    ]
    usable = read_problems(lines(tmp_path / "flagged.jsonl", *flagged))
    assert [problem.id for problem in usable.problems] == ["cc-1"]
    assert usable.left_out == (
        "3 of 4 rows left out, "
        "whose answer is infinite, not what their own code prints, or another from run to run"
    )
    infinite = read_problems(lines(tmp_path / "infinite.jsonl", CREATION, {**CREATION, "answer": math.inf}))
    assert (len(infinite.problems), infinite.left_out[:22]) == (1, "1 of 2 rows left out, ")


def test_a_published_answer_that_is_the_exponent_of_a_unit_is_found_there(tmp_path: Path) -> None:
    row = {**CREATION, "answer": 2.0, "solution": 'print(f"It brakes by {a} m/s^2")'}
    (problem,) = read_problems(lines(tmp_path / "CC.jsonl", row)).problems
    assert problem.answer == "^2"
    assert grade(problem, "It brakes by 5.5 m/s^2").correct
    assert grade(problem, "2").correct
    assert not grade(problem, "It brakes by 2 m").answered or not grade(problem, "5.5").correct


def test_tool_transfer_is_a_problem_for_each_scenario(tmp_path: Path) -> None:
    found = read_problems(lines(tmp_path / "transfer.jsonl", TRANSFER, TRANSFER))
    assert found.name == "tool_transfer"
    assert [(problem.id, problem.group) for problem in found.problems] == [
        (f"tt-{row}-{scenario}", f"tt-{row}") for row in (0, 1) for scenario in (1, 2, 3)
    ]
    assert [problem.answer for problem in found.problems[:3]] == ["1", "4", "9"]
    assert found.problems[0].hints == {"utility": "Areas of squares."}


@pytest.mark.parametrize("form", ["csv", "semicolons", "tsv", "json", "jsonl", "bom", "utf-16", "no-suffix"])
def test_any_file_is_read_with_a_mapping_of_columns(form: str, tmp_path: Path) -> None:
    rows = [
        {"q": 'Say "one, two";\nthen 3½ — how much?', "a": "5", "how hard": "2"},
        {"q": "What is $x$?", "a": "\\sqrt{2}", "how hard": "1"},
        {"q": "Which city?", "a": "Köln", "how hard": ""},
    ]
    path = tmp_path / {"tsv": "mine.tsv", "json": "mine.json", "no-suffix": "mine"}.get(
        form, "mine.csv" if form in ("csv", "semicolons", "bom", "utf-16") else "mine.jsonl"
    )
    if path.suffix in (".csv", ".tsv"):
        encoding = {"bom": "utf-8-sig", "utf-16": "utf-16"}.get(form, "utf-8")
        delimiter = {"semicolons": ";", "tsv": "\t"}.get(form, ",")
        with path.open("w", encoding=encoding, newline="") as file:
            table = csv.DictWriter(file, list(rows[0]), delimiter=delimiter)
            table.writeheader()
            table.writerows(rows)
    elif form == "json":
        path.write_text(json.dumps(rows, indent=1), "utf-8")
    else:
        lines(path, *rows)
    found = read_problems(path, {"text": "q", "answer": "a", "level": "how hard"})
    assert found.name == "mine"
    assert [(problem.text, problem.answer, problem.level) for problem in found.problems] == [
        tuple(row.values()) for row in rows
    ]
    assert [problem.graded_by for problem in found.problems] == ["number", "latex", "text"]
    assert [problem.id for problem in found.problems] == ["mine-0", "mine-1", "mine-2"]


def test_columns_that_say_what_they_are_need_no_mapping(tmp_path: Path) -> None:
    row = {"id": 7, "question": "Which?", "answer": "b", "choices": ["a", "b"], "group": "g", "extra": None}
    (problem,) = read_problems(lines(tmp_path / "mine.jsonl", row)).problems
    assert (problem.id, problem.graded_by, problem.choices, problem.group) == ("7", "text", ("a", "b"), "g")
    reasoned = {"question": "How many?", "answer": "It is 3 + 4 = 7.\n#### 7"}
    (problem,) = read_problems(lines(tmp_path / "reasoned.jsonl", reasoned)).problems
    assert (problem.answer, problem.graded_by) == ("7", "number")


@pytest.mark.parametrize(
    ("name", "content", "columns", "says"),
    [
        (
            "mine.csv",
            "nr,Query,The solution,topic\n1,What?,2,sums\n",
            {},
            "The solution, topic. Say which is what: --column text=COLUMN --column 'answer=The solution'",
        ),
        (
            "mine.csv",
            "question,reply\nWhat?,2\n",
            {"level": "reply"},
            "--column text=question --column answer=COLUMN --column level=reply",
        ),
        ("mine.csv", "question,answer\nWhat?,2\n", {"text": "questoin"}, "Did you mean question?"),
        ("mine.csv", "question,answer\nWhat?,2\n", {"title": "question"}, "A column cannot be 'title'."),
        ("mine.csv", "question,answer\nWhat?,2,3\n", {}, "In line 2 of mine.csv there are not 2 fields"),
        ("mine.csv", "question,answer\nWhat?\n", {}, "In line 2 of mine.csv there are not 2 fields"),
        ("mine.csv", 'question,answer\n"What?,2\n', {}, "mine.csv is no CSV, near line 2"),
        ("mine.csv", "question,answer\n,2\n", {}, "In line 2 of mine.csv, `question` is empty."),
        ("mine.jsonl", '{"question": "a", "answer": " "}', {}, "In line 1 of mine.jsonl, `answer` is empty."),
        ("mine.jsonl", '{"question": "a", "answer": NaN}', {}, "`answer` is nan, which is no answer"),
        ("mine.jsonl", '{"question": "a", "answer": {}}', {}, "`answer` is no text or number, but dict."),
        (
            "mine.jsonl",
            '{"question": "a", "answer": 1}\n{"question": ',
            {},
            "no JSON in line 2 of mine.jsonl",
        ),
        (
            "mine.jsonl",
            '{"question": "a", "answer": 1}\n[1]',
            {},
            "In line 2 of mine.jsonl there is no JSON object",
        ),
        (
            "mine.jsonl",
            '{"question": "a", "answer": 1}\n{"b": 1}',
            {},
            "In line 2 of mine.jsonl there are other",
        ),
        (
            "mine.jsonl",
            '{"id": "x", "question": "a", "answer": 1}\n\n{"id": "x", "question": "b", "answer": 1}',
            {},
            "In line 3 of mine.jsonl, the id 'x' is that of line 1 of mine.jsonl already.",
        ),
        (
            "mine.jsonl",
            '{"question": "a", "answer": 1, "graded_by": "feel"}',
            {},
            "cannot be graded by 'feel', but by number, latex, text, check.",
        ),
        (
            "mine.jsonl",
            '{"question": "a", "answer": "x", "graded_by": "number"}',
            {},
            "the answer 'x' is to be a number, and is none.",
        ),
        (
            "mine.jsonl",
            '{"question": "a", "answer": "answer >", "graded_by": "check"}',
            {},
            "the check 'answer >' is no Python expression.",
        ),
        ("mine.json", '[{"question": "a",\n"answer": 1},\n', {}, "There is no JSON in line 3 of mine.json"),
        ("mine.json", "[" * 100_000, {}, "mine.json is nested too deeply."),
        (
            "mine.json",
            '[{"question": "a", "answer": 1}, 2]',
            {},
            "In item 2 of mine.json there is no JSON object",
        ),
        ("mine.jsonl", "\n\n", {}, "There is no problem in"),
        ("mine.csv", "", {}, "There is no problem in"),
        ("mine.parquet", "PAR1", {}, "mine.parquet is of no kind that is read"),
        ("mine.csv", "question,answer\nKöln?,2\n".encode("latin-1"), {}, "mine.csv is not UTF-8, near line"),
    ],
)
def test_what_cannot_be_read_is_told_in_a_line(
    name: str, content: str | bytes, columns: dict[str, str], says: str, tmp_path: Path
) -> None:
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(InputError) as refused:
        read_problems(path, columns)
    assert says in str(refused.value)
    assert "\n" not in str(refused.value)


def test_what_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="There is no file"):
        read_problems(tmp_path / "none.jsonl")
    with pytest.raises(InputError, match=r"holds no \.jsonl"):
        read_problems(tmp_path)
    (tmp_path / "1.json").write_text(json.dumps({**MATH, "solution": "Nothing."}), "utf-8")
    with pytest.raises(InputError, match=r"In 1\.json, the solution has no \\boxed answer\."):
        read_problems(tmp_path)


WILD = st.one_of(
    st.binary(max_size=200),
    st.text(max_size=200).map(str.encode),
    st.text(alphabet='{}[]",:;\n\r\\t\\ question answer 12\x00', max_size=200).map(str.encode),
    st.recursive(
        st.one_of(st.none(), st.booleans(), st.floats(), st.integers(), st.text(max_size=5)),
        lambda each: (
            st.lists(each) | st.dictionaries(st.sampled_from(["question", "answer", "table", "id"]), each)
        ),
    ).map(lambda value: json.dumps(value).encode()),
)


@given(WILD, st.sampled_from(["wild.csv", "wild.json", "wild.jsonl", "wild.tsv", "wild"]))
def test_whatever_is_in_a_file_it_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, name: str
) -> None:
    path = tmp_path_factory.getbasetemp() / name
    path.write_bytes(content)
    with contextlib.suppress(InputError):
        assert all(problem.text and problem.answer for problem in read_problems(path).problems)


def test_a_large_file_is_read_line_by_line(tmp_path: Path) -> None:
    path = tmp_path / "large.csv"
    wide = "x" * 200_000  # more than the csv module takes by itself
    with path.open("w", encoding="utf-8") as file:
        file.write(f"question,answer\n{wide},1\n")
        file.writelines(f"question {number},{number}\n" for number in range(20_000))
    before = csv.field_size_limit()
    found = read_problems(path).problems
    assert len(found) == 20_001
    assert len(found[0].text) == len(wide)
    assert csv.field_size_limit() == before


def _payment(principal: float, rate: float, months: int) -> float:
    """The payment that leaves nothing, found by trying, month by month."""
    low, high = 0.0, principal
    for _ in range(80):
        middle, left = (low + high) / 2, principal
        for _ in range(months):
            left = left * (1 + rate / 12) - middle
        low, high = (middle, high) if left > 0 else (low, middle)
    return high


def _area(*corners: tuple[float, float]) -> float:
    """The area under each side, added up with its sign."""
    return abs(sum((x - a) * (y + b) / 2 for (a, b), (x, y) in pairwise([*corners, corners[0]])))


def _continued(*terms: int) -> Fraction:
    """The last convergent, by the recurrence of numerators and denominators."""
    (p, q), (before, below) = (1, 0), (0, 1)
    for term in terms:
        p, before = term * p + before, p
        q, below = term * q + below, q
    return Fraction(p, q)


def _days(first: dt.date, last: dt.date) -> list[dt.date]:
    return [first + dt.timedelta(number) for number in range((last - first).days + 1)]


def _ways(amount: int, *coins: int) -> int:
    if not coins or amount < 0:
        return int(amount == 0)
    return _ways(amount - coins[0], *coins) + _ways(amount, *coins[1:])


DATE = dt.date
COMPUTED: dict[str, Callable[[], Any]] = {
    "loan-1": lambda: round(_payment(18_000, 0.048, 60), 2),
    "loan-2": lambda: round(300 * _payment(250_000, 0.036, 300) - 250_000, 2),
    "loan-3": lambda: round(sum(450 / 1.005**month for month in range(1, 49)), 2),
    "survey-1": lambda: _area((0, 0), (120, 15), (150, 90), (60, 130), (-20, 70)),
    "survey-2": lambda: 3.2 * _area((10, 10), (95, 20), (110, 75), (70, 60), (15, 88)),
    "survey-3": lambda: max(
        (_area((0, 0), (80, 10), (90, 70), (5, 60)), "east"),
        (_area((0, 0), (75, -5), (95, 50), (40, 85), (-10, 45)), "west"),
    )[1],
    "calendar-1": lambda: sum(
        f"{day:%a %d}" == "Fri 13" for day in _days(DATE(2001, 1, 1), DATE(2010, 12, 31))
    ),
    "calendar-2": lambda: f"{_days(DATE(2024, 3, 15), DATE(2030, 1, 1))[1_000]:%A}",
    "calendar-3": lambda: sum(f"{day:%u}" < "6" for day in _days(DATE(2023, 1, 3), DATE(2025, 2, 28))),
    "fraction-1": lambda: _continued(2, 1, 2, 1, 1, 4),
    "fraction-2": lambda: _continued(0, 3, 7, 15, 1, 25),
    "fraction-3": lambda: abs(_continued(1, 2, 2, 2, 2, 2, 2) ** 2 - 2),
    "roots": lambda: [3 / 2 - math.sqrt(9 / 4 - 1 / 2), 3 / 2 + math.sqrt(9 / 4 - 1 / 2)],
    "inequality": lambda: [(3 - 7) / 2, (3 + 7) / 2],
    "inverse": lambda: [[3 / (6 - 5), -1 / (6 - 5)], [-5 / (6 - 5), 2 / (6 - 5)]],
    "quotient": lambda: (3 + 2j) / (1 - 1j),
    "triangle": lambda: 17 / (2 * math.sin(math.acos((13**2 + 14**2 - 17**2) / (2 * 13 * 14)))),
    "odd-multiple": lambda: next(n for n in range(1_001, 9_999, 2) if n % 7 == n % 11 == n % 13 == 0),
    "reciprocals": lambda: [2, 4, 6, 12],
    "right-angle": lambda: next(
        [a, b, c] for c in range(51, 60) for b in range(c) for a in range(1, b) if a * a + b * b == c * c
    ),
    "cipher": lambda: "".join(
        chr((ord(sign) - 68) % 26 + 65) if sign > " " else " " for sign in "WKH ERDW OHDYHV DW GDZQ"
    ),
    "roman": lambda: "M" + "CM" + "XC" + "IV",
    "table-rule": lambda: "linear" if len({6 / 2, 9 / 3, 13 / 4}) == 1 else "nonlinear",
    "table-sum": lambda: round(0.95 * (34.5 * 12 + 189 * 4 + 72.25 * 9 + 58.8 * 7), 2),
    "dice": lambda: Fraction(sum(sum(dice) >= 15 for dice in product(range(1, 7), repeat=3)), 6**3),
    "change": lambda: _ways(100, 50, 25, 10, 5, 1),
    "caffeine": lambda: 200 * (math.exp(-math.log(2) / 5 * 14) + math.exp(-math.log(2) / 5 * 9)),
}


def test_our_own_problems_have_the_answers_that_are_computed_here() -> None:
    found = bundled()
    assert (found.name, found.left_out) == ("bundled", "")
    assert [problem.id for problem in found.problems] == list(COMPUTED)
    assert {problem.graded_by for problem in found.problems} == {"number", "latex", "text", "check"}
    groups = [problem.group for problem in found.problems if problem.group]
    assert sorted(set(map(groups.count, groups))) == [3]
    assert len(set(groups)) >= 3
    assert all(
        set(problem.hints) == {"utility", "arguments", "returns"}
        for problem in found.problems
        if problem.group
    )
    for problem in found.problems:
        value = COMPUTED[problem.id]()
        assert grade(problem, str(value), value).correct, (problem.id, value)
        assert not grade(problem, "1234.5").correct, problem.id
