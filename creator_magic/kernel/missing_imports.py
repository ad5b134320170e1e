"""Imports of what is not installed: seen in the code before it runs, and in the errors of libraries."""

from __future__ import annotations

import ast
import importlib
import re
import sys
from dataclasses import replace
from importlib.util import find_spec
from typing import TYPE_CHECKING, Literal, NamedTuple

from creator_magic.feedback import error_output
from creator_magic.missing_packages import distribution_of, is_pythons_own, needs, way_to_install
from creator_magic.ports import CellRun, Execution, Failure, Frame
from creator_magic.python_source import parsed

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from creator_magic.ports import CodeCell

_How = Literal["needed", "guarded", "perhaps"]
"""Whether code cannot do without an import, catches its failure, or comes to it only on a condition."""


class _Import(NamedTuple):
    key: str
    line: int
    module: str
    names: tuple[str, ...]
    how: _How


def refused_for_imports(cells: Sequence[CodeCell], names: Collection[str]) -> Execution | None:
    """Return the execution that was not begun since its code needs what is not installed, or None.

    Parameters
    ----------
    cells : sequence of CodeCell
        What was to run.
    names : collection of str
        What the notebook has; to import that is a mistake, and no want of a package.
    """
    missing = [each for each in _missing(cells) if each.how == "needed"]
    if not missing:
        return None
    names = {*names, *_defined(cells)}
    taken = [each for each in missing if _taken(each.module, missing, names)]
    if taken:
        said = "; ".join(
            f"`{each.module}` is no module: what it would give is there already" for each in taken
        )
        return _not_begun(
            cells, Failure("names", "NoModule", f"{said}. Use it without an import.", taken[0].key)
        )
    sources = {cell.key: cell.source.splitlines() for cell in cells}
    frames = tuple(
        Frame(each.key, each.line, "<module>", sources[each.key][each.line - 1].strip()) for each in missing
    )
    modules = tuple(dict.fromkeys(each.module for each in missing))
    message, key = _message(modules, frames), missing[0].key
    return _not_begun(cells, Failure("missing", "MissingPackage", message, key, frames, missing=modules))


def _not_begun(cells: Sequence[CodeCell], failure: Failure) -> Execution:
    shown = (error_output(failure),)
    return Execution(
        tuple(CellRun(cell, shown if cell.key == failure.key else ()) for cell in cells), failure
    )


def done_without(cells: Sequence[CodeCell]) -> tuple[str, ...]:
    """Return a notice for each missing package that the code goes on without, by catching the error."""
    modules = dict.fromkeys(each.module for each in _missing(cells) if each.how == "guarded")
    return tuple(
        f"{needs([module])} It goes on without: {way_to_install([module]).splitlines()[-1]}"
        for module in modules
    )


def as_missing(error: BaseException, failure: Failure, cell: CodeCell, names: Collection[str]) -> Failure:
    """Return `failure` as one for want of a package, if that is what `error` says.

    Parameters
    ----------
    error : BaseException
        What `cell` raised.
    failure : Failure
        The same as a failure.
    cell : CodeCell
        The cell.
    names : collection of str
        What the notebook has.
    """
    module = _wanted(error) if isinstance(error, ImportError) and failure.kind == "error" else None
    if module is None or _is_installed(module) or _taken(module, _imports([cell]), names):
        return failure
    message = _message((module,), failure.frames[-1:])
    traceback = (*failure.traceback, *message.splitlines())
    return replace(failure, kind="missing", message=message, missing=(module,), traceback=traceback)


def _message(modules: tuple[str, ...], frames: Sequence[Frame]) -> str:
    places = [f"  {frame.key} cell, line {frame.line}: {frame.text}" for frame in frames]
    return "\n".join([needs(modules), *places, way_to_install(modules)])


def _missing(cells: Sequence[CodeCell]) -> list[_Import]:
    if any(_MAKES_IMPORTABLE.search(cell.source) for cell in cells):
        return []
    return [
        each for each in _imports(cells) if not is_pythons_own(each.module) and not _is_installed(each.module)
    ]


_MAKES_IMPORTABLE = re.compile(r"\b(pip|sys\.path|sys\.modules|meta_path|path_hooks|addsitedir|chdir)\b")
"""What lets code import what was not there before; then only its run can tell."""


