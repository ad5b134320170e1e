"""What a solve counts as among the levels of help, and how it is counted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from creator_magic.course.levels import TOOL
from creator_magic.course.steps import HelpStep, help_metadata

if TYPE_CHECKING:
    from collections.abc import Mapping

    from creator_magic.course.steps import HelpSteps
    from creator_magic.solution import Solution


@dataclass(frozen=True, slots=True)
class Helped:
    """What a solve counts as among the levels of help.

    Parameters
    ----------
    problem : str
        The problem, as `creator_magic.course.steps.problem_id` has it.
    exercise : str
        The name of the course's exercise; empty where there is none.
    level : int
        4 for the tool, 5 for all.
    comes_next : str
        What help there is beyond it, in a sentence; empty for nothing.
    revealed : bool
        Whether it is `%creator reveal` that gives it.
    hints : str
        The hints that the problem is stated with, as `creator_magic.course.steps.hints_id` has them.
    """

    problem: str
    exercise: str
    level: int
    comes_next: str = ""
    revealed: bool = False
    hints: str = ""

    def count(self, solution: Solution, steps: HelpSteps) -> tuple[list[str], Mapping[str, Any]]:
        """Enter what a solve gives away among the steps of help.

        Parameters
        ----------
        solution : Solution
            The solve.
        steps : HelpSteps
            The steps so far.

        Returns
        -------
        list of str
            What the person should know, a line each.
        mapping
            All the steps with this problem, for the record.
        """
        step = HelpStep(self.level, solution.origin, revealed=self.revealed, hints=self.hints)
        taken = help_metadata(self.problem, self.exercise, steps.add(self.problem, step))
        yours = "The decision is yours: write it in a cell of your own, then run %creator check."
        left = [yours] if self.level == TOOL and solution.solved else []
        return [f"Help level {self.level}.", *left, *([self.comes_next] if self.comes_next else [])], taken
