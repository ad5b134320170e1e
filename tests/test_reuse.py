"""Tools that outlive their problem: found again, reused, combined, built upon, rectified, kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from creator_magic.cells.generated import KEY
from tests.conftest import environment
from tests.live_notebook import LiveNotebook, text_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.live_notebook import Ran
    from tests.model_server import ModelServer

GARDEN = "A rectangular garden is 12 m wide and 30 m long. How many square metres is the garden?"
FIELD = "What is the size of a rectangular field, 200 m wide and 350 m long, in square metres?"
FENCE = "A rectangular field is 200 m wide and 350 m long. Seed costs 0.20 a square metre. What does it cost?"

AREA = '''```python tool
def rectangle_area(width: float, length: float) -> float:
    """Return the area of a rectangular garden or field in square metres, from its sides in metres.

    >>> rectangle_area(2, 3)
    6
    """
    return width * length
```'''
ON_GARDEN = "```python decision\nrectangle_area(12, 30)\n```"
ON_FIELD = "`rectangle_area` computes just this.\n```python decision\nrectangle_area(200, 350)\n```"
COST = '''A price is missing.
```python tool
def seed_cost(width: float, length: float, price: float) -> float:
    """Return what seed for a rectangle costs, from its sides in metres and the price of a square metre.

    >>> seed_cost(2, 3, 0.5)
    3.0
    """
    return rectangle_area(width, length) * price
```
```python decision
seed_cost(200, 350, 0.20)
```'''


def keys(ran: Ran) -> list[str]:
    return [cell["metadata"][KEY]["key"] for cell in ran.cells]


def kept(notebook: LiveNotebook) -> str:
    return notebook.run("%tools list").text


@pytest.fixture
def project(server: ModelServer, tmp_path: Path) -> Iterator[LiveNotebook]:
    """A notebook whose project has one tool, made in another notebook."""
    with LiveNotebook(environment(server), cwd=str(tmp_path)) as earlier:
        earlier.run("%load_ext creator_magic")
        server.reply_with(AREA, ON_GARDEN)
        ran = earlier.run(f"%%solve\n{GARDEN}", cell_id="garden")
        assert ran.status == "ok", ran.error
        assert "Kept in the toolbox: rectangle_area (2 cases passed)." in ran.html
    with LiveNotebook(environment(server), cwd=str(tmp_path)) as notebook:
        notebook.run("%load_ext creator_magic")
        yield notebook


def test_a_kept_tool_answers_a_later_problem_in_one_call(server: ModelServer, project: LiveNotebook) -> None:
    server.reply_with(ON_FIELD)
    ran = project.run(f"%%solve\n{FIELD}", cell_id="field")

    assert ran.status == "ok", ran.error
    assert text_of(ran.cell("decision")["outputs"]) == "70000"
    assert keys(ran) == ["tool", "decision"]
    assert "def rectangle_area" in ran.cell("tool")["source"]
    assert len(server.calls) == 3, "two made the tool"
    asked = server.calls[2].body["messages"][-1]["content"]
    assert "def rectangle_area(width: float, length: float) -> float:" in asked
    assert "return width * length" not in asked
    assert "Reused: rectangle_area from the toolbox, found by" in ran.html
    assert "computes just this" in ran.html
    assert "signature and docstring of rectangle_area" in ran.html
    assert "1 (1 solved)" in kept(project)


def test_its_source_stands_in_a_notebook_once(server: ModelServer, notebook: LiveNotebook) -> None:
    server.reply_with(AREA, ON_GARDEN, ON_FIELD)
    notebook.run(f"%%solve\n{GARDEN}", cell_id="garden")
    ran = notebook.run(f"%%solve\n{FIELD}", cell_id="field")
    assert ran.status == "ok", ran.error
    assert keys(ran) == ["decision"]
    assert text_of(ran.cell("decision")["outputs"]) == "70000"

    # What stands runs again without a model, as long as the tool it calls is there.
    again = notebook.run(f"%%solve\n{FIELD}", cell_id="field", standing=ran.cells, places_cells=True)
    assert again.status == "ok", again.error
    assert "by the cells in the notebook" in again.html
    notebook.run("del rectangle_area")
    server.reply_with(ON_FIELD)
    again = notebook.run(f"%%solve --fresh\n{FIELD}", cell_id="field", standing=ran.cells, places_cells=True)
    assert keys(again) == ["tool", "decision"]


def test_a_tool_is_built_on_a_kept_one(server: ModelServer, project: LiveNotebook) -> None:
    server.reply_with(COST)
    ran = project.run(f"%%solve\n{FENCE}", cell_id="fence")
    assert ran.status == "ok", ran.error
    assert keys(ran) == ["tool", "tool-2", "decision"]
    assert text_of(ran.cell("decision")["outputs"]) == "14000.0"
    assert "Kept in the toolbox: seed_cost (2 cases passed)." in ran.html
    shown = project.run("%tools show seed_cost").text
    assert "rectangle_area" in shown

    # It is offered with what it calls.
    server.reply_with("```python decision\nseed_cost(10, 20, 0.5)\n```")
    with_both = project.run(
        "%%solve --fresh\nWhat does seed cost for a rectangle of 10 m and 20 m at 0.50 a square metre?",
        cell_id="other",
    )
    assert with_both.status == "ok", with_both.error
    assert text_of(with_both.cell("decision")["outputs"]) == "100.0"


def test_several_kept_tools_are_combined(server: ModelServer, project: LiveNotebook) -> None:
    server.reply_with(
        '```python tool\ndef ring_area(outer: float, inner: float) -> float:\n    """Return the area of a '
        'round path around a garden, from its radii in metres.\n\n    >>> ring_area(1, 1)\n    0.0\n    """\n'
        "    return 3.0 * (outer**2 - inner**2)\n```\n```python decision\nring_area(3, 2)\n```"
    )
    first = project.run(
        "%%solve\nA round path around a garden has radii of 3 m and 2 m. Its area?", cell_id="a"
    )
    assert first.status == "ok", first.error
    server.reply_with("Both.\n```python decision\nrectangle_area(12, 30) + ring_area(3, 2)\n```")
    ran = project.run(
        "%%solve\nA rectangular garden of 12 m and 30 m has a round path with radii 3 m and 2 m beside it. "
        "How large are garden and path together, in square metres?",
        cell_id="b",
    )
    assert ran.status == "ok", ran.error
    assert text_of(ran.cell("decision")["outputs"]) == "375.0"
    assert keys(ran) == ["tool", "decision"], "the ring's tool stands in the notebook already"


