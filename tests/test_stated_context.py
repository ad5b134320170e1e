"""What a model is told of the variables that are stated: their form, in a budget, and no value."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

from tests.canary import CANARY
from tests.scripted_replies import TOOL, decision

if TYPE_CHECKING:
    from tests.live_notebook import LiveNotebook
    from tests.model_server import ModelServer

DECISION = decision("twice(4)")


def sent(server: ModelServer) -> str:
    return str(server.calls[-1].body["messages"][-1]["content"])


def told(server: ModelServer, name: str) -> str:
    """What the prompt says of one variable."""
    lines = [line for line in sent(server).splitlines() if line.startswith(f"- {name}: ")]
    assert len(lines) == 1, sent(server)
    return lines[0].removeprefix(f"- {name}: ")


FRAMES = """
import datetime, sqlite3
import duckdb, numpy as np, pandas as pd, polars as pl, sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column
dates = pd.DatetimeIndex(["2021-03-01", "2022-04-05"], dtype="datetime64[ns]")
towns = pd.Categorical(["CANARY", "Rome"])
df = pd.DataFrame({"price": [7431.5, None], "town": towns, "on": dates, 2020: [1, 2], "a; b": [1, 2]},
                  index=pd.Index([7431, 2], name="shop"))
grouped = df.set_index("on", append=True)
class Special(pd.DataFrame):
    @property
    def columns(self):
        raise SystemExit("asked")
special = Special(df)
series = pd.Series(["CANARY", None], name="CANARY", dtype="object")
frame = pl.DataFrame({"price": [7431.5, None], "day": [datetime.date(2021, 3, 1), datetime.date(2022, 4, 5)],
                      "kind": pl.Series(["CANARY", "b"], dtype=pl.Enum(["CANARY", "b"]))})
lazy = frame.lazy()
array = np.full((2, 3), 7431.5)
when = np.array(["2021-03-01", "2022-04-05"], dtype="datetime64[D]")
fields = np.array([(7431, 1.5)], dtype=[("shop", "i4"), ("price", "f8")])
con = sqlite3.connect(":memory:")
con.execute("CREATE TABLE sales (id INTEGER PRIMARY KEY, price REAL, town VARCHAR(20))")
con.execute("INSERT INTO sales VALUES (1, 7431.5, ?)", ["CANARY"])
con.execute("CREATE VIEW dear AS SELECT price FROM sales WHERE price > 7431")
con.row_factory = lambda cursor, row: exit()
duck = duckdb.connect()
duck.execute("CREATE TABLE sales (price DOUBLE, town ENUM('CANARY', 'Rome'))").fetchall()
relation = duck.sql("FROM sales").filter("town = 'CANARY'")
class Base(DeclarativeBase):
    pass
class Shop(Base):
    __tablename__ = "shops"
    id: Mapped[int] = mapped_column(primary_key=True)
class Sale(Base):
    __tablename__ = "sales"
    id: Mapped[int] = mapped_column(primary_key=True)
    shop: Mapped[int] = mapped_column(sa.ForeignKey("shops.id"))
    kind: Mapped[str] = mapped_column(sa.Enum("CANARY", "b", name="kinds"))
table = Sale.__table__
engine = sa.create_engine("sqlite://")
Base.metadata.create_all(engine)
bound = engine.connect()
session = Session(engine)
server = sa.create_engine("sqlite:////nowhere/CANARY.db")
metadata = Base.metadata
""".replace("CANARY", CANARY)

THINGS = f"""
import functools, math, typing
secret = "{CANARY}"
def rate(price: float, shop: "dict[str, int] | None" = secret, *, kind: typing.Literal["{CANARY}"] = "b",
         by=secret) -> list[float]:
    '''Rate a price.

    By what the shop is.
    '''
