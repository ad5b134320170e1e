"""SQL through a connection of the person's: reading is free, the rest meets the policy."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from creator_magic.policy.analysis import findings
from creator_magic.policy.sql import effects_of_sql
from tests.conftest import environment
from tests.live_notebook import LiveNotebook, text_of
from tests.scripted_replies import decision

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.model_server import ModelServer

OUTSIDE = {
    "con": "sqlite3.Connection()",
    "duck": "_duckdb.DuckDBPyConnection()",
    "rel": "duckdb.DuckDBPyRelation()",
    "engine": "sqlalchemy.Engine()",
    "bound": "sqlalchemy.Connection()",
    "session": "sqlalchemy.orm.session.Session()",
    "table": "sqlalchemy.Table()",
    "sa": "sqlalchemy",
    "pd": "pandas",
}
FREE = [
    "con.execute('WITH x AS (SELECT 1) SELECT * FROM x WHERE a = ?', [1])",
    "con.execute('SELECT \\'delete from x\\' AS \"drop\" FROM a -- insert into b')",
    "con.execute('select replace(a, ?, ?), update_time from t', 'xy')",
    "con.execute('PRAGMA table_info(sales)')",
    "duck.sql('SELECT * FROM sales')",
    "duck.execute('SUMMARIZE sales')",
    "rel.filter('a > 1').aggregate('sum(a)')",
    "with engine.connect() as c:\n    c.execute(sa.text('SELECT 1 WHERE a = :a'), {'a': 1})",
    "bound.execute(sa.select(table).where(table.c.a == 1))",
    "session.query(table).filter_by(a=1).all()",
    "pd.read_sql('SELECT * FROM t', con)",
    "def f(c, q):\n    return c.execute(q).fetchall()\nf(con, 'SELECT 1')",
    "def f(c, t):\n    return c.execute(sa.select(t)).all()\nf(bound, table)",
]
JUDGED = {
    "con.execute('INSERT INTO a VALUES (?)', [1])": {"write"},
    "con.executescript('SELECT 1; DROP TABLE b')": {"delete"},
    "cur = con.cursor()\ncur.execute('DELETE FROM a')": {"delete"},
    "con.execute('/* SELECT */ UPDATE a SET b = 1')": {"write"},
    "con.execute('explain analyze delete from a')": {"delete"},
    "con.execute('SELECT * INTO x FROM y')": {"write"},
    "con.execute('PRAGMA journal_mode=WAL')": {"write"},
    "con.execute('SELECT load_extension(?)', ['x'])": {"dynamic"},
    "con.execute(input())": {"dynamic"},
    "con.commit()": {"write"},
    "con.rollback()": {"delete"},
    "con.execute('ATTACH \"x.db\" AS y')": {"write"},
    "def f(c, q):\n    return c.execute(q)\nf(con, 'DROP TABLE a')": {"delete"},
    "def f(c, r):\n    return c.execute('SELECT 1 WHERE a = ' + r)\nf(con, input())": {"dynamic"},
    "duck.query('INSERT INTO t VALUES (1)')": {"write"},
    "duck.sql(\"COPY t TO 's3://bucket/a.csv'\")": {"write", "network"},
    "duck.sql(\"FROM 'https://example.org/b.csv'\")": {"read", "network"},
    "duck.sql(\"SELECT * FROM read_text('/home/me/.ssh/id_rsa')\")": {"read", "credentials"},
    "duck.sql('SELECT getenv(?)')": {"environment"},
    "duck.install_extension('httpfs')": {"install"},
    "duck.read_csv('x.csv')": {"read"},
    "rel.insert([1])": {"write"},
    "with engine.begin() as c:\n    c.execute(sa.text('UPDATE t SET a = 1'))": {"write"},
    "bound.exec_driver_sql(input())": {"dynamic"},
    "bound.execute(sa.text('SELECT ' + input()))": {"dynamic"},
    "bound.execute(table.insert())": {"write"},
    "session.commit()": {"write"},
    "pd.read_sql('DELETE FROM t', con)": {"delete"},
}


def effects(code: str) -> set[str]:
    return {one.effect for one in findings([("decision", code)], OUTSIDE)}


@pytest.mark.parametrize("code", FREE)
def test_reading_through_a_connection_is_free(code: str) -> None:
    assert effects(code) == set()


@pytest.mark.parametrize("code", JUDGED)
def test_all_else_is_judged(code: str) -> None:
    assert effects(code) == JUDGED[code]


@given(st.text() | st.text("selctdrop'\"`[]();-/*$ \n"))
def test_no_text_upsets_it(text: str) -> None:
    effects_of_sql(text)


@given(st.text().filter(lambda text: "'" not in text))
def test_a_value_in_quotes_is_no_statement(text: str) -> None:
    assert not effects_of_sql(f"SELECT a FROM t WHERE b = '{text}'").inside  # noqa: S608 - no query is run


# In a kernel, with the policy as it is by default


@pytest.fixture
def book(server: ModelServer) -> Iterator[LiveNotebook]:
    plain = {name: value for name, value in environment(server).items() if name != "CREATOR_POLICY"}
    with LiveNotebook(plain) as live:
        assert live.run("%load_ext creator_magic").status == "ok"
        made = live.run(
            "import duckdb, sqlite3, sqlalchemy as sa\ncon = sqlite3.connect(':memory:')\n"
            "con.execute('CREATE TABLE sales (town TEXT, price REAL)')\n"
            "con.executemany('INSERT INTO sales VALUES (?, ?)', [('Rome', 2.0), ('Oslo', 3.5)])\n"
            "con.commit()\nduck = duckdb.connect()\n"
            "duck.execute(\"CREATE TABLE sales AS SELECT 'Rome' AS town, 2.0 AS price\").fetchall()\n"
            "engine = sa.create_engine('sqlite://')\nbound = engine.connect()\n"
            "bound.execute(sa.text('CREATE TABLE sales (town TEXT, price REAL)'))\n"
            "bound.execute(sa.text(\"INSERT INTO sales VALUES ('Rome', 2.0)\"))\nbound.commit()",
            timeout=120,
        )
        assert made.status == "ok", made.error
        yield live


def tool(body: str) -> str:
    lines = "import sqlalchemy as sa\n\n\ndef revenue(connection, town):\n    return " + body
    return f"```python tool\n{lines}\n```"


BINDS = tool('connection.execute("SELECT sum(price) FROM sales WHERE town = ?", (town,)).fetchone()[0]')
NAMES = tool(
    'connection.execute(sa.text("SELECT sum(price) FROM sales WHERE town = :town"), {"town": town}).scalar()'
)


@pytest.mark.parametrize(("name", "made"), [("con", BINDS), ("duck", BINDS), ("bound", NAMES)])
def test_a_tool_queries_a_connection_of_the_person_s(
    server: ModelServer, book: LiveNotebook, name: str, made: str
) -> None:
    server.reply_with(made, decision(f"float(revenue({name}, 'Rome'))"))
    ran = book.run(f"%%solve --use {name}\nWhat were sales in Rome?", cell_id="a", timeout=120)
    assert ran.status == "ok", ran.error
    assert text_of(ran.cell("decision")["outputs"]) == "2.0"
    assert "takes it as a parameter" in str(server.calls[0].body)


def test_a_tool_that_writes_or_formats_is_refused_once_and_may_be_permitted(
    server: ModelServer, book: LiveNotebook
) -> None:
    formats = tool(
        "connection.execute(f\"SELECT sum(price) FROM sales WHERE town = '{town}'\").fetchone()[0]"
    )
    call = decision("revenue(con, input('town'))")
    server.reply_with(formats, call, BINDS + "\n\n" + decision("revenue(con, 'Oslo')"))
    ran = book.run("%%solve --use con\nWhat were sales in Oslo?", cell_id="a", timeout=120)
    assert ran.status == "ok", ran.error
    assert "runs code that cannot be read beforehand" in str(server.calls[2].body)
    assert text_of(ran.cell("decision")["outputs"]) == "3.5"
    # Said before code runs that could do it, once.
    said = "`con` is a database connection or cursor: what the code changes there cannot be undone."
    assert said in ran.html

    drops = tool('connection.execute("DELETE FROM sales WHERE town = ?", (town,)).rowcount')
    server.forget()
    server.reply_with(drops, decision("revenue(con, 'Oslo')"), drops)
    ran = book.run("%%solve --use con --no-reuse\nForget the sales in Oslo.", cell_id="b", timeout=120)
    assert "--allow delete" in ran.error
    assert book.value("con.execute('SELECT count(*) FROM sales').fetchone()") == "(2,)"

    server.forget()
    server.reply_with(drops, decision("revenue(con, 'Oslo')"))
    line = "%%solve --use con --no-reuse --allow delete"
    ran = book.run(f"{line}\nForget the sales in Oslo.", cell_id="c", timeout=120)
    assert ran.status == "ok", ran.error
    assert book.value("con.execute('SELECT count(*) FROM sales').fetchone()") == "(1,)"


@pytest.mark.parametrize("name", ["duck", "engine", "bound"])
def test_that_a_database_cannot_be_put_back_is_said(
    server: ModelServer, book: LiveNotebook, name: str
) -> None:
    server.reply_with(tool("type(connection).__name__"), decision(f"revenue({name}, 'Rome')"))
    ran = book.run(f"%%solve --use {name}\nWhat is it?", cell_id="a", timeout=120)
    assert ran.status == "ok", ran.error
    assert f"`{name}` is a database connection or cursor" in ran.html
