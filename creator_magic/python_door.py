"""The same door from Python: `creator_magic.solve` and `creator_magic.create`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from creator_magic.config import MOST_RECTIFICATIONS, MOST_SAMPLES
from creator_magic.errors import InputError, UnsolvedError, meant
from creator_magic.options import Options
from creator_magic.past_solves import PastSolve
from creator_magic.policy.effects import EFFECTS
from creator_magic.session import session_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from creator_magic.events import Event
    from creator_magic.policy.effects import Effect
    from creator_magic.problem import Method
    from creator_magic.solution import Solution


class _Quiet:
    def __call__(self, event: Event) -> None:
        """Show nothing: the solution shows itself."""

    def stop(self, message: str) -> None:
        """Show nothing: the error says it."""


def solve(
    problem: str,
    *,
    model: str | None = None,
    hints: Sequence[str] = (),
    use: Sequence[str] = (),
    into: str | None = None,
    method: Method | None = None,
    max_rectifications: int | None = None,
    timeout: float | None = None,
    share: Sequence[str] = (),
    isolate: bool | None = None,
    allow: Sequence[str] = (),
    ask: bool = False,
    reuse: bool | None = None,
    checks: Sequence[str] = (),
    samples: int = 1,
    review: bool = False,
) -> Solution:
    """Solve `problem` in the running notebook, as `%%solve` does, without making cells.

    Parameters
    ----------
    problem : str
        The problem, as it would stand in a cell.
    model : str or None
        The model to ask; None for the one that is set. The same holds for the rest.
    hints : sequence of str
        Advice for the model.
    use : sequence of str
        Names of variables that the code may use; their form is sent, no values.
    into : str or None
        A name to bind the answer to.
    method : {"creator", "entangled", "plan"} or None
        Tool and decision apart, in one reply, or several tools by a plan.
    max_rectifications : int or None
        How often failed code may be rewritten.
    timeout : float or None
        Time limit of one attempt's execution, in seconds.
    share : sequence of str
        Values that are sent too: `"df:3"` for three rows of `df`, `"errors"` for the text of errors.
    isolate : bool or None
        Whether code must work in a separate process before it runs here.
    allow : sequence of str
        What the code may do beyond computing, such as "network"; see `creator_magic.policy.EFFECTS`.
    ask : bool
        Whether to show the code before it runs, and ask.
    reuse : bool or None
        Whether tools that were kept are offered to the model first.
    checks : sequence of str
        What must hold of `answer`: expressions, names of functions, doctests.
    samples : int
        How many solutions are tried before one is chosen.
    review : bool
        Whether the model reads the output, which is sent, and says if it answers the problem.

    Returns
    -------
    Solution
        The answer, the tool, the decision, every attempt with its feedback, and the usage.

    Raises
    ------
    InputError
        If an argument cannot be used; nothing was sent.
    ModelError
        If a model cannot be asked.
    UnsolvedError
        If no attempt worked; its `solution` holds what was tried, and every variable is as before.
    """
    options = Options(
        model,
        _texts(hints),
        _texts(use),
        into,
        method,
        max_rectifications,
        timeout,
        _texts(share),
        isolate=isolate,
        allow=_effects(allow),
        ask=ask,
        reuse=reuse,
        checks=_texts(checks),
        samples=samples,
        review=review,
    )
    return _work(problem, options, create=False)


def create(
    problem: str,
    *,
    model: str | None = None,
    hints: Sequence[str] = (),
    use: Sequence[str] = (),
    max_rectifications: int | None = None,
    timeout: float | None = None,
    share: Sequence[str] = (),
    isolate: bool | None = None,
    allow: Sequence[str] = (),
    ask: bool = False,
    reuse: bool | None = None,
    checks: Sequence[str] = (),
) -> Solution:
    """Create a tool for problems like `problem`, as `%%create` does; arguments as for `solve`."""
    options = Options(
        model,
        _texts(hints),
        _texts(use),
        None,
        None,
        max_rectifications,
        timeout,
        _texts(share),
        isolate=isolate,
        allow=_effects(allow),
        ask=ask,
        reuse=reuse,
        checks=_texts(checks),
    )
    return _work(problem, options, create=True)


def _work(text: str, options: Options, *, create: bool) -> Solution:
    from creator_magic.why_unsolved import why_unsolved

    session = session_of(_running_shell())
    session.settings.course.check("python")
    session.settings.course.check("create" if create else "solve")
    _check(text, options, has_variables=session.shell is not None)
    problem = session.solving.problem(text, options, create=create)
    owner = f"problem {problem.asked}"
    session.begin(PastSolve(owner, text))
    try:
        solution = session.solving.solve(problem, options, owner, _Quiet())
    finally:
        session.keep_accounts()
    session.kept_tools.keep(
        solution, session.notebook, session.redaction(), lambda _: None, later=session.in_kernel
    )
    if not solution.solved:
        raise UnsolvedError(why_unsolved(solution, session.settings.course), solution)
    return solution


def _texts(given: Sequence[str]) -> tuple[str, ...]:
    return (given,) if isinstance(given, str) else tuple(given)


def _effects(given: Sequence[str]) -> tuple[Effect, ...]:
    names = _texts(given)
    for name in names:
        if name not in EFFECTS:
            raise InputError(f"allow cannot be {name!r}.{meant(str(name), EFFECTS, ' There is ')}.")
    return cast("tuple[Effect, ...]", names)


def _check(text: str, options: Options, *, has_variables: bool) -> None:
    if not isinstance(text, str):
        raise InputError(f"The problem must be text, not {type(text).__name__}.")
    if not has_variables and (options.use or options.share or options.into):
        raise InputError(
            "Outside IPython there are no notebook variables for `use`, `share` or `into` to name."
        )
    number, seconds = options.max_rectifications, options.timeout
    if number is not None and not (isinstance(number, int) and 0 <= number <= MOST_RECTIFICATIONS):
        raise InputError(f"max_rectifications must be a whole number from 0 to {MOST_RECTIFICATIONS}.")
    if seconds is not None and not (isinstance(seconds, int | float) and 0 < seconds < float("inf")):
        raise InputError("timeout must be a positive number of seconds, or None for the one that is set.")
    if not (isinstance(options.samples, int) and 1 <= options.samples <= MOST_SAMPLES):
        raise InputError(f"samples must be a whole number from 1 to {MOST_SAMPLES}.")
    if options.method not in (None, "creator", "entangled", "plan"):
        raise InputError(f"method must be creator, entangled or plan, not {options.method!r}.")


def _running_shell() -> Any:
    from IPython.core.getipython import get_ipython

    return get_ipython()
