"""Runs one call of a tool, in a process that is there for that alone."""

from __future__ import annotations

import ast
import contextlib
import dis
import importlib
import io
import linecache
import pickle
import traceback
import warnings
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from creator_magic.explore.tool import Bound

_FILE = "<call>"
_NO_VALUE = object()


def run_call(tools: tuple[Bound, ...], code: str, longest: int) -> dict[str, str]:
    """Bind tools, then run code that calls them.

    Parameters
    ----------
    tools : tuple of Bound
        In the order in which they are bound.
    code : str
        The call.
    longest : int
        Characters that may come back, about.

    Returns
    -------
    dict of str to str
        `text`, what was printed and returned, or the error; `error`, the type of what the code raised,
        empty if it ran to its end; and `inside`, not empty if that arose in the code of the tools and
        by no `raise` or `assert` of theirs.
    """
    printed = io.StringIO()
    namespace: dict[str, Any] = {"__name__": "__main__"}
    with warnings.catch_warnings(), contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
        warnings.simplefilter("ignore")
        for tool in tools:
            _bind(tool, namespace)
        printed.truncate(0)
        printed.seek(0)
        value, error = _run(code, namespace)
        parts = [printed.getvalue().rstrip("\n")]
        if error is not None:
            parts.append(_said(error))
        elif value is not _NO_VALUE:
            parts.append(_shown(value))
    text = "\n".join(filter(None, parts))
    inside = error is not None and _inside(error, {_file_of(tool, namespace) for tool in tools})
    name = type(error).__name__ if error is not None else ""
    return {"text": cut(text, longest), "error": name, "inside": "yes" if inside else ""}


def cut(text: str, longest: int) -> str:
    """Return a text without its middle, where it is longer than may be."""
    if len(text) <= longest:
        return text
    head, tail = text[: longest * 2 // 3], text[-(longest // 3) :]
    return f"{head}\n… {len(text) - len(head) - len(tail):,} characters left out …\n{tail}"


def _bind(tool: Bound, namespace: dict[str, Any]) -> None:
    if tool.source:
        exec(compile(tool.source, f"<{tool.name}>", "exec", dont_inherit=True), namespace)  # noqa: S102 - what it is for
    elif tool.pickled:
        namespace[tool.name] = pickle.loads(tool.pickled)  # noqa: S301 - from the notebook that asks
    else:
        value = importlib.import_module(tool.module)
        for part in tool.attribute.split("."):
            value = getattr(value, part)
        namespace[tool.name] = value


def _file_of(tool: Bound, namespace: dict[str, Any]) -> str | None:
    code = getattr(namespace.get(tool.name), "__code__", None)
    return f"<{tool.name}>" if tool.source else getattr(code, "co_filename", None)


def _inside(error: BaseException, files: set[str | None]) -> bool:
    """Tell whether the last thing that a tool's code did was not to raise, and yet an error came of it.

    By the instruction, since a function that came by value has no source here.
    """
    last, entry = _RAISE, error.__traceback__
    while entry is not None:
        code = entry.tb_frame.f_code
        last = code.co_code[entry.tb_lasti] if code.co_filename in files else last
        entry = entry.tb_next
    return last != _RAISE


_RAISE = dis.opmap["RAISE_VARARGS"]


def _run(code: str, namespace: dict[str, Any]) -> tuple[Any, BaseException | None]:
    linecache.cache[_FILE] = len(code), None, code.splitlines(keepends=True), _FILE
    try:
        tree = ast.parse(code)
        last = tree.body[-1] if tree.body else None
        if not isinstance(last, ast.Expr):
            exec(compile(tree, _FILE, "exec", dont_inherit=True), namespace)  # noqa: S102
            return _NO_VALUE, None
        exec(compile(ast.Module(tree.body[:-1], []), _FILE, "exec", dont_inherit=True), namespace)  # noqa: S102
        value = eval(compile(ast.Expression(last.value), _FILE, "eval", dont_inherit=True), namespace)  # noqa: S307
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever the code raises is what is observed
        return _NO_VALUE, error
    return (_NO_VALUE if value is None else value), None


def _shown(value: Any) -> str:
    try:
        return repr(value)
    except Exception as error:  # noqa: BLE001 - the value's own code
        return f"a {type(value).__name__} whose repr raises {type(error).__name__}"


def _said(error: BaseException) -> str:
    """Return an error with the lines of the call that led to it, and nothing of how the tool is made."""
    frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename == _FILE]
    where = "".join(f"line {frame.lineno}: {frame.line}\n" for frame in frames)
    return where + "".join(traceback.format_exception_only(error)).rstrip("\n")
