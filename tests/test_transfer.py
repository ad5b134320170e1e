"""Transfer: a tool that is made for one problem answers its siblings in another kernel, in one call each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from creator_magic.cells.generated import KEY
from tests.conftest import environment
from tests.live_notebook import LiveNotebook, text_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from tests.live_notebook import Ran
    from tests.model_server import ModelServer


@dataclass(frozen=True)
class Scenario:
    """A problem, the decision of a scripted reply to it, and the answer, worked out by hand."""

    problem: str
    decision: str
    answer: str


@dataclass(frozen=True)
class Group:
    """Three problems of one kind, and the tool of a scripted reply to the first."""

    tool: str
    name: str
    scenarios: tuple[Scenario, Scenario, Scenario]


GROUPS = (
    Group(
        '''from math import ceil


def paint_cans(wall_area: float, coats: int, coverage: float, can_size: float) -> int:
    """Return how many cans of paint cover walls with a number of coats.

    wall_area is in square metres, coverage in square metres a litre, can_size in litres.

    >>> paint_cans(20, 1, 10, 1)
    2
    """
    return ceil(wall_area * coats / coverage / can_size)''',
        "paint_cans",
        (
            Scenario(
                "The walls of a classroom measure 96 square metres and get two coats. A litre of paint "
                "covers 8 square metres, and paint comes in cans of 5 litres. How many cans are needed?",
                "paint_cans(96, 2, 8, 5)",
                "5",
            ),
            Scenario(
                "A gym has 310 square metres of walls to paint, one coat, with cans of 10 litres whose paint "
                "covers 7.5 square metres a litre. How many cans of paint have to be bought?",
                "paint_cans(310, 1, 7.5, 10)",
                "5",
            ),
            Scenario(
                "Three coats of paint go on the 18 square metres of a hallway's walls. One can holds 0.75 "
                "litres, a litre covers 12 square metres. What number of cans is that?",
                "paint_cans(18, 3, 12, 0.75)",
                "6",
            ),
        ),
    ),
    Group(
        '''def meeting_time(distance: float, one_speed: float, other_speed: float) -> float:
    """Return after how many hours two vehicles meet that start at once and drive towards each other.

    distance is in kilometres, the speeds are in kilometres an hour.

    >>> meeting_time(100, 20, 30)
    2.0
    """
    return distance / (one_speed + other_speed)''',
        "meeting_time",
        (
            Scenario(
                "Two trains leave towns that are 420 km apart at the same time and drive towards each other, "
                "at 80 and 60 km/h. After how many hours do they meet?",
                "meeting_time(420, 80, 60)",
                "3.0",
            ),
            Scenario(
                "A cyclist at 18 km/h and a walker at 6 km/h start towards each other from two villages with "
                "36 km between them. How many hours pass until they meet?",
                "meeting_time(36, 18, 6)",
                "1.5",
            ),
            Scenario(
                "From ports 990 km apart two ships set out towards each other at once, one at 25, one at 30 "
                "kilometres an hour. In how many hours will the ships meet?",
                "meeting_time(990, 25, 30)",
                "18.0",
            ),
        ),
    ),
    Group(
        '''def dilution_water(volume: float, concentration: float, target: float) -> float:
    """Return how much water dilutes a solution to a lower concentration.

    volume is in any unit, and the result is in the same; the concentrations are in percent.

    >>> dilution_water(1, 50, 25)
    1.0
    """
    return volume * concentration / target - volume''',
        "dilution_water",
        (
            Scenario(
                "How many millilitres of water dilute 200 ml of a solution of 30 percent acid to a "
                "concentration of 12 percent?",
                "dilution_water(200, 30, 12)",
                "300.0",
            ),
            Scenario(
                "A cleaner of 45 percent concentration is to be diluted to 9 percent. There are 4 litres of "
                "it. How much water is added, in litres?",
                "dilution_water(4, 45, 9)",
                "16.0",
            ),
            Scenario(
                "A nurse has 150 ml of a saline solution with a concentration of 6 percent and wants 0.9 "
                "percent. How much water must be added to dilute it, in millilitres?",
                "dilution_water(150, 6, 0.9)",
                "850.0",
            ),
        ),
    ),
)


def reply(body: dict[str, Any]) -> str:
    """Answer like a model that takes a kept tool of the right kind wherever it stands among the offered."""
    head, asked = (message["content"] for message in body["messages"])
    group, scenario = next((g, s) for g in GROUPS for s in g.scenarios if s.problem in asked)
    decision = f"```python decision\n{scenario.decision}\n```"
    if f"def {group.name}(" in asked:
        return f"`{group.name}` fits.\n{decision}"
    tool = f"```python tool\n{group.tool}\n```"
    return f"None fits.\n{tool}\n{decision}" if "python decision" in head else tool


def solved(notebook: LiveNotebook, scenarios: Iterable[Scenario], flags: str = "") -> list[Ran]:
    rans = []
    for scenario in scenarios:
        ran = notebook.run(f"%%solve{flags}\n{scenario.problem}", cell_id=scenario.decision)
        assert ran.status == "ok", ran.error
        assert text_of(ran.cell("decision")["outputs"]) == scenario.answer, scenario.problem
        rans.append(ran)
    return rans


@pytest.mark.slow
def test_siblings_of_a_solved_problem_take_one_call_each_and_their_answers_stay_the_same(
    server: ModelServer, tmp_path: Path
) -> None:
    server.reply_by(reply)
    firsts = [group.scenarios[0] for group in GROUPS]
    siblings = [scenario for group in GROUPS for scenario in group.scenarios[1:]]
    with LiveNotebook(environment(server), cwd=str(tmp_path)) as notebook:
        notebook.run("%load_ext creator_magic")
        solved(notebook, firsts)
        assert notebook.run("%tools list").text.count("generated by") == len(GROUPS)
    before = len(server.calls)

    with LiveNotebook(environment(server), cwd=str(tmp_path)) as notebook:
        notebook.run("%load_ext creator_magic")
        rans = solved(notebook, siblings)
        assert len(server.calls) - before == len(siblings)
        assert all("Reused: " in ran.html for ran in rans)
        # Each kind's source stands in the notebook once.
        placed = [cell for ran in rans for cell in ran.cells if cell["metadata"][KEY]["role"] == "tool"]
        assert len(placed) == len(GROUPS)
        assert notebook.run("%tools list").text.count("2 (2 solved)") == len(GROUPS)
        with_tools = _sent(server, before)

    before = len(server.calls)
    with LiveNotebook(environment(server), cwd=str(tmp_path)) as notebook:
        notebook.run("%load_ext creator_magic")
        solved(notebook, siblings, " --no-reuse")
        assert len(server.calls) - before == 2 * len(siblings)
        assert with_tools < _sent(server, before)


def _sent(server: ModelServer, first: int) -> int:
    """How many characters were sent since."""
    return sum(len(message["content"]) for call in server.calls[first:] for message in call.body["messages"])
