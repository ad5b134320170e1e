"""Exploring is an extra: nothing but its own faces imports it."""

from __future__ import annotations

import ast
from pathlib import Path

import creator_magic

FACES = {"cli.py", "explore_magic.py"}


def test_the_core_never_imports_it() -> None:
    package = Path(creator_magic.__file__).parent
    importing = set()
    for path in package.rglob("*.py"):
        if path.is_relative_to(package / "explore"):
            continue
        nodes = list(ast.walk(ast.parse(path.read_text("utf-8"))))
        names = [node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)]
        names += [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
        if any(name.split(".")[:2] == ["creator_magic", "explore"] for name in names):
            importing.add(path.name)
    assert importing == FACES
