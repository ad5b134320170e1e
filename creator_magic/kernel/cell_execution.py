"""Running one generated cell: its statements in the namespace, its last expression shown."""

from __future__ import annotations

import ast
import asyncio
import inspect
import tokenize
import warnings
from contextlib import suppress
from io import StringIO
from typing import TYPE_CHECKING, Any

from creator_magic.kernel.figures import figure_of, has_been_shown, picture_of

if TYPE_CHECKING:
    from collections.abc import Coroutine
    from types import CodeType

    from IPython.core.interactiveshell import InteractiveShell

    from creator_magic.kernel.interruption import Interruption
    from creator_magic.kernel.outputs import Outputs

_NO_VALUE = object()


def run_cell(
    source: str,
    filename: str,
    namespace: dict[str, Any],
    outputs: Outputs,
    shell: InteractiveShell | None,
    execution_count: int | None,
    *,
    interruption: Interruption,
) -> Any:
    """Run `source` as a notebook runs a cell, and return the cell's answer.

    Parameters
    ----------
    source : str
        Plain Python, top-level `await` allowed.
    filename : str
        The name that its frames carry.
    namespace : dict
        Where it runs.
    outputs : Outputs
        Where its result goes; what it writes must be sent there by the caller.
    shell : InteractiveShell or None
        Formats the result; without one it is shown by its `repr`.
    execution_count : int or None
        The prompt number that the result carries.
    interruption : Interruption
        Armed while code of the cell's runs, its representations of values included.

    Returns
    -------
    object
        The value of the last expression; what was printed, if the cell ends in a call that
        returned None or in no expression at all.
    """
    tree = _parsed(source, filename, shell)
    last = tree.body[-1] if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    if last is not None:
        tree.body.pop()
    flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT | (shell.compile.flags if shell is not None else 0)
    body = compile(tree, filename, "exec", flags, dont_inherit=True)
    ending = None
    if last is not None:
        ending = compile(ast.Expression(last.value), filename, "eval", flags, dont_inherit=True)
    value: Any = _NO_VALUE
    try:
        interruption.armed = True
        interruption.check()
        _run(body, namespace)
        if ending is not None:
            value = _run(ending, namespace)
            if value is not None and not _ends_in_semicolon(source):
                _show(value, outputs, shell, execution_count)
        if shell is not None:
            # Figures that the cell drew are shown by what matplotlib registered here.
            shell.events.trigger("post_execute")
    finally:
        interruption.armed = False
    # Code that swallowed its interruption and came to an end all the same has not done its work.
    interruption.check()
    says_by_printing = value is _NO_VALUE or (
        value is None and last is not None and isinstance(last.value, ast.Call)
    )
    printed = outputs.printed().strip() if says_by_printing else ""
    return printed or (None if value is _NO_VALUE else value)


def _parsed(source: str, filename: str, shell: InteractiveShell | None) -> ast.Module:
    try:
        return ast.parse(source, filename)
    except SyntaxError:
        if shell is None:
            raise
        # A person may have edited a generated cell, with IPython's own syntax.
        transformed: str = shell.transform_cell(source)
        return ast.parse(transformed, filename)


def _run(code: CodeType, namespace: dict[str, Any]) -> Any:
    result = eval(code, namespace)  # noqa: S307 - running generated code in the live namespace is the job
    if code.co_flags & inspect.CO_COROUTINE:
        return _finish(result)
    return result


def _finish(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """Run a coroutine to its end although the kernel's own event loop is running in this thread."""
    running = asyncio._get_running_loop()  # noqa: SLF001 - documented for event loops, which this is about
    asyncio._set_running_loop(None)  # noqa: SLF001
    try:
        with asyncio.Runner() as runner:
            return runner.run(coroutine)
    finally:
        asyncio._set_running_loop(running)  # noqa: SLF001


def _show(value: Any, outputs: Outputs, shell: InteractiveShell | None, execution_count: int | None) -> None:
    if shell is None or shell.display_formatter is None:
        data, metadata = {"text/plain": repr(value)}, {}
    else:
        before = len(outputs.unshowable)
        data, metadata = shell.display_formatter.format(value)
        if "text/plain" not in data and len(outputs.unshowable) > before:
            raise outputs.unshowable[-1]
        if not data:
            # The object displayed itself.
            return
        figure = figure_of(value)
        if figure is not None:
            data = {**data, **picture_of(figure, shell)}
            has_been_shown(figure)
    outputs.display_result(data, metadata, execution_count)


def _ends_in_semicolon(source: str) -> bool:
    if ";" not in source:
        return False
    significant = ""
    with suppress(tokenize.TokenError, SyntaxError), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for token in tokenize.generate_tokens(StringIO(source).readline):
            if token.type == tokenize.OP or token.type in (tokenize.NAME, tokenize.NUMBER, tokenize.STRING):
                significant = token.string
    return significant == ";"
