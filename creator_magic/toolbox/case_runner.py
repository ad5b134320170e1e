"""Runs the cases of a tool, in a process that is there for that alone.

The tool has a namespace to itself, and so has each tool that it calls; a case sees the tool's. What the
code prints goes nowhere but into the report.
"""

from __future__ import annotations

import ast
import contextlib
import doctest
import functools
import io
import warnings
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from creator_magic.toolbox.cases import RAISES, as_doctest
from creator_magic.toolbox.comparison import AsWritten
from creator_magic.toolbox.tool import Case

if TYPE_CHECKING:
    from collections.abc import Callable

    from creator_magic.toolbox.executor import Job
    from creator_magic.toolbox.tool import Tool

Namespace = dict[str, Any]
_LONGEST_SHOWN = 4_000
_LONGEST_VALUE = 500
_MOST_SEEN = 3
_MOST_PRINTED = 100_000
"""Characters that a decision may print: what shows more is no case, and comparing it takes long."""
"""Cases that are taken from the calls a decision makes."""


class _Collecting(doctest.DocTestRunner):
    """A runner that keeps what failing examples showed."""

    def __init__(self) -> None:
        super().__init__(checker=AsWritten(), verbose=False)
        self.got: list[str] = []

    def report_start(self, out: Any, test: Any, example: Any) -> None: ...

    def report_failure(self, out: Any, test: Any, example: Any, got: str) -> None:  # noqa: ARG002 - doctest's
        shown = got.rstrip("\n")
        if shown.startswith(RAISES[0]):  # another exception than the one expected; its stack is ours
            shown = "\n".join((*RAISES, shown.rpartition("\n")[2]))
        self.got.append(shown)

    def report_unexpected_exception(self, out: Any, test: Any, example: Any, exc_info: Any) -> None:  # noqa: ARG002
        said = f"{exc_info[0].__name__}: {exc_info[1]}".rstrip(": ")
        self.got.append("\n".join((*RAISES, said)))


def report(job: Job) -> dict[str, Any]:
    """Run one job.

    Parameters
    ----------
    job : Job
        A tool, its helpers and perhaps a decision.

    Returns
    -------
    dict
        `error`, empty if the tool could be defined; `outcomes`, each with `passed` and `got`; and of
        the decision the `answer` it showed and the `seen` calls, as cases.
    """
    silent = io.StringIO()
    defined: dict[str, Any] = {}
    with contextlib.redirect_stdout(silent), contextlib.redirect_stderr(silent), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            namespace: Namespace = {}
            for tool in (*job.helpers, job.tool):
                namespace = _define(tool, defined)
        except BaseException as error:  # noqa: BLE001 - whatever the code raises, it could not be defined
            return {"error": _said(error), "outcomes": [], "seen": [], "answer": ""}
        outcomes = [_outcome(case, namespace) for case in job.tool.cases]
        seen, answer = _watched(job, namespace) if job.decision else ([], "")
    return {"error": "", "outcomes": outcomes, "seen": seen, "answer": answer}


def _define(tool: Tool, defined: dict[str, Any]) -> Namespace:
    namespace: Namespace = {"__name__": tool.name}
    namespace.update((name, defined[name]) for name in tool.calls if name in defined)
    exec(compile(tool.source, f"<{tool.name}>", "exec", dont_inherit=True), namespace)  # noqa: S102 - what it is for
    defined[tool.name] = namespace[tool.name]
    return namespace


def _outcome(case: Case, namespace: Namespace) -> dict[str, Any]:
    try:
        test = doctest.DocTestParser().get_doctest(as_doctest(case), dict(namespace), "case", None, None)
    except ValueError as error:
        return {"passed": False, "got": f"no doctest: {error}"}
    runner = _Collecting()
    passed = runner.run(test, out=lambda _: None).failed == 0
    return {"passed": passed, "got": "\n".join(runner.got)[:_LONGEST_SHOWN]}


