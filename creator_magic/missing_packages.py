"""What a person and a model are told of packages that code needs and that are not installed.

Which distribution to install for a module is known only where a list knows it; elsewhere the
module's own name is all that is said. To install whatever has that name would be a guess, and where
a model made the name up, others may have published something under it.
"""

from __future__ import annotations

import sys
import tomllib
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def distribution_of(module: str) -> str | None:
    """Return what to install to import a module, by its name on PyPI; None where that is not known.

    Parameters
    ----------
    module : str
        The module's name, without dots.
    """
    return _distributions().get(module)


def is_pythons_own(module: str) -> bool:
    """Tell whether a module comes with Python, on some system or with some way of building it."""
    return module in sys.stdlib_module_names


def needs(modules: Sequence[str]) -> str:
    """Return a sentence that says what is not installed.

    Parameters
    ----------
    modules : sequence of str
        The modules, at least one, without dots.
    """
    named = [_named(module) for module in modules]
    listed = f"{', '.join(named[:-1])} and {named[-1]}" if len(named) > 1 else named[0]
    return f"The code needs {listed}, which {'are' if len(named) > 1 else 'is'} not installed."


def way_to_install(modules: Sequence[str]) -> str:
    """Return what to paste to install what is missing, with what there is to say of it, in a few lines."""
    lines = [
        f"`{module}` is a part of Python that this Python does not have; pip cannot install it."
        for module in modules
        if is_pythons_own(module)
    ]
    outside = [module for module in modules if not is_pythons_own(module)]
    unknown = [module for module in outside if distribution_of(module) is None]
    if unknown:
        names = " and ".join(f"`{module}`" for module in unknown)
        lines.append(
            f"Which package {names} comes from is not known here: look that up. The line below is right only "
            "if the package has the module's name."
        )
    if outside:
        lines.append("To install what is missing, run this in a cell, then this cell again:")
        installed = dict.fromkeys(distribution_of(module) or module for module in outside)
        lines.append(f"%pip install {' '.join(installed)}")
    return "\n".join(lines)


def known_modules() -> frozenset[str]:
    """Return the modules of the list and their distributions; these names are nobody's data."""
    return frozenset(_distributions()) | frozenset(_distributions().values())


def _named(module: str) -> str:
    distribution = distribution_of(module)
    if distribution is None:
        return f"the module `{module}`"
    return distribution if distribution == module else f"{distribution} (imported as `{module}`)"


@cache
def _distributions() -> Mapping[str, str]:
    listed = resources.files("creator_magic").joinpath("distributions.toml").read_text("utf-8")
    table = tomllib.loads(listed)
    return {**{name: name for name in table["same"]}, **table["differs"]}
