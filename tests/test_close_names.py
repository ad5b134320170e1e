"""A wrong column, attribute or argument comes back with close names: stated ones or a library's."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

from tests.canary import CANARY
from tests.scripted_replies import TOOL, decision

if TYPE_CHECKING:
    from tests.live_notebook import LiveNotebook
    from tests.model_server import ModelServer

NOTEBOOK = """
import duckdb, numpy as np, pandas as pd, polars as pl, sqlite3, sqlalchemy as sa
df = pd.DataFrame({"price": [1.5, 2.5], "Unit cost": [1, 2], "town": ["CANARY", "x"]})
hidden = pd.DataFrame({"prince": [1], "prices_CANARY": [2]})
frame = pl.DataFrame({"price": [1.5], "town": ["CANARY"]})
con = sqlite3.connect(":memory:")
con.execute("CREATE TABLE sales (price REAL, town TEXT)")
duck = duckdb.connect()
duck.execute("CREATE TABLE sales (price REAL, town TEXT)").fetchall()
engine = sa.create_engine("sqlite://")
bound = engine.connect()
bound.execute(sa.text("CREATE TABLE sales (price REAL, town TEXT)"))
class Client:
    def orders(self, since): ...
client = Client()
class Other:
    def sales_hidden(self): ...
other = Other()
def rate(amount, per_cent): ...
""".replace("CANARY", CANARY)

CASES = {
    "df['prise'].sum()": "Close to `prise`: `price` of df.",
    "df[['town', 'prise']]": "Close to `prise`: `price` of df.",
    "df['unit_cost']": "Close to `unit_cost`: `Unit cost` of df.",
    "df.prise.sum()": "Close to `prise`: `price` of df",
    "df.groupby('twon').size()": "Close to `twon`: `town` of df.",
    "df.query('prise > 1')": "Close to `prise`: `price` of df.",
    "frame.select('prise')": "Close to `prise`: `price` of ",
    "frame['prise']": "Close to `prise`: `price` of ",
    "con.execute('SELECT prise FROM sales')": "Close to `prise`: `price` of ",
    "con.execute('SELECT s.prise FROM sales s')": "Close to `prise`: `price` of ",
    "con.execute('SELECT price FROM salse')": "Close to `salse`: `sales` of ",
    "duck.execute('SELECT prise FROM sales')": "Close to `prise`: `price` of ",
    "duck.execute('SELECT price FROM salse')": "Close to `salse`: `sales` of ",
    "bound.execute(sa.text('SELECT prise FROM sales'))": "Close to `prise`: `price` of ",
    "df.sort_value('price')": "Close to `sort_value`: `sort_values`",
    "df.sort_values(by='price', ascendin=False)": "Close to `ascendin`: `ascending`.",
    "pd.read_cvs('x')": "Close to `read_cvs`: `read_csv`",
    "pd.DataFrame([1], colums=['a'])": "Close to `colums`: `columns`.",
    "frame.with_column(pl.lit(1))": "Close to `with_column`: `with_columns`",
    "np.arange(3).maxx()": "Close to `maxx`: `max`.",
    "'a'.uper()": "Close to `uper`: `upper`",
    "client.ordrs(1)": "Close to `ordrs`: `orders` of client.",
    "rate(1, percent=2)": "Close to `percent`: `per_cent` of rate.",
    # Nothing of what was not stated, and nothing where the wrong name is data.
    "other.sale(1)": "",
    "hidden['princ']": "",
    "df[''.join(['pri', 'se'])]": "",
    "{'a': 1}['zzz']": "",
}


def test_close_names_come_back_to_model_and_person(server: ModelServer, notebook: LiveNotebook) -> None:
    assert notebook.run(NOTEBOOK, timeout=120).status == "ok"
    for code, says in CASES.items():
        server.forget()
        server.reply_with(TOOL, decision(code), decision("twice(4)"))
        use = "df,frame,con,duck,bound,client,rate"
        ran = notebook.run(f"%%solve --use {use} --no-reuse\nHow much?", cell_id="a")
        assert ran.status == "ok", ran.error
        feedback = str(server.calls[2].body["messages"][-1]["content"]).partition("What happened:\n")[2]
        assert says in feedback, (code, feedback)
        assert says in html.unescape(ran.html), code
        assert ("Close to" in feedback) == bool(says), (code, feedback)
        assert not {"prince", "sales_hidden"} & set(feedback.split())


def test_close_names_come_from_code_in_isolation_too(server: ModelServer, notebook: LiveNotebook) -> None:
    assert notebook.run("import pandas as pd\ndf = pd.DataFrame({'price': [1.5]})").status == "ok"
    server.reply_with(TOOL, decision("df.sort_value('prise')"), decision("df['prise']"), decision("1"))
    ran = notebook.run("%%solve --use df --isolate\nHow much?", cell_id="a", timeout=120)
    assert ran.status == "ok", ran.error
    assert "Close to `sort_value`: `sort_values`" in str(server.calls[2].body)
    assert "Close to `prise`: `price` of df." in str(server.calls[3].body)
