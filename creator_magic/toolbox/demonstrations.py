"""Demonstrations: trials of an explored tool that stand in the prompts of problems which use it.

In-context learning from trials (STE, arXiv 2403.04746, section 3.3): those whose queries are most like
the problem, by the terms and weights of the toolbox's search.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from creator_magic.errors import StoreError
from creator_magic.ports import Demonstration
from creator_magic.project_store.trials import passed_trials, read_trials
from creator_magic.tool_version import version_of
from creator_magic.toolbox.search import K1, B, Counts
from creator_magic.toolbox.terms import terms_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from creator_magic.ports import Candidate
    from creator_magic.problem import Problem
    from creator_magic.project_store import ProjectStore
    from creator_magic.project_store.trials import TrialRow

MOST = 8
"""Demonstrations in a prompt at the most, of all tools together (STE, section 4.1)."""

_AROUND = 150
"""Characters of the template around a demonstration."""

_LONGEST_SHOWN = 300

_CHARACTERS_A_TOKEN = 3
"""What tokenizers make of code at the worst, about; the budget is rather kept than used up."""


def with_demonstrations(
    candidates: Sequence[Candidate],
    problem: Problem,
    store: ProjectStore,
    versions: Mapping[str, str],
    budget: int,
) -> tuple[Candidate, ...]:
    """Return candidates with the trials of them that are most like a problem.

    Parameters
    ----------
    candidates : sequence of Candidate
        The tools that the problem is offered.
    problem : Problem
        What is stated.
    store : ProjectStore
        The project's file, with the trials.
    versions : mapping
        The version of each candidate that has no source of its own, by name.
    budget : int
        Tokens, about, that all demonstrations together may take; 0 for none.

    Returns
    -------
    tuple of Candidate
        Each with its own demonstrations, the most similar first.
    """
    if not budget or not candidates or not store.exists:
        return tuple(candidates)
    rows: list[TrialRow] = []
    try:
        with store.reading() as connection:
            for each in candidates:
                version = version_of(*(tool.source for tool in each.tools)) if each.tools else ""
                version = version or versions.get(each.name, "")
                rows += [row for row in read_trials(connection, each.name, version) if row.passed]
    except StoreError:
        return tuple(candidates)  # demonstrations help; a problem is not to wait for them
    taken: dict[str, list[Demonstration]] = {each.name: [] for each in candidates}
    room, number = budget * _CHARACTERS_A_TOKEN, 0
    for _, row in by_likeness(problem.text, rows):
        shown = _shown(row)
        size = len(shown.query) + len(shown.code) + len(shown.showed) + _AROUND
        if number < MOST and size <= room:
            taken[row.tool].append(shown)
            room, number = room - size, number + 1
    return tuple(replace(each, demonstrations=tuple(taken[each.name])) for each in candidates)


def likely_tools(problem: Problem, store: ProjectStore) -> tuple[str, ...]:
    """Return the explored tools that have trials like a problem, the most similar first.

    Whoever explored a tool knows it by the words of those who need it, and not only by its own.

    Parameters
    ----------
    problem : Problem
        What is stated.
    store : ProjectStore
        The project's file, with the trials.
    """
    if not store.exists:
        return ()
    try:
        with store.reading() as connection:
            rows = passed_trials(connection)
    except StoreError:
        return ()  # as above
    scored = by_likeness(problem.text, rows)
    return tuple(dict.fromkeys(row.tool for score, row in scored if score))


def by_likeness(text: str, rows: Sequence[TrialRow]) -> list[tuple[float, TrialRow]]:
    """Return trials with the BM25 scores of their queries against a text, the most similar first.

    Parameters
    ----------
    text : str
        What the queries are compared with.
    rows : sequence of TrialRow
        The trials; of equals the newer comes first.
    """
    bags = [Counter(terms_of(row.query)) for row in rows]
    wanted = dict.fromkeys(terms_of(text))
    lengths = [sum(bag.values()) for bag in bags]
    mean = max(sum(lengths) / len(lengths), 1.0) if rows else 1.0
    counts = Counts({term: (sum(term in bag for bag in bags), 0) for term in wanted}, len(rows))
    weights = counts.weights()

    def score(bag: Counter[str], length: int) -> float:
        norm = K1 * (1.0 - B + B * length / mean)
        return sum(weights[t] * bag[t] * (K1 + 1.0) / (bag[t] + norm) for t in wanted if bag[t])

    scores = [score(bag, length) for bag, length in zip(bags, lengths, strict=True)]
    order = sorted(range(len(rows)), key=lambda place: (scores[place], place), reverse=True)
    return [(scores[place], rows[place]) for place in order]


def _shown(row: TrialRow) -> Demonstration:
    turns = json.loads(row.details)["turns"]
    showed = next((t["observation"]["text"] for t in reversed(turns) if t["code"] == row.code), "")
    return Demonstration(row.query, row.code, showed if len(showed) <= _LONGEST_SHOWN else "")
