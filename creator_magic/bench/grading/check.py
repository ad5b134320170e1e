"""A check: an expression in Python that holds of a right answer."""

from __future__ import annotations

import ast
import pickle
from typing import Any

from creator_magic.bench.grading.number import numbers_in
from creator_magic.isolation import CallError, IsolationLimits, shared_executor

_LIMITS = IsolationLimits(timeout=10.0, memory=1024, processes=16, carried=64)


def holds(check: str, shown: str, value: object = None) -> bool:
    """Say whether a check holds of an answer; it runs in a process of its own.

    Parameters
    ----------
    check : str
        An expression about `answer`, and about `shown`, the answer as text; `math` is there too.
    shown : str
        The answer as it was shown.
    value : object
        What the answer is. Where it is None or cannot be sent, it is read from what was shown: as a Python
        literal, else as the last number in it, else as the text.

    Returns
    -------
    bool
        False also where the check raises, takes too long or is no expression.

    Raises
    ------
    IsolationError
        If no process can be started.
    """
    answer = read_value(shown) if value is None else value
    try:
        pickle.dumps(answer)
    except Exception:  # noqa: BLE001 - an answer may refuse in any way; what it showed remains
        answer = read_value(shown)
    try:
        return bool(shared_executor().call(_holds, check, shown, answer, limits=_LIMITS))
    except CallError:
        return False


def read_value(shown: str) -> Any:
    """Return what an answer that was shown is, as far as text tells.

    Parameters
    ----------
    shown : str
        The answer as it was shown.
    """
    try:
        return ast.literal_eval(shown.strip())
    except (SyntaxError, ValueError, TypeError, MemoryError, RecursionError):
        numbers = numbers_in(shown)
        if not numbers:
            return shown.strip()
        number = numbers[-1].readings[0]
        return int(number) if number.is_integer() else number


def _holds(check: str, shown: str, answer: Any) -> bool:
    import math

    names = {"answer": answer, "shown": shown, "math": math}
    return bool(eval(check.strip(), names))  # noqa: S307 - the problem's own words, in a process of its own
