"""Mending a cell of the person's own: a diagnosis and a new text, offered and never just applied.

One call, and one more where the reply cannot be used. Nothing here knows of a notebook: whoever shows
the offer also replaces the cell, if the person accepts.
"""

from __future__ import annotations

import difflib
import re
import time
from collections import Counter
from dataclasses import dataclass, replace
from functools import reduce
from operator import add
from typing import TYPE_CHECKING, Literal
from uuid import uuid4

from creator_magic.errors import ModelError
from creator_magic.events import Asked, Replied, growing
from creator_magic.feedback import feedback_of
from creator_magic.half_run import changed_already
from creator_magic.kept_layout import keep_layout, lost_lines
from creator_magic.missing_packages import distribution_of
from creator_magic.policy.analysis import findings
from creator_magic.policy.effects import DEFAULT
from creator_magic.policy.gate import would_do
from creator_magic.ports import CodeCell, Usage
from creator_magic.redaction import NOTICE, WITHHELD
from creator_magic.reply import Unusable
from creator_magic.reply.whole_cell import WholeCell, read_cell
from creator_magic.solution import Exchange
from creator_magic.stages.mending import CELL, mending

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from creator_magic.events import Listener
    from creator_magic.model.money import Money
    from creator_magic.policy.effects import Finding
    from creator_magic.ports import Failure, Model, Origin, Question
    from creator_magic.problem import Problem
    from creator_magic.redaction import Redaction

MEND = "The cell failed. Mend it."
"""The problem, where the person says nothing else."""

ATTEMPTS = 2
"""How often a model is asked at the most."""

DiffKind = Literal["place", "same", "gone", "new"]


@dataclass(frozen=True, slots=True)
class Ailment:
    """A cell to be mended, and what is wrong with it.

    Parameters
    ----------
    source : str
        The cell, as it ran or as it stands.
    failure : Failure or None
        How it failed; None where the person only wants it changed.
    reached : int
        The line that it had come to, counted from 1; 0 if nothing of it ran.
    """

    source: str
    failure: Failure | None = None
    reached: int = 0


@dataclass(frozen=True, slots=True)
class DiffLine:
    """One line of a diff: where it is, what stays, what goes or what comes."""

    kind: DiffKind
    text: str


@dataclass(frozen=True, slots=True)
class Mending:
    """What a model would change in a cell.

    Parameters
    ----------
    id : str
        What tells it from others.
    ailment : Ailment
        The cell.
    problem : Problem
        What was wanted of it.
    source : str or None
        Its new text; None where the model would change nothing.
    diagnosis : str
        What is wrong, in the model's words.
    warnings : tuple of str
        What to know before it is accepted.
    exchanges : tuple of Exchange
        Every question to the model with its reply.
    seconds : float
        Wall time.
    money : Money or None
        What the calls cost by the person's prices; None where none are set.
    """

    id: str
    ailment: Ailment
    problem: Problem
    source: str | None
    diagnosis: str
    warnings: tuple[str, ...]
    exchanges: tuple[Exchange, ...]
    seconds: float = 0.0
    money: Money | None = None

    @property
    def diff(self) -> tuple[DiffLine, ...]:
        """The change, as a unified diff with lines of the old cell for places; empty where there is none."""
        if self.source is None:
            return ()
        before, after = self.ailment.source.split("\n"), self.source.split("\n")
        lines = [*difflib.unified_diff(before, after, lineterm="")][2:]
        return tuple(line for line in map(_diff_line, lines) if line is not None)

    @property
    def usage(self) -> Usage:
        """What all calls cost together."""
        return reduce(add, (exchange.reply.usage for exchange in self.exchanges), Usage())

    @property
    def notices(self) -> tuple[str, ...]:
        """What the person should know of the calls."""
        said = [notice for exchange in self.exchanges for notice in exchange.reply.notices]
        if any(WITHHELD in message.content for e in self.exchanges for message in e.question.messages):
            said.append(NOTICE)
        return tuple(dict.fromkeys(said))

    @property
    def sent(self) -> str:
        """What left the machine, in a line; empty where nothing did."""
        if not self.replies_from("called"):
            return ""
        parts = ["the cell"]
        if self.ailment.failure is not None:
            parts.append("its error" if self.problem.shares_errors else "its error, values withheld")
        if self.problem.text != MEND:
            parts.append("what you said")
        if self.problem.hints:
            number = len(self.problem.hints)
            parts.append("your hint" if number == 1 else f"your {number} hints")
        for variable in self.problem.variables:
            rows = f" and {variable.rows} of its rows" if variable.rows else ""
            parts.append(f"the form of {variable.name}{rows}")
        return ", ".join(parts)

    def replies_from(self, origin: Origin) -> int:
        """Return how many replies came from `origin`."""
        return sum(exchange.reply.origin == origin for exchange in self.exchanges)


def first_question(ailment: Ailment, problem: Problem, redact: Redaction) -> Question:
    """Return what `mend` asks first."""
    return redact.of_question(mending(problem, redact(ailment.source), _said(ailment, problem)))


