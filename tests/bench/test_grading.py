"""Whether answers are right: numbers, mathematics, words, checks, and by the paper's rule."""

from __future__ import annotations

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.grading import judged, table, written
from benchmarks.rewritings import alterations, rewritings
from creator_magic.bench.grading import Grade, grade, require_for
from creator_magic.bench.grading import latex as latex_answers
from creator_magic.bench.grading.number import numbers_in, whole_number
from creator_magic.bench.problem import BenchProblem, GradedBy
from creator_magic.errors import InputError

DOCS = Path(__file__).parents[2] / "docs"


def graded(
    graded_by: GradedBy, right: str, shown: str, value: object = None, choices: tuple[str, ...] = ()
) -> Grade:
    return grade(BenchProblem("one", "What?", right, graded_by, choices=choices), shown, value)


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("The fence costs $5,000.00.", [5000]),
        ("1,2,3 and [100,200,300]", [1, 2, 3, 100, 200, 300]),
        ("1,234,567 of 7,654", [1234567, 7654]),
        ("1_000_000", [1e6]),
        ("1\u202f234\u202f567,5", [1234567, 5]),
        ("(USD 1,234)", [1234]),
        ("EUR5, Rs.500, US$7 and £8.50", [5, 500, 7, 8.5]),
        ("\u22125, -$5.00, $-5, minus 5, = - 5", [-5] * 5),
        ("5\u201310 and 10-3 and 10 - 3", [5, 10, 10, 3, 10, 3]),
        ("5kg, 25 m^2, 25 cm², 3 m/s^2", [5, 25, 25, 3]),
        ("3/4, 1 3/4, 2 and 1/2, 3\n1/2", [0.75, 1.75, 2, 0.5, 3, 0.5]),
        (r"\frac{1}{2}, -\frac32, 3\frac18, \dfrac{7}{4}", [0.5, -1.5, 3.125, 1.75]),
        (r"1,\!000,\!000 and 5{,}040 and 15\,625", [1e6, 5040, 15625]),
        ("12/5/2020", [12, 5, 2020]),
        ("1.5e-7, 1.5\xd710^8, 2 x 10^3, 3*10**2, 10⁸", [1.5e-7, 1.5e8, 2e3, 3e2, 1e8]),
        (r"1.5\times 10^{-8}", [1.5e-8]),
        ("1.5 million, 2 thousand", [1.5e6, 2e3]),
        ("np.float64(0.5), x2 = 5, v1.2.3", [0.5, 5]),
        ("答案是5个", [5]),
        (".5, -.5, 5., 0.5.", [0.5, -0.5, 5, 0.5]),
        ("1e400, 1/0", [1, 0]),
        ("nan, inf, none", []),
    ],
)
def test_numbers_are_read_as_they_are_written(text: str, values: list[float]) -> None:
    assert [number.readings[0] for number in numbers_in(text)] == pytest.approx(values, rel=1e-12)


@given(
    st.integers(-(10**12), 10**12),
    st.sampled_from(
        ["{:,}", "{}", "{}.0", "{:,}.00", "${:,}", "{} apples", "It is {:,}.", "x = {}", "{:_}", "{}%"]
    ),
)
def test_a_whole_number_is_found_however_it_is_written_and_its_neighbour_is_not(
    value: int, form: str
) -> None:
    assert graded("number", str(value), form.format(value)) == Grade(
        correct=True,
        any=True,
        lenient=graded("number", str(value), form.format(value)).lenient,
        answered=True,
    )
    assert not graded("number", str(value + 1), form.format(value)).any


@given(st.text(max_size=60), st.text(alphabet="0123456789.,-+/*^eE$%()[]{}\\ fracx", max_size=60))
def test_no_text_breaks_reading(words: str, signs: str) -> None:
    for text in (words, signs):
        assert all(number.readings for number in numbers_in(text))
        whole_number(text)
        latex_answers.told_by_text("2", text)
        latex_answers.told_by_text(text, "2")
        graded("number", "2", text)
        graded("text", "two", text, choices=("one", "two"))


@pytest.mark.parametrize(
    "sign", ["1", "1 ", "1,", "-", "1/", " ", "1,000", "10^", "a ", "$", "\\frac{1", "5 a", "{"]
)
def test_grading_takes_time_in_proportion_to_the_text(sign: str) -> None:
    begun = time.process_time()
    for shown in (sign * 20_000, f"\\text{{{sign * 20_000}", f"Final Answer: {sign * 20_000}"):
        graded("number", "2", shown)
        graded("text", "two", shown, choices=("one", "two"))
        latex_answers.told_by_text("2", shown)
    assert time.process_time() - begun < 10


