"""The solution: the outcome of a solve, with everything that led to it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import reduce
from operator import add
from typing import TYPE_CHECKING, Any, Literal

from creator_magic.draft import Draft
from creator_magic.inert import inert
from creator_magic.ports import CellRun, CodeCell, Origin, Question, Reply, Usage
from creator_magic.redaction import NOTICE, WITHHELD

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from creator_magic.feedback import Feedback
    from creator_magic.model.money import Money
    from creator_magic.problem import Problem


_NO_DRAFT = Draft()
_ANSWER = 2_000


@dataclass(frozen=True, slots=True)
class Exchange:
    """One question to a model and its reply."""

    question: Question
    reply: Reply


@dataclass(frozen=True, slots=True)
class Attempt:
    """One execution of a tool and a decision, with its feedback.

    Parameters
    ----------
    number : int
        Counted from 1; every later attempt is a rectification.
    cells : tuple of CodeCell
        The code, as it ran; empty where the reply held none that could be read.
    feedback : Feedback
        What execution, or the reading of the reply, said.
    diagnosis : str
        What the model said was wrong with the attempt before, in a line or two.
    renamed : tuple of (str, str)
        Names that were changed to keep them apart from the user's, old and new.
    seconds : float
        Wall time of the execution; the model's time is in the exchanges.
    notices : tuple of str
        What the person should know of how it ran, and of what it could change and nobody could undo.
    left : tuple of str
        What a failed attempt changed or started and could not be undone, in plain words.
    changed : tuple of str
        Names whose objects the code changed in place, where it worked.
    permitted : tuple of str
        What the code did beyond computing, as the person permits it.
    """

    number: int
    cells: tuple[CodeCell, ...]
    feedback: Feedback
    diagnosis: str = ""
    renamed: tuple[tuple[str, str], ...] = ()
    seconds: float = 0.0
    notices: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    permitted: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sample:
    """One of several solutions that were tried.

    Parameters
    ----------
    summary : str
        How it went, in a line.
    answer : str
        Its answer, as it was shown; empty where it failed.
    ran : bool
        Whether it ran, and passed whatever it had to.
    agrees : bool
        Whether its answer is the one that was chosen.
    attempts : tuple of Attempt
        What was made for it.
    """

    summary: str
    answer: str
    ran: bool
    agrees: bool
    attempts: tuple[Attempt, ...] = ()


_DRAWS = frozenset({"matplotlib", "plotly", "altair", "bokeh", "plotnine"})
_PICTURES = ("image/", "application/vnd.plotly", "application/vnd.vega", "application/vnd.bokeh")


def answer_text_of(runs: Sequence[CellRun], answer: object = None, most: int = _ANSWER) -> str:
    """Return the answer as the decision cell shows it, in plain text: its result, else what it printed.

    Parameters
    ----------
    runs : sequence of CellRun
        The cells that ran.
    answer : object
        The answer itself, where it is at hand: some that draw themselves do not say so.
    most : int
        Characters after which it is cut.
    """
    if not runs or runs[-1].cell.role != "decision":
        return ""
    outputs = runs[-1].outputs
    results = [_said(o["data"], answer) for o in outputs if o["output_type"] == "execute_result"]
    printed = [o["text"] for o in outputs if o["output_type"] == "stream" and o["name"] == "stdout"]
    shown = [_said(o["data"], answer) for o in outputs if o["output_type"] == "display_data"]
    text = inert("\n".join(str(part) for part in (results or printed or shown))).strip()
    return text if len(text) <= most else f"{text[:most]} …"


def _said(data: Mapping[str, Any], answer: object) -> str:
    library = type(answer).__module__.partition(".")[0]
    if library in _DRAWS or any(mime.startswith(_PICTURES) for mime in data):
        return "a figure"
    return str(data.get("text/plain", ""))


@dataclass(frozen=True, slots=True, repr=False)
class Solution:
    """What a problem came to.

    Parameters
    ----------
    problem : Problem
        What was stated.
    solved : bool
        Whether an attempt ran to its end.
    answer : object
        The value of the decision's last expression, or the text it printed; None where unsolved.
    runs : tuple of CellRun
        The generated cells as they stand in the end, with their outputs.
    attempts : tuple of Attempt
        Every attempt, the failed ones too.
    exchanges : tuple of Exchange
        Every question to a model with its reply, in order.
    from_notebook : bool
        True where the cells that stood in the notebook were run and no model was asked.
    draft : Draft
        The code in the model's own words, and the kept tools that it was offered.
    judgement : str
        What the model said of these, in a line or two.
    samples : tuple of Sample
        All solutions that were tried, where there were several.
    seconds : float
        Wall time of the whole.
    money : Money or None
        What the calls cost by the user's prices; None where none are set.
    """

    problem: Problem
    solved: bool
    answer: Any
    runs: tuple[CellRun, ...]
    attempts: tuple[Attempt, ...]
    exchanges: tuple[Exchange, ...] = ()
    from_notebook: bool = False
    draft: Draft = _NO_DRAFT
    judgement: str = ""
    samples: tuple[Sample, ...] = ()
    seconds: float = 0.0
    money: Money | None = None

    @property
    def tool(self) -> str | None:
        """Source of the tool cells; of a kept tool, if it stands in another cell of the notebook."""
        sources = [run.cell.source for run in self.runs if run.cell.role == "tool"]
        return "\n\n\n".join(sources) or self.draft.tool_source or None

    @property
    def decision(self) -> str | None:
        """Source of the decision cell."""
        return next((run.cell.source for run in self.runs if run.cell.role == "decision"), None)

    @property
    def usage(self) -> Usage:
        """What all calls cost together, those of failed attempts included."""
        return reduce(add, (exchange.reply.usage for exchange in self.exchanges), Usage())

    @property
    def renamed(self) -> tuple[tuple[str, str], ...]:
        """Names that were changed to keep them apart from the user's, old and new."""
        return tuple(dict.fromkeys(pair for attempt in self.attempts for pair in attempt.renamed))

    @property
    def permitted(self) -> tuple[str, ...]:
        """What code that ran did beyond computing, as the person permits it, in one word each."""
        return tuple(dict.fromkeys(effect for attempt in self.attempts for effect in attempt.permitted))

    @property
    def notices(self) -> tuple[str, ...]:
        """What the person should know of the calls and of the executions, each once."""
        said = [] if self.from_notebook else list(self.problem.notices)
        said += [notice for exchange in self.exchanges for notice in exchange.reply.notices]
        if any(WITHHELD in message.content for e in self.exchanges for message in e.question.messages):
            said.append(NOTICE)
        for attempt in self.attempts:
            said += [*attempt.notices, *(f"Attempt {attempt.number}: {left}" for left in attempt.left)]
        return tuple(dict.fromkeys(said))

    @property
    def changed(self) -> tuple[str, ...]:
        """Names whose objects the code changed in place although the problem does not speak of them."""
        text = "\n".join((self.problem.text, *self.problem.hints))
        changed = self.attempts[-1].changed if self.attempts else ()
        return tuple(name for name in changed if not re.search(rf"\b{re.escape(name)}\b", text))

    @property
    def lost(self) -> tuple[str, ...]:
        """What failed attempts left changed since nobody could put it back, as "`name` is a generator"."""
        failures = [attempt.feedback.failure for attempt in self.attempts]
        return tuple(dict.fromkeys(lost for failure in failures if failure for lost in failure.lost))

    @property
    def sent(self) -> str:
        """What left the machine, in a line; empty where nothing did."""
        called = [e.question for e in self.exchanges if e.reply.origin == "called"]
        if not called:
            return ""
        problem = self.problem
        parts = ["the problem"]
        if problem.hints:
            parts.append("your hint" if len(problem.hints) == 1 else f"your {len(problem.hints)} hints")
        if problem.variables:
            parts.append(f"the form of {', '.join(variable.name for variable in problem.variables)}")
        for variable in problem.variables:
            if variable.rows:
                rows = "row" if variable.rows == 1 else "rows"
                dates = " and the first and last dates" if variable.ranges else ""
                parts.append(f"{variable.rows} {rows}{dates} of {variable.name}")
        offered = [c.name for c in self.draft.candidates] if any(q.stage == "reuse" for q in called) else []
        if offered:
            parts.append(f"signature and docstring of {', '.join(offered)}")
        explored = [c.name for c in self.draft.candidates if c.demonstrations and c.name in offered]
        if explored:
            parts.append(f"trials of {', '.join(explored)}")
        if any(question.stage == "rectification" for question in called):
            parts.append(f"the code with its error{'' if problem.shares_errors else ', values withheld'}")
        if any(question.stage == "review" for question in called):
            parts.append("the output, to be reviewed")
        return ", ".join(parts)

    def replies_from(self, origin: Origin) -> int:
        """Return how many replies came from `origin`."""
        return sum(exchange.reply.origin == origin for exchange in self.exchanges)

    @property
    def origin(self) -> Origin | Literal["notebook"]:
        """Where its code came from: from a model if any reply did; else from the first reply's origin."""
        origins = [exchange.reply.origin for exchange in self.exchanges]
        return "called" if "called" in origins else next(iter(origins), "notebook")

    @property
    def answer_text(self) -> str:
        """The answer as the decision cell shows it, in plain text."""
        return answer_text_of(self.runs, self.answer) if self.solved else ""

    def __repr__(self) -> str:
        return f"<Solution {'solved' if self.solved else 'unsolved'} in {len(self.attempts)} attempts>"

    def __str__(self) -> str:
        from creator_magic.cells.plain_text import as_text

        return as_text(self)

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:  # noqa: ARG002 - IPython's signature
        printer.text(str(self))

    def _repr_html_(self) -> str:
        from creator_magic.cells.summary import as_html

        return as_html(self)
