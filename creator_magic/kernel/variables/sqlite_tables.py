"""What is told of a SQLite connection: its tables with their columns, from its schema."""

from __future__ import annotations

import sqlite3

from creator_magic.kernel.variables.form import Form, Part, column, dtype_name, is_a

_TABLES = """
SELECT m.name, m.type FROM (
    SELECT name, type, rowid AS place FROM sqlite_master UNION ALL
    SELECT name, type, rowid + 1e9 FROM sqlite_temp_master
) AS m
WHERE m.type IN ('table', 'view') AND m.name NOT LIKE 'sqlite~_%' ESCAPE '~' ORDER BY m.place
"""


def form_of(value: object, *, ranges: bool) -> Form | None:  # noqa: ARG001 - dates are no type of SQLite's
    """Return the form of a connection, None for any other value.

    The schema alone is read, in a cursor of its own: no table is, so that no row is counted.

    Parameters
    ----------
    value : object
        Anything.
    ranges : bool
        Whether dates are shared; it makes no difference.
    """
    if is_a(value, sqlite3.Connection):
        return Form("SQLite connection", tables(value), use="sqlite3")  # type: ignore[arg-type]
    if is_a(value, sqlite3.Cursor):
        connection = vars(sqlite3.Cursor)["connection"].__get__(value)
        return Form("SQLite cursor", tables(connection), use="sqlite3")
    return None


def tables(connection: sqlite3.Connection) -> tuple[Part, ...]:
    """Return the tables and views of a connection, with their columns.

    Parameters
    ----------
    connection : sqlite3.Connection
        An open one.
    """
    # Past what a subclass may do, and past what the person has set for rows.
    cursor = sqlite3.Connection.cursor(connection)
    cursor.row_factory = None
    try:
        found = cursor.execute(_TABLES).fetchall()
        return tuple(
            Part(
                f"columns of {kind}",
                tuple(
                    column(each, dtype_name(declared) if declared else "", "primary key" if key else "")
                    for each, declared, key in cursor.execute(
                        "SELECT name, type, pk FROM pragma_table_info(?)", (name,)
                    )
                ),
                "types",
                name,
            )
            for name, kind in found
        )
    finally:
        cursor.close()