@pytest.mark.parametrize(
    ("right", "shown", "correct", "anywhere"),
    [
        ("5000", "5,000.00", True, True),
        ("1024", "1023", False, False),
        ("1024", "1023.99", True, True),
        ("1023.99", "1024", True, True),
        ("0.1294095", "0.13", True, True),
        ("0.1294095", "0.12", False, False),
        ("0.0012", "0.00", False, False),
        ("0", "1e-17", True, True),
        ("1e-16", "0.0", True, True),
        ("6.67e-11", "5e-11", False, False),
        ("100", "100.02", False, False),
        ("0.25", "25%", True, True),
        ("25", "25%", True, True),
        ("3", "3 and then 4", False, True),
        ("3", "[3, 4]", False, True),
        ("0.5", "Fraction(1, 2)", True, True),
        ("1.41421356", "sqrt(2)", True, True),
        ("2", "sqrt(2)", False, False),
        ("3.5", "Decimal('3.5')", True, True),
        ("1/12", "0.08333", True, True),
        ("$5", "5", True, True),
    ],
)
def test_numbers_are_right_by_the_last_or_by_any(
    right: str, shown: str, correct: bool, anywhere: bool
) -> None:
    found = graded("number", right, shown)
    assert (found.correct, found.any, found.answered) == (correct, anywhere, True)


def test_what_was_not_shown_is_read_from_the_value() -> None:
    assert graded("number", "5", "", 5.0).correct
    assert graded("number", "5", "5", 6.0).correct
    assert graded("number", "5", "I do not know") == Grade(False, False, False, False)
    assert graded("text", "yes", " ") == Grade(False, False, False, False)
    assert graded("number", "five", "5") == Grade(False, False, False, True)


GOLDS = [
    *("164", "-9", "73.5", "1,\\!000,\\!000", "\\$3800", "50\\%", "106^\\circ", "45^\\circ, 135^\\circ"),
    *("65 \\text{ children tickets }", "210\\text{ ways}", "\\text{Evelyn}", "\\frac{11}{2}", "-\\frac32"),
    *(
        "\\frac 9{20}",
        "6 \\frac{3}{4}",
        "3\\frac18",
        "2\\sqrt{22}",
        "11\\sqrt2",
        "600\\pi",
        "-11 + 27i",
        "2x",
    ),
    *("\\frac{1 + \\sqrt{2}}{2}", "6, -2", "0, \\pi, 2 \\pi", "(7,49)", "(1,2,3)", "[1, 4]", "a=9", "506_7"),
    *(
        "(-\\infty,0)\\cup (0,\\infty)",
        "\\{-1\\} \\cup [0,7)",
        "\\left[ -\\frac{\\pi}{2}, \\frac{\\pi}{2} \\right]",
    ),
    *("\\begin{pmatrix} 1/5 \\\\ -18/5 \\end{pmatrix}", "\\begin{pmatrix} 3 & -3 \\\\ 4 & -2 \\end{pmatrix}"),
    *("x - 3z = 0", "y = 2x + 3", "\\left( \\frac{7}{45}, \\frac{4}{45} \\right)", "\\sqrt{5}, -\\sqrt{5}"),
]


def test_answers_in_latex_equal_their_rewritings_and_not_what_only_looks_like_them() -> None:
    jobs = [(gold, each, True) for gold in GOLDS for each in rewritings(gold)]
    jobs += [(gold, each, False) for gold in GOLDS for each in alterations(gold)]
    with ThreadPoolExecutor(4) as threads:  # as in a run, where no thread is the main one
        found = list(threads.map(lambda job: latex_answers.same_latex(*job[:2]), jobs))
    assert len(jobs) > 450
    assert [job for job, correct in zip(jobs, found, strict=True) if correct != job[2]] == []


@pytest.mark.parametrize(
    ("right", "shown", "correct"),
    [
        (r"\frac{\sqrt{2}}{2}", "0.7071067811865476", True),
        (r"\frac{\sqrt{2}}{2}", "0.71", False),
        (r"\frac{25}{3}", "8.3333", True),
        ("6, -2", "(-2.0, 6.0)", True),
        ("(7,4)", "(4, 7)", False),
        ("[1,4]", "(1,4)", False),
        ("[1, 4]", "Interval(1, 4)", True),
        ("(-5, -4)", "Interval.open(-5, -4)", True),
        (r"(-\infty,0)\cup (0,\infty)", r"\mathbb{R}\setminus\{0\}", True),
        (r"\begin{pmatrix} 3 & -3 \\ 4 & -2 \end{pmatrix}", "array([[ 3, -3],\n       [ 4, -2]])", True),
        ("164", "She could have won 164 matches.", True),
        ("2", "sqrt(2)", False),
        ("4", "sqrt(16)", True),
        ("3", "1, 2, 3", False),
        ("x^2", "-x^2", False),
        ("4x^2", "(4*x)**2", False),
        (r"\sqrt{51}", "The distance is sqrt(51).", True),
        (r"\sqrt{51}", r"It is $\sqrt{3}\cdot\sqrt{17}$, so \boxed{\sqrt{51}}", True),
        ("x^2", "__import__('os').system('x')", False),
    ],
)
def test_mathematics_is_compared_in_any_notation(right: str, shown: str, correct: bool) -> None:
    assert graded("latex", right, shown).correct is correct