def test_where_none_fits_a_new_tool_is_asked_for(server: ModelServer, project: LiveNotebook) -> None:
    server.reply_with("None of them fits.", COST.replace("rectangle_area(width, length)", "width * length"))
    ran = project.run(f"%%solve\n{FENCE}", cell_id="fence")
    assert ran.status == "ok", ran.error
    assert keys(ran) == ["tool", "decision"]
    assert "Found and not used: rectangle_area" in ran.html
    assert "None of them fits." in ran.html


def test_a_decision_that_calls_none_of_them_gets_a_tool_of_its_own(
    server: ModelServer, project: LiveNotebook
) -> None:
    server.reply_with("```python decision\n200 * 350\n```", AREA.replace("rectangle", "plot"))
    ran = project.run(f"%%solve\n{FIELD}", cell_id="field")
    assert ran.status == "ok", ran.error
    assert keys(ran) == ["tool", "decision"]
    assert "def plot_area" in ran.cell("tool")["source"]
    assert len(server.calls) == 4, "two made the first tool"


def test_the_record_says_what_was_kept_when_the_cell_has_long_ended(
    server: ModelServer, notebook: LiveNotebook
) -> None:
    server.reply_with(AREA, ON_GARDEN)
    notebook.run(f"%%solve\n{GARDEN}", cell_id="garden", interactive=True)
    while True:
        message = notebook.client.get_iopub_msg(timeout=30)
        if message["msg_type"] == "update_display_data":
            break
    assert "Kept in the toolbox: rectangle_area" in message["content"]["data"]["text/html"]


