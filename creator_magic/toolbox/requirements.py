"""What a tool needs installed: the distributions that its imports come from."""

from __future__ import annotations

import ast
import importlib.metadata
import platform
import sys
from functools import cache
from typing import TYPE_CHECKING

from creator_magic.missing_packages import distribution_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence


def required_by(nodes: Iterable[ast.AST]) -> tuple[str, ...]:
    """Return the distributions that code imports from, beyond the standard library.

    Parameters
    ----------
    nodes : iterable of ast.AST
        The code; imports inside functions count.

    Returns
    -------
    tuple of str
        Sorted. Where a module's distribution is neither installed nor well known, the module's own name
        stands for it.
    """
    modules = set()
    for node in nodes:
        for part in ast.walk(node):
            if isinstance(part, ast.Import):
                modules |= {alias.name.partition(".")[0] for alias in part.names}
            elif isinstance(part, ast.ImportFrom) and part.module and not part.level:
                modules.add(part.module.partition(".")[0])
    outside = sorted(modules - sys.stdlib_module_names - {"__future__"})
    return tuple(sorted({_distribution(module) for module in outside}))


def versions(requirements: Sequence[str]) -> tuple[str, ...]:
    """Return what runs here, as "python 3.11.7" and "numpy 2.4.6".

    Parameters
    ----------
    requirements : sequence of str
        Distributions; those that are not installed are left out.
    """
    found = [f"python {platform.python_version()}"]
    for name in requirements:
        try:
            found.append(f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            continue
    return tuple(found)


def _distribution(module: str) -> str:
    return (_installed().get(module) or [distribution_of(module) or module])[0]


@cache
def _installed() -> Mapping[str, list[str]]:
    return importlib.metadata.packages_distributions()
