"""The record where little is left of it: tags without styles, as on GitHub, and text alone."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import bleach  # type: ignore[import-untyped]

from tests.live_notebook import LiveNotebook

if TYPE_CHECKING:
    from tests.model_server import ModelServer

PROBLEM = "%%solve\nHow many loaves at 3.20, made for 1.20 each, cover 2,350?"
TOOL = '''```python tool
def break_even(fixed, price, cost):
    """Return how many units cover the fixed costs."""
    return -(-fixed // (price - costs))
```'''
WHY = "The parameter is called `cost`."
DECISION = "```python decision\nsum = break_even(2350, 3.20, 1.20)\nprint('<b>loaves</b>')\nsum\n```"

# What GitHub leaves of HTML: https://github.com/gjtorikian/html-pipeline, its sanitization filter.
TAGS = {
    *("h1", "h2", "h3", "h4", "h5", "h6", "br", "b", "i", "strong", "em", "a", "pre", "code", "img", "tt"),
    *("div", "ins", "del", "sup", "sub", "p", "ol", "ul", "table", "thead", "tbody", "tfoot", "blockquote"),
    *("dl", "dt", "dd", "kbd", "q", "samp", "var", "hr", "li", "tr", "td", "th", "s", "strike", "summary"),
    *("details", "caption", "figure", "figcaption", "abbr", "span"),
}


def as_on_github(html: str) -> str:
    without_styles = re.sub("<style>.*?</style>", "", html)
    return str(bleach.clean(without_styles, tags=TAGS, attributes={"details": ["open"]}, strip=True))


def shape(html: str) -> str:
    """Return HTML without the space around tags."""
    return re.sub(r"\s*(<[^>]*>)\s*", r"\1", html).replace("&#39;", "'")


def test_without_styles_every_part_still_stands_where_it_belongs(
    server: ModelServer, notebook: LiveNotebook
) -> None:
    server.reply_with(TOOL, DECISION, f"{WHY}\n\n{TOOL.replace('costs)', 'cost)')}")
    record = shape(as_on_github(notebook.run(PROBLEM).html))
    told = [
        "<div><div><strong>Solved in 2 attempts · 3 calls · ",
        "</strong></div><div>Answer:<code>1175.0</code></div>",
        "<div>Renamed so that nothing of yours is overwritten: sum → sum_value</div>",
        "<details><summary>Attempt 1: NameError in the tool cell, line 3: name 'costs' is not defined<",
        "<dl><dt>tool cell</dt><dd><pre><code>def break_even(fixed, price, cost):\n",
        "<dt>decision cell</dt><dd><pre><code>sum_value = break_even(2350, 3.20, 1.20)\n",
        "print('&lt;b&gt;loaves&lt;/b&gt;')\n",
        "<dt>error</dt><dd><pre>Traceback (most recent call last):\n",
        f"<dt>diagnosis</dt><dd>{WHY}</dd></dl></details>",
        "<div>Attempt 2: ran</div>",
        "<details><summary>Sent: the problem, the code with its error, values withheld</summary><ol>",
        "<li><details><summary>creation: test-model called, ",
        "<li><details><summary>decision: test-model called, ",
        "<li><details><summary>rectification: test-model called, ",
    ]
    places = [record.find(part) for part in told]
    assert -1 not in places, told[places.index(-1)]
    assert places == sorted(places)


def test_of_a_failure_the_last_attempt_is_open(server: ModelServer, notebook: LiveNotebook) -> None:
    mended = TOOL.replace("costs)", "cots)")
    server.reply_with(TOOL, DECISION, mended)
    record = shape(
        as_on_github(notebook.run(PROBLEM.replace("%%solve", "%%solve --max-rectifications 1")).html)
    )
    assert "<strong>Not solved in 2 attempts" in record
    assert "<details><summary>Attempt 1: " in record
    assert "<details open><summary>Attempt 2: NameError" in record


def test_lines_stay_lines_where_a_solve_was_stopped() -> None:
    with LiveNotebook() as notebook:
        notebook.run("%load_ext creator_magic")
        record = shape(as_on_github(notebook.run(PROBLEM).html))
    first, *ways = re.findall("<div>([^<]+|<strong>.*?</strong>)</div>", record)
    assert first.startswith("<strong>Stopped: There is no model to ask")
    assert first.endswith("Ways out:</strong>")
    assert len(ways) >= 2
    assert "OPENAI_API_KEY" in ways[0]


def test_a_solve_that_worked_at_once_has_no_story(server: ModelServer, notebook: LiveNotebook) -> None:
    server.reply_with(TOOL.replace("costs)", "cost)"), DECISION.replace("sum", "loaves"))
    record = shape(as_on_github(notebook.run(PROBLEM).html))
    # Without a front end that places cells, the code is there too.
    assert re.findall("<summary>(.*?)</summary>", record)[:3] == [
        "tool cell",
        "decision cell",
        "Sent: the problem",
    ]
    assert "Attempt" not in record
