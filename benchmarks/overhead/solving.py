"""A solve and a rectification, against the bare streamed baseline; and a long session."""

from __future__ import annotations

import statistics
from contextlib import ExitStack
from typing import TYPE_CHECKING

from benchmarks.overhead.figures import Figure, ratio
from benchmarks.overhead.kernels import bare, memory, ours

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.overhead.kernels import Took
    from benchmarks.overhead.model import ScriptedModel

WARM = 5
"""Solves before any is timed: the first one imports the client and opens the project's files."""

_NEIGHBOURS = 11


def solving(model: ScriptedModel, rounds: int) -> list[Figure]:
    """Compare solves, clean and rectified, with the same calls of a bare client, in turn."""
    took: dict[tuple[str, bool], list[Took]] = {
        (who, rectified): [] for who in ("ours", "bare") for rectified in (False, True)
    }
    with ours(model) as with_us, bare(model) as without:
        for number in range(WARM):
            with_us.solve(number)
            without.solve(number)
        model.take_requests()
        for number in range(WARM, WARM + rounds):
            for rectified in (False, True):
                for who, solver in (("ours", with_us), ("bare", without)):
                    took[who, rectified].append(solver.solve(number, rectified=rectified))
                    calls = len(model.take_requests())
                    assert calls == 2 + rectified, f"{who}: {calls} calls"
        kept = WARM + 2 * rounds, 2 * WARM + 5 * rounds
        assert with_us.kept() == kept, f"tools and replies: {with_us.kept()}, not {kept}"
    figures = []
    for clock in ("wall", "cpu"):
        mine, theirs = ([getattr(each, clock) for each in took[who, False]] for who in ("ours", "bare"))
        figures.append(ratio(f"a clean `%%solve` against the bare client, {clock}", mine, theirs, limit=1.5))
    for clock in ("wall", "cpu"):
        extra = {
            who: [
                1000 * (getattr(more, clock) - getattr(less, clock))
                for more, less in zip(took[who, True], took[who, False], strict=True)
            ]
            for who in ("ours", "bare")
        }
        beside = " against ".join(f"{statistics.median(each):.4g}" for each in extra.values())
        figures.append(
            Figure(
                f"a rectification, less the bare client's third call and cells, {clock}",
                tuple(mine - theirs for mine, theirs in zip(extra["ours"], extra["bare"], strict=True)),
                "ms",
                10.0,
                f"{beside} ms more than a clean one",
            )
        )
    return figures


def parts(model: ScriptedModel, rounds: int) -> list[Figure]:
    """Tell what a solve takes more with one of its parts than without it, in turn."""
    took: dict[str, list[Took]] = {}
    with ExitStack() as stack:
        solvers = {
            "everything": stack.enter_context(ours(model)),
            "the toolbox": stack.enter_context(ours(model, {"CREATOR_REUSE": "False"})),
            "the cassette": stack.enter_context(ours(model, {"CREATOR_CASSETTE_MODE": "off"})),
            "placing cells": stack.enter_context(ours(model, places_cells=False)),
        }
        for number in range(WARM + rounds):
            for name, solver in solvers.items():
                took.setdefault(name, []).append(solver.solve(number))
    model.take_requests()
    whole = took.pop("everything")[WARM:]
    return [
        Figure(
            f"what {name} adds to a clean `%%solve`, {clock}",
            tuple(
                1000 * (getattr(all_on, clock) - getattr(off, clock))
                for all_on, off in zip(whole, without[WARM:], strict=True)
            ),
            "ms",
        )
        for name, without in took.items()
        for clock in ("wall", "cpu")
    ]


def session(model: ScriptedModel, solves: int) -> tuple[list[Figure], list[float], list[tuple[int, float]]]:
    """Compare a session's last solves with the early ones of another session, in turn.

    Returns
    -------
    list of Figure
        How they compare, and what memory a solve keeps.
    list of float
        Processor seconds of each solve of the long session.
    list of tuple
        Memory of the long session's kernel, as number of solves and MiB.
    """
    taken: dict[str, list[tuple[int, float]]] = {"ours": [], "bare": []}
    seconds: list[float] = []
    every = max(1, solves // 20)
    with ours(model) as old, bare(model) as without:
        for number in range(solves - _NEIGHBOURS):
            seconds.append(old.solve(number).cpu)
            without.solve(number)
            if number >= solves // 5 and number % every == 0:
                for who, solver in (("ours", old), ("bare", without)):
                    taken[who].append((number, memory(solver.notebook)[0]))
        with ours(model) as young:
            for number in range(WARM):
                young.solve(number)
            aged, early = [], []
            for number in range(_NEIGHBOURS):
                aged.append(old.solve(solves - _NEIGHBOURS + number))
                early.append(young.solve(WARM + number))
        assert old.kept() == (solves, 2 * solves), f"tools and replies: {old.kept()}"
    calls = 2 * (2 * solves - _NEIGHBOURS + WARM + _NEIGHBOURS)
    assert len(model.take_requests()) == calls, "a solve took other than two calls"
    figures = [
        ratio(
            f"the last {_NEIGHBOURS} solves of {solves:,} against the {WARM + 1}th to {WARM + _NEIGHBOURS}th "
            f"of another session, {clock}",
            [getattr(each, clock) for each in aged],
            [getattr(each, clock) for each in early],
            limit=1.3,
        )
        for clock in ("wall", "cpu")
    ]
    figures += [
        _growth("memory that a solve keeps", taken["ours"], 20.0),
        _growth("memory that the bare client keeps for each problem", taken["bare"], None),
    ]
    return figures, seconds, taken["ours"]


def _growth(what: str, taken: Sequence[tuple[int, float]], limit: float | None) -> Figure:
    """Return the slope of memory, between samples that are half of them apart."""
    half = len(taken) // 2
    slopes = tuple(
        1024 * (more - less) / (later - sooner)
        for (sooner, less), (later, more) in zip(taken[:half], taken[-half:], strict=True)
    )
    (sooner, less), (later, more) = taken[0], taken[-1]
    return Figure(
        what, slopes, "KiB", limit, f"{less:.1f} to {more:.1f} MiB from solve {sooner:,} to {later:,}"
    )
