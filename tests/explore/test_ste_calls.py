"""STE's own evaluation, on small outputs of the kinds that its recorded models gave."""

from __future__ import annotations

import pytest

from benchmarks.ste_calls import beside, table, verdicts

NAMES = ["Clock%%Hours", "Clock%%Minutes", "add_days"]


def row(output: str, api: str = "add_days", correct: int | None = None) -> dict[str, object]:
    right = '{"date": "2024-02-01", "days": 3}'
    return {
        "model": "m",
        "api": api,
        "action_input": right,
        "model_output": output,
        "args_correct": correct,
    }


GOOD = 'Action: add_days\nAction Input: {"date": "2024-02-01", "days": 3}'


@pytest.mark.parametrize(
    ("output", "verdict"),
    [
        (GOOD, (0, 0, 1)),
        (GOOD.replace("add_days", " <tool_add_days> "), (0, 0, 1)),
        (GOOD.replace("{", "{{").replace("}", "}}"), (0, 0, 1)),
        (f"{GOOD}\nObservation: 2024-02-04\nFinal Answer: {{4 February}}", (0, 0, 1)),
        (GOOD.replace("add_days", "Clock hours"), (0, 0, 0)),
        (GOOD.replace("add_days", "add days"), (0, 0, 1)),
        (f'{GOOD}\nObservation: {{"date": "2024-02-04"}}', (0, 1, None)),
        (f"{GOOD}\n{GOOD}", (0, 1, None)),
        (GOOD.replace("Action: ", ""), (0, 1, None)),
        (GOOD.replace("3}", "3"), (0, 1, None)),
        ("Action: add_days", (0, 1, None)),
        ("Final Answer: 4 February", (1, 0, None)),
        ("", (0, 1, None)),
    ],
)
def test_outputs_get_the_papers_verdicts(output: str, verdict: tuple[int, int, int | None]) -> None:
    assert verdicts(row(output), NAMES) == verdict


def test_the_tables_count_parts_of_all_outputs() -> None:
    other = GOOD.replace("3}", "4}")
    rows = [
        row(GOOD, correct=1),
        row(f"{other}\nObservation: none", correct=1),
        row(GOOD.replace("add_days", "Clock%%Hours")),
        row(f'{GOOD}\nObservation: {{"a": 1}}'),
    ]
    assert table(rows, NAMES) == [("m", 4, 75.0, 50.0, 50.0)]
    assert beside(rows, NAMES) == {
        "passed: text behind the arguments, mostly an observation that was made up": 1,
        "correct by the judge: other arguments than the right ones": 1,
        "refused: a call in order, for the braces in what stands behind it": 1,
    }
