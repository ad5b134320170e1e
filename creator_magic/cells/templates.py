"""The HTML templates: every value that goes into one is escaped, whoever wrote it."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from creator_magic.inert import inert

if TYPE_CHECKING:
    import jinja2


@cache
def template(name: str, folder: str = "cells") -> jinja2.Template:
    """Return the template in the file `name` of a folder of the package."""
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("creator_magic", folder),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
        finalize=lambda value: inert(value) if type(value) is str else value,
    )
    return environment.get_template(name)