def test_nothing_is_searched_for_on_request(server: ModelServer, project: LiveNotebook) -> None:
    server.reply_with(
        AREA.replace("rectangle_area", "field_area"), "```python decision\nfield_area(200, 350)\n```"
    )
    ran = project.run(f"%%solve --no-reuse\n{FIELD}", cell_id="field")
    assert ran.status == "ok", ran.error
    assert "rectangle_area" not in str(server.calls[2].body)
    project.run("%config CreatorMagic.reuse = False")
    server.reply_with(AREA, ON_GARDEN)
    ran = project.run(f"%%solve --fresh\n{FIELD}", cell_id="again")
    assert "Found" not in ran.html


def test_a_rectified_tool_takes_the_place_of_one_whose_cases_it_passes(
    server: ModelServer, project: LiveNotebook
) -> None:
    call = "```python decision\nrectangle_area('200', 350.0)\n```"
    server.reply_with(call, f"Widths may be texts.\n{AREA.replace('width * length', 'int(width) * length')}")
    ran = project.run(f"%%solve\n{FIELD}", cell_id="field")
    assert ran.status == "ok", ran.error
    assert text_of(ran.cell("decision")["outputs"]) == "70000.0"
    assert "Kept in the toolbox: rectangle_area (revision 2," in ran.html


def test_one_that_breaks_an_earlier_case_becomes_another_tool(
    server: ModelServer, project: LiveNotebook
) -> None:
    call = "```python decision\nrectangle_area('200', 350.0)\n```"
    other = AREA.replace("width * length", "int(width) * length + 0.0").replace("    6\n", "    6.0\n")
    server.reply_with(call, f"Widths may be texts.\n{other}")
    ran = project.run(f"%%solve\n{FIELD}", cell_id="field")
    assert ran.status == "ok", ran.error
    listed = kept(project)
    assert "rectangle_area_2" in listed
    assert "width * length" in project.run("%tools show rectangle_area").text


def test_the_persons_own_functions_are_candidates_if_the_problem_names_them(
    server: ModelServer, notebook: LiveNotebook
) -> None:
    notebook.run(
        "def net_price(gross, rate=0.19):\n    'Return the price without tax.'\n    return gross / (1 + rate)"
    )
    server.reply_with("```python decision\nround(net_price(119.0), 2)\n```")
    ran = notebook.run("%%solve\nWhat is 119.00 without tax? Use net_price.", cell_id="a")
    assert ran.status == "ok", ran.error
    assert keys(ran) == ["decision"]
    assert text_of(ran.cell("decision")["outputs"]) == "100.0"
    asked = str(server.calls[0].body)
    assert "def net_price(gross, rate=...)" in asked
    assert "0.19" not in asked
    assert "Reused: net_price from this notebook" in ran.html

    server.reply_with(AREA, ON_GARDEN)
    notebook.run(f"%%solve\n{GARDEN}", cell_id="b")
    assert "net_price" not in str(server.calls[-1].body)


def test_what_does_more_than_compute_is_not_run_again_to_be_kept(
    server: ModelServer, notebook: LiveNotebook
) -> None:
    server.reply_with(
        "```python tool\ndef note(text: str) -> int:\n    '''Append a line to a file.'''\n"
        "    with open('notes.txt', 'a') as file:\n        return file.write(text)\n```",
        "```python decision\nnote('x')\n```",
    )
    ran = notebook.run("%%solve --allow write\nNote an x in notes.txt.", cell_id="a")
    assert ran.status == "ok", ran.error
    assert "Not kept in the toolbox: a check would run it once more" in ran.html
    assert notebook.value("len(open('notes.txt').read())") == "1"


def test_undo_forgets_the_tool_too(server: ModelServer, notebook: LiveNotebook) -> None:
    server.reply_with(AREA, ON_GARDEN)
    notebook.run(f"%%solve\n{GARDEN}", cell_id="garden")
    assert "rectangle_area" in kept(notebook)
    undone = notebook.run("%creator undo").text
    assert "Forgotten by the toolbox: rectangle_area" in undone
    assert "rectangle_area" not in kept(notebook)


