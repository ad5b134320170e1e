"""Recording a course: its notebooks run one after the other, and what they lack is asked."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from creator_magic.cost_report import spent_text
from creator_magic.errors import InputError
from creator_magic.teaching.recorder import Recorder, recording_of
from creator_magic.teaching.rehearsed_notebook import rehearse_notebook

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from creator_magic.model.limited import Limit
    from creator_magic.teaching.rehearsed_notebook import Rehearsed


def record_course(
    notebooks: Sequence[Path],
    limit: Limit,
    tell: Callable[[str], object],
    show: Callable[[Rehearsed], object],
    cell_seconds: float | None = None,
) -> bool:
    """Have the replies recorded that notebooks of one course lack.

    They have one toolbox: a tool that was made for an early problem is offered to later ones, and the
    recording keeps it with their replies, so that students may solve in any order.

    Parameters
    ----------
    notebooks : sequence of Path
        The notebooks; they stay as they are.
    limit : Limit
        What all calls together are held to.
    tell : callable
        Told of each reply, and of what it came to, in a line.
    show : callable
        Told of each notebook as it is done.
    cell_seconds : float or None
        Time limit for each run of a cell, in seconds.

    Returns
    -------
    bool
        Whether every cell ran to its end.

    Raises
    ------
    InputError
        If they belong to courses with different recordings, or the recording cannot be written.
    ModelError
        If the model cannot be asked; what was recorded until then is kept.
    LimitError
        If the limit is reached; likewise.
    """
    recordings = {recording_of(path) for path in notebooks}
    if len(recordings) > 1:
        names = ", ".join(sorted(map(str, recordings)))
        raise InputError(f"these notebooks have different recordings ({names}); record them one by one")
    recorder = Recorder(notebooks[0], limit, tell)
    done: list[Rehearsed] = []
    try:
        with tempfile.TemporaryDirectory(prefix="creator-magic-") as project:
            for path in notebooks:
                rehearsing = rehearse_notebook(
                    path,
                    recorder.recording,
                    record=recorder,
                    project=Path(project),
                    cell_seconds=cell_seconds,
                )
                done.append(asyncio.run(rehearsing))
                show(done[-1])
    finally:
        for line in _summed_up(recorder, finished=len(done) == len(notebooks)):
            tell(line)
        recorder.close()
    return not any(each.fault for run in done for each in run.findings)


def _summed_up(recorder: Recorder, *, finished: bool) -> list[str]:
    count = sum(recorder.new.values())
    if not count:
        why = "; all that was asked is recorded" if finished else ""
        return [f"{recorder.recording}: nothing new{why}."]
    origins = ", ".join(f"{number} {origin}" for origin, number in sorted(recorder.new.items()))
    cost = f" · cost: {recorder.money}" if recorder.money is not None else ""
    return [
        f"{recorder.recording}: {count} new {'reply' if count == 1 else 'replies'} ({origins}).",
        f"Spent: {spent_text(recorder.spent)}{cost}",
    ]
