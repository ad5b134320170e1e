"""The rows behind the figures, each with all that led to it, as far as a page holds them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from creator_magic.bench.results_file import read_traces, traces_path

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from creator_magic.bench.report.arms import Arm, DataSet
    from creator_magic.bench.row import Row
    from creator_magic.bench.trace import Trace

CHARACTERS = 20_000_000
"""What all traces on a page may have together, if not all rows are asked for."""
LONGEST = 20_000
"""What one text of them may have, likewise."""


@dataclass(frozen=True, slots=True)
class TracedCall:
    """A call, for a page: a prompt that recurs stands there once."""

    stage: str
    attempt: int
    recurring: int | None
    messages: tuple[tuple[str, str], ...]
    reply: str


@dataclass(frozen=True, slots=True)
class TracedAttempt:
    """An execution, for a page."""

    cells: tuple[tuple[str, str], ...]
    feedback: str
    traceback: str
    answer: str


@dataclass(frozen=True, slots=True)
class TracedRow:
    """A row, for a page.

    Parameters
    ----------
    anchor : str
        Its id on the page.
    row : Row
        What it came to.
    missing : str
        Why what led to it is not here; empty if it is.
    text : str
        The problem.
    calls, attempts : tuple
        In order.
    """

    anchor: str
    row: Row
    missing: str = ""
    text: str = ""
    calls: tuple[TracedCall, ...] = ()
    attempts: tuple[TracedAttempt, ...] = ()


@dataclass(slots=True)
class TracedRows:
    """All rows that a page opens.

    Parameters
    ----------
    by_arm : dict
        The rows of each data set's arms, by both their names.
    recurring : dict
        System prompts with their numbers: each stands on the page once.
    notes : list of str
        What was left out.
    """

    by_arm: dict[tuple[str, str], list[TracedRow]] = field(default_factory=dict)
    recurring: dict[str, int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def problem_by_problem(self, data: DataSet) -> Iterator[tuple[str, list[tuple[str, str]]]]:
        """Yield each problem with what it came to in each way, and the anchor of its row if it is here."""
        came: list[dict[str, list[str]]] = []
        anchors: list[dict[str, str]] = []
        for arm in data.arms:
            came.append({})
            for row in arm.rows:
                came[-1].setdefault(row.id, []).append(row.outcome)
            here = reversed(self.by_arm[data.name, arm.label])
            anchors.append({traced.row.id: traced.anchor for traced in here})
        for problem in data.problems:
            yield (
                problem,
                [
                    (_together(outcomes.get(problem, [])), links.get(problem, ""))
                    for outcomes, links in zip(came, anchors, strict=True)
                ],
            )


def _together(outcomes: Sequence[str]) -> str:
    if len(outcomes) > 1:
        return ", ".join(f"{outcomes.count(outcome)} {outcome}" for outcome in dict.fromkeys(outcomes))
    return outcomes[0] if outcomes else "-"


def traced_rows(results: Sequence[DataSet], *, everything: bool) -> TracedRows:
    """Gather the rows that a page opens.

    Parameters
    ----------
    results : sequence of DataSet
        What is reported.
    everything : bool
        Whether to take all rows, whole; else those that are not right, within `CHARACTERS`.

    Raises
    ------
    InputError
        If a file of traces cannot be read.
    """
    page = TracedRows()
    arms = [(data, arm) for data in results for arm in data.arms]
    traces = _traces([arm for _, arm in arms], everything=everything)
    space = _Space(0 if everything else CHARACTERS, 0 if everything else LONGEST)
    right = untraced = 0
    for number, (data, arm) in enumerate(arms, 1):
        shown = page.by_arm[data.name, arm.label] = []
        for row in arm.rows:
            if row.correct and not everything:
                right += 1
                continue
            anchor = f"row-{number}-{len(shown) + 1}"
            trace = traces.pop(_key(arm, row), None)
            if trace is None:
                shown.append(TracedRow(anchor, row, f"No trace of it is in {traces_path(arm.file).name}."))
            elif space.full:
                untraced += 1
                why = f"Left out, for the page is full: see {traces_path(arm.file).name}, or use --all."
                shown.append(TracedRow(anchor, row, why))
            else:
                shown.append(_traced(anchor, row, trace, page.recurring, space))
    if right:
        page.notes.append(
            f"Rows that came out right and are not opened here: {right:,}. --all opens them too."
        )
    if untraced:
        page.notes.append(
            f"Rows whose traces are left out: {untraced:,}. The page holds {CHARACTERS:,} characters of "
            "traces; --all holds all."
        )
    if space.cut:
        page.notes.append(f"Texts cut to {LONGEST:,} characters: {space.cut:,}. --all shows them whole.")
    return page


@dataclass(slots=True)
class _Space:
    """How much fits: in all, and of one text; 0 for as much as there is."""

    characters: int
    longest: int
    used: int = 0
    cut: int = 0

    @property
    def full(self) -> bool:
        return bool(self.characters) and self.used >= self.characters

    def take(self, text: str) -> str:
        if self.longest and len(text) > self.longest:
            self.cut += 1
            text = f"{text[: self.longest]}\n[… {len(text) - self.longest:,} more characters]"
        self.used += len(text)
        return text


def _key(arm: Arm, row: Row) -> tuple[str, str, str, str, int]:
    return str(arm.file), row.id, row.data, row.method, row.repeat


def _traces(arms: Sequence[Arm], *, everything: bool) -> dict[tuple[str, str, str, str, int], Trace]:
    """Return the traces that are needed; of several for the same work the last is what its row is from."""
    wanted = {_key(arm, row) for arm in arms for row in arm.rows if everything or not row.correct}
    return {
        key: trace
        for arm in {arm.file: arm for arm in arms}.values()
        for trace in read_traces(arm.file)
        if (key := (str(arm.file), trace.id, trace.data, trace.method, trace.repeat)) in wanted
    }


def _traced(anchor: str, row: Row, trace: Trace, recurring: dict[str, int], space: _Space) -> TracedRow:
    calls = []
    for call in trace.calls:
        messages = list(call.messages)
        place = None
        if messages and messages[0][0] == "system":
            place = recurring.setdefault(messages.pop(0)[1], len(recurring) + 1)
        taken = tuple((role, space.take(text)) for role, text in messages)
        calls.append(TracedCall(call.stage, call.attempt, place, taken, space.take(call.reply)))
    attempts = tuple(
        TracedAttempt(
            tuple((role, space.take(source)) for role, source in each.cells),
            space.take(each.feedback),
            space.take(each.traceback),
            space.take(each.answer),
        )
        for each in trace.attempts
    )
    return TracedRow(anchor, row, "", space.take(trace.text), tuple(calls), attempts)
