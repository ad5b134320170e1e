"""Bench is an extra: nothing but its own face imports it, and that only when it is asked for."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import creator_magic


def test_the_core_never_imports_it() -> None:
    package = Path(creator_magic.__file__).parent
    importing = set()
    for path in package.rglob("*.py"):
        if path.is_relative_to(package / "bench"):
            continue
        nodes = list(ast.walk(ast.parse(path.read_text("utf-8"))))
        names = [node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)]
        names += [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
        if any(name.split(".")[:2] == ["creator_magic", "bench"] for name in names):
            importing.add(path.name)
    assert importing == {"bench_cli.py"}


def test_the_command_line_imports_its_libraries_only_for_it() -> None:
    code = (
        "import sys\nfrom creator_magic.cli import app\n"
        "try: app(['bench', 'report', '--help'])\nexcept SystemExit: pass\n"
        "heavy = {'scipy', 'matplotlib', 'numpy', 'sympy', 'math_verify', 'distributed'}\n"
        "print(sorted(heavy & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"
