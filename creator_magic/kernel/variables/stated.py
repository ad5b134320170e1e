"""The variables that a person states with `--use` and `--share`: each by its form, all in one budget."""

from __future__ import annotations

import sys
from dataclasses import replace
from importlib import import_module
from typing import TYPE_CHECKING, Any

from creator_magic.errors import InputError
from creator_magic.kernel.variables.budget import fit
from creator_magic.kernel.variables.form import Form, type_name
from creator_magic.kernel.variables.shared_rows import shared_rows
from creator_magic.problem import Variable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_LIBRARIES = {
    "pandas": "pandas_frames",
    "polars": "polars_frames",
    "numpy": "arrays",
    "duckdb": "duckdb_tables",
    "sqlalchemy": "sqlalchemy_tables",
    "sqlite3": "sqlite_tables",
}
"""Where the forms of a library's values are told: in which file of this folder."""

_LONGEST_HEAD = 2_000


def describe(
    names: Sequence[str],
    namespace: Mapping[str, Any],
    rows: Mapping[str, int] | None = None,
    *,
    text: str = "",
    characters: int,
) -> tuple[Variable, ...]:
    """Describe the variables that `--use` and `--share` name.

    Parameters
    ----------
    names : sequence of str
        Names of variables.
    namespace : mapping
        Where they are looked up.
    rows : mapping of str to int or None
        How many rows of which of them the person shares.
    text : str
        The problem and its hints: what they speak of is told first.
    characters : int
        How many the descriptions may have together.

    Returns
    -------
    tuple of Variable
        In the order of `names`, each once.

    Raises
    ------
    InputError
        If a name is not bound, or has no rows to share; close matches are offered, and nothing was sent.
    """
    shared = rows or {}
    for name in names:
        if name not in namespace:
            import difflib

            close = difflib.get_close_matches(name, [n for n in namespace if not n.startswith("_")], n=1)
            meant = f" Did you mean `{close[0]}`?" if close else " Run the cell that makes it first."
            flag = "--share" if name in shared else "--use"
            raise InputError(f"{flag} names `{name}`, but there is no such variable in the notebook.{meant}")
    forms = {name: form_of(namespace[name], ranges=bool(shared.get(name))) for name in dict.fromkeys(names)}
    fitted = fit(forms, text, characters)
    return tuple(
        Variable(
            name,
            fitted[name].text,
            shared_rows(name, namespace[name], shared[name], fitted[name].names) if shared.get(name) else "",
            shared.get(name, 0),
            form.names,
            fitted[name].left_out,
            form.use,
            form.ranges,
        )
        for name, form in forms.items()
    )


def form_of(value: object, *, ranges: bool = False) -> Form:
    """Return the form of a value, whatever its own methods do when they are asked.

    Parameters
    ----------
    value : object
        Anything.
    ranges : bool
        Whether the first and the last of its dates are told, since the person shares rows of it.
    """
    try:
        for library, file in _LIBRARIES.items():
            if library in sys.modules:
                form = import_module(f"creator_magic.kernel.variables.{file}").form_of(value, ranges=ranges)
                if form is not None:
                    return _short(form)
        from creator_magic.kernel.variables import functions, objects

        return _short(functions.form_of(value) or objects.form_of(value))
    except Exception:  # noqa: BLE001 - an object may refuse every question; its type remains
        return Form(f"object of type {type_name(value)}")


def _short(form: Form) -> Form:
    return form if len(form.head) <= _LONGEST_HEAD else replace(form, head=f"{form.head[:_LONGEST_HEAD]} ...")
