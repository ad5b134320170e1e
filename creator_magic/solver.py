"""`solve`: the stages in order, as in CREATOR (arXiv 2305.14318, section 3).

Creation makes the tool, decision the calls that answer the problem, execution runs both as one
transaction, and rectification rewrites them from the feedback, until they work or the limit is
reached. Where kept tools may serve, one call judges them and acts; at best it is the only one. Worst
case, with `n` rectifications allowed: 2 + n calls of the model (1 + n where tool and decision come
entangled, or where only a tool is wanted; n where code that stands is rectified), and one more where
kept tools were offered and none was fit. With `s` samples, `s` times what comes before the first attempt,
and with a review one call more for each attempt that ran. By a plan of `k` steps, one call for the plan,
1 + n (one more where none of the earlier tools is called) for each step, and 1 + n for the decision.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from creator_magic.draft import Draft
from creator_magic.working import BY_FORM, USUAL, Limits, Work, silent

if TYPE_CHECKING:
    from collections.abc import Sequence

    from creator_magic.events import Listener
    from creator_magic.ports import Beginning, Candidate, CodeCell, Kernel, Model
    from creator_magic.problem import Problem
    from creator_magic.redaction import Redaction
    from creator_magic.solution import Solution


def solve(
    problem: Problem,
    model: Model,
    kernel: Kernel,
    *,
    owner: str,
    limits: Limits = USUAL,
    keep: frozenset[str] = frozenset(),
    creation_model: Model | None = None,
    candidates: tuple[Candidate, ...] = (),
    redact: Redaction = BY_FORM,
    emit: Listener = silent,
) -> Solution:
    """Work on `problem` until an attempt runs to its end or the limit is reached.

    Parameters
    ----------
    problem : Problem
        What is stated.
    model : Model
        Who is asked.
    kernel : Kernel
        Where generated code runs.
    owner : str
        What the names that the cells bind belong to, such as the id of the magic cell.
    limits : Limits
        How far it may go.
    keep : frozenset of str
        Names that generated code must not bind.
    creation_model : Model or None
        Who is asked for the tool, if not `model`.
    candidates : tuple of Candidate
        Kept tools that may serve, best first.
    redact : Redaction
        Withholds what looks like a key from what is sent.
    emit : callable
        Told of each step.

    Returns
    -------
    Solution
        Solved or not; an unsolved one holds the last code and what was wrong with it.

    Raises
    ------
    ModelError
        If a model cannot be asked.
    KeyboardInterrupt
        If the person interrupted; the kernel's names are as before.
    """
    work = Work(
        problem,
        kernel,
        owner,
        limits,
        model=model,
        creation_model=creation_model or model,
        keep=keep,
        redact=redact,
        emit=emit,
        draft=Draft(candidates),
    )
    if limits.samples > 1:
        from creator_magic.sampling import best_of

        work = best_of(work)
    else:
        work.begin()
    work.rectify_until_it_works()
    return work.end()


def run_standing(
    problem: Problem,
    cells: Sequence[CodeCell],
    kernel: Kernel,
    *,
    owner: str,
    limits: Limits,
    edited: frozenset[str] = frozenset(),
    emit: Listener = silent,
) -> Solution:
    """Run the cells of an earlier solve as they stand, edits included, and ask no model.

    Parameters
    ----------
    problem : Problem
        What is stated.
    cells : sequence of CodeCell
        The generated cells under the magic cell.
    kernel, owner, limits, emit
        As for `solve`; there are no rectifications.
    edited : frozenset of str
        The keys of cells that the person edited: their own code is not judged.
    """
    work = Work(problem, kernel, owner, limits, emit=emit)
    work.execute_standing(cells, edited)
    return work.end(from_notebook=True)


def rectify(
    problem: Problem,
    beginning: Beginning,
    model: Model,
    kernel: Kernel,
    *,
    owner: str,
    limits: Limits = USUAL,
    keep: frozenset[str] = frozenset(),
    redact: Redaction = BY_FORM,
    emit: Listener = silent,
) -> Solution:
    """Run the cells of an earlier solve as they stand, and have them rectified if that does not do.

    Parameters
    ----------
    problem : Problem
        What is stated.
    beginning : Beginning
        The generated cells under the magic cell, edits included: the first attempt. Where nothing is
        said to be wrong with them, only a failure is rectified.
    model, kernel, owner, limits, keep, redact, emit
        As for `solve`.

    Returns
    -------
    Solution
        `from_notebook` says that they ran, nothing was said to be wrong, and no model was asked.

    Raises
    ------
    ModelError
        If a model cannot be asked.
    KeyboardInterrupt
        If the person interrupted; the kernel's names are as before.
    """
    return Work(
        problem,
        kernel,
        owner,
        limits,
        model=model,
        creation_model=model,
        keep=keep,
        redact=redact,
        emit=emit,
        draft=Draft.of_cells(beginning.cells),
        beginning=beginning,
    ).rectify(beginning)
