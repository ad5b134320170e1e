"""Which modules of the package import a part of it: an extra is imported by its own faces only."""

from __future__ import annotations

import ast
from pathlib import Path

import creator_magic


def importers_of(part: str) -> set[str]:
    """Return the names of the files outside `creator_magic/PART` that import it, at once or later."""
    package = Path(creator_magic.__file__).parent
    importing = set()
    for path in package.rglob("*.py"):
        if path.is_relative_to(package / part):
            continue
        nodes = list(ast.walk(ast.parse(path.read_text("utf-8"))))
        names = [node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)]
        names += [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
        if any(name.split(".")[:2] == ["creator_magic", part] for name in names):
            importing.add(path.name)
    return importing
