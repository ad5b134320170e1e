"""Prompts: one readable template a stage, with a constant head and a varying tail."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Literal

from creator_magic.data_fence import fenced
from creator_magic.ports import Message

if TYPE_CHECKING:
    import jinja2

    from creator_magic.ports import Stage

_DIVIDER = "\n------\n"


@cache
def _templates() -> jinja2.Environment:
    import jinja2

    # Values are inserted, never rendered: braces in a problem stay text.
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("creator_magic.stages", "prompts"),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        autoescape=False,  # noqa: S701 - plain text for a model, not HTML
    )
    environment.filters["fenced"] = fenced
    return environment


def render(stage: Stage | Literal["reasoning"], **values: Any) -> tuple[Message, ...]:
    """Return the messages of `stage` with `values` in place.

    Parameters
    ----------
    stage : str
        The stage, which is also its template's name.
    **values
        What the template names, such as `problem`, `tool`, `decision`, `feedback`.

    Returns
    -------
    tuple of Message
        The constant head as the system message, the varying tail as the user's.
    """
    source = _templates().get_template(f"{stage}.md")
    head, _, tail = source.render(**values).partition(_DIVIDER)
    return Message("system", head.strip()), Message("user", tail)