def _taken(module: str, imports: Iterable[_Import], names: Collection[str]) -> bool:
    """Tell whether a name of the notebook's was taken for a module, or for one's contents."""
    return distribution_of(module) is None and (
        module in names
        or any(each.names and each.module == module and set(each.names) <= set(names) for each in imports)
    )


def _is_installed(module: str) -> bool:
    if sys.modules.get(module) is not None:
        return True
    try:
        if find_spec(module) is None:
            # It may have been installed within the last second, in which folders look unchanged.
            importlib.invalidate_caches()
            return find_spec(module) is not None
    except (ImportError, ValueError, AttributeError):
        return True  # somebody's finder is at fault; the run will tell
    return True


def _defined(cells: Sequence[CodeCell]) -> frozenset[str]:
    """Return what `cells` will define, and the words by which a model knows them."""
    sources = "\n".join(cell.source for cell in cells)
    return frozenset({"tool", "decision", *_DEFINITION.findall(sources)})


_DEFINITION = re.compile(r"^(?:async def|def|class) +(\w+)", re.MULTILINE)


def _imports(cells: Sequence[CodeCell]) -> list[_Import]:
    found = []
    for cell in cells:
        tree = parsed(cell.source) if "import" in cell.source else None
        if tree is None:
            continue  # or it is with IPython's own lines in it, as a person may have edited it
        found += [
            _Import(cell.key, node.lineno, module, names, how)
            for node, how in _statements(tree.body, "needed")
            for module, names in _modules(node)
        ]
    return found


def _statements(body: Iterable[ast.AST], how: _How) -> Iterator[tuple[ast.stmt, _How]]:
    """Yield the imports of a block, each with whether the code can do without."""
    for node in body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield node, how
        elif isinstance(node, ast.Try | ast.TryStar):
            caught = how == "needed" and any(map(_catches_imports, node.handlers))
            yield from _statements(node.body, "guarded" if caught else how)
            yield from _statements([*node.handlers, *node.orelse], "perhaps")
            yield from _statements(node.finalbody, how)
        elif isinstance(node, ast.If | ast.While | ast.For | ast.AsyncFor | ast.Match):
            yield from _statements(ast.iter_child_nodes(node), "perhaps")
        elif isinstance(node, ast.With | ast.AsyncWith):
            # A context may swallow the error, as `suppress` does.
            yield from _statements(node.body, "perhaps")
        elif isinstance(node, ast.stmt | ast.ExceptHandler | ast.match_case):
            yield from _statements(ast.iter_child_nodes(node), how)


def _catches_imports(handler: ast.ExceptHandler) -> bool:
    if handler.type is None:
        return True
    names = {node.id for node in ast.walk(handler.type) if isinstance(node, ast.Name)}
    return bool(names & {"ImportError", "ModuleNotFoundError", "Exception", "BaseException"})


def _modules(node: ast.stmt) -> Iterator[tuple[str, tuple[str, ...]]]:
    if isinstance(node, ast.Import):
        yield from ((_top(alias.name), ()) for alias in node.names)
    elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
        yield _top(node.module), tuple(alias.name for alias in node.names)


def _top(module: str) -> str:
    return module.partition(".")[0]


def _wanted(error: ImportError) -> str | None:
    """Return the module that an error says is not there; None if it says something else.

    A library that needs another one for some of what it does says so in words of its own. The text of
    an error that generated code raises itself says nothing of the kind: it would be a model's advice
    on what to install.
    """
    link: BaseException | None = error
    while link is not None:
        if isinstance(link, ModuleNotFoundError) and link.name:
            return _top(link.name)
        link = link.__cause__ or link.__context__
    if _raised_by_library(error):
        for name in _NAMED.findall(str(error)):
            if not _is_installed(_top(name)):
                return _top(name)
    return None


_NAMED = re.compile(
    r"(?:`Import |optional dependency '|No module named '|required package '|\bpip install `?)"
    r"([A-Za-z_][\w.]*)"
)


def _raised_by_library(error: BaseException) -> bool:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return trace is not None and not trace.tb_frame.f_code.co_filename.startswith("<creator ")
