"""What the CREATOR paper reports, to stand beside one's own figures.

Qian, Han, Fung, Qin, Liu and Ji: CREATOR: Tool Creation for Disentangling Abstract and Concrete Reasoning
of Large Language Models. Findings of EMNLP 2023; arXiv 2305.14318, version 3, tables 2 to 5. Accuracies
in per cent, with ChatGPT (appendix A.1: gpt-3.5-turbo at temperature 0.3).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from creator_magic.bench.report.section import Section, with_interval
from creator_magic.bench.report.statistics import share
from creator_magic.tools_command.page import Table, Text

if TYPE_CHECKING:
    from creator_magic.bench.report.arms import DataSet

SOURCE = "CREATOR, arXiv 2305.14318v3"


@dataclass(frozen=True, slots=True)
class Published:
    """A row of a table of the paper.

    Parameters
    ----------
    method, setting : str
        What the table calls them.
    accuracy : float
        In per cent, over all of the data.
    ways : tuple of str
        Labels of setups that come closest; a label stands for any number of rectifications unless it
        names one.
    by_subject : tuple of float
        In per cent, in the order of `Tabled.subjects`.
    """

    method: str
    setting: str
    accuracy: float
    ways: tuple[str, ...] = ()
    by_subject: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Tabled:
    """A table of the paper.

    Parameters
    ----------
    number : int
        The table's.
    rows : tuple of Published
        In its order.
    caveats : tuple of str
        Why its figures and one's own do not measure the same.
    subjects : tuple of str
        Columns before the average.
    """

    number: int
    rows: tuple[Published, ...]
    caveats: tuple[str, ...]
    subjects: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Transferred:
    """The paper's experiment on transfer: table 5, section 5.1."""

    groups: int = 100
    problems: int = 300
    without: float = 63.0
    with_transfer: float = 78.3
    better: int = 39
    worse: int = 2


_CAVEATS = (
    (
        "Another model, gpt-3.5-turbo of 2023, which is no longer served, with demonstrations in its "
        "prompts and at most 512 tokens a reply."
    ),
    (
        "Another grader: the published code takes an answer as right where any number that was printed is "
        "less than 0.01 from it. `lenient` is that rule."
    ),
)
_NUMBERS_ONLY = (
    "The paper tests only problems whose answer is a number, about 80 % of the data (appendix A.2)."
)
_NO_ROUNDS = "How many rectifications were allowed is not stated with the table."
_VANILLA, _COT = ("vanilla",), ("cot", "vanilla,cot")
_ENTANGLED, _CREATOR = "CREATOR-Entangled", "CREATOR"

TABLES = {
    "math": Tabled(
        2,
        (
            Published("Vanilla", "w/o CoT", 25.3, _VANILLA, (25.7, 25.8, 22.4, 13.9, 18.5, 40.9, 21.8)),
            Published("Vanilla", "w/ CoT", 37.9, _COT, (50.9, 36.1, 24.5, 17.5, 23.2, 58.6, 16.7)),
            Published(
                "PoT (w/o Rec.)",
                "w/o CoT",
                49.8,
                ("pot,rectify=0",),
                (58.2, 48.5, 35.4, 25.8, 53.1, 66.8, 25.0),
            ),
            Published(
                "PoT (w/o Rec.)",
                "w/ CoT",
                46.5,
                ("pot,cot,rectify=0",),
                (54.0, 47.8, 32.5, 22.3, 48.9, 64.5, 19.9),
            ),
            Published("PoT (w/ Rec.)", "w/o CoT", 53.9, ("pot",), (63.8, 51.9, 35.9, 28.6, 59.2, 70.0, 28.2)),
            Published(
                "PoT (w/ Rec.)", "w/ CoT", 51.2, ("pot,cot",), (61.4, 48.8, 34.6, 23.7, 54.5, 67.6, 34.6)
            ),
            Published("Tool Use", "w/o CoT", 39.0, ("tools",), (47.3, 35.1, 27.0, 20.5, 30.8, 56.8, 31.4)),
            Published("Tool Use", "w/ CoT", 43.0, ("tools,cot",), (55.3, 37.8, 28.7, 20.5, 34.8, 61.8, 26.9)),
            Published(_ENTANGLED, "w/o Demo.", 49.6, (), (58.0, 53.3, 34.2, 21.8, 55.7, 63.4, 33.3)),
            Published(
                _ENTANGLED, "w/o CoT", 57.2, ("entangled",), (64.1, 55.7, 35.9, 42.7, 61.6, 69.0, 37.2)
            ),
            Published(
                _ENTANGLED, "w/ CoT", 54.0, ("entangled,cot",), (62.7, 50.9, 33.8, 31.4, 61.4, 68.7, 31.4)
            ),
            Published(_CREATOR, "w/o Demo.", 54.9, (), (66.6, 53.6, 33.8, 29.4, 59.8, 68.7, 34.6)),
            Published(_CREATOR, "w/o CoT", 59.7, ("creator",), (71.5, 55.3, 41.4, 41.9, 60.4, 71.7, 35.3)),
            Published(_CREATOR, "w/ CoT", 55.7, ("creator,cot",), (63.1, 58.1, 34.6, 35.0, 61.8, 69.7, 32.1)),
        ),
        (
            *_CAVEATS,
            _NUMBERS_ONLY,
            _NO_ROUNDS,
            "Its tool use is one tool, the WolframAlpha API; ours are the tools that the setup names.",
        ),
        (
            "Algebra",
            "Counting & Probability",
            "Geometry",
            "Intermediate Algebra",
            "Number Theory",
            "Prealgebra",
            "Precalculus",
        ),
    ),
    "tabmwp": Tabled(
        3,
        (
            Published("Standard", "w/o CoT", 68.2, _VANILLA),
            Published("Standard", "w/ CoT", 75.2, _COT),
            Published("PoT (w/o Rec.)", "w/o CoT", 80.6, ("pot,rectify=0",)),
            Published("PoT (w/o Rec.)", "w/ CoT", 80.0, ("pot,cot,rectify=0",)),
            Published("PoT (w/ Rec.)", "w/o CoT", 81.2, ("pot",)),
            Published("PoT (w/ Rec.)", "w/ CoT", 87.3, ("pot,cot",)),
            Published("Tool Use", "w/o CoT", 77.6, ("tools",)),
            Published("Tool Use", "w/ CoT", 79.6, ("tools,cot",)),
            Published(_ENTANGLED, "w/o CoT", 91.6, ("entangled",)),
            Published(_ENTANGLED, "w/ CoT", 93.5, ("entangled,cot",)),
            Published(_CREATOR, "w/o CoT", 90.5, ("creator",)),
            Published(_CREATOR, "w/ CoT", 94.7, ("creator,cot",)),
        ),
        (
            *_CAVEATS,
            _NUMBERS_ONLY,
            _NO_ROUNDS,
            "Its tool use is one tool, the WolframAlpha API; ours are the tools that the setup names.",
        ),
    ),
    "creationchallenge": Tabled(
        4,
        (
            Published("Standard", "w/o CoT", 27.9, _VANILLA),
            Published("Standard", "w/ CoT", 32.7, _COT),
            Published("PoT (w/o Rec.)", "w/o CoT", 59.2, ("pot,rectify=0",)),
            Published("PoT (w/o Rec.)", "w/ CoT", 60.7, ("pot,cot,rectify=0",)),
            Published("PoT (w/ Rec.)", "w/o CoT", 61.1, ("pot",)),
            Published("PoT (w/ Rec.)", "w/ CoT", 62.0, ("pot,cot",)),
            Published(_ENTANGLED, "no hint", 64.5, ("entangled",)),
            Published(_ENTANGLED, "utility hint", 65.8, ("entangled,hints=utility",)),
            Published(_ENTANGLED, "all hint", 75.3, ("entangled,hints=all",)),
            Published(_CREATOR, "no hint", 63.8, ("creator",)),
            Published(_CREATOR, "utility hint", 67.2, ("creator,hints=utility",)),
            Published(_CREATOR, "all hint", 75.7, ("creator,hints=all",)),
        ),
        (
            *_CAVEATS,
            _NO_ROUNDS,
            "The text of section 4.3 says 75.5 % where the table says 75.7 %.",
            (
                "In the published file a right answer is what the gold code printed last, and some of them "
                "are artefacts; whoever leaves such rows out measures other data."
            ),
        ),
    ),
}
"""By the name of the data, in small letters alone."""

