"""Planning: several tools by a plan that the person sees and may change."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from creator_magic.cells.generated import KEY
from creator_magic.planning import read_steps
from tests.live_notebook import text_of

if TYPE_CHECKING:
    from tests.live_notebook import Cell, LiveNotebook, Ran
    from tests.model_server import ModelServer

LAWN = "A lawn is 12 m by 30 m. Seed takes 0.03 kg a square metre and costs 8.00 a kg. What does seed cost?"
PLAN = """1. `lawn_area(width, length)`: the area of a lawn in square metres
2. `seed_needed(area, rate)`: the seed for an area in kg
3. `seed_cost(width, length, rate, price)`: what it costs; calls `lawn_area` and `seed_needed`"""
AREA = '''```python tool
def lawn_area(width: float, length: float) -> float:
    """Return the area of a lawn in square metres, from its sides in metres.

    >>> lawn_area(2, 3)
    6
    """
    return width * length
```'''
NEEDED = '''```python tool
def seed_needed(area: float, rate: float) -> float:
    """Return the seed in kg for an area in square metres.

    >>> seed_needed(10, 0.5)
    5.0
    """
    return area * rate
```'''
COST = '''It calls both.
```python tool
def seed_cost(width: float, length: float, rate: float, price: float) -> float:
    """Return what the seed for a lawn costs.

    >>> seed_cost(2, 5, 0.5, 2.0)
    10.0
    """
    return seed_needed(lawn_area(width, length), rate) * price
```'''
DECISION = "```python decision\nround(seed_cost(12, 30, 0.03, 8.0), 2)\n```"


def replies(body: dict[str, Any]) -> str:
    said = str(body["messages"][-1]["content"])
    if "The tool:" in said:
        return DECISION
    for step, tool in (("`lawn_area(", AREA), ("`seed_needed(", NEEDED), ("`seed_cost(", COST)):
        if f"of this step only: {step}" in said:
            return tool
    return PLAN


def shapes(ran: Ran) -> list[tuple[str, str]]:
    return [(cell["metadata"][KEY]["key"], cell["cell_type"]) for cell in ran.cells]


def test_tools_are_made_from_the_bottom_up_and_decided_together(
    server: ModelServer, notebook: LiveNotebook
) -> None:
    server.reply_by(replies)
    ran = notebook.run(f"%%solve --method plan\n{LAWN}", cell_id="lawn", places_cells=True)
    assert ran.status == "ok", ran.error
    assert text_of(ran.cell("decision")["outputs"]) == "86.4"
    assert shapes(ran) == [
        ("plan", "markdown"),
        ("tool", "code"),
        ("tool-2", "code"),
        ("tool-3", "code"),
        ("decision", "code"),
    ]
    assert ran.cell("plan")["source"].startswith("**Plan**\n\n1. `lawn_area(width, length)`")
    assert "outputs" not in ran.cell("plan")
    assert len(server.calls) == 5
    third = server.calls[3].body["messages"][-1]["content"]
    assert "def lawn_area" in third
    assert "return width * length" not in third
    listed = notebook.run("%tools list").text
    assert all(name in listed for name in ("lawn_area", "seed_needed", "seed_cost"))

    # What stands runs again without a model.
    again = notebook.run(
        f"%%solve --method plan\n{LAWN}", cell_id="lawn", places_cells=True, standing=ran.cells
    )
    assert again.status == "ok", again.error
    assert "by the cells in the notebook" in again.html
    assert [key for key, _ in shapes(again)] == ["plan", "tool", "tool-2", "tool-3", "decision"]
    assert len(server.calls) == 5


def test_solving_goes_on_from_an_edited_plan(server: ModelServer, notebook: LiveNotebook) -> None:
    notebook.run("%config CreatorMagic.cassette_mode = 'auto'")
    server.reply_by(replies)
    ran = notebook.run(f"%%solve --method plan\n{LAWN}", cell_id="lawn", places_cells=True)
    edited: list[Cell] = ran.cells
    steps = edited[0]["source"].split("\n")
    edited[0]["source"] = "\n".join([*steps[:4], "- `total(mass, price)`: the price of a mass of seed"])

    def reply(body: dict[str, Any]) -> str:
        said = str(body["messages"][-1]["content"])
        if "The tool:" in said:
            return "```python decision\nround(total(seed_needed(lawn_area(12, 30), 0.03), 8.0), 2)\n```"
        assert "of this step only: `total(" in said, "the other steps are as they were, and recorded"
        return (
            "```python tool\ndef total(mass, price):\n    '''Return a price.'''\n    return mass * price\n```"
        )

    server.reply_by(reply)
    again = notebook.run(f"%%solve --method plan\n{LAWN}", cell_id="lawn", places_cells=True, standing=edited)
    assert again.status == "ok", again.error
    assert text_of(again.cell("decision")["outputs"]) == "86.4"
    assert again.cell("plan")["source"] == edited[0]["source"]
    assert "def total" in again.cell("tool-3")["source"]
    assert len(server.calls) == 7


def test_a_tool_whose_own_example_fails_is_rectified_before_the_next_is_made(
    server: ModelServer, notebook: LiveNotebook
) -> None:
    wrong = AREA.replace("width * length", "width + length")
    server.reply_with(PLAN, wrong, f"It added.\n{AREA}", NEEDED, COST, DECISION)
    ran = notebook.run(f"%%solve --method plan\n{LAWN}", cell_id="lawn")
    assert ran.status == "ok", ran.error
    assert text_of(ran.cell("decision")["outputs"]) == "86.4"
    assert "This does not hold: lawn_area(2, 3)" in server.calls[2].body["messages"][-1]["content"]


def test_if_a_tool_cannot_be_made_the_solve_ends_there(server: ModelServer, notebook: LiveNotebook) -> None:
    broken = NEEDED.replace("area * rate", "area * rates")
    server.reply_with(PLAN, AREA, broken, broken.replace("rates", "ratio"), broken.replace("rates", "r"))
    ran = notebook.run(f"%%solve --method plan\n{LAWN}", cell_id="lawn")
    assert "Not solved" in ran.error
    assert len(server.calls) == 5
    assert notebook.names() == set()


def test_where_no_plan_can_be_read_one_tool_is_made(server: ModelServer, notebook: LiveNotebook) -> None:
    server.reply_with("One tool is enough here.", AREA, "```python decision\nlawn_area(12, 30)\n```")
    ran = notebook.run(f"%%solve --method plan\n{LAWN}", cell_id="lawn")
    assert ran.status == "ok", ran.error
    assert [key for key, _ in shapes(ran)] == ["tool", "decision"]


def test_a_plan_without_steps_is_refused(server: ModelServer, notebook: LiveNotebook) -> None:
    server.reply_by(replies)
    ran = notebook.run(f"%%solve --method plan\n{LAWN}", cell_id="lawn", places_cells=True)
    edited = ran.cells
    edited[0]["source"] = "I do not know."
    again = notebook.run(f"%%solve --method plan\n{LAWN}", cell_id="lawn", places_cells=True, standing=edited)
    assert "The plan has no steps." in again.error
    assert len(server.calls) == 5


def test_a_dry_run_shows_what_is_asked_first(server: ModelServer, notebook: LiveNotebook) -> None:
    shown = notebook.run(f"%%solve --method plan --dry-run\n{LAWN}").text
    assert "You plan how a problem is solved" in shown
    assert not server.calls


@pytest.mark.parametrize(
    ("text", "steps"),
    [
        ("1. one\n2. two", ("one", "two")),
        ("Here:\n\n- one\n  goes on\n* two", ("one goes on", "two")),
        ("```\n1) one\n2) two\n```\nThat is all.", ("one", "two")),
        ("**Plan**\n\n1. one\n\nA remark.\n2. two", ("one", "two")),
        ("no list", ()),
    ],
)
def test_steps_are_the_items_of_a_list(text: str, steps: tuple[str, ...]) -> None:
    assert read_steps(text) == steps


def test_an_example_that_does_more_than_compute_is_judged_too(
    server: ModelServer, notebook: LiveNotebook
) -> None:
    notebook.run("%config CreatorMagic.policy = {}")
    server.reply_with(
        AREA.replace(">>> lawn_area(2, 3)\n    6", ">>> import os\n    >>> os.mkdir('made')"),
    )
    ran = notebook.run("%%create --max-rectifications 0\nThe area of a lawn", cell_id="a")
    assert "os.mkdir" in ran.error
    assert notebook.value("__import__('os').path.exists('made')") == "False"
