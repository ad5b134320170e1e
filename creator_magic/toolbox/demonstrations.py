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
from creator_magic.project_store.trials import passed_terms, read_trials
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
    for _, place in by_likeness(problem.text, [row.terms for row in rows]):
        row = rows[place]
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
            found = passed_terms(connection)
    except StoreError:
        return ()  # as above
    if not found:
        return ()
    scored = by_likeness(problem.text, [terms for _, terms in found])
    return tuple(dict.fromkeys(found[place][0] for score, place in scored if score))


def by_likeness(text: str, queries: Sequence[str]) -> list[tuple[float, int]]:
    """Return the BM25 scores of queries against a text, with their places; the most similar first.

    Parameters
    ----------
    text : str
        What the queries are compared with.
    queries : sequence of str
        The terms of each, with blanks; of equals the later comes first.
    """
    bags = [terms.split() for terms in queries]
    mean = max(sum(map(len, bags)) / len(bags), 1.0) if bags else 1.0
    places: dict[str, Counter[int]] = {term: Counter() for term in terms_of(text)}
    for place, bag in enumerate(bags):
        for term in bag:
            if term in places:
                places[term][place] += 1
    weights = Counts({term: (len(there), 0) for term, there in places.items()}, len(bags)).weights()
    scores = [0.0] * len(bags)
    for term, there in places.items():
        for place, often in there.items():
            norm = K1 * (1.0 - B + B * len(bags[place]) / mean)
            scores[place] += weights[term] * often * (K1 + 1.0) / (often + norm)
    return sorted(((score, place) for place, score in enumerate(scores)), reverse=True)


def _shown(row: TrialRow) -> Demonstration:
    turns = json.loads(row.details)["turns"]
    showed = next((t["observation"]["text"] for t in reversed(turns) if t["code"] == row.code), "")
    return Demonstration(row.query, row.code, showed if len(showed) <= _LONGEST_SHOWN else "")
