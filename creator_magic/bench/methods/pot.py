"""Program of thought: one program and no tool (Chen et al., arXiv 2211.12588)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from creator_magic.bench.methods.worked import worked
from creator_magic.stages.program import program
from creator_magic.working import Work

if TYPE_CHECKING:
    from creator_magic.bench.methods.task import Answered, Task
    from creator_magic.ports import Question


def pot(task: Task) -> Answered:
    """Ask for a program; a failed one is rewritten as often as a failed tool would be."""
    return worked(task, ProgramWork)


class ProgramWork(Work):
    """Work whose code is one program; the tools that it calls, if any, are given."""

    __slots__ = ()

    def first_question(self) -> Question:
        """Return what is asked first."""
        return program(self.problem, self.draft.candidates)

    def next_question(self) -> Question:
        """Return what is asked after an attempt that failed."""
        failed = self.rejected or self.draft.decision
        feedback = self.attempts[-1].feedback.for_model
        return program(self.problem, self.draft.candidates, self.number, failed=failed, feedback=feedback)
