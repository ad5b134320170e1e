"""What the methods with code share: attempts until one works, or samples of which one is chosen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from creator_magic.bench.methods.task import Answered
from creator_magic.draft import Draft
from creator_magic.sampling import best_of
from creator_magic.working import Work

if TYPE_CHECKING:
    from creator_magic.bench.methods.task import Task


def worked(task: Task, kind: type[Work] = Work) -> Answered:
    """Work on a task as `creator_magic.solver.solve` does.

    Parameters
    ----------
    task : Task
        The task.
    kind : type
        What is asked at first and after a failure.
    """
    work = kind(
        task.problem,
        task.kernel,
        "bench",
        task.limits,
        model=task.model,
        creation_model=task.model,
        redact=task.redact,
        draft=Draft(task.tools),
    )
    if task.limits.samples > 1:
        work = best_of(work)
    else:
        work.begin()
    work.rectify_until_it_works()
    return Answered.of(work.end())
