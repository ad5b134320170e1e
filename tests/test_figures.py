"""A figure is an answer: shown once, kept in the decision's cell, called a figure in the record."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.conftest import environment
from tests.live_notebook import LiveNotebook, Ran
from tests.model_server import ModelServer
from tests.scripted_replies import decision

if TYPE_CHECKING:
    from collections.abc import Iterator

TOOL = """```python tool
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import plotly.graph_objects as go
import altair as alt


def draw(ys):
    figure, axes = plt.subplots()
    axes.plot(ys)
    return figure
```"""

ANSWERS = {
    "figure": ("draw([1, 2])", "Figure"),
    "figure in a name": ("drawn = draw([1, 2])\ndrawn", "Figure"),
    "axes": ("draw([1, 2]).axes[0]", "Axes"),
    "array of axes": ("plt.subplots(2)[1]", "ndarray"),
    "plot of pandas": ("pd.Series([1, 2]).plot()", "Axes"),
    "figure without pyplot": (
        "from matplotlib.figure import Figure\nbare = Figure()\nbare.subplots().plot([1])\nbare",
        "Figure",
    ),
    "nothing but a plot": ("plt.plot([1, 2])\nplt.show()", "NoneType"),
    "a plot and no result": ("draw([1, 2]);", "Figure"),
    "plotly": ("go.Figure(go.Scatter(y=[1, 2]))", "Figure"),
    "altair": ("alt.Chart(pd.DataFrame({'a': [1]})).mark_point().encode(x='a')", "Chart"),
}


@pytest.fixture(scope="module")
def asked() -> Iterator[tuple[ModelServer, LiveNotebook]]:
    with ModelServer() as server, LiveNotebook(environment(server)) as notebook:
        assert notebook.run("%load_ext creator_magic").status == "ok"
        yield server, notebook


def pictures(outputs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The outputs that show more than text."""
    return [
        o
        for o in outputs
        if any(m.startswith(("image/", "application/vnd.")) for m in o.get("data", ()))
        or "vega" in o.get("data", {}).get("text/html", "")
    ]


@pytest.mark.xdist_group("figures")
@pytest.mark.parametrize("kind", ANSWERS)
def test_a_figure_is_shown_once_and_kept(asked: tuple[ModelServer, LiveNotebook], kind: str) -> None:
    server, notebook = asked
    code, answer = ANSWERS[kind]
    for places_cells in (True, False):
        server.reply_with(TOOL, decision(code))
        ran: Ran = notebook.run(
            f"%%solve --no-reuse --fresh --into answer\n{kind}?", kind, timeout=120, places_cells=places_cells
        )
        assert ran.status == "ok", ran.error
        assert len(pictures(ran.cell("decision")["outputs"])) == 1
        shown = len(pictures(ran.outputs))
        assert shown == (0 if places_cells else 1), [list(o.get("data", ())) for o in ran.outputs]
        assert ran.record["summary"]["answer_text"] == "a figure"
        assert "Answer: <code>a figure</code>" in ran.html
        assert notebook.value("type(answer).__name__") == f"'{answer}'"
        assert pictures(notebook.run("1 + 1").outputs) == []


@pytest.mark.xdist_group("figures")
def test_a_figure_of_the_person_s_stays_open_and_one_of_a_failed_attempt_does_not(
    server: ModelServer,
) -> None:
    with LiveNotebook({**environment(server), "MPLBACKEND": "agg"}) as notebook:
        notebook.run("%load_ext creator_magic\nimport matplotlib.pyplot as plt\nmine = plt.figure()")
        server.reply_with(TOOL, decision("lost = draw([1])\n1 / 0"), decision("draw([1, 2])"))
        ran = notebook.run("%%solve --into answer\nDraw it.", cell_id="a", timeout=120)
        assert ran.status == "ok", ran.error
        # A picture although the backend that the person chose shows none.
        assert len(pictures(ran.cell("decision")["outputs"])) == 1
        assert notebook.value("plt.get_fignums(), plt.figure(1) is mine, plt.figure(2) is answer") == (
            "([1, 2], True, True)"
        )


def test_what_is_no_figure_is_told_as_before(server: ModelServer, notebook: LiveNotebook) -> None:
    server.reply_with(TOOL, decision("drawn = draw([1, 2])", "42"))
    ran = notebook.run("%%solve\nDraw it, and how much is it?", cell_id="a", timeout=120)
    assert ran.status == "ok", ran.error
    assert ran.record["summary"]["answer_text"] == "42"
    assert len(pictures(ran.cell("decision")["outputs"])) == 1
