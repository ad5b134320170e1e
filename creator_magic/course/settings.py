"""What a person's settings come to within a course."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from creator_magic.course.course import LIMITS, METHODS
from creator_magic.policy.effects import DEFAULT, EFFECTS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from creator_magic.course.course import Course
    from creator_magic.policy.effects import Effect, Verdict

PARAMETERS = frozenset(
    {
        "temperature",
        "top_p",
        "seed",
        "max_tokens",
        "max_completion_tokens",
        "frequency_penalty",
        "presence_penalty",
        "reasoning_effort",
        "verbosity",
    }
)
"""Parameters of a call that cannot lead it to another model, or another text, than the course's."""


def within(course: Course, name: str, value: Any) -> Any:
    """Return what a setting comes to where a person sets `value`.

    Parameters
    ----------
    course : Course
        What is open.
    name : str
        The setting.
    value : object
        As it was set, and valid.

    Returns
    -------
    object
        `value` itself if the course allows it, else the nearest that it does.
    """
    if name in LIMITS:
        return type(value)(course.limited(name, value))
    if name in ("model", "creation_model", "embedding_model"):
        return value if course.models is None or value in course.models else ""
    if name == "parameters" and (course.endpoint or course.models is not None):
        return {key: said for key, said in value.items() if key in PARAMETERS}
    keep = _KEEP.get(name)
    return keep(course, value) if keep else value


def policy_within(course: Course, policy: Mapping[Effect, Verdict]) -> dict[Effect, Verdict]:
    """Return what holds of each effect that a policy or a course says something of."""
    return {
        effect: course.verdict(effect, policy.get(effect, DEFAULT[effect]))
        for effect in EFFECTS
        if effect in policy or course.allows(effect) != "allow"
    }


def _limits_money(course: Course) -> bool:
    return any(name.endswith("_money") for name in course.limits)


def _method(course: Course, value: str) -> str:
    if value in course.methods:
        return value
    return next((method for method in METHODS if method in course.methods), value)


_KEEP: Mapping[str, Any] = {
    "ask": lambda course, value: value or course.asks,
    "autofix": lambda course, value: value if course.opens("rectify") else "off",
    "base_url": lambda course, value: course.endpoint or value,
    "cassette_mode": lambda course, value: "replay" if course.calls == "recorded" else value,
    "method": _method,
    "policy": lambda course, value: {
        effect: course.verdict(effect, verdict) for effect, verdict in value.items()
    },
    "prices": lambda course, value: (
        {**value, **course.prices} if not _limits_money(course) else course.prices
    ),
    "share_errors": lambda course, value: value and course.sharing == "allowed",
    "share_rows": lambda course, value: value if course.sharing == "allowed" else 0,
    "sharing": lambda course, value: course.sharing if course.sharing == "forbidden" else value,
}

KEPT_WITHIN = (
    *(name for name in LIMITS if name != "samples"),
    *("model", "creation_model", "embedding_model", "parameters"),
    *(name for name in _KEEP if name not in ("policy", "prices", "sharing")),
)
"""The settings that a course may hold and that nothing else checks."""
