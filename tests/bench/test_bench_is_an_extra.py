"""Bench is an extra: nothing but its own face imports it, and that only when it is asked for."""

from __future__ import annotations

import subprocess
import sys

from tests.importers import importers_of


def test_the_core_never_imports_it() -> None:
    assert importers_of("bench") == {"bench_cli.py"}


def test_the_command_line_imports_its_libraries_only_for_it() -> None:
    code = (
        "import sys\nfrom creator_magic.cli import app\n"
        "try: app(['bench', 'report', '--help'])\nexcept SystemExit: pass\n"
        "heavy = {'scipy', 'matplotlib', 'numpy', 'sympy', 'math_verify', 'distributed'}\n"
        "print(sorted(heavy & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"
