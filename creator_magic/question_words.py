"""A question to a model, as a person is told of it."""

from __future__ import annotations


def in_words(stage: str, attempt: int) -> str:
    """Return which question it is, as in `help (level 2)` and `decision (attempt 1)`.

    Parameters
    ----------
    stage : str
        What is asked for, as `Question.stage` has it.
    attempt : int
        Which attempt it is, or which level of help.
    """
    return f"{stage} ({'level' if stage == 'help' else 'attempt'} {attempt})"
