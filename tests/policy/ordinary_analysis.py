"""Ordinary analysis code, of which the default policy must refuse nothing.

Tools with their decisions stand in `ordinary_tools.txt`; chains of steps over a frame are put together
here, each from another choice of them, the same whenever they are asked for.

    python -m tests.policy.ordinary_analysis FOLDER

judges what code the JSON Lines of a folder hold, in fences or alone.
"""

from __future__ import annotations

import ast
import json
import random
import re
import sys
import warnings
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

from creator_magic.kernel.name_meanings import name_meanings
from creator_magic.policy.analysis import findings
from creator_magic.policy.effects import DEFAULT

if TYPE_CHECKING:
    from collections.abc import Mapping

PANDAS = "import pandas as pd\n"
STEPS = (
    'frame = frame[frame["price"] > 2]',
    'frame = frame.query("units >= 2 and price < 100")',
    'frame = frame.assign(total=lambda f: f["price"] * f["units"])',
    'frame["band"] = pd.cut(frame["price"], bins=[0, 3, 6, 100], labels=["low", "mid", "high"])',
    "frame = frame.rename(columns=str.lower).drop_duplicates()",
    'frame = frame.merge(pd.DataFrame({"shop": ["north", "south"], "area": [1, 2]}), on="shop", how="left")',
    'frame = frame.sort_values(["shop", "price"], ascending=[True, False]).reset_index(drop=True)',
    'frame["month"] = frame["day"].dt.to_period("M").astype(str)',
    'frame["price"] = frame["price"].fillna(frame["price"].median()).clip(lower=0)',
    'frame.loc[frame["shop"].str.startswith("n"), "price"] *= 1.1',
    'frame["rank"] = frame.groupby("shop")["price"].rank(method="dense")',
    'frame["share"] = frame["units"] / frame.groupby("shop")["units"].transform("sum")',
    'frame = frame.where(frame["units"] > 0).dropna(how="all")',
    'frame["code"] = frame["shop"].map({"north": "N", "south": "S"}).astype("category")',
    "frame[\"label\"] = frame.apply(lambda row: f\"{row['shop']}: {row['price']:.1f}\", axis=1)",
    "frame = pd.concat([frame, frame.tail(1)], ignore_index=True)",
)
ENDINGS = (
    'frame.groupby("shop")["price"].agg(["mean", "max", "count"])',
    'frame.pivot_table(index="shop", columns=frame["day"].dt.year, values="units", aggfunc="sum")',
    'frame["price"].describe().round(2)',
    'frame.set_index("day")["price"].resample("7D").mean().interpolate()',
    'frame["price"].rolling(2, min_periods=1).mean().iloc[-1]',
    'pd.crosstab(frame["shop"], frame["units"] > 2, normalize="index")',
    'frame[["price", "units"]].corr().loc["price", "units"]',
    'dict(zip(frame["shop"], frame["price"]))',
    'frame.melt(id_vars=["shop"], value_vars=["price", "units"]).groupby("variable")["value"].sum()',
    "print(frame.head(3).to_string(index=False))",
    'frame["shop"].value_counts(normalize=True).idxmax()',
    '{shop: part["price"].tolist() for shop, part in frame.groupby("shop")}',
    'frame.select_dtypes("number").quantile([0.1, 0.9]).T',
    'frame.plot.bar(x="shop", y="price", title="Prices")',
    'frame.isna().sum().to_frame("missing")',
    'frame.iloc[frame["price"].argmax()]["shop"]',
)
POLARS_STEPS = (
    'frame = frame.filter(pl.col("price") > 2)',
    'frame = frame.with_columns((pl.col("price") * pl.col("units")).alias("total"))',
    'frame = frame.with_columns(pl.col("shop").str.to_uppercase())',
    'frame = frame.with_columns(pl.when(pl.col("units") > 2).then(1).otherwise(0).alias("many"))',
    'frame = frame.sort("price", descending=True)',
    'frame = frame.with_columns(pl.col("price").rank().over("shop").alias("rank"))',
)
POLARS_ENDINGS = (
    'frame.group_by("shop").agg(pl.col("price").mean(), pl.len())',
    'frame.select(pl.col("price").sum()).item()',
    'frame.lazy().filter(pl.col("units") > 1).collect().height',
    'frame["price"].to_list()',
    'frame.pivot(on="shop", index="units", values="price", aggregate_function="sum")',
)
PLOTS = (
    'axes.plot([1, 2, 3], [1, 4, 9], "--", color="tab:blue")',
    'axes.bar(["a", "b"], [3, 5], width=0.6)',
    "axes.hist([1, 2, 2, 3, 3, 3], bins=3, density=True)",
    'axes.scatter([1, 2], [3, 4], s=20, c=[0, 1], cmap="viridis")',
    "axes.boxplot([[1, 2, 3], [2, 4, 8]])",
    "axes.fill_between([0, 1, 2], [0, 1, 0], alpha=0.3)",
    'axes.imshow([[0, 1], [1, 0]], aspect="auto")',
    'axes.pie([1, 2, 3], labels=["x", "y", "z"], autopct="%1.0f%%")',
)
DECORATIONS = (
    'axes.set_title("Result")\naxes.grid(True)',
    'axes.annotate("peak", xy=(1, 1))\naxes.set_xlim(0, 4)',
    'axes.axhline(1, ls=":")\nfor spine in axes.spines.values():\n    spine.set_visible(False)',
    'axes.text(0.5, 0.5, "middle", transform=axes.transAxes, ha="center")',
)


