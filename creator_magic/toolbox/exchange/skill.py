"""Tools as a skill for agents: a folder with a `SKILL.md` and a script for each tool.

The format is that of agentskills.io: front matter with a name (at most 64 of a-z, 0-9 and hyphens, the
same as the folder's) and a description (at most 1,024 characters), then instructions.
"""

from __future__ import annotations

import json
import re
import sys
from dataclasses import replace
from textwrap import shorten
from typing import TYPE_CHECKING

from creator_magic.errors import InputError
from creator_magic.toolbox.cases import as_doctest, cases_in
from creator_magic.toolbox.exchange.folder import module_names, write_folder
from creator_magic.toolbox.exchange.modules import module_text, without_imports
from creator_magic.toolbox.reading import describe
from creator_magic.toolbox.tool import Provenance

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from creator_magic.toolbox.tool import Tool

FILE = "SKILL.md"
_LONGEST_NAME = 64
_LONGEST_DESCRIPTION = 1024
_SECTION = re.compile(r"^## `(\w+)`\n(.*?)(?=^## `|\Z)", re.MULTILINE | re.DOTALL)
_SCRIPT = re.compile(r"`scripts/(\w+)\.py`")
_EXAMPLES = re.compile(r"^```pycon\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def export_skill(tools: Sequence[Tool], folder: Path) -> None:
    """Write tools as a skill.

    Parameters
    ----------
    tools : sequence of Tool
        The tools, and all that they call.
    folder : Path
        Where; its name becomes the skill's, and must fit.

    Raises
    ------
    InputError
        If the name does not fit, or the folder is there already or cannot be written.
    """
    name = folder.name
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name) or len(name) > _LONGEST_NAME:
        raise InputError(
            f"A skill's folder is named with a-z, 0-9 and hyphens, as field-geometry; {name!r} does not fit."
        )
    requirements = sorted({each for tool in tools for each in tool.requirements})
    # A script must not hide a module that scripts import.
    taken = {each.lower() for each in (*requirements, *sys.stdlib_module_names)}
    modules = module_names([tool.name for tool in tools], taken)
    description = shorten(
        "Tested Python functions. Use when a task needs one of: "
        + "; ".join(tool.summary or tool.name for tool in tools),
        _LONGEST_DESCRIPTION,
        placeholder=" …",
    )
    needs = f" They need {', '.join(requirements)}." if requirements else ""
    head = (
        f"---\nname: {name}\ndescription: {json.dumps(description)}\n---\n\n# {name}\n\n"
        "Import a function from its script; do not write it anew.\n"
        f"Put `scripts/` on `sys.path`, or run Python there.{needs}\n"
    )
    sections = (_section(tool, modules[tool.name]) for tool in tools)
    scripts = {f"scripts/{modules[tool.name]}.py": module_text(tool, modules, "") for tool in tools}
    write_folder(folder, {FILE: "\n".join([head, *sections]), **scripts})


def is_skill(folder: Path) -> bool:
    """Tell whether a folder is a skill with scripts."""
    return (folder / FILE).is_file()


def read_skill(folder: Path) -> list[Tool]:
    """Return the tools of a skill as `export_skill` writes it; no code of it is run.

    Parameters
    ----------
    folder : Path
        The folder that holds the `SKILL.md`.

    Raises
    ------
    InputError
        If it cannot be read.
    """
    try:
        text = (folder / FILE).read_text("utf-8")
        sections = dict(_SECTION.findall(text))
        scripts = {name: _SCRIPT.search(body) for name, body in sections.items()}
        modules = {found[1]: name for name, found in scripts.items() if found}
        return [
            _read((folder / "scripts" / f"{module}.py").read_text("utf-8"), name, sections[name], modules)
            for module, name in modules.items()
        ]
    except (OSError, ValueError) as error:
        raise InputError(f"{folder} is no skill that can be read: {error}") from error


def _section(tool: Tool, module: str) -> str:
    parts = [f"## `{tool.name}`", "", f"`{tool.signature}` in `scripts/{module}.py`", "", tool.summary]
    if tool.cases:
        examples = "\n\n".join(as_doctest(case) for case in tool.cases)
        parts += ["", "```pycon", examples, "```"]
    return "\n".join([*parts, ""])


def _read(text: str, name: str, section: str, modules: dict[str, str]) -> Tool:
    source, calls = without_imports(text, modules)
    tool = describe(source, name)
    examples = _EXAMPLES.search(section)
    # A setup line shows nothing, and belongs to the case that follows it alone.
    texts = examples[1].split("\n\n") if examples else []
    cases = tuple(case for text in texts for case in cases_in(text))
    return replace(tool, calls=calls, cases=cases, provenance=Provenance("imported", foreign=True))