def _watched(job: Job, namespace: Namespace) -> tuple[list[dict[str, Any]], str]:
    """Run a decision, and make cases of the calls of the tool that can be written down."""
    name = job.tool.name
    calls: list[str] = []
    around: Namespace = {"__name__": "__main__"}
    printed = io.StringIO()
    try:
        # The whole cell, since the decision may lean on an import that the tool does not need.
        exec(compile(job.cell or job.tool.source, "<cell>", "exec", dont_inherit=True), around)  # noqa: S102
        around[name] = _watching(namespace[name], name, calls)
        with contextlib.redirect_stdout(printed):
            value = _run(job.decision, around)
    except BaseException:  # noqa: BLE001 - the decision may need the notebook, and then shows nothing here
        return [], ""
    if printed.tell() > _MOST_PRINTED:
        return [], ""
    seen = []
    for call in dict.fromkeys(calls):
        shown = [_outcome(Case(call, "(nothing)"), namespace)["got"] for _ in range(2)]
        if shown[0] and shown[0] == shown[1] and _may_be_expected(shown[0]):
            seen.append({"call": call, "expected": shown[0], "setup": ()})
        if len(seen) == _MOST_SEEN:
            break
    if not seen:
        seen = _whole(job.decision, namespace)
    return seen, (repr(value) if value is not None else printed.getvalue().strip())[:_LONGEST_SHOWN]


def _whole(decision: str, namespace: Namespace) -> list[dict[str, Any]]:
    """Return the decision itself as a case, where its last statement alone shows something.

    That serves a tool whose arguments cannot be written down, such as functions and arrays.
    """
    parts = [ast.get_source_segment(decision, node) or "" for node in ast.parse(decision).body]
    case = Case(parts[-1], "(nothing)", tuple(parts[:-1]))
    case = replace(case, expected=_outcome(case, namespace)["got"])
    usable = _may_be_expected(case.expected) and "Traceback (" not in case.expected
    if not usable or not _outcome(case, namespace)["passed"]:
        return []
    return [{"call": case.call, "expected": case.expected, "setup": case.setup}]


def _may_be_expected(shown: str) -> bool:
    # An address is another one in the next process, though here it may come twice.
    return " at 0x" not in shown and len(shown) < _LONGEST_SHOWN


def _run(source: str, namespace: Namespace) -> Any:
    """Run a decision; return the value of its last expression, None if it has none."""
    tree = ast.parse(source)
    last = tree.body[-1] if tree.body else None
    if not isinstance(last, ast.Expr):
        exec(compile(tree, "<decision>", "exec", dont_inherit=True), namespace)  # noqa: S102
        return None
    exec(compile(ast.Module(tree.body[:-1], []), "<decision>", "exec", dont_inherit=True), namespace)  # noqa: S102
    return eval(compile(ast.Expression(last.value), "<decision>", "eval", dont_inherit=True), namespace)  # noqa: S307


def _watching(function: Callable[..., Any], name: str, calls: list[str]) -> Callable[..., Any]:
    @functools.wraps(function)
    def watched(*args: Any, **kwargs: Any) -> Any:
        if len(calls) < 10 * _MOST_SEEN:
            texts = [*map(_literal, args), *(f"{key}={_literal(value)}" for key, value in kwargs.items())]
            if not any("None!" in text for text in texts):
                calls.append(f"{name}({', '.join(texts)})")
        return function(*args, **kwargs)

    return watched


def _literal(value: Any) -> str:
    """Return a value as source, or a mark if it has none that is short and true to it."""
    plain = value.item() if type(value).__module__ == "numpy" and getattr(value, "ndim", 1) == 0 else value
    try:
        text = repr(plain)
        back = ast.literal_eval(text) if len(text) <= _LONGEST_VALUE else None
        same = type(back) is type(plain) and back == plain and repr(back) == text
    except Exception:  # noqa: BLE001 - an odd `repr` or `==` is no case
        return "None!"
    return text if same and "None!" not in text else "None!"


def _said(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}".rstrip(": ")
