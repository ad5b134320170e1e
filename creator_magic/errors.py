"""The errors that people see: one base, a line or two each, the cause kept chained.

A message says what happened, to what, and what to do next. In a notebook an error of ours
is shown as that message alone, without a traceback of our own frames.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from creator_magic.solution import Solution


def meant(given: str, known: Sequence[str], otherwise: str) -> str:
    """Return the end of a message about an unknown word: a close match, or what there is.

    Parameters
    ----------
    given : str
        The unknown word.
    known : sequence of str
        The words there are.
    otherwise : str
        What introduces them where none is close.
    """
    import difflib

    close = difflib.get_close_matches(given, known, n=1)
    return f" Did you mean {close[0]}?" if close else f"{otherwise}{', '.join(known)}"


class CreatorError(Exception):
    """Base of every error that creator-magic raises on purpose.

    Parameters
    ----------
    message : str
        What happened, to what, and what to do next, in a line or two.
    """

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message

    def _render_traceback_(self) -> list[str]:
        """Return the lines IPython shows instead of a traceback."""
        return [f"{type(self).__name__}: {self.message}"]


class InputError(CreatorError):
    """The problem, a flag or a setting cannot be used; nothing was changed or sent."""


class ModelError(CreatorError):
    """The model could not be asked, or did not answer."""


class NotConfiguredError(ModelError):
    """No model, endpoint or key is set."""


class ReplayMissError(ModelError):
    """A cassette in replay mode holds no reply for what was asked."""


class LimitError(CreatorError):
    """A limit of calls, tokens or money is reached, or cannot be kept; the next call was not made."""


class StoreError(CreatorError):
    """The project's own file cannot be used; it was left as it is."""


class IsolationError(CreatorError):
    """No separate process can be had for generated code; nothing was run."""


class CourseError(CreatorError):
    """A course closes what was asked for, or its file is not understood; nothing was changed or sent."""


class NotebookError(CreatorError):
    """A notebook file cannot be read, run or written."""


def as_it_was(lost: Sequence[str]) -> str:
    """Say how the user's variables stand after code that failed.

    Parameters
    ----------
    lost : sequence of str
        What could not be put back, each as "`name` is a generator".
    """
    return "every variable is as it was" + (f", except that {' and '.join(lost)}" if lost else "")


class Interrupted(KeyboardInterrupt):
    """The person stopped a solve; shown as one line, not as the stack of whatever was waited for.

    Parameters
    ----------
    message : str
        How things stand.
    """

    def __init__(self, message: str = "the solve was stopped; every variable is as it was.") -> None:
        super().__init__(message)
        self.message = message

    def _render_traceback_(self) -> list[str]:
        """Return the lines IPython shows instead of a traceback."""
        return [f"KeyboardInterrupt: {self.message}"]


class MendedCellError(CreatorError):
    """A cell that was mended ran, and failed all the same."""


class UnsolvedError(CreatorError):
    """No attempt worked within the limit of rectifications.

    Parameters
    ----------
    message : str
        Why the last attempt failed, and what to do next.
    solution : Solution or None
        Everything that was tried: `Solution.attempts` holds each attempt with its feedback.
    """

    def __init__(self, message: str, solution: Solution | None = None) -> None:
        super().__init__(message)
        self.solution = solution

    def __reduce__(self) -> tuple[type[UnsolvedError], tuple[str]]:
        """Pickle by message; the solution may hold values that cannot travel."""
        return type(self), (self.message,)
