"""Search with nothing installed: BM25 over three views of each tool, on SQLite's FTS5, rare terms first.

A problem has terms that stand in every tenth tool and terms that hardly any tool has. The rare ones
say which tools to look at: their postings are read, those that weigh most first, up to a limit, and
the tools that collect the most weight from them are scored by all terms. Reading the postings of
every term would take twenty times as long among 100,000 tools. A term that a tool is about, and does
not only mention, has postings of its own, which weigh more and are read earlier: an index ordered by
impact, in two steps (Anh, de Kretser and Moffat, Vector-space ranking with effective early
termination, SIGIR 2001).

The score is BM25F (Robertson and Zaragoza, The Probabilistic Relevance Framework, 2009, section 3.6),
with one length for a tool: a term's frequency is the weighted sum over the problem the tool was made
for, its name and signature, and its docstring. Retrieval by these three views is CRAFT's (Yuan et
al., arXiv 2309.17428, section 2.3).
"""

from __future__ import annotations

import heapq
import json
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from creator_magic.toolbox.terms import terms_of, views_of

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Mapping, Sequence

    from creator_magic.toolbox.tool import Tool

K1, B = 1.2, 0.75
WEIGHTS = (1.0, 2.0, 1.0)
"""Of the problem, the name and signature, the docstring."""

_STRONG = 3.0
"""Weighted frequency from which on a tool is about a term."""

_MARK = "2"
"""Ends such a term in the index; a term itself has no digits."""

_IMPACT = 1.6
"""What such a posting weighs: about what the score makes of the mean frequencies, 4 against 1.5."""

_MOST_POSTINGS = 14_000
"""Postings that are read at most, but for the rarest term's; fewer where there are fewer tools."""

_MOST_CANDIDATES = 200
"""Tools that are scored by all terms; fewer where there are fewer tools."""

_MERGED_EVERY, _MERGED_UP_TO = 8, 5_000
"""How often a small index is made whole again. Each transaction leaves a part of its own, and each part
is looked at for each term: of a search among 1,000 tools that is half the time. Among very many tools
it hardly counts, and merging would take long."""


@dataclass(frozen=True, slots=True)
class Counts:
    """How common the terms of a text are in a toolbox, or in several.

    Parameters
    ----------
    terms : mapping of str to (int, int)
        How many revisions only mention each, and how many are about it; 0 where none is.
    revisions : int
        How many revisions there are.
    length : int
        Of all of them together, in terms.
    """

    terms: Mapping[str, tuple[int, int]]
    revisions: int = 0
    length: int = 0

    def __add__(self, other: Counts) -> Counts:
        terms = {
            term: (weak + other.terms.get(term, (0, 0))[0], strong + other.terms.get(term, (0, 0))[1])
            for term, (weak, strong) in self.terms.items()
        }
        return Counts(terms, self.revisions + other.revisions, self.length + other.length)

    def weights(self) -> dict[str, float]:
        """Return the weight of each term, rarest first."""
        by_rarity = sorted((weak + strong, term) for term, (weak, strong) in self.terms.items())
        return {term: math.log1p((self.revisions - count + 0.5) / (count + 0.5)) for count, term in by_rarity}

    def best_share(self) -> float:
        """Return how much of the weight of the terms a tool could share that has all which any tool has."""
        weights = self.weights()
        known = sum(weights[term] for term, counts in self.terms.items() if any(counts))
        return known / sum(weights.values()) if known else 0.0


@dataclass(frozen=True, slots=True)
class Hit:
    """A tool that was found.

    Parameters
    ----------
    name : str
        The tool's name.
    revision : int
        The id of its current revision.
    score : float
        Higher is better; comparable within one search only.
    share : float
        How much of the weight of what was looked for the tool has terms for, from 0 to 1.
    terms : tuple of str
        The terms that it shares with what was looked for, rarest first.
    """

    name: str
    revision: int
    score: float
    share: float = 0.0
    terms: tuple[str, ...] = ()


def index(connection: sqlite3.Connection, revision: int, tool_id: int, tool: Tool) -> None:
    """Make a revision of a tool findable, within a transaction.

    Parameters
    ----------
    connection : sqlite3.Connection
        The toolbox's file.
    revision, tool_id : int
        Their ids.
    tool : Tool
        The tool as it stands in that revision.
    """
    views = views_of(tool)
    frequencies: dict[str, float] = {}
    for weight, view in zip(WEIGHTS, views, strict=True):
        for term in view:
            frequencies[term] = frequencies.get(term, 0.0) + weight
    entries = sorted(f"{t}{_MARK}" if often >= _STRONG else t for t, often in frequencies.items())
    length = sum(map(len, views))
    connection.execute(
        "INSERT INTO tool_terms (revision, tool, length, views) VALUES (?, ?, ?, ?)",
        (revision, tool_id, length, "\n".join(map(" ".join, views))),
    )
    connection.execute(
        "INSERT INTO tool_postings (rowid, terms) VALUES (?, ?)", (revision, " ".join(entries))
    )
    if revision % _MERGED_EVERY == 0 and revision <= _MERGED_UP_TO:
        connection.execute("INSERT INTO tool_postings (tool_postings) VALUES ('optimize')")
    connection.executemany(
        "INSERT INTO term_counts (term, revisions, length) VALUES (?, 1, ?) "
        "ON CONFLICT (term) DO UPDATE SET revisions = revisions + 1, length = length + excluded.length",
        [("", length), *((entry, 0) for entry in entries)],
    )