def test_a_recording_replays_what_it_chose_wherever_the_toolbox_is(
    server: ModelServer, tmp_path: Path
) -> None:
    settings = {**environment(server), "CREATOR_CASSETTE_MODE": "auto"}
    recorded, elsewhere = (tmp_path / name / ".creator" for name in ("recorded", "elsewhere"))
    for folder in (recorded, elsewhere):
        folder.mkdir(parents=True)
    with LiveNotebook(settings, cwd=str(recorded.parent)) as notebook:
        notebook.run("%load_ext creator_magic")
        server.reply_with(AREA, ON_GARDEN, ON_FIELD)
        notebook.run(f"%%solve\n{GARDEN}", cell_id="garden")
        notebook.run(f"%%solve\n{FIELD}", cell_id="field")
        # What was made before there was a tool is made again as it was, though there is one by now.
        again = notebook.run(f"%%solve\n{GARDEN}", cell_id="garden")
        assert "Found" not in again.html
        assert "2 replayed replies" in again.html
    (elsewhere / "cassette.jsonl").write_bytes((recorded / "cassette.jsonl").read_bytes())
    with LiveNotebook(settings, cwd=str(elsewhere.parent)) as notebook:
        notebook.run("%load_ext creator_magic")
        ran = notebook.run(f"%%solve\n{FIELD}", cell_id="field")
        assert ran.status == "ok", ran.error
        assert keys(ran) == ["tool", "decision"]
        assert text_of(ran.cell("decision")["outputs"]) == "70000"
        assert "Reused: rectangle_area" in ran.html
    assert len(server.calls) == 3


def test_a_dry_run_shows_the_tools_that_would_be_offered(server: ModelServer, project: LiveNotebook) -> None:
    calls = len(server.calls)
    shown = project.run(f"%%solve --dry-run\n{FIELD}", cell_id="field").text
    assert len(server.calls) == calls
    server.reply_with(ON_FIELD)
    project.run(f"%%solve\n{FIELD}", cell_id="field")
    for message in server.calls[-1].body["messages"]:
        assert message["content"] in shown


def test_where_another_model_makes_tools_it_is_asked_if_none_fits(
    server: ModelServer, project: LiveNotebook
) -> None:
    project.run("%config CreatorMagic.creation_model = 'strong'")
    server.reply_with(
        "None of them fits.", AREA.replace("rectangle", "plot"), "```python decision\nplot_area(1, 2)\n```"
    )
    ran = project.run(f"%%solve\n{FIELD}", cell_id="field")
    assert ran.status == "ok", ran.error
    assert [call.body["model"] for call in server.calls[-3:]] == ["test-model", "strong", "test-model"]


def test_in_isolation_too(server: ModelServer, project: LiveNotebook) -> None:
    server.reply_with(ON_FIELD, "```python decision\nrectangle_area(1, 2)\n```")
    ran = project.run(f"%%solve --isolate\n{FIELD}", cell_id="field")
    assert ran.status == "ok", ran.error
    ran = project.run("%%solve --isolate\nAnd a rectangular garden of 1 m by 2 m?", cell_id="other")
    assert ran.status == "ok", ran.error
    assert keys(ran) == ["decision"]


def test_a_solved_notebook_that_runs_again_brings_its_tools_along_as_foreign(
    server: ModelServer, notebook: LiveNotebook
) -> None:
    server.reply_with(AREA, ON_GARDEN)
    ran = notebook.run(f"%%solve\n{GARDEN}", cell_id="garden")
    notebook.run("import shutil\nshutil.rmtree('.creator')")
    again = notebook.run(f"%%solve\n{GARDEN}", cell_id="garden", standing=ran.cells, places_cells=True)
    assert again.status == "ok", again.error
    assert "Taken into the toolbox, as foreign until %tools check: rectangle_area." in again.html
    assert ", foreign" in kept(notebook)
    # What is there, or was forgotten, is left as it is.
    notebook.run("%tools forget rectangle_area")
    again = notebook.run(f"%%solve\n{GARDEN}", cell_id="garden", standing=ran.cells, places_cells=True)
    assert "Taken into" not in again.html
    assert "rectangle_area" not in kept(notebook)
