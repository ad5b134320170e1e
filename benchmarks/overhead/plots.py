"""The figures as plots."""

from __future__ import annotations

from typing import TYPE_CHECKING

import matplotlib as mpl

mpl.use("agg")
from matplotlib import pyplot as plt

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from matplotlib.figure import Figure as Drawing

    from benchmarks.overhead.figures import Figure

_OURS, _LIMIT, _TAIL = "#1f77b4", "#d62728", "#aec7e8"


def plot_ratios(figures: Sequence[Figure], path: Path) -> None:
    """Draw each ratio's rounds, its median, and its limit."""
    ratios = [each for each in figures if each.unit == "x" and len(each.values) > 1][::-1]
    figure, axes = plt.subplots(figsize=(9, 2 + 0.6 * len(ratios)), layout="constrained")
    for height, each in enumerate(ratios):
        words = axes.annotate(
            each.what, (0.01, height + 0.28), xycoords=("axes fraction", "data"), fontsize=8
        )
        words.set_in_layout(False)
        axes.plot(each.values, [height] * len(each.values), "o", color=_OURS, alpha=0.25, markersize=4)
        axes.plot([each.median], [height], "|", color=_OURS, markersize=16, markeredgewidth=2)
        if each.limit is not None:
            axes.plot([each.limit], [height], "|", color=_LIMIT, markersize=16, markeredgewidth=2)
    axes.set_yticks([])
    axes.set_xscale("log", base=2)
    axes.xaxis.set_major_formatter("{x:g}")
    axes.margins(y=0.1)
    axes.set_xlabel("ratio of things timed in turn: each round, the median (blue), the limit (red)")
    axes.grid(axis="x", alpha=0.3)
    _write(figure, path)


def plot_session(seconds: Sequence[float], memory: Sequence[tuple[int, float]], path: Path) -> None:
    """Draw the processor time of each solve of a session, and the kernel's memory."""
    figure, (times, sizes) = plt.subplots(2, sharex=True, figsize=(8, 5), layout="constrained")
    times.plot([1000 * each for each in seconds[1:]], ".", color=_OURS, markersize=3)
    times.set_ylabel("processor time of a solve, ms")
    times.set_ylim(bottom=0)
    sizes.plot(*zip(*memory, strict=True), "o-", color=_OURS, markersize=3)
    sizes.set_ylabel("memory, its own, MiB")
    sizes.set_xlabel("solves of the session")
    _write(figure, path)


def plot_prompts(stages: Mapping[str, tuple[float, float]], path: Path) -> None:
    """Draw how long each stage's prompt is, its constant head apart."""
    figure, axes = plt.subplots(figsize=(8, 3), layout="constrained")
    heads, tails = zip(*stages.values(), strict=True)
    axes.barh(list(stages), heads, color=_OURS, label="constant head")
    axes.barh(list(stages), tails, left=heads, color=_TAIL, label="varying tail, median")
    axes.invert_yaxis()
    axes.set_xlabel("characters")
    axes.legend()
    _write(figure, path)


def _write(figure: Drawing, path: Path) -> None:
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)
