"""Trials as demonstrations: the tool's own, the most similar first, within the budget, and told of."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from creator_magic.cells.generated import KEY
from creator_magic.explore.memory import LongTermMemory
from creator_magic.explore.tool import find_tool
from creator_magic.explore.trial import ASPECTS, Judgement, Observation, Reflection, Trial, Turn
from creator_magic.project_store import ProjectStore
from creator_magic.toolbox.demonstrations import MOST
from creator_magic.toolbox.places import toolbox_of
from tests.conftest import environment
from tests.live_notebook import LiveNotebook

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.model_server import ModelServer

AREA = '''```python tool
def rectangle_area(width: float, length: float) -> float:
    """Return the area of a rectangle in square metres, from its sides in metres.

    >>> rectangle_area(2, 3)
    6
    """
    return width * length
```'''
TANK = '''```python tool
def tank_volume(radius: float, height: float) -> float:
    """Return the volume of a round tank in litres, from its radius and height in metres.

    >>> tank_volume(1, 0)
    0.0
    """
    return 3.141592653589793 * radius**2 * height * 1000
```'''
GARDEN = "A rectangular garden is 12 m wide and 30 m long. What is its area in square metres?"
CISTERN = "A round tank has a radius of 2 m and a height of 3 m. How many litres does it hold?"
HALL = "What area has a rectangular dance hall of 20 m by 25 m, in square metres?"


def trial(
    tool: str, version: str, number: int, query: str, code: str, *, met: tuple[str, ...] = ASPECTS
) -> Trial:
    turns = (Turn("…", code, Observation("1")),)
    return Trial(
        tool, version, 1, number, query, turns, "1", Reflection(solved=True), Judgement(met, "", "judge")
    )


@pytest.fixture
def explored(server: ModelServer, tmp_path: Path) -> Iterator[LiveNotebook]:
    """A notebook whose project has two tools that look alike to a search, each with its trials."""
    with LiveNotebook(environment(server), cwd=str(tmp_path)) as notebook:
        notebook.run("%load_ext creator_magic")
        server.reply_with(AREA, "```python decision\nrectangle_area(12, 30)\n```")
        notebook.run(f"%%solve --no-reuse\n{GARDEN}", cell_id="garden")
        server.reply_with(TANK, "```python decision\ntank_volume(2, 3)\n```")
        notebook.run(f"%%solve --no-reuse\n{CISTERN}", cell_id="tank")
    toolbox = toolbox_of(tmp_path, "", [], None)
    store = ProjectStore(tmp_path / ".creator" / "toolbox.sqlite")
    memory = LongTermMemory(store)
    area, tank = (find_tool(name, toolbox, {}) for name in ("rectangle_area", "tank_volume"))
    queries = [
        "A wall of 3 m by 4 m is painted; what area?",
        "A dance floor in a hall is 8 m by 9 m: its area?",
    ]
    for number, query in enumerate(queries, 1):
        memory.keep(trial(area.name, area.version, number, query, f"rectangle_area({number}, 9)"))
    memory.keep(trial(tank.name, tank.version, 1, "A dance hall has a round tank", "tank_volume(4, 4)"))
    unfit = trial(area.name, area.version, 3, "A dance hall, judged unfit", "rectangle_area(0, 0)", met=())
    memory.keep(unfit)
    memory.keep(trial(area.name, "another version", 4, "A dance hall, older", "rectangle_area(7, 7)"))
    store.close()
    toolbox.close()
    server.forget()
    with LiveNotebook(environment(server), cwd=str(tmp_path)) as notebook:
        notebook.run("%load_ext creator_magic")
        yield notebook


def shown_for(prompt: str, tool: str) -> list[str]:
    """The calls that stand below a tool in a prompt."""
    behind = prompt.partition(f"def {tool}(")[2].partition("\ndef ")[0]
    return re.findall(r"```python decision\n(.*?)\n```", behind, re.DOTALL)


def test_a_problem_is_shown_its_tools_own_trials_the_most_similar_first(
    server: ModelServer, explored: LiveNotebook
) -> None:
    server.reply_with("The area of a rectangle.\n```python decision\nrectangle_area(20, 25)\n```")
    ran = explored.run(f"%%solve\n{HALL}", cell_id="hall")
    assert ran.status == "ok", ran.error
    assert len(server.calls) == 1
    prompt = server.calls[0].body["messages"][1]["content"]
    assert shown_for(prompt, "rectangle_area") == ["rectangle_area(2, 9)", "rectangle_area(1, 9)"]
    assert set(shown_for(prompt, "tank_volume")) <= {"tank_volume(4, 4)"}
    assert "judged unfit" not in prompt
    assert "older" not in prompt
    assert "Demonstrations of rectangle_area in the prompt: A dance floor" in ran.html
    assert "trials of rectangle_area" in ran.html
    assert ran.cell("decision")["metadata"][KEY]["role"] == "decision"


def test_the_decision_that_follows_a_chosen_tool_is_shown_them_too(
    server: ModelServer, explored: LiveNotebook
) -> None:
    server.reply_with(AREA, "```python decision\nrectangle_area(20, 25)\n```")
    ran = explored.run(f"%%solve\n{HALL}", cell_id="hall")
    assert ran.status == "ok", ran.error
    prompt = server.calls[1].body["messages"][1]["content"]
    assert shown_for(prompt, "rectangle_area") == ["rectangle_area(2, 9)", "rectangle_area(1, 9)"]


@pytest.mark.parametrize(("tokens", "calls"), [(0, []), (140, ["rectangle_area(2, 9)"]), (30, [])])
def test_they_stay_within_the_budget(
    server: ModelServer, explored: LiveNotebook, tokens: int, calls: list[str]
) -> None:
    explored.run(f"%config CreatorMagic.demonstration_tokens = {tokens}")
    server.reply_with("It fits.\n```python decision\nrectangle_area(20, 25)\n```")
    ran = explored.run(f"%%solve\n{HALL}", cell_id="hall")
    assert ran.status == "ok", ran.error
    prompt = server.calls[0].body["messages"][1]["content"]
    assert shown_for(prompt, "rectangle_area") == calls
    assert ("Demonstrations of rectangle_area" in ran.html) is bool(calls)


def test_there_are_eight_at_the_most(server: ModelServer, explored: LiveNotebook, tmp_path: Path) -> None:
    toolbox = toolbox_of(tmp_path, "", [], None)
    store = ProjectStore(tmp_path / ".creator" / "toolbox.sqlite")
    version = find_tool("rectangle_area", toolbox, {}).version
    for number in range(10, 30):
        query = f"The area of dance hall {number}?"
        LongTermMemory(store).keep(
            trial("rectangle_area", version, number, query, f"rectangle_area({number}, 1)")
        )
    store.close()
    toolbox.close()
    explored.run("%config CreatorMagic.demonstration_tokens = 100_000")
    server.reply_with("It fits.\n```python decision\nrectangle_area(20, 25)\n```")
    assert explored.run(f"%%solve\n{HALL}", cell_id="hall").status == "ok"
    prompt = server.calls[0].body["messages"][1]["content"]
    assert prompt.count("How it was called") <= 2
    assert prompt.count("\nProblem: ") == MOST
    assert len(shown_for(prompt, "rectangle_area")) >= MOST - 1


def test_a_function_of_the_notebook_is_shown_with_its_trials(
    server: ModelServer, explored: LiveNotebook
) -> None:
    explored.run("def toll(weight):\n    'Return the toll of a lorry in euros.'\n    return 3 * weight")
    server.reply_with(
        "Query: A lorry of 7 tonnes passes; what does it pay?",
        "```python decision\ntoll(7)\n```",
        "Answer: 21 euros",
        "Verdict: yes",
        "Informative: yes\nFaithful: yes\nAppropriate: yes",
        "It fits.\n```python decision\ntoll(9)\n```",
    )
    assert explored.run("%explore toll --episodes 1 --trials 1").status == "ok"
    ran = explored.run("%%solve\nWhat does a lorry of 9 tonnes pay? Use `toll`.", cell_id="lorry")
    assert ran.status == "ok", ran.error
    assert "toll(7)" in server.calls[-1].body["messages"][1]["content"]
    assert "Demonstrations of toll in the prompt: A lorry of 7 tonnes" in ran.html


def test_a_kept_tool_that_stands_in_the_notebook_is_explored_as_it_is_kept(
    server: ModelServer, notebook: LiveNotebook
) -> None:
    server.reply_with(AREA, "```python decision\nrectangle_area(12, 30)\n```")
    assert notebook.run(f"%%solve\n{GARDEN}", cell_id="garden").status == "ok"
    assert notebook.run("%tools list").status == "ok", "what is kept is there"
    server.reply_with(
        "Query: A lawn is 7 m by 9 m. How large is it?",
        "```python decision\nrectangle_area(7, 9)\n```",
        "Answer: 63 square metres",
        "Verdict: yes",
        "Informative: yes\nFaithful: yes\nAppropriate: yes",
        "It fits.\n```python decision\nrectangle_area(20, 25)\n```",
    )
    ran = notebook.run("%explore rectangle_area --episodes 1 --trials 1")
    assert ran.status == "ok", ran.error
    assert "rectangle_area (the toolbox)" in ran.text
    ran = notebook.run(f"%%solve\n{HALL}", cell_id="hall")
    assert ran.status == "ok", ran.error
    assert "Demonstrations of rectangle_area in the prompt: A lawn is 7 m by 9 m." in ran.html


def test_a_tool_is_found_by_the_words_of_what_it_solved(
    server: ModelServer, explored: LiveNotebook, tmp_path: Path
) -> None:
    toolbox = toolbox_of(tmp_path, "", [], None)
    store = ProjectStore(tmp_path / ".creator" / "toolbox.sqlite")
    version = find_tool("rectangle_area", toolbox, {}).version
    query = "How much turf must a groundskeeper order for a pitch, 90 by 45?"
    LongTermMemory(store).keep(trial("rectangle_area", version, 9, query, "rectangle_area(90, 45)"))
    store.close()
    toolbox.close()
    server.reply_with("It fits.\n```python decision\nrectangle_area(100, 60)\n```")
    ran = explored.run(
        "%%solve\nThe groundskeeper wants turf for a new pitch, 100 by 60. How much?", cell_id="p"
    )
    assert ran.status == "ok", ran.error
    assert len(server.calls) == 1
    prompt = server.calls[0].body["messages"][1]["content"]
    assert shown_for(prompt, "rectangle_area")[0] == "rectangle_area(90, 45)"
