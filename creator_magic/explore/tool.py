"""The tool that is explored: what a model is told of it, and what it takes to call it elsewhere."""

from __future__ import annotations

import importlib
import inspect
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, packages_distributions, version
from typing import TYPE_CHECKING, Any

from creator_magic.errors import InputError, meant
from creator_magic.kernel.notebook_functions import function_version
from creator_magic.kernel.variables import signature_without_defaults
from creator_magic.tool_stub import stub, stub_of
from creator_magic.tool_version import code_of, version_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import FunctionType

    from creator_magic.toolbox.collection import Toolbox

NOTEBOOK = "this notebook"


@dataclass(frozen=True, slots=True)
class Bound:
    """A function and the way to have it in another process: by source, by value, or by import.

    Parameters
    ----------
    name : str
        The name that a call knows it by.
    source : str
        Its source; empty where it does not travel so.
    pickled : bytes
        The function by value, as cloudpickle gives it.
    module, attribute : str
        Where it is imported from.
    """

    name: str
    source: str = ""
    pickled: bytes = b""
    module: str = ""
    attribute: str = ""


@dataclass(frozen=True, slots=True)
class ExploredTool:
    """A tool to be explored.

    Parameters
    ----------
    name : str
        The function.
    version : str
        Hash of its code and of what it calls: what was learnt of another version is not taken over.
    shown : str
        What a model is told of it: signature and docstring.
    place : str
        Where it was found, in words.
    bound : tuple of Bound
        What a call needs, in the order in which it is bound; the tool is the last.
    foreign : bool
        Whether it came from elsewhere, and has not been admitted here.
    libraries : tuple of str
        What it imports, so that it can be ready.
    data : tuple of str
        Variables of the notebook that what it returns depends on.
    """

    name: str
    version: str
    shown: str
    place: str
    bound: tuple[Bound, ...]
    foreign: bool = False
    libraries: tuple[str, ...] = ()
    data: tuple[str, ...] = ()


def find_tool(name: str, toolbox: Toolbox | None, namespace: Mapping[str, Any]) -> ExploredTool:
    """Find a tool to be explored.

    Parameters
    ----------
    name : str
        `package.module:function` for a callable that can be imported; else a function of the notebook,
        or a tool of the toolbox.
    toolbox : Toolbox or None
        Where to look for kept tools.
    namespace : mapping
        The notebook's names.

    Raises
    ------
    InputError
        If there is none of that name, or it cannot be had in another process.
    """
    if ":" in name:
        return _importable(name)
    kept = toolbox is not None and name in toolbox.names(name)
    if inspect.isfunction(namespace.get(name)) and not (kept and _same(name, toolbox, namespace[name])):
        return _of_notebook(name, namespace[name])
    if kept and toolbox is not None:
        return _kept(name, toolbox)
    if name in namespace:
        raise InputError(f"{name} is no function; what is explored is a function.")
    known = [*toolbox.names()] if toolbox is not None else []
    known += [
        key for key, value in namespace.items() if inspect.isfunction(value) and not key.startswith("_")
    ]
    otherwise = " Name a function of the notebook, a tool of the toolbox, or package.module:function"
    hint = meant(name, known, f"{otherwise}: ") if known else f"{otherwise}."
    raise InputError(f"There is no tool {name!r}.{hint}")


def _same(name: str, toolbox: Toolbox | None, function: Callable[..., Any]) -> bool:
    """Tell whether a function of the notebook is the kept tool, as it is or was, brought here by a cell."""
    source = code_of(_source(function))
    if toolbox is None or not source:
        return False
    place, _ = toolbox.find(name)
    return any(source in code_of(each.tool.source) for each in toolbox.stores[place].history(name))


def _kept(name: str, toolbox: Toolbox) -> ExploredTool:
    place, tool = toolbox.find(name)
    helpers = toolbox.helpers(tool, place)
    sources = [(each.name, each.source) for each in (*helpers, tool)]
    return ExploredTool(
        name,
        version_of(*(source for _, source in sources)),
        stub_of(tool.source, name),
        "the toolbox",
        tuple(Bound(each, source=source) for each, source in sources),
        any(each.provenance.foreign for each in (*helpers, tool)),
        tuple(sorted({library for each in (*helpers, tool) for library in each.requirements})),
    )


def _of_notebook(name: str, function: FunctionType) -> ExploredTool:
    import cloudpickle

    try:
        pickled = cloudpickle.dumps(function)
    except Exception as error:
        raise InputError(
            f"{name} cannot be carried into a process of its own, where calls run: {type(error).__name__}: "
            f"{error}. Leave out what it takes from the notebook that cannot be copied."
        ) from error
    # Defaults and annotations may hold values of the person's.
    shown = _shown(name, function, signature_without_defaults(inspect.signature(function)))
    bound = (Bound(name, pickled=pickled),)
    data = tuple(sorted(_data(function)))
    return ExploredTool(name, function_version(function), shown, NOTEBOOK, bound, data=data)


def _data(function: FunctionType, seen: frozenset[FunctionType] = frozenset()) -> set[str]:
    """Return the variables that a function reads, or a function of the notebook that it calls."""
    found: set[str] = set()
    for name in function.__code__.co_names:
        value = function.__globals__.get(name)
        if inspect.isfunction(value) and value.__globals__ is function.__globals__:
            found |= _data(value, seen | {function}) if value not in seen else set()
        elif name in function.__globals__ and not (inspect.ismodule(value) or callable(value)):
            found.add(name)
    return found


def _importable(path: str) -> ExploredTool:
    module, _, attribute = path.partition(":")
    try:
        value: Any = importlib.import_module(module)
        for part in attribute.split("."):
            value = getattr(value, part)
    except Exception as error:
        raise InputError(f"{path} cannot be imported: {type(error).__name__}: {error}") from error
    if not callable(value):
        raise InputError(f"{path} cannot be called; what is explored is a function.")
    name = attribute.rpartition(".")[2]
    bound = Bound(name, module=module, attribute=attribute)
    known = version_of(_source(value), path, _distribution(module))
    try:
        signature = str(inspect.signature(value))
    except (ValueError, TypeError):  # of a function in C that tells nothing of itself
        signature = "(*args, **kwargs)"
    shown = _shown(name, value, signature)
    return ExploredTool(name, known, shown, path, (bound,), libraries=(module.partition(".")[0],))


def _shown(name: str, function: Callable[..., Any], signature: str) -> str:
    kind = "async def" if inspect.iscoroutinefunction(function) else "def"
    return stub(f"{kind} {name}{signature}:", inspect.getdoc(function) or "")


def _source(function: Any) -> str:
    try:
        return inspect.getsource(function)
    except (OSError, TypeError):
        return ""


def _distribution(module: str) -> str:
    names = packages_distributions().get(module.partition(".")[0], [])
    try:
        return " ".join(f"{name} {version(name)}" for name in names)
    except PackageNotFoundError:
        return ""