TRANSFER = Transferred()
TRANSFER_CAVEATS = (
    *_CAVEATS,
    (
        "In the published script only tools that gave a right answer are handed on, the best of them is "
        "counted for each group, and one problem of each group, that which the tool is from, counts as right "
        "without being asked again. A run here knows no right answers: the tool that was kept is offered."
    ),
)


def tabled(name: str) -> Tabled | None:
    """Return the paper's table on data of this name; None if it has none."""
    return TABLES.get(re.sub(r"(dev|test|train)$", "", re.sub(r"[^a-z]", "", name.lower())))


def counterpart(table: Tabled | None, method: str) -> Published | None:
    """Return the row of a table that comes closest to a method; None if none does."""
    if table is None:
        return None
    whole = {way: row for row in table.rows for way in row.ways}
    by_any = re.sub(r",(rectify=[1-9]\d*|tools=[^,]*)", "", method)
    return whole.get(method) or whole.get(by_any) or whole.get(by_any.removesuffix(",rectify=0"))


def beside_the_paper(data: DataSet) -> Section | None:
    """Return one's own figures beside the paper's; None where it has none on these data."""
    table = tabled(data.name)
    if table is None:
        return None
    ours: dict[Published | None, list[tuple[str, str, str]]] = {}
    for arm in data.arms:
        if arm.right:
            lenient = share(arm.by_problem(lambda row: row.lenient), arm.units)
            figures = (arm.label, with_interval(share(arm.right, arm.units)), with_interval(lenient))
            ours.setdefault(counterpart(table, arm.method), []).append(figures)
    rows = [
        (
            row.method,
            row.setting,
            f"{row.accuracy:.1f} %",
            *("\n".join(each) for each in zip(*found, strict=True)),
        )
        if (found := ours.get(row))
        else (row.method, row.setting, f"{row.accuracy:.1f} %", "", "", "")
        for row in table.rows
    ]
    rows += [("", "", "", *figures) for figures in ours.get(None, ())]
    blocks: list[Text | Table] = [
        Text(f"Paper: {SOURCE}, table {table.number}. Side by side, not comparable as they stand:"),
        *(Text(f"• {caveat}") for caveat in table.caveats),
        Table(
            ("paper's method", "setting", "paper", "here", "by last [95 %]", "by lenient [95 %]"), tuple(rows)
        ),
    ]
    if table.subjects:
        asked = [row for row in table.rows if row in ours] or list(table.rows)
        columns = ("subject", *(f"{row.method}, {row.setting}" for row in asked))
        by_subject = tuple(
            (subject, *(f"{row.by_subject[place]:.1f} %" for row in asked))
            for place, subject in enumerate(table.subjects)
        )
        blocks += [Text("The paper by subject"), Table(columns, by_subject)]
    return Section("Beside the paper's figures", tuple(blocks))
