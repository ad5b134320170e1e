"""Paraphrases of the queries of trials, for fine-tuning (STE, arXiv 2403.04746, section 3.3).

A model that is trained on the imagination's own words learns those too. The call and the answer stay, so
a paraphrase must ask for the same: it is dropped if it loses or adds a number, and if it is hardly
another query than one that is there.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from creator_magic.explore.reading import read_queries, why_not
from creator_magic.explore.stages import paraphrasing

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from creator_magic.explore.trial import Trial
    from creator_magic.ports import Question, Reply

_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")


@dataclass(frozen=True, slots=True)
class Example:
    """A trial with the query that it is exported with.

    Parameters
    ----------
    trial : Trial
        The trial, with that query.
    imagined : str
        The query that was imagined, where this is a paraphrase of it; else empty.
    """

    trial: Trial
    imagined: str = ""


class Paraphraser:
    """Has queries paraphrased, with a call for each.

    Parameters
    ----------
    ask : callable
        Asks a model.
    most : int
        Paraphrases of a query at the most.
    begin : callable
        Called once with the number of calls, before the first.
    """

    def __init__(self, ask: Callable[[Question], Reply], most: int, begin: Callable[[int], None]) -> None:
        self._ask = ask
        self._most = most
        self._begin = begin

    def __call__(self, trials: Mapping[str, Sequence[Trial]]) -> tuple[dict[Trial, list[Example]], int]:
        """Return the paraphrases of each trial, and how many were dropped.

        Parameters
        ----------
        trials : mapping of str to sequence of Trial
            Those of each tool.

        Raises
        ------
        ModelError, LimitError
            If a model cannot be asked.
        Interrupted
            If the person interrupted.
        """
        self._begin(sum(map(len, trials.values())))
        made: dict[Trial, list[Example]] = {}
        dropped = 0
        for tool, of_tool in trials.items():
            earlier = [trial.query for trial in of_tool]
            for trial in of_tool:
                reply = self._ask(paraphrasing(trial, self._most))
                said = read_queries(reply.text, reply.finish_reason)[: self._most]
                made[trial] = []
                numbers = _numbers(trial.query)
                for query in said:
                    # In like words and with other numbers it is another query all the same.
                    like = (each for each in earlier if _numbers(each) == numbers)
                    if _numbers(query) != numbers or why_not(query, tool, like):
                        dropped += 1
                        continue
                    earlier.append(query)
                    made[trial].append(Example(_said_so(trial, query, reply), trial.query))
        return made, dropped


def _numbers(text: str) -> set[str]:
    return {number.replace(",", "") for number in _NUMBER.findall(text)}


def _said_so(trial: Trial, query: str, reply: Reply) -> Trial:
    """Return a trial with another query, and with whoever worded that among its models."""
    before = trial.provenance
    models, origins = (*before.models, reply.model), (*before.origins, reply.origin)
    provenance = replace(before, models=tuple(dict.fromkeys(models)), origins=tuple(dict.fromkeys(origins)))
    return replace(trial, query=query, provenance=provenance)