def is_complete(connection: sqlite3.Connection) -> bool:
    """Tell whether the newest revision is findable, and so, as each is made so, every one."""
    (newest,) = connection.execute("SELECT max(id) FROM tool_revisions").fetchone()
    (indexed,) = connection.execute("SELECT max(revision) FROM tool_terms").fetchone()
    return bool(newest == indexed)


def count(connection: sqlite3.Connection, text: str) -> Counts:
    """Return how common the terms of a text are among the tools of a file.

    Parameters
    ----------
    connection : sqlite3.Connection
        The toolbox's file.
    text : str
        What is looked for.
    """
    wanted = list(dict.fromkeys(terms_of(text)))
    entries = ["", *wanted, *(f"{term}{_MARK}" for term in wanted)]
    marks = ", ".join("?" * len(entries))
    rows = connection.execute(
        f"SELECT term, revisions, length FROM term_counts WHERE term IN ({marks})",  # noqa: S608 - "?"
        entries,
    ).fetchall()
    found = {entry: revisions for entry, revisions, _ in rows}
    length = sum(length for *_, length in rows)
    terms = {term: (found.get(term, 0), found.get(f"{term}{_MARK}", 0)) for term in wanted}
    return Counts(terms, found.get("", 0), length)


def search(
    connection: sqlite3.Connection, counts: Counts, limit: int, *, exhaustive: bool = False
) -> tuple[Hit, ...]:
    """Return the tools that fit a text best.

    Parameters
    ----------
    connection : sqlite3.Connection
        The toolbox's file.
    counts : Counts
        The text's terms; scores of several files compare if counted over all of them.
    limit : int
        How many at most.
    exhaustive : bool
        Whether to score every tool that has any of the terms; slow, and what the fast way is
        measured against.

    Returns
    -------
    tuple of Hit
        Best first; forgotten tools and earlier revisions are not among them.
    """
    weights = counts.weights()
    mean_length = max(counts.length / counts.revisions, 1.0) if counts.revisions else 1.0
    if exhaustive:
        candidates = [row[0] for row in connection.execute("SELECT revision FROM tool_terms")]
    else:
        postings = min(_MOST_POSTINGS, 100 + counts.revisions // 5)
        most = max(min(_MOST_CANDIDATES, 15 + counts.revisions // 100), 2 * limit)
        candidates = _candidates(connection, _impacts(counts.terms, weights), postings, most)
    scored = (
        (_score(views, length / mean_length, weights), name, revision, views)
        for name, revision, length, views in _current(connection, candidates)
    )
    best = heapq.nlargest(limit, (hit for hit in scored if hit[0] > 0.0), key=lambda hit: (hit[0], hit[2]))
    return tuple(_hit(score, name, revision, views, weights) for score, name, revision, views in best)


def _impacts(terms: Mapping[str, tuple[int, int]], weights: Mapping[str, float]) -> dict[str, float]:
    """Return what a posting of each entry of the index weighs, the weightiest first."""
    impacts = {term: weights[term] for term, (weak, _) in terms.items() if weak}
    impacts |= {f"{term}{_MARK}": _IMPACT * weights[term] for term, (_, strong) in terms.items() if strong}
    return dict(sorted(impacts.items(), key=lambda entry: (-entry[1], entry[0])))


def _candidates(
    connection: sqlite3.Connection, impacts: Mapping[str, float], postings: int, most: int
) -> list[int]:
    """Return the revisions that collect the most weight."""
    collected: dict[int, float] = {}
    for entry, impact in impacts.items():
        # Of a list that is longer than may still be read, nothing is read: a part of it would
        # favour the tools that happen to come first.
        room = max(postings, most if not collected else 0)
        # As one text: a row for each would take longer than everything else.
        (text,) = connection.execute(
            "SELECT json_group_array(rowid) FROM "
            "(SELECT rowid FROM tool_postings WHERE tool_postings MATCH ? LIMIT ?)",
            (f'"{entry}"', room + 1),
        ).fetchone()
        found = json.loads(text)
        if len(found) > room and collected:
            break
        for revision in found:
            collected[revision] = collected.get(revision, 0.0) + impact
        postings -= len(found)
    return heapq.nlargest(most, collected, key=collected.__getitem__)


def _current(connection: sqlite3.Connection, revisions: Sequence[int]) -> Iterable[tuple[str, int, int, str]]:
    for start in range(0, len(revisions), 500):
        some = revisions[start : start + 500]
        marks = ", ".join("?" * len(some))
        yield from connection.execute(
            "SELECT tools.name, terms.revision, terms.length, terms.views FROM tool_terms AS terms "  # noqa: S608
            "JOIN tools ON tools.id = terms.tool AND tools.revision = terms.revision "
            f"WHERE terms.revision IN ({marks}) AND tools.forgotten IS NULL",
            some,
        )


def _score(views: str, relative_length: float, weights: Mapping[str, float]) -> float:
    frequencies: dict[str, float] = {}
    for weight, view in zip(WEIGHTS, views.split("\n"), strict=True):
        for term in filter(weights.__contains__, view.split(" ")):
            frequencies[term] = frequencies.get(term, 0.0) + weight
    norm = K1 * (1.0 - B + B * relative_length)
    return sum(
        weights[term] * frequency * (K1 + 1.0) / (frequency + norm) for term, frequency in frequencies.items()
    )


def _hit(score: float, name: str, revision: int, views: str, weights: Mapping[str, float]) -> Hit:
    own = set(views.split())
    shared = tuple(term for term in weights if term in own)
    return Hit(name, revision, score, sum(map(weights.__getitem__, shared)) / sum(weights.values()), shared)