def tools() -> list[tuple[str, list[str]]]:
    """Return tools, each with its decisions."""
    text = Path(__file__).with_name("ordinary_tools.txt").read_text("utf-8")
    parts = [part.strip("\n").split("\n--\n") for part in text.split("\n====\n")]
    return [(tool, decisions) for tool, *decisions in parts]


def chains() -> list[str]:
    """Return cells that work on a frame called `sales`, or draw."""
    chance = random.Random(7431)  # noqa: S311 - the same cells each time
    cells = []
    for ending in ENDINGS:
        for length in (1, 1, 2, 2, 3, 3, 4, 4, 5, 6, 7, 8, 2, 3, 4, 5):
            steps = chance.sample(STEPS, length)
            cells.append("\n".join([f"{PANDAS}frame = sales.copy()", *steps, ending]))
    for ending, first in product(POLARS_ENDINGS, POLARS_STEPS):
        steps = [first, *chance.sample(POLARS_STEPS, 2)]
        cells.append("\n".join(["import polars as pl", "frame = pl.DataFrame(rows)", *steps, ending]))
    for plot, decoration in product(PLOTS, DECORATIONS):
        head = "import matplotlib.pyplot as plt\nfigure, axes = plt.subplots()"
        cells.append(
            "\n".join(
                [head, plot, decoration, chance.choice(("figure", "plt.show()", "figure.tight_layout()"))]
            )
        )
    return list(dict.fromkeys(cells))


SALES = """
import pandas as pd
rows = {
    "shop": ["north", "south", "north", "west"],
    "price": [2.5, 4.0, 8.25, 5.0],
    "units": [3, 1, 2, 6],
}
sales = pd.DataFrame({**rows, "day": pd.date_range("2024-01-02", freq="20D", periods=4)})
"""
"""What the cells find in the notebook."""


def refused(*cells: str, namespace: Mapping[str, Any] | None = None) -> list[str]:
    """Return what the default policy would not let run of cells, in a notebook with this namespace."""
    outside = name_meanings(namespace or {}, re.findall(r"[^\W\d]\w*", "\n".join(cells)))
    found = findings([(f"cell {n}", source) for n, source in enumerate(cells)], outside)
    return [f"{one.effect}: {one.text}" for one in found if DEFAULT[one.effect] != "allow"]


_FENCED = re.compile(r"```[ \t]*(?:python)?[^\n]*\n(.*?)(?:```|\Z)", re.DOTALL)


def code_in(record: Any) -> list[str]:
    """Return the readable code in the texts of a record, in their order."""
    if isinstance(record, dict):
        return [code for value in record.values() for code in code_in(value)]
    if isinstance(record, list):
        return [code for value in record for code in code_in(value)]
    if not isinstance(record, str):
        return []
    found = _FENCED.findall(record) or (
        [record] if re.search(r"^(def|import|from) ", record, re.MULTILINE) else []
    )
    return [code for code in found if _is_readable(code)]


def _is_readable(code: str) -> bool:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            ast.parse(code)
        except SyntaxError:
            return False
    return True


def main(folder: Path) -> int:
    """Judge the code of a folder's records; return how many cells would be refused."""
    count, bad = 0, 0
    for path in sorted(folder.glob("*.jsonl")):
        for line in path.read_text("utf-8").splitlines():
            cells = code_in(json.loads(line))
            count += len(cells)
            # The first is the tool that the others call.
            for cell in cells:
                found = refused(cells[0], cell)
                bad += bool(found)
                if found:
                    print(path.name, found)  # noqa: T201 - what the command is for
    print(f"{count} cells, {bad} refused")  # noqa: T201
    return bad


if __name__ == "__main__":
    sys.exit(bool(main(Path(sys.argv[1]))))