def mend(
    ailment: Ailment,
    problem: Problem,
    model: Model,
    *,
    redact: Redaction,
    meanings: Callable[[Iterable[str]], Mapping[str, str]],
    emit: Listener,
) -> Mending:
    """Ask for the diagnosis of a cell, and for its new text.

    Parameters
    ----------
    ailment : Ailment
        The cell.
    problem : Problem
        What is wanted of it: `MEND`, or what the person says; with hints and stated variables.
    model : Model
        Who is asked.
    redact : Redaction
        Withholds what looks like a key.
    meanings : callable
        Called with names: what those that the notebook has mean, as `findings` takes it.
    emit : callable
        Told of each step.

    Raises
    ------
    ModelError
        If the model cannot be asked, or no reply of it can be used.
    """
    began = time.monotonic()
    exchanges: list[Exchange] = []
    question = first_question(ailment, problem, redact)
    while True:
        emit(Asked(question.stage, question.attempt))
        reply = model.ask(question, growing("mending", emit))
        exchanges.append(Exchange(question, reply))
        emit(Replied("mending", reply))
        read = read_cell(reply.text, redact(ailment.source), reply.finish_reason)
        if isinstance(read, WholeCell):
            read = _with_keys(read, ailment.source, redact)
        if isinstance(read, WholeCell):
            break
        if question.attempt == ATTEMPTS:
            said = "The model gave no cell that can be used, and nothing was changed."
            raise ModelError(f"{said} {read.reason}")
        rejected = mending(problem, redact(ailment.source), question.said, question.attempt + 1, read.reason)
        question = redact.of_question(rejected)
    source = None
    if read.source is not None:
        source = keep_layout(ailment.source, _framed(read.source, ailment.source))
        source = None if source.strip() == ailment.source.strip() else source
    return Mending(
        uuid4().hex,
        ailment,
        problem,
        source,
        read.diagnosis,
        (*_installs(ailment), *(_warnings(ailment, source, meanings) if source is not None else ())),
        tuple(exchanges),
        time.monotonic() - began,
    )


def _said(ailment: Ailment, problem: Problem) -> str:
    if ailment.failure is None:
        return ""
    cells = [CodeCell("decision", CELL, ailment.source)]
    return feedback_of(ailment.failure, cells, problem).for_model


def _framed(source: str, original: str) -> str:
    """Return a cell with the empty lines around it, and the cell magic above it, that it had."""
    lead = original[: len(original) - len(original.lstrip("\n"))]
    end = original[len(original.rstrip("\n")) :]
    first = original.lstrip("\n").partition("\n")[0]
    if first.startswith("%%") and not source.lstrip().startswith("%%"):
        source = f"{first}\n{source}"
    return f"{lead}{source.strip(chr(10))}{end}"


def _with_keys(read: WholeCell, original: str, redact: Redaction) -> WholeCell | Unusable:
    """Put back what was withheld, each where it stood."""
    if read.source is None or WITHHELD not in read.source:
        return read
    shown = redact(original).split(WITHHELD)
    found = re.fullmatch("(.+?)".join(map(re.escape, shown)), original, re.DOTALL)
    keys = found.groups() if found else ()
    pieces = read.source.split(WITHHELD)
    # The same words before each say that it is the same one.
    if len(set(keys)) > 1 and [_before(piece) for piece in pieces[:-1]] != [_before(p) for p in shown[:-1]]:
        keys = ()
    if not keys:
        reason = f"The lines that hold {WITHHELD} must stay as they are."
        return Unusable(reason, read.source, read.diagnosis, syntax=False)
    same = [*keys, *[keys[0]] * len(pieces)] if len(set(keys)) == 1 else list(keys)
    source = "".join(piece + key for piece, key in zip(pieces, [*same[: len(pieces) - 1], ""], strict=True))
    return replace(read, source=source)


def _before(piece: str) -> str:
    return "".join(piece.rpartition("\n")[2].split()).replace("'", '"')


def _installs(ailment: Ailment) -> list[str]:
    """Return what may only have to be installed, as far as the module's package is known."""
    missing = ailment.failure.missing if ailment.failure else ()
    known = [distribution for module in missing if (distribution := distribution_of(module))]
    return [
        f"Perhaps it is only not installed: `%pip install {name}`, and run the cell again." for name in known
    ]


def _warnings(
    ailment: Ailment, source: str, meanings: Callable[[Iterable[str]], Mapping[str, str]]
) -> tuple[str, ...]:
    said = []
    added = _added_effects(ailment.source, source, meanings)
    if added:
        places = ", ".join(dict.fromkeys(f"line {one.line}" for one in added))
        said.append(f"The change would also {would_do(added)} ({places}).")
    changed = changed_already(ailment.source, ailment.reached)
    if changed:
        names = ", ".join(f"`{name}`" for name in changed)
        said.append(
            f"What ran before it failed has changed {names} in place. That is not taken back, and running "
            "the cell again changes it again."
        )
    lost = lost_lines(ailment.source, source)
    if lost:
        said.append(f"Of yours, the change leaves out: {'  '.join(lost)}")
    return tuple(said)


def _added_effects(
    original: str, source: str, meanings: Callable[[Iterable[str]], Mapping[str, str]]
) -> Sequence[Finding]:
    outside = meanings(set(re.findall(r"[^\W\d]\w*", source)))
    before = Counter((one.effect, one.what) for one in findings([(CELL, original)], outside))
    added = []
    for one in findings([(CELL, source)], outside):
        if before[one.effect, one.what]:
            before[one.effect, one.what] -= 1
        elif DEFAULT[one.effect] != "allow":
            added.append(one)
    return added


_KINDS: dict[str, DiffKind] = {" ": "same", "-": "gone", "+": "new"}
_PLACE = re.compile(r"@@ -(\d+)")


def _diff_line(line: str) -> DiffLine | None:
    place = _PLACE.match(line)
    if place is None:
        return DiffLine(_KINDS[line[0]], line[1:])
    return DiffLine("place", f"line {place[1]}") if int(place[1]) > 1 else None
