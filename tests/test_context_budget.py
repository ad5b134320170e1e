"""Wild frames in a budget: every name as long as there is room, never a cell's value."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import pandas as pd
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from creator_magic.kernel.variables import describe
from creator_magic.kernel.variables.form import column

if TYPE_CHECKING:
    from creator_magic.problem import Variable

NAMES = st.one_of(
    st.text(max_size=20),
    st.sampled_from(
        ["price", "unit price", "a; b", "columns: x", "and 3 more, left out", "`x`", "\n- df: y"]
    ),
)
PANDAS_NAMES: st.SearchStrategy[Any] = st.one_of(
    NAMES, st.integers(), st.none(), st.tuples(NAMES, st.integers()), st.dates()
)

# Values of one kind, and others of that kind that stand in their place.
KINDS: dict[str, tuple[list[Any], list[Any]]] = {
    "text": (["zq-secret-a", "zq-secret-b"], ["zq-other", "zq-third"]),
    "number": ([7431.25, 7431.5], [9157.25, 1.0]),
    "integer": ([74317431, 74317432], [91579157, 2]),
    "date": ([dt.datetime(2071, 3, 1), dt.datetime(2072, 3, 1)], [dt.datetime(1871, 1, 1)] * 2),  # noqa: DTZ001
    "truth": ([True, False], [False, False]),
    "category": (["zq-secret-c", "zq-secret-d"], ["zq-e", "zq-f"]),
    "holes": ([7431.25, None], [9157.25, None]),
}
SECRETS = ("zq-", "7431", "9157", "2071", "1871")


def of_pandas(names: list[Any], kinds: list[str], which: int) -> pd.DataFrame:
    columns = [
        pd.Series(KINDS[kind][which], dtype="category" if kind == "category" else None) for kind in kinds
    ]
    frame = pd.concat(columns, axis=1) if columns else pd.DataFrame()
    frame.columns = pd.Index(names, dtype=object)
    return frame


def of_polars(names: list[str], kinds: list[str], which: int) -> pl.DataFrame:
    types = {"category": pl.Categorical()}
    return pl.DataFrame(
        [
            pl.Series(name, KINDS[kind][which], dtype=types.get(kind))
            for name, kind in zip(names, kinds, strict=True)
        ]
    )


def described(frames: dict[str, Any], characters: int, text: str = "") -> tuple[Variable, ...]:
    return describe(list(frames), frames, text=text, characters=characters)


def size(variables: tuple[Variable, ...]) -> int:
    return sum(len(f"- {one.name}: {one.description}\n") for one in variables)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.lists(st.tuples(PANDAS_NAMES, st.sampled_from(list(KINDS))), max_size=40), max_size=4),
    st.lists(
        st.lists(st.tuples(NAMES, st.sampled_from(list(KINDS))), max_size=40, unique_by=lambda c: c[0]),
        max_size=3,
    ),
    st.sampled_from([1_000, 2_000, 100_000]),
    st.text(max_size=30),
)
def test_every_name_goes_as_long_as_there_is_room_and_no_value_ever(
    pandas: list[list[tuple[Any, str]]], polars: list[list[tuple[str, str]]], characters: int, text: str
) -> None:
    def frames(which: int) -> dict[str, Any]:
        made: dict[str, Any] = {}
        for number, columns in enumerate(pandas):
            made[f"p{number}"] = of_pandas([n for n, _ in columns], [k for _, k in columns], which)
        for number, columns in enumerate(polars):
            made[f"q{number}"] = of_polars([n for n, _ in columns], [k for _, k in columns], which)
        return made

    stated = frames(0)
    one = described(stated, characters, text)
    assert size(one) <= characters
    # What the cells hold makes no difference at all.
    assert one == described(frames(1), characters, text)
    for variable in one:
        said = variable.description
        assert said.isprintable()
        names = [column(name, "").told for name in stated[variable.name].columns]
        missing = [name for name in names if name not in said]
        left_out = [what for what in variable.left_out if "column" in what]
        assert bool(left_out) or not missing
        if characters == 100_000:
            assert not variable.left_out
        if not any(secret in name for secret in SECRETS for name in names):
            assert not any(secret in said for secret in SECRETS)


@settings(max_examples=100, deadline=None)
@given(st.integers(1, 400), st.integers(1, 400), st.integers(1_000, 12_000))
def test_what_is_left_out_is_counted(wide: int, narrow: int, characters: int) -> None:
    frames = {
        "wide": pd.DataFrame([[0] * wide], columns=[f"measurement_{n}" for n in range(wide)]),
        "narrow": pd.DataFrame([[0] * narrow], columns=[f"n{n}" for n in range(narrow)]),
    }
    variables = described(frames, characters, f"Take measurement {wide - 1} alone.")
    assert size(variables) <= characters
    told = {
        one.name: one.description.partition("columns")[2].partition(": ")[2].split("; ") for one in variables
    }
    counts = {"wide": wide, "narrow": narrow}
    for one in variables:
        names = [name for name in told[one.name] if not name.endswith("left out")]
        left = counts[one.name] - len(names)
        plural = "columns" if left > 1 else "column"
        assert (f"{left} {plural}" in one.left_out) == (left > 0)
        assert (f"; and {left} more, left out" in one.description) == (left > 0)
        # Names go before dtypes.
        assert left == 0 or all(" (" not in name for names in told.values() for name in names)
    assert f"measurement_{wide - 1}" in told["wide"][-1] + told["wide"][-2 if wide > 1 else -1]
