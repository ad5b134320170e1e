"""A solution in plain text, for terminals, logs and the plain half of a display."""

from __future__ import annotations

from textwrap import shorten
from typing import TYPE_CHECKING, Any

from creator_magic.inert import inert

if TYPE_CHECKING:
    from collections.abc import Mapping

    from creator_magic.solution import Solution

_ANSWER = 2_000
_TERMS = 4
_JUDGEMENT = 300


def answer_text(solution: Solution) -> str:
    """Return the answer as the decision cell shows it: its result, else what it printed."""
    if not solution.solved or not solution.runs or solution.runs[-1].cell.role != "decision":
        return ""
    outputs = solution.runs[-1].outputs
    results = [_said(o["data"], solution) for o in outputs if o["output_type"] == "execute_result"]
    printed = [o["text"] for o in outputs if o["output_type"] == "stream" and o["name"] == "stdout"]
    shown = [_said(o["data"], solution) for o in outputs if o["output_type"] == "display_data"]
    text = inert("\n".join(str(part) for part in (results or printed or shown))).strip()
    return text if len(text) <= _ANSWER else f"{text[:_ANSWER]} …"


def _said(data: Mapping[str, Any], solution: Solution) -> str:
    """Return what a display comes to in words."""
    library = type(solution.answer).__module__.partition(".")[0]
    if library in _DRAWS or any(mime.startswith(_PICTURES) for mime in data):
        return "a figure"
    return str(data.get("text/plain", ""))


_DRAWS = frozenset({"matplotlib", "plotly", "altair", "bokeh", "plotnine"})
_PICTURES = ("image/", "application/vnd.plotly", "application/vnd.vega", "application/vnd.bokeh")


def headline(solution: Solution) -> str:
    """Return one line: how it ended, and what it took."""
    count = len(solution.attempts)
    if solution.problem.method == "create":
        ended = "Tool created" if solution.solved else "No working tool"
    else:
        ended = "Solved" if solution.solved else "Not solved"
    if solution.from_notebook:
        return f"{ended} by the cells in the notebook, no model asked · {solution.seconds:.1f} s"
    tries = "at the first attempt" if solution.solved and count == 1 else f"in {count} attempts"
    return f"{ended} {tries} · {cost_line(solution)}"


def cost_line(solution: Solution) -> str:
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
    used = solution.draft.reused
    lines = []
    for found in solution.draft.candidates:
        if found.name in used:
            why = f", found by {', '.join(found.terms[:_TERMS])}" if found.terms else ""
            lines.append(f"Reused: {found.name} from {found.place}{why}")
    passed = [found.name for found in solution.draft.candidates if found.name not in used]
    if passed:
        lines.append(f"Found and not used: {', '.join(passed)}")
    if lines and solution.judgement:
        lines.append(f"The model on that: {shorten(solution.judgement, _JUDGEMENT, placeholder=' …')}")
    return lines


def what_it_did(solution: Solution) -> list[str]:
    """Return what the code did besides answering, a line each, and what else the person should know."""
    lines = reuse_lines(solution)
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
