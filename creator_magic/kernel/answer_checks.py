"""The person's checks of an answer: expressions, functions of theirs, and doctests."""

from __future__ import annotations

import ast
import builtins
import doctest
import re
import reprlib
from traceback import walk_tb
from types import FunctionType
from typing import TYPE_CHECKING, Any

from creator_magic.errors import InputError
from creator_magic.kernel.shell_names import ANSWER
from creator_magic.kernel.variables import type_name
from creator_magic.ports import OWN_DOCTESTS, OWN_EXAMPLES, Checked, FailedCheck

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_PROMPT = ">>>"
_CHECK = "<check>"
_OF_CHECKS = (_CHECK, "<doctest ")
"""How the names of files begin that a check is compiled as."""


class _Collecting(doctest.DocTestRunner):
    """A runner that keeps what went wrong instead of printing it."""

    def __init__(self) -> None:
        super().__init__(verbose=False, optionflags=doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS)
        self.wrong: list[FailedCheck] = []

    def report_start(self, out: Any, test: Any, example: Any) -> None: ...

    def report_failure(self, out: Any, test: Any, example: Any, got: str) -> None:  # noqa: ARG002 - doctest's
        said = f"it shows {got.strip() or 'nothing'}, not {example.want.strip() or 'nothing'}"
        self.wrong.append(FailedCheck(example.source.strip(), said))

    def report_unexpected_exception(self, out: Any, test: Any, example: Any, exc_info: Any) -> None:  # noqa: ARG002
        self.wrong.append(_raised(example.source.strip(), exc_info[1]))


def check_readable(check: str) -> None:
    """Refuse a check that cannot be run, whatever the answer is.

    Raises
    ------
    InputError
        If it is neither an expression nor a doctest.
    """
    said = f"--check {check!r} cannot be used"
    ways = 'Write an expression, as in --check "answer > 0", the name of a function, or a doctest.'
    try:
        if check.lstrip().startswith(_PROMPT):
            if not _examples(check):
                raise InputError(f"{said}: it is a doctest without an example. {ways}")
        else:
            compile(check.strip(), "<check>", "eval", ast.PyCF_ONLY_AST)
    except (SyntaxError, ValueError) as error:
        raise InputError(f"{said}: {error.args[0]}. {ways}") from error


def run_checks(
    checks: Sequence[str], answer: Any, namespace: Mapping[str, Any], tools: Sequence[str]
) -> Checked:
    """Run checks of an answer.

    Parameters
    ----------
    checks : sequence of str
        An expression such as `answer > 0`; the name of a function, which is called with the answer and
        objects by returning something false or by raising; a doctest; or `doctest`.
    answer : object
        The answer.
    namespace : mapping
        The notebook's names; a check changes none of them.
    tools : sequence of str
        Those that are the solve's tools.
    """
    failed: list[FailedCheck] = []
    passed = 0
    for check in checks:
        wrong = _run(check, {**namespace, ANSWER: answer}, tools)
        failed += wrong
        passed += not wrong
    return Checked(passed, tuple(failed), form_of(answer))


def built_in(check: str) -> dict[str, Any]:
    """Return what Python itself calls by the words of a check, but for a function that the check names.

    A notebook may have bound `sum` or `isinstance` anew; a teacher's check means Python's.
    """
    words = set(re.findall(r"\w+", check)) - {check.strip()}
    return {word: getattr(builtins, word) for word in words if hasattr(builtins, word)}


def form_of(answer: Any) -> str:
    """Say what kind of thing an answer is, without its value or the names in it."""
    kind = type_name(answer)
    try:
        if isinstance(getattr(answer, "shape", None), tuple):
            return f"{kind} of shape {tuple(int(length) for length in answer.shape)}"
        if isinstance(answer, list | tuple | set | dict | str):
            return f"{kind} of length {len(answer)}"
    except Exception:  # noqa: BLE001 - an object may refuse every question; its type remains
        return kind
    return kind


def _run(check: str, names: dict[str, Any], tools: Sequence[str]) -> list[FailedCheck]:
    if check.strip() in (OWN_DOCTESTS, OWN_EXAMPLES):
        functions = [names[tool] for tool in tools if isinstance(names.get(tool), FunctionType)]
        docstrings = [function.__doc__ or "" for function in functions]
        if check != OWN_EXAMPLES and not any(_PROMPT in text for text in docstrings):
            return [FailedCheck(check, "no tool's docstring has an example")]
        return [wrong for text in docstrings for wrong in _doctest(text, names)]
    if check.lstrip().startswith(_PROMPT):
        return _doctest(_lines(check), names)
    value = None
    try:
        value = eval(compile(check.strip(), _CHECK, "eval"), names)  # noqa: S307 - the person's own words
        called = callable(value)
        said = value(names[ANSWER]) if called else value
        holds = _truth(said) or (called and said is None)
    except Exception as error:  # noqa: BLE001 - whatever it raises, the answer does not pass
        return [_raised(check, error, value)]
    return [] if holds else [FailedCheck(check, f"the answer is {reprlib.repr(names[ANSWER])}")]


def _raised(check: str, error: BaseException, called: Any = None) -> FailedCheck:
    """Say what a check raised, and whether that is its own fault or the answer's.

    A name that nobody has is its own where the check uses it, or the function that it names; not where
    a function does that is part of the answer. So is what cannot be compiled.
    """
    broken = False
    if isinstance(error, SyntaxError):
        broken = str(error.filename).startswith(_OF_CHECKS)
    elif isinstance(error, NameError):
        *_, (frame, _) = walk_tb(error.__traceback__)
        file = frame.f_code.co_filename
        own = called.__code__.co_filename if isinstance(called, FunctionType) else None
        broken = file == own or file.startswith(_OF_CHECKS)
    raised = type(error).__name__
    return FailedCheck(check, f"it raised {raised}: {error}".rstrip(": "), raised, broken)


def _truth(value: Any) -> bool:
    try:
        return bool(value)
    except ValueError:
        # An array or a column is meant to hold throughout.
        everywhere = value.all()
        return bool(everywhere.all() if hasattr(everywhere, "all") else everywhere)


def _doctest(text: str, names: dict[str, Any]) -> list[FailedCheck]:
    runner = _Collecting()
    try:
        examples = doctest.DocTestParser().get_doctest(text, names, "check", None, None)
    except ValueError as error:
        return [FailedCheck(_PROMPT, f"its examples cannot be read: {error}", "ValueError", broken=True)]
    runner.run(examples, out=lambda _: None)
    return runner.wrong


def _examples(check: str) -> list[doctest.Example]:
    return doctest.DocTestParser().get_examples(_lines(check))


def _lines(check: str) -> str:
    # In the line of a magic, a line end can only be written as in a string.
    return re.sub(r"\\n", "\n", check) if "\n" not in check else check
