"""Functions that the person wrote and a kept tool calls: kept beside it, whole, and told to no model."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from creator_magic.tool_stub import stub_of
from creator_magic.toolbox.notebook_sources import sources_of
from tests.conftest import environment
from tests.live_notebook import LiveNotebook, text_of

if TYPE_CHECKING:
    from pathlib import Path

    from tests.live_notebook import Ran
    from tests.model_server import ModelServer

MINE = '''import math as m
from decimal import Decimal

RATE = 0.19
COUNTRIES = {"here": 1.0}


class Rounded:
    def of(self, value):
        return m.floor(value * 100 + 0.5) / 100


def _share(rate):
    return 1 + rate


def net_price(gross, rate=RATE, *, where="here"):
    """Return the price without tax."""
    return Rounded().of(COUNTRIES[where] * gross / _share(rate)) + float(Decimal(0))
'''
TOOL = '''```python tool
def basket_net(prices: list[float]) -> float:
    """Return what a basket of goods costs without tax, from the prices with tax.

    >>> basket_net([119.0, 11.9])
    110.0
    """
    return sum(net_price(price) for price in prices)
```'''
SHOP = "%%solve\nWhat do a basket of 119.00 and 238.00 cost without tax? Use `net_price`."
OTHER = "%%solve\nA basket holds goods of 59.50 and 119.00. What does the basket cost without tax?"
ON_OTHER = "It fits.\n```python decision\nbasket_net([59.5, 119.0])\n```"
SHOWN = 'def net_price(gross, rate=..., *, where=...):\n    """Return the price without tax."""'


def shop(notebook: LiveNotebook, server: ModelServer) -> Ran:
    server.reply_with(f"{TOOL}\n```python decision\nbasket_net([119.0, 238.0])\n```")
    ran = notebook.run(SHOP, cell_id="shop")
    assert ran.status == "ok", ran.error
    return ran


def started(server: ModelServer, folder: Path) -> LiveNotebook:
    (folder / ".creator").mkdir(exist_ok=True)
    return LiveNotebook(environment(server), cwd=str(folder))


def test_a_tool_that_calls_one_is_kept_with_it_and_runs_in_another_notebook(
    server: ModelServer, tmp_path: Path
) -> None:
    with started(server, tmp_path) as notebook:
        notebook.run("%load_ext creator_magic")
        notebook.run(MINE)
        ran = shop(notebook, server)
        assert "Kept in the toolbox: basket_net (2 cases passed)." in ran.html
        assert re.search(r"^calls +net_price$", notebook.run("%tools show basket_net").text, re.MULTILINE)
    with started(server, tmp_path) as notebook:
        notebook.run("%load_ext creator_magic")
        server.reply_with(ON_OTHER)
        ran = notebook.run(OTHER, cell_id="other")
        assert ran.status == "ok", ran.error
        assert text_of(ran.cell("decision")["outputs"]) == "150.0"
        assert "class Rounded" in ran.cell("tool")["source"]
        # Its own name and docstring make it no candidate for anything.
        server.reply_with(TOOL.replace("basket_net", "price_net"), "```python decision\nprice_net([1])\n```")
        ran = notebook.run("%%solve\nReturn the price without tax of 11.90.", cell_id="third")
        assert "def net_price" not in str(server.calls[-1].body["messages"])
        said = notebook.run("%tools check net_price --propose").error
        assert "net_price is your own function, and its code is sent to no model." in said
    sent = str([call.body for call in server.calls])
    assert "0.19" not in sent
    assert "Rounded" not in sent


def test_a_model_that_mends_the_tool_sees_no_code_of_the_persons(server: ModelServer, tmp_path: Path) -> None:
    with started(server, tmp_path) as notebook:
        notebook.run("%load_ext creator_magic")
        notebook.run(MINE)
        shop(notebook, server)
    with started(server, tmp_path) as notebook:
        notebook.run("%load_ext creator_magic")
        server.reply_with("```python decision\nbasket_net(['59.5', 119.0])\n```", "Texts.\n" + ON_OTHER)
        ran = notebook.run(OTHER, cell_id="other")
        assert ran.status == "ok", ran.error
        assert text_of(ran.cell("decision")["outputs"]) == "150.0"
    asked = server.calls[-1].body["messages"][-1]["content"]
    assert SHOWN in asked
    assert "basket_net" in asked
    assert "Rounded" not in asked
    assert "0.19" not in asked


def test_where_it_stands_in_the_notebook_it_is_not_put_there_again(
    server: ModelServer, tmp_path: Path
) -> None:
    for _ in range(2):
        with started(server, tmp_path) as notebook:
            notebook.run("%load_ext creator_magic")
            notebook.run(MINE)
            if not server.calls:
                shop(notebook, server)
                continue
            server.reply_with(ON_OTHER)
            ran = notebook.run(OTHER, cell_id="other")
            assert ran.status == "ok", ran.error
            assert [cell["metadata"]["creator_magic"]["key"] for cell in ran.cells] == ["tool", "decision"]
            assert "def net_price" not in ran.cell("tool")["source"]


def test_a_changed_one_replaces_the_earlier_if_the_tools_that_call_it_still_pass(
    server: ModelServer, tmp_path: Path
) -> None:
    with started(server, tmp_path) as notebook:
        notebook.run("%load_ext creator_magic")
        notebook.run(MINE)
        shop(notebook, server)
        notebook.run(MINE.replace("Return the price", "Give the price"))
        other = TOOL.replace("basket_net", "cart_net")
        server.reply_with(f"{other}\n```python decision\ncart_net([119.0])\n```")
        ran = notebook.run(SHOP.replace("basket", "cart"), cell_id="cart")
        assert "Kept in the toolbox: cart_net" in ran.html
        assert "changed in the notebook" in notebook.run("%tools show net_price").text

        notebook.run(MINE.replace("0.19", "0.07"))
        third = TOOL.replace("basket_net", "bag_net").replace(
            "    >>> bag_net([119.0, 11.9])\n    110.0\n", ""
        )
        server.reply_with(f"{third}\n```python decision\nbag_net([107.0])\n```")
        ran = notebook.run(SHOP.replace("basket", "bag"), cell_id="bag")
        assert ran.status == "ok", ran.error
        assert "it calls your function net_price, which has changed: basket_net, kept with the" in ran.html


@pytest.mark.parametrize(
    ("mine", "why"),
    [
        (
            "table = [object()]\ndef net_price(x):\n    return len(table) * x",
            "nothing in it binds: net_price",
        ),
        (
            "data = list(range(500))\ndef net_price(x):\n    return data[1] * x",
            "nothing in it binds: net_price",
        ),
        ("net_price = lambda x: x", "nothing in it binds: net_price"),
        (
            "def net_price(x):\n    open('n.txt', 'a').write('x')\n    return x",
            "it calls your function net_price, which would write files",
        ),
    ],
)
def test_one_that_cannot_be_taken_along_leaves_the_tool_unkept(
    server: ModelServer, tmp_path: Path, mine: str, why: str
) -> None:
    with started(server, tmp_path) as notebook:
        notebook.run("%load_ext creator_magic")
        notebook.run(mine)
        ran = shop(notebook, server)
        assert "Not kept in the toolbox" in ran.html
        assert why in ran.html
        assert "basket_net" not in notebook.run("%tools list").text


def test_what_is_told_of_one_holds_no_value() -> None:
    assert stub_of(MINE, "net_price", own=True) == SHOWN
    asynchronous = "async def f(a, *, b=3):\n    return a"
    assert stub_of(asynchronous, "f", own=True) == "async def f(a, *, b=...):\n    ..."


def test_names_of_a_solve_and_of_libraries_are_not_the_persons() -> None:
    from textwrap import shorten

    assert sources_of(["shorten", "missing"], {"shorten": shorten}, {"shorten"}) == {}
