"""What a person is told when a solve failed: why, and what they can do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from creator_magic.errors import as_it_was

if TYPE_CHECKING:
    from creator_magic.course.course import Course
    from creator_magic.solution import Solution


def why_unsolved(solution: Solution, course: Course) -> str:
    """Say why a solve failed, and what a person can do within a course."""
    failure = solution.attempts[-1].feedback.failure
    if failure is not None and failure.kind in ("denied", "missing"):
        return failure.message
    last = solution.attempts[-1].feedback.summary.rstrip(".")
    if solution.from_notebook:
        return f"The cells failed as they stand: {last}. Mend the cell, or solve anew with --fresh."
    failure = solution.attempts[-1].feedback.failure
    if failure is not None and failure.kind == "isolation":
        return (
            f"Not solved; every variable is as it was. Last: {last}.\n"
            'Leave out --isolate, or allow it: %config CreatorMagic.isolate = "if-possible"'
        )
    count = len(solution.attempts)
    stands = as_it_was(solution.lost)
    if solution.exchanges and solution.exchanges[0].question.beginning is not None:
        ways = "Say more exactly what is wrong; `%creator undo` brings back the cells that stood."
        return f"Not rectified in {count} attempts; {stands}. Last: {last}.\n{ways}"
    if solution.exchanges and all(exchange.reply.origin != "called" for exchange in solution.exchanges):
        again = "All replies were recorded ones; --fresh asks the model anew."
        if course.calls == "recorded":
            again = "All replies were recorded ones; tell your teacher."
        return f"Not solved; {stands}. Last: {last}.\n{again}"
    tries = "the one attempt" if count == 1 else f"{count} attempts"
    ways = "Add a --hint, allow more with --max-rectifications, or mend the cell and run this one again."
    return f"Not solved in {tries}; {stands}. Last: {last}.\n{ways}"
