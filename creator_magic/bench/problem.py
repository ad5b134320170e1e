"""A problem with a known answer, as data."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

GradedBy = Literal["number", "latex", "text", "check"]
"""How an answer is compared: as a number, as mathematics in LaTeX, as text, or by a Python expression."""


@dataclass(frozen=True, slots=True)
class BenchProblem:
    """A problem with a known answer.

    Parameters
    ----------
    id : str
        What tells it from all others of its data.
    text : str
        What is asked, with the table or passage it speaks of, as a model is told.
    answer : str
        The right answer as text; for a check, an expression that holds of `answer`; `^2` for a number
        that is the exponent of a unit.
    graded_by : {"number", "latex", "text", "check"}
        How an answer is compared with it.
    data : str
        The name of the data it is from.
    level : str
        How hard it is, as its data say; empty if they do not.
    subject : str
        What it is about, as its data say; empty if they do not.
    group : str
        What problems that one tool could serve have in common, as in the paper's transfer experiment
        (CREATOR, arXiv 2305.14318, section 5.1); empty if it stands alone.
    hints : mapping of str to str
        What the data tell about a fitting tool: `utility`, `arguments`, `returns` (Creation Challenge,
        section 4.2).
    choices : tuple of str
        What there is to choose from, where the answer is one of several texts.
    """

    id: str
    text: str
    answer: str
    graded_by: GradedBy = "number"
    data: str = ""
    level: str = ""
    subject: str = ""
    group: str = ""
    hints: Mapping[str, str] = field(default_factory=dict)
    choices: tuple[str, ...] = ()