half = functools.partial(rate, 7431, by=secret)
short = lambda price, town=secret: price
class Client:
    '''Asks the shops.'''
    address: str = secret
    def __init__(self, key, timeout=7431):
        self.key = key
    def orders(self, since: datetime.date, limit: int = 7431) -> list:
        "Those since then."
    @staticmethod
    def version(): ...
    @property
    def balance(self):
        raise SystemExit("asked")
    def _hidden(self): ...
client = Client(secret)
class Shy:
    def __getattribute__(self, name):
        raise RuntimeError(secret)
    def __len__(self):
        raise RuntimeError(secret)
    @property
    def __class__(self):
        raise SystemExit("asked")
shy = Shy()
rows = [{{"{CANARY}": 7431}}, 5]
table_of = {{"{CANARY}": 7431}}
"""
THINGS = "import datetime\n" + THINGS

SQLITE = (
    "columns of table sales: id (INTEGER, primary key); price (REAL); town (VARCHAR); "
    "columns of view dear: price (REAL)"
)
ALCHEMY = (
    "columns of table shops: id (INTEGER, primary key); "
    "columns of table sales: id (INTEGER, primary key); shop (INTEGER); kind (VARCHAR)"
)
DESCRIBED = {
    "df": "pandas DataFrame, 2 rows, index of type Index; columns: price (float64, 1 missing); "
    "town (category); on (datetime64[ns]); 2020 (int64); 'a; b' (int64); index levels: shop (int64)",
    "grouped": "pandas DataFrame, 2 rows, index of type MultiIndex; columns: price (float64, 1 missing); "
    "town (category); 2020 (int64); 'a; b' (int64); index levels: shop (int64); on (datetime64[ns])",
    "special": "pandas DataFrame, 2 rows, index of type Index; columns: price (float64, 1 missing); "
    "town (category); on (datetime64[ns]); 2020 (int64); 'a; b' (int64); index levels: shop (int64)",
    "series": "pandas Series, 2 values of object, 1 missing",
    "dates": "pandas DatetimeIndex, 2 values of datetime64[ns]",
    "frame": "polars DataFrame, 2 rows; columns: price (Float64, 1 missing); day (Date); kind (Enum)",
    "lazy": "polars LazyFrame; columns: price (Float64); day (Date); kind (Enum)",
    "array": "numpy array of shape (2, 3), dtype float64",
    "fields": "numpy array of shape (1,), dtype structured with fields shop, price",
    "con": f"SQLite connection; {SQLITE}",
    "duck": "DuckDB connection; columns of table sales: price (DOUBLE); town (ENUM)",
    "relation": "DuckDB relation; columns: price (DOUBLE); town (ENUM)",
    "table": "SQLAlchemy Table sales; columns: id (Integer, primary key); "
    "shop (Integer, refers to shops.id); kind (Enum)",
    "Sale": "class Sale, mapped to the table sales; columns: id (Integer, primary key); "
    "shop (Integer, refers to shops.id); kind (Enum)",
    "metadata": "SQLAlchemy MetaData; columns of table shops: id (Integer, primary key); "
    "columns of table sales: id (Integer, primary key); shop (Integer, refers to shops.id); kind (Enum)",
    "engine": f"SQLAlchemy Engine for sqlite; {ALCHEMY}",
    "bound": f"SQLAlchemy Connection for sqlite; {ALCHEMY}",
    "session": f"SQLAlchemy Session for sqlite; {ALCHEMY}",
    "server": "SQLAlchemy Engine for sqlite",
    "rate": "function rate(price: float, shop: dict[str, int] | None = ..., *, kind=..., by=...) "
    "-> list[float]; docstring: Rate a price. By what the shop is.",
    "half": "partial function of rate(shop: dict[str, int] | None = ..., *, kind=..., by=...) "
    "-> list[float]; docstring: Rate a price. By what the shop is.",
    "short": "function <lambda>(price, town=...)",
    "Client": "class Client(key, timeout=...); attributes: balance; address; "
    "methods: orders(since: datetime.date, limit: int = ...) -> list; version(); docstring: Asks the shops.",
    "client": "object of type Client; attributes: balance; address; "
    "methods: orders(since: datetime.date, limit: int = ...) -> list; version(); docstring: Asks the shops.",
    "shy": "object of type Shy",
    "math": "module math",
    "rows": "list of 2 items of type dict or int",
    "table_of": "dict with 1 keys of type str, values of type int",
    "secret": "str of length 13",
}


def test_each_kind_of_variable_is_told_by_its_form_and_no_value_is(
    server: ModelServer, notebook: LiveNotebook
) -> None:
    assert notebook.run(FRAMES + THINGS, timeout=120).status == "ok"
    pending = "list(zip([con.total_changes, con.in_transaction, bound.in_transaction()], [df.shape]))"
    before = notebook.value(pending)
    server.reply_with(TOOL, DECISION)
    ran = notebook.run(f"%%solve --use {','.join(DESCRIBED)} --no-reuse\nHow much?", cell_id="a")
    assert ran.status == "ok", ran.error
    assert {name: told(server, name) for name in DESCRIBED} == DESCRIBED
    for value in ("7431", "Rome", "2021", "2022", "nowhere", "'b'"):
        assert value not in str(server.calls[-2].body)
    assert notebook.value(pending) == before


def test_dates_are_told_by_their_range_only_where_rows_are_shared(
    server: ModelServer, notebook: LiveNotebook
) -> None:
    server.may_know = True
    notebook.run(FRAMES, timeout=120)
    server.reply_with(TOOL, DECISION)
    ran = notebook.run("%%solve --use series --share df:1,frame:1,when:1\nHow much?", cell_id="a")
    assert ran.status == "ok", ran.error
    assert "on (datetime64[ns], 2021-03-01 00:00:00 to 2022-04-05 00:00:00)" in told(server, "df")
    assert "day (Date, 2021-03-01 to 2022-04-05)" in told(server, "frame")
    assert told(server, "when").endswith("dtype datetime64[D], 2021-03-01 to 2022-04-05")
    assert "1 row and the first and last dates of df, " in ran.html


def test_to_describe_a_connection_leaves_alone_what_is_under_way_on_it(
    server: ModelServer, notebook: LiveNotebook
) -> None:
    notebook.run(
        "import sqlite3, duckdb, sqlalchemy as sa\nfrom sqlalchemy.pool import StaticPool\n"
        "con = sqlite3.connect(':memory:')\ncon.execute('CREATE TABLE t (a)')\n"
        "con.executemany('INSERT INTO t VALUES (?)', [(1,), (2,)])\n"
        "cursor = con.execute('SELECT a FROM t ORDER BY a')\nfirst = next(cursor)\n"
        "duck = duckdb.connect()\nduck.execute('SELECT * FROM range(3)')\nduck.fetchone()\n"
        "engine = sa.create_engine('sqlite://', poolclass=StaticPool)\nbound = engine.connect()\n"
        "bound.execute(sa.text('CREATE TABLE t (a INTEGER)'))\nbound.commit()\n"
        "bound.execute(sa.text('INSERT INTO t VALUES (1)'))"
    )
    server.reply_with(TOOL, DECISION)
    ran = notebook.run("%%solve --use con,cursor,duck,engine,bound\nHow much?", cell_id="a")
    assert ran.status == "ok", ran.error
    assert told(server, "engine") == "SQLAlchemy Engine for sqlite; columns of table t: a (INTEGER)"
    assert notebook.value("next(cursor), con.in_transaction, duck.fetchone()") == "((2,), True, (1,))"
    assert notebook.value("bound.execute(sa.text('SELECT count(*) FROM t')).scalar()") == "1"


def test_no_server_is_asked_and_no_file_is_made_to_describe_a_database(
    server: ModelServer, notebook: LiveNotebook
) -> None:
    notebook.run(
        "import os, sqlite3, sqlalchemy as sa\nfrom sqlalchemy import event\nasked = []\n"
        "absent = sa.create_engine('sqlite:///absent.db')\n"
        "here = sa.create_engine('sqlite:///here.db')\n"
        "event.listen(absent, 'connect', lambda *a: asked.append('absent'))\n"
        "event.listen(here, 'connect', lambda *a: asked.append('here'))\n"
        "own = sqlite3.connect('here.db')\nown.execute('CREATE TABLE t (a INTEGER)')\nown.close()\n"
        "import sqlalchemy.dialects.sqlite.pysqlite as dialect\n"
        "class Remote(dialect.SQLiteDialect_pysqlite):\n    name = 'far'\n"
        "far = sa.create_engine('sqlite://', creator=lambda: asked.append('far'))\nfar.dialect.name = 'far'\n"
    )
    server.reply_with(TOOL, DECISION)
    ran = notebook.run("%%solve --use absent,here,far\nHow much?", cell_id="a")
    assert ran.status == "ok", ran.error
    assert told(server, "here") == "SQLAlchemy Engine for sqlite; columns of table t: a (INTEGER)"
    assert told(server, "far") == "SQLAlchemy Engine for far; its tables are not looked up"
    assert notebook.value("asked, os.path.exists('absent.db')") == "([], False)"


# The budget


WIDE = """
import numpy as np, pandas as pd
wide = pd.DataFrame(np.zeros((3, 1700)), columns=[f"measurement_{n:04d}" for n in range(1700)])
prices = pd.DataFrame({"price": [1.5], "count": [7]})
"""


def test_1_700_columns_do_not_drown_the_problem(server: ModelServer, notebook: LiveNotebook) -> None:
    notebook.run(WIDE)
    server.reply_with(TOOL, DECISION)
    problem = "What is the mean of measurement 1699?"
    ran = notebook.run(f"%%solve --use wide,prices\n{problem}", cell_id="a")
    assert ran.status == "ok", ran.error
    lines = [line for line in sent(server).splitlines() if line.startswith(("- wide", "- prices"))]
    assert 19_900 < sum(len(line) + 1 for line in lines) <= 20_000
    columns = told(server, "wide").partition("columns: ")[2].split("; ")
    count = 1700 - len(columns) + 1
    assert columns[-2:] == ["measurement_1699", f"and {count:,} more, left out"]
    assert told(server, "prices").endswith(", 1 rows, index of type RangeIndex; columns: price; count")
    said = f"Left out for want of room: {count:,} columns of wide; dtypes and missing counts of wide, prices."
    assert said in sent(server)
    assert said in ran.html

    notebook.run("%config CreatorMagic.context_characters = 35_000")
    server.reply_with(TOOL, DECISION)
    ran = notebook.run(f"%%solve --use wide,prices --fresh\n{problem}", cell_id="a")
    names = told(server, "wide").partition("columns: ")[2].split("; ")
    assert names == [f"measurement_{n:04d}" for n in range(1700)]
    assert told(server, "prices").endswith("columns: price (float64); count (int64)")
    assert "room: dtypes and missing counts of wide." in ran.html

    notebook.run("%config CreatorMagic.context_characters = 60_000")
    server.reply_with(TOOL, DECISION)
    ran = notebook.run(f"%%solve --use wide,prices --fresh\n{problem}", cell_id="a")
    assert told(server, "wide").endswith("measurement_1699 (float64)")
    assert "Left out" not in ran.html


def test_no_more_columns_are_shared_than_are_told(server: ModelServer, notebook: LiveNotebook) -> None:
    notebook.run(WIDE)
    server.reply_with(TOOL, DECISION)
    notebook.run("%%solve --share wide:1\nWhat is the mean of measurement 1699?", cell_id="a")
    header = sent(server).partition("```data\n")[2].partition("\n")[0].split(", ")
    assert header == told(server, "wide").partition("columns: ")[2].split("; ")[:-1]
    assert header[-1] == "measurement_1699"
    assert len(header) < 1200


def test_a_connection_with_very_many_tables_stays_in_the_budget(
    server: ModelServer, notebook: LiveNotebook
) -> None:
    notebook.run(
        "%config CreatorMagic.context_characters = 10_000\n"
        "import sqlite3\ncon = sqlite3.connect(':memory:')\n"
        "for n in range(400):\n    con.execute(f'CREATE TABLE table_{n:03d} (a_{n} REAL, b_{n} REAL)')"
    )
    server.reply_with(TOOL, DECISION)
    ran = notebook.run("%%solve --use con\nHow much?", cell_id="a")
    assert 9_000 < len(told(server, "con")) <= 10_000
    tables = told(server, "con").count("columns of table")
    left_out = f" columns of con; {400 - tables} tables of con; types of con."
    assert left_out in sent(server)
    assert left_out in ran.html


# What the model is told to do with them


LINES = {
    "import sqlite3\nx = sqlite3.connect(':memory:')": "bound as parameters (?), never",
    "import duckdb\nx = duckdb.connect()": "bound as parameters (?), never",
    "import sqlalchemy as sa\nx = sa.create_engine('sqlite://')": (
        "in sqlalchemy.text, with its values bound as parameters (:name), never"
    ),
    "class Client:\n    def orders(self): ...\nx = Client()": "x has methods that do things: a tool",
    "x = [1, 2]": "",
    "import pandas as pd\nx = pd.DataFrame({'a': [1]})": "",
}


def test_a_line_says_how_a_tool_takes_a_connection_or_a_client(
    server: ModelServer, notebook: LiveNotebook
) -> None:
    for made, says in LINES.items():
        notebook.run(made)
        shown = notebook.run("%%solve --dry-run --use x\nHow much?").text
        assert says in shown
        assert ("takes it as a parameter" in shown) == bool(says)
    assert not server.requests


# What is not stated


HINTS = {
    "What is the mean of df?": ["`df` was not named: add --use df, and its form is sent."],
    "What is the mean price in `sales`?": ["`sales` was not named: add --use sales"],
    "Sum `sales.price`.": ["`sales` was not named"],
    "What is the mean unit_price?": ["`unit_price` is a column of `df`, which was not named: add --use df"],
    # A function of the person's is offered by its signature.
    "Apply half_price.": [],
    "What do sales of 3 at a price of 2 come to?": [],
    "How far is 3 km, or 5 km?": [],
    "Use `pd` for it.": [],
    "Use the rate of `rate`.": ["`rate` was not named"],
}


def test_a_variable_that_is_plainly_spoken_of_gets_a_hint_and_nothing_of_it_is_sent(
    server: ModelServer, notebook: LiveNotebook
) -> None:
    notebook.run(
        "import numpy as np, pandas as pd\n"
        f"df = pd.DataFrame({{'unit_price': [1.5], 'secret_{CANARY}': ['{CANARY}']}})\n"
        "sales = pd.DataFrame({'price': [1.5], 'km': [2]})\nkm = np.zeros(3)\nrate = 0.5\nprice = 3\n"
        "def half_price(price):\n    return price / 2"
    )
    server.reply_by(lambda body: DECISION if "The tool:" in str(body) else f"{TOOL}\n\n{DECISION}")
    for problem, hints in HINTS.items():
        shown = notebook.run(f"%%solve --dry-run\n{problem}").text
        ran = notebook.run(f"%%solve\n{problem}", cell_id="a")
        assert ran.status == "ok", ran.error
        for hint in hints:
            assert hint in shown
            assert html.unescape(ran.html).count(hint) == 1
        assert ran.html.count("was not named") == len(hints), problem
        assert "Variables in the notebook" not in sent(server)


def test_what_is_named_gets_no_hint(server: ModelServer, notebook: LiveNotebook) -> None:
    notebook.run(
        "import pandas as pd\ndf = pd.DataFrame({'unit_price': [1.5]})\nother = df\nmore = df.copy()"
    )
    server.reply_with(TOOL, DECISION)
    ran = notebook.run("%%solve --use df\nWhat is the mean unit_price of df?", cell_id="a")
    assert ran.status == "ok", ran.error
    assert "was not named" not in ran.html
