"""What is told of DuckDB's relations and connections."""

from __future__ import annotations

from itertools import groupby
from operator import itemgetter
from typing import Any

import duckdb

from creator_magic.kernel.variables.form import Form, Part, column, dtype_name, is_a

_ELSEWHERE = "SELECT count(*) FROM duckdb_databases() WHERE NOT internal AND type <> 'duckdb'"
_COLUMNS = """
SELECT CASE WHEN schema_name = current_schema() THEN '' ELSE schema_name || '.' END || table_name,
       column_name, data_type
FROM duckdb_columns() WHERE NOT internal AND database_name = current_database()
ORDER BY schema_name, table_name, column_index
"""


def form_of(value: object, *, ranges: bool) -> Form | None:  # noqa: ARG001 - a range would take a query
    """Return the form of a relation or a connection, None for any other value.

    Nothing is computed: a relation knows its columns, and a connection's tables stand in its catalogue.
    That is read in a cursor of its own, so that a result of the person's stays; it does not see temporary
    tables. Where another database is attached, such as one on a server, nothing is looked up.

    Parameters
    ----------
    value : object
        Anything.
    ranges : bool
        Whether dates are shared; it makes no difference.
    """
    if is_a(value, duckdb.DuckDBPyRelation):
        relation: Any = value
        items = (
            column(*each) for each in zip(relation.columns, map(dtype_name, relation.types), strict=True)
        )
        return Form("DuckDB relation", (Part("columns", tuple(items), "types"),))
    if is_a(value, duckdb.DuckDBPyConnection):
        return _connection(value)
    return None


def _connection(connection: Any) -> Form:
    cursor = connection.cursor()
    try:
        if cursor.execute(_ELSEWHERE).fetchall()[0][0]:
            return Form("DuckDB connection with another database attached", use="duckdb")
        rows = cursor.execute(_COLUMNS).fetchall()
    finally:
        cursor.close()
    parts = (
        Part(
            "columns of table", tuple(column(name, dtype_name(kind)) for _, name, kind in of), "types", table
        )
        for table, of in groupby(rows, itemgetter(0))
    )
    return Form("DuckDB connection", tuple(parts), use="duckdb")