def test_a_power_that_takes_for_ever_costs_seconds_and_no_other_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    limits = latex_answers.LIMITS.__class__(timeout=2.0, memory=1024, processes=4, carried=1)
    monkeypatch.setattr(latex_answers, "LIMITS", limits)
    hostile = [
        "9**9**9**9**9",
        "9^{9^{9^{9}}}",
        "factorial(10**9)",
        "(" * 1_500,
        "\\frac{" * 300,
        "x" * 100_000,
    ]
    with ThreadPoolExecutor(4) as threads:
        found = list(
            threads.map(lambda shown: graded("latex", r"\sqrt{7}", shown).correct, [*hostile, "sqrt(7)"])
        )
    assert found == [False] * len(hostile) + [True]


def test_a_missing_extra_is_named_with_what_to_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(InputError, match=r'Run: pip install "creator-magic\[bench\]"'):
        graded("latex", r"\sqrt{7}", "sqrt(28)/2")
    assert graded("latex", r"\frac{1}{2}", "0.5").correct
    assert graded("number", "5000", "Final Answer: sqrt(2)") == Grade(False, False, False, True)
    assert graded("number", "5000", "Final Answer: $5,000") == Grade(True, True, True, True)
    assert graded("text", "2:10 pm", "at 2:10 pm") == Grade(False, False, False, True)
    number = BenchProblem("one", "", "5")
    require_for([number])
    with pytest.raises(InputError, match="compared by math-verify"):
        require_for([number, BenchProblem("two", "", "5", "latex")])


CHOICES = ("linear", "nonlinear")


@pytest.mark.parametrize(
    ("right", "shown", "choices", "correct", "anywhere"),
    [
        ("nonlinear", "Nonlinear.", CHOICES, True, True),
        ("linear", "nonlinear", CHOICES, False, False),
        ("nonlinear", "B", CHOICES, True, True),
        ("nonlinear", "(b) nonlinear", CHOICES, True, True),
        ("nonlinear", "A", CHOICES, False, False),
        ("linear", "A nonlinear function", CHOICES, False, False),
        ("nonlinear", "First I took it for linear, but it is nonlinear", CHOICES, True, True),
        ("linear", "First I took it for linear, but it is nonlinear", CHOICES, False, True),
        ("yes", "True", ("yes", "no"), True, True),
        ("2:10 P.M.", "2:10 pm", ("2:50 P.M.", "2:10 P.M."), True, True),
        ("Men\u2019s vault", "men's  vault", (), True, True),
        ("Paris", "The answer is paris.", (), True, True),
        ("Paris", "Not Paris", (), False, False),
        ("3.5 hours", "35 hours", (), False, False),
    ],
)
def test_words_are_compared_without_what_does_not_count(
    right: str, shown: str, choices: tuple[str, ...], correct: bool, anywhere: bool
) -> None:
    found = graded("text", right, shown, choices=choices)
    assert (found.correct, found.any) == (correct, anywhere)


@pytest.mark.parametrize(
    ("check", "shown", "value", "correct"),
    [
        ("answer > 3", "It is 5", None, True),
        ("answer > 3", "It is 5", 2, False),
        ("sorted(answer) == [1, 2]", "[2, 1]", None, True),
        ("math.isclose(answer, 0.1 + 0.2)", "0.3", None, True),
        ("'boat' in answer.lower()", "THE BOAT LEAVES", None, True),
        ("answer > 3", "5", lambda: 1, True),  # what cannot be sent is read from what was shown
        ("answer >", "5", None, False),
        ("1 / 0", "5", None, False),
        ("__import__('os')._exit(0)", "5", None, False),
    ],
)
def test_a_check_holds_or_does_not(check: str, shown: str, value: Any, correct: bool) -> None:
    assert graded("check", check, shown, value).correct is correct


def test_the_papers_rule_says_what_its_published_code_says_and_the_page_is_up_to_date() -> None:
    found = judged()
    assert len(found) == 50
    assert [pair for pair, ours in found if ours.lenient != pair.paper] == []
    page = (DOCS / "bench-grading.md").read_text("utf-8")
    assert page == written(page, table(found)), "run: python -m benchmarks.grading --table"
    assert sum(ours.correct == pair.person for pair, ours in found) >= 48


IMPORTS = """
import sys
import creator_magic.bench.data, creator_magic.bench.grading as grading
from creator_magic.bench.problem import BenchProblem
problem = BenchProblem("one", "", r"\\frac{1}{2}", "latex")
assert grading.grade(problem, "0.5").correct
print(sorted({"sympy", "math_verify", "numpy", "openai", "IPython"} & set(sys.modules)))
"""


def test_grading_imports_nothing_heavy_and_takes_a_fraction_of_a_millisecond() -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", IMPORTS], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout == "[]\n"
    problem = BenchProblem("one", "", "5000", "number")
    begun = time.process_time()
    for _ in range(1_000):
        grade(problem, "The cost of installing the fence will be $5,000.00")
    assert time.process_time() - begun < 1.0
