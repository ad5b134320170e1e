"""What is told of SQLAlchemy's tables, mapped classes, engines, connections and sessions."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.pool import SingletonThreadPool, StaticPool

from creator_magic.kernel.variables.form import Form, Item, Part, class_name, column, is_a
from creator_magic.kernel.variables.sqlite_tables import tables


def form_of(value: object, *, ranges: bool) -> Form | None:  # noqa: ARG001 - a range would take a query
    """Return the form of a value of SQLAlchemy's, None for any other.

    Tables are looked up only where that sends no query to a server: those of a SQLite database. Of an
    engine the kind of database is told, never its address.

    Parameters
    ----------
    value : object
        Anything.
    ranges : bool
        Whether dates are shared; it makes no difference.
    """
    it: Any = value
    table: Any = value.__dict__.get("__table__") if isinstance(value, type) else value
    if is_a(table, sa.Table):
        mapped = f"class {class_name(it)}, mapped to the table" if table is not value else "SQLAlchemy Table"
        return Form(f"{mapped} {table.name}", (_columns(table),))
    if is_a(value, sa.MetaData):
        listed = tuple(_columns(each, each.key) for each in it.sorted_tables)
        return Form("SQLAlchemy MetaData", listed)
    if is_a(value, sa.Connection):
        # Asking it by SQLAlchemy would begin a transaction.
        return _told("Connection", it.engine, _of_connection(it.connection.dbapi_connection))
    kind = "Session" if _is_session(value) else "Engine"
    engine: Any = vars(value).get("bind") if kind == "Session" else value
    if is_a(engine, sa.Engine):
        return _told(kind, engine, _of_engine(engine) if engine.dialect.name == "sqlite" else None)
    return Form("SQLAlchemy Session", use="sqlalchemy") if kind == "Session" else None


def _is_session(value: object) -> bool:
    return any(class_name(kind) == "sqlalchemy.orm.session.Session" for kind in type(value).__mro__)


def _columns(table: Any, of: str = "") -> Part:
    return Part(
        "columns of table" if of else "columns", tuple(map(_column, table.columns)), "types and keys", of
    )


def _column(one: Any) -> Item:
    refers = ", ".join(f"refers to {key.target_fullname}" for key in one.foreign_keys)
    # By its class: the text of an Enum lists its values.
    return column(one.name, type(one.type).__name__, "primary key" if one.primary_key else "", refers)


def _told(kind: str, engine: Any, found: tuple[Part, ...] | None) -> Form:
    not_said = "" if found is not None else "; its tables are not looked up"
    return Form(f"SQLAlchemy {kind} for {engine.dialect.name}{not_said}", found or (), use="sqlalchemy")


def _of_connection(connection: Any) -> tuple[Part, ...] | None:
    return tables(connection) if is_a(connection, sqlite3.Connection) else None


def _of_engine(engine: Any) -> tuple[Part, ...] | None:
    """Return the tables of a SQLite engine, None where they cannot be had without touching what is open."""
    file, pool = engine.url.database, engine.pool
    if file and file != ":memory:" and not file.startswith("file:"):
        path = Path(file).absolute()
        if not path.is_file():
            return ()
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, timeout=0)) as own:
            return tables(own)
    if isinstance(pool, SingletonThreadPool):
        with engine.connect() as connection:
            return _of_connection(connection.connection.dbapi_connection)
    if isinstance(pool, StaticPool):
        # To hand its one connection back would roll back what is under way on it.
        record = vars(pool).get("connection")
        return _of_connection(getattr(record, "dbapi_connection", None))
    return None
