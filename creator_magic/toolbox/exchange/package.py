"""Tools as an importable package, with a pytest file of their cases; nothing in it needs creator-magic."""

from __future__ import annotations

import ast
import inspect
import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from creator_magic.errors import InputError
from creator_magic.toolbox import comparison
from creator_magic.toolbox.cases import as_doctest, cases_in
from creator_magic.toolbox.exchange.folder import module_names, write_folder
from creator_magic.toolbox.exchange.modules import module_text, without_imports
from creator_magic.toolbox.reading import describe
from creator_magic.toolbox.requirements import versions
from creator_magic.toolbox.tool import Provenance

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from creator_magic.toolbox.tool import Case, Tool

ABOUT = "tools.json"
_TESTS = "tests/test_cases.py"

_INIT = '''"""{about}"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
{imports}

_MODULES = {modules}

__all__ = {names}


def __getattr__(name: str) -> Any:
    # Each tool is imported when it is first used, so that one whose needs are not installed
    # stands in no other's way.
    if name not in _MODULES:
        raise AttributeError(f"module {{__name__!r}} has no attribute {{name!r}}")
    tool = getattr(import_module(f"{{__name__}}.{{_MODULES[name]}}"), name)
    globals()[name] = tool
    return tool


def __dir__() -> list[str]:
    return sorted({{*globals(), *_MODULES}})
'''

_TEST = '''"""The cases of each tool: what it was admitted on, and what must hold whenever it changes."""

import doctest
import importlib
import io

import pytest

from as_written import AsWritten

MODULES = {modules}

CASES = {cases}


@pytest.mark.parametrize(
    ("tool", "case"), [(tool, case) for tool, cases in CASES.items() for case in cases]
)
def test_case(tool: str, case: str) -> None:
    names = dict(vars(importlib.import_module(MODULES[tool])))
    test = doctest.DocTestParser().get_doctest(case, names, tool, None, None)
    said = io.StringIO()
    doctest.DocTestRunner(checker=AsWritten(), verbose=False).run(test, out=said.write)
    assert not said.getvalue(), said.getvalue()


@pytest.mark.parametrize("tool", MODULES)
def test_import(tool: str) -> None:
    assert callable(getattr(importlib.import_module(MODULES[tool]), tool))
'''


def export_package(tools: Sequence[Tool], folder: Path) -> None:
    """Write tools as a package that can be installed, imported and tested.

    Parameters
    ----------
    tools : sequence of Tool
        The tools, and all that they call.
    folder : Path
        Where; the package gets the folder's name as far as it can be one.

    Raises
    ------
    InputError
        If the folder is there already or cannot be written.
    """
    name = package_name(folder.name)
    by_name = module_names([tool.name for tool in tools])
    modules = {tool: f"_{module}" for tool, module in by_name.items()}
    files = {f"{name}/{modules[tool.name]}.py": module_text(tool, modules, ".") for tool in tools}
    requirements = sorted({each for tool in tools for each in tool.requirements})
    imports = "\n".join(f"    from {name}.{modules[t.name]} import {t.name} as {t.name}" for t in tools)
    about = f"{len(tools)} tool{'s' if len(tools) != 1 else ''} of a toolbox."
    places = {tool: f"{name}.{module}" for tool, module in modules.items()}
    files |= {
        f"{name}/__init__.py": _INIT.format(
            about=about, imports=imports or "    pass", modules=_dict(modules), names=_list(sorted(modules))
        ),
        f"{name}/py.typed": "",
        f"{name}/{ABOUT}": _json(tools, modules),
        _TESTS: _TEST.format(modules=_dict(places), cases=_cases(tools)),
        "tests/as_written.py": inspect.getsource(comparison),
        "pyproject.toml": _pyproject(name, about, requirements),
        "README.md": _readme(name, tools, requirements),
    }
    write_folder(folder, files)


def package_name(text: str) -> str:
    """Return a text as the name of a package."""
    name = re.sub(r"\W+", "_", text).strip("_").lower() or "tools"
    return f"tools_{name}" if name[0].isdigit() else name


def is_package(folder: Path) -> bool:
    """Tell whether a folder holds a package as `export_package` writes it."""
    return any(folder.glob(f"*/{ABOUT}"))


