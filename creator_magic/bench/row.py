"""A row of results: what one problem, worked on in one way, came to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Outcome = Literal["right", "wrong", "no answer", "failed", "lost"]
"""Right or wrong; an answer that nothing could be read from; code that did not work to the last; or work
that was lost, with a worker or with the endpoint."""


@dataclass(frozen=True, slots=True)
class Row:
    """What one problem, worked on in one way, came to: a line of a results file, as JSON.

    Parameters
    ----------
    id : str
        The problem's.
    data : str
        The name of the data it is from.
    method : str
        The setup's label.
    model : str
        The name of the model that was asked.
    repeat : int
        Which time it is, from 1, where a run works on each problem several times.
    outcome : str
        One of `Outcome`.
    correct : bool
        Whether the answer is right: by its last number where it is a number.
    any : bool
        Whether any number in the answer is the right one.
    lenient : bool
        Whether it is right by the rule of CREATOR's published grader.
    answer : str
        The answer as it was shown.
    gold : str
        The right one.
    attempts : int
        Executions of code, the rectified ones included; 0 for methods without code.
    right_at : int or None
        After how many rectifications the answer was right; None where it was not.
    calls, prompt_tokens, completion_tokens, cached_tokens, reasoning_tokens : int
        What the model was asked, as the endpoint counted it.
    tokens : int
        Prompt and completion together.
    cost : float or None
        By the prices that are set, in their currency; None where none are set.
    currency : str
        Of the cost.
    seconds, model_seconds, run_seconds : float
        Wall time of all, of the model's calls, and of executions.
    level, subject, group : str
        As the problem's.
    reused : tuple of str
        Names of kept tools that the answer was made with.
    failure : str
        The kind of the last failure, and its type; empty if there was none.
    error : str
        Why the work was lost, in a line; empty if it was not.
    scripted : bool
        Whether a person wrote replies of it, and no model.
    """

    id: str
    data: str
    method: str
    model: str
    repeat: int
    outcome: Outcome
    correct: bool
    any: bool
    lenient: bool
    answer: str
    gold: str
    attempts: int = 0
    right_at: int | None = None
    calls: int = 0
    tokens: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cached_tokens: int = 0
    reasoning_tokens: int = 0
    cost: float | None = None
    currency: str = ""
    seconds: float = 0.0
    model_seconds: float = 0.0
    run_seconds: float = 0.0
    level: str = ""
    subject: str = ""
    group: str = ""
    reused: tuple[str, ...] = ()
    failure: str = ""
    error: str = ""
    scripted: bool = False
