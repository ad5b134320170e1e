"""A question as plain data, by which one process lets another ask it."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from creator_magic.model.cassette_line import asked_of, candidates_of, kept_candidate
from creator_magic.ports import Beginning, CodeCell, Message, Question
from creator_magic.problem import Problem, Variable

if TYPE_CHECKING:
    from collections.abc import Mapping


def told_of(question: Question) -> dict[str, Any]:
    """Return what `question_told` needs: what is sent, and what identifies it in a cassette."""
    return {
        "asked": asked_of(question),
        "candidates": [kept_candidate(each) for each in question.candidates],
        "messages": [asdict(message) for message in question.messages],
    }


def question_told(told: Mapping[str, Any]) -> Question:
    """Return a question that is asked and recorded like the one that was told.

    Parameters
    ----------
    told : mapping
        What `told_of` gave.
    """
    asked = told["asked"]
    rows = dict(asked.get("shared", ()))
    problem = Problem(
        text=asked["problem"],
        hints=tuple(asked["hints"]),
        variables=tuple(
            Variable(name, description, rows=rows.get(name, 0)) for name, description in asked["inputs"]
        ),
        method=asked["method"],
        shares_errors=asked.get("shares_errors", False),
        checks=tuple(asked.get("checks", ())),
        plan=asked.get("plan", ""),
    )
    standing = tuple(CodeCell("tool", "", source) for source in asked.get("standing", ()))
    return Question(
        asked["stage"],
        asked["attempt"],
        problem,
        tuple(Message(**message) for message in told["messages"]),
        Beginning(standing, asked["remark"]) if "standing" in asked else None,
        candidates_of(told["candidates"]),
        asked.get("sample", 1),
        asked.get("said", ""),
        tuple(asked.get("trial", ())),
    )