def read_package(folder: Path) -> list[Tool]:
    """Return the tools of a package as `export_package` writes it; no code of it is run.

    Parameters
    ----------
    folder : Path
        The folder that holds the package.

    Raises
    ------
    InputError
        If it is no such package.
    """
    try:
        (about,) = folder.glob(f"*/{ABOUT}")
        kept = json.loads(about.read_text("utf-8"))["tools"]
        cases = _read_cases(folder / _TESTS)
        modules = {each["module"]: each["name"] for each in kept}
        return [_read(about.parent, each, modules, cases) for each in kept]
    except (OSError, ValueError, KeyError, TypeError, SyntaxError) as error:
        raise InputError(f"{folder} is no package of tools that can be read: {error}") from error


def _read(folder: Path, kept: dict[str, Any], modules: dict[str, str], cases: dict[str, list[str]]) -> Tool:
    if not str(kept["module"]).isidentifier():
        raise ValueError(f"{kept['module']!r} is no module")
    text = (folder / f"{kept['module']}.py").read_text("utf-8")
    source, calls = without_imports(text, modules)
    tool = describe(source, kept["name"])
    read = [case for text in cases.get(tool.name, []) for case in cases_in(text)]
    # Cases that a person added to the file have no origin there.
    origins = [*kept["origins"], *["person"] * len(read)]
    return replace(
        tool,
        calls=calls,
        cases=tuple(replace(case, origin=origin) for case, origin in zip(read, origins, strict=False)),
        problem=str(kept["problem"]),
        provenance=Provenance("imported", str(kept["model"]), foreign=True),
    )


def _read_cases(path: Path) -> dict[str, list[str]]:
    for node in ast.parse(path.read_text("utf-8")).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "CASES":
            return dict(ast.literal_eval(node.value))
    return {}


def _json(tools: Sequence[Tool], modules: dict[str, str]) -> str:
    about = [
        {
            "name": tool.name,
            "module": modules[tool.name],
            "problem": tool.problem,
            "model": tool.provenance.model,
            "origins": [case.origin for case in tool.cases],
        }
        for tool in tools
    ]
    return json.dumps({"v": 1, "tools": about}, indent=1) + "\n"


def _cases(tools: Sequence[Tool]) -> str:
    lines = ["{"]
    for tool in tools:
        lines.append(f"    {tool.name!r}: [")
        for case in tool.cases:
            lines.append("        (")
            lines += [f"            {line!r}" for line in _lines(case)]
            lines.append("        ),")
        lines.append("    ],")
    return "\n".join([*lines, "}"])


def _lines(case: Case) -> list[str]:
    return [f"{line}\n" for line in as_doctest(case).split("\n")]


def _dict(pairs: dict[str, str]) -> str:
    return "\n".join(["{", *(f'    "{key}": "{value}",' for key, value in pairs.items()), "}"])


def _list(names: Sequence[str]) -> str:
    return "\n".join(["[", *(f'    "{name}",' for name in names), "]"])


def _pyproject(name: str, about: str, requirements: Sequence[str]) -> str:
    return f"""[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "{name.replace("_", "-")}"
version = "0.1.0"
description = "{about}"
readme = "README.md"
requires-python = ">=3.11"
dependencies = {json.dumps(list(requirements))}

[project.optional-dependencies]
test = ["pytest"]

[tool.hatch.build.targets.wheel]
packages = ["{name}"]

[tool.pytest.ini_options]
testpaths = ["tests"]
pythonpath = ["."]
"""


def _readme(name: str, tools: Sequence[Tool], requirements: Sequence[str]) -> str:
    ran_on = ", ".join(versions(requirements))
    rows = "\n".join(
        f"| `{_cell(tool.signature)}` | {_cell(tool.summary)} | {len(tool.cases)} |" for tool in tools
    )
    return (
        f"# {name}\n\nPlain Python functions, exported from a toolbox on {ran_on}.\n\n"
        f"```python\nfrom {name} import {tools[0].name if tools else '...'}\n```\n\n"
        f"`pip install .` installs them; `pip install '.[test]' && pytest` runs their cases.\n\n"
        f"| tool | what it does | cases |\n|---|---|---|\n{rows}\n"
    )


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())
