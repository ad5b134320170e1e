"""A solution in plain text, for terminals, logs and the plain half of a display."""

from __future__ import annotations

from collections import Counter
from textwrap import shorten
from typing import TYPE_CHECKING

from creator_magic.inert import inert

if TYPE_CHECKING:
    from collections.abc import Sequence

    from creator_magic.mending import Mending
    from creator_magic.ports import CodeCell
    from creator_magic.solution import Solution

_TERMS = 4
_OTHER = 120
_JUDGEMENT = 300
_QUERY = 60


def keys_of(cells: Sequence[CodeCell]) -> str:
    """Name the cells that run, as in "tool and the decision"."""
    return " and the ".join(cell.key for cell in cells if cell.role != "plan")


def headline(solution: Solution) -> str:
    """Return one line: how it ended, and what it took."""
    count = len(solution.attempts)
    if solution.problem.method == "create" or (solution.solved and solution.decision is None):
        ended = "Tool created" if solution.solved else "No working tool"
    else:
        ended = "Solved" if solution.solved else "Not solved"
    if solution.from_notebook:
        return f"{ended} by the cells in the notebook, no model asked · {solution.seconds:.1f} s"
    tries = "at the first attempt" if solution.solved and count == 1 else f"in {count} attempts"
    return f"{ended} {tries} · {cost_line(solution)}"


def cost_line(solution: Solution | Mending) -> str:
    """Return where the replies came from and what they cost, in words."""
    said = []
    for origin, word in (("called", "call"), ("replayed", "replayed reply"), ("scripted", "scripted reply")):
        number = solution.replies_from(origin)  # type: ignore[arg-type]
        if number:
            plural = word if number == 1 else word.replace("reply", "replie") + "s"
            said.append(f"{number} {plural}")
    usage = solution.usage
    if usage.prompt_tokens or usage.completion_tokens:
        said.append(f"{usage.prompt_tokens:,} tokens in, {usage.completion_tokens:,} out")
    if usage.calls and solution.money is not None:
        said.append(f"cost: {solution.money}")
    return " · ".join([*said, f"{solution.seconds:.1f} s"])


def renames_line(solution: Solution) -> str:
    """Return the names that were changed, or an empty text."""
    if not solution.renamed:
        return ""
    pairs = ", ".join(f"{old} → {new}" for old, new in solution.renamed)
    return f"Renamed so that nothing of yours is overwritten: {pairs}"


def reuse_lines(solution: Solution) -> list[str]:
    """Return which kept tools were found and used or passed over, and why; nothing where none was found."""
    if not solution.draft.candidates:
        return []
    used = solution.draft.reused
    lines = []
    for found in solution.draft.candidates:
        if found.name in used:
            why = f", found by {', '.join(found.terms[:_TERMS])}" if found.terms else ""
            lines.append(f"Reused: {found.name} from {found.place}{why}")
    for found in solution.draft.candidates:
        shown = [shorten(each.query, _QUERY, placeholder=" …") for each in found.demonstrations]
        if shown:
            lines.append(f"Demonstrations of {found.name} in the prompt: {' | '.join(shown)}")
    passed = [found.name for found in solution.draft.candidates if found.name not in used]
    if passed:
        lines.append(f"Found and not used: {', '.join(passed)}")
    if lines and solution.judgement:
        lines.append(f"The model on that: {shorten(solution.judgement, _JUDGEMENT, placeholder=' …')}")
    return lines


def _samples(solution: Solution) -> list[str]:
    """Return how several solutions agree, and where they do not."""
    samples = solution.samples
    if not samples:
        return []
    agree = sum(sample.agrees for sample in samples)
    lines = [f"Of {len(samples)} samples {agree} agree on this answer"] if agree else []
    others = Counter(sample.answer for sample in samples if sample.ran and not sample.agrees)
    lines += [
        f"{number} say{'s' if number == 1 else ''}: {shorten(answer or 'nothing', _OTHER, placeholder=' …')}"
        for answer, number in others.most_common()
    ]
    failed = Counter(sample.summary for sample in samples if not sample.ran)
    return [*lines, *(f"{number} failed: {summary}" for summary, number in failed.most_common())]


def what_it_did(solution: Solution) -> list[str]:
    """Return what the code did besides answering, a line each, and what else the person should know."""
    lines = [*reuse_lines(solution), *_samples(solution)]
    if solution.solved and solution.problem.checks:
        lines.append(f"Checks passed: {', '.join(solution.problem.checks)}")
    if solution.renamed:
        lines.append(renames_line(solution))
    if solution.changed:
        lines.append(f"Changed in place: {', '.join(f'`{name}`' for name in solution.changed)}")
    if solution.permitted:
        lines.append(f"Allowed: {', '.join(solution.permitted)}")
    return [*lines, *solution.notices]


def as_text(solution: Solution) -> str:
    """Return the whole solution for a terminal."""
    lines = [headline(solution)]
    if solution.answer_text:
        lines += [f"Answer: {solution.answer_text}"]
    lines += what_it_did(solution)
    for attempt in solution.attempts:
        if not attempt.feedback.ok:
            lines.append(f"Attempt {attempt.number}: {attempt.feedback.summary}")
    if solution.sent:
        lines.append(f"Sent: {solution.sent}")
    for run in solution.runs:
        lines += ["", f"# {run.cell.key} cell", run.cell.source]
    return inert("\n".join(lines))
