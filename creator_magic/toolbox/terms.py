"""The terms of a text, as tools are searched by: words, with identifiers split, without the commonest."""

from __future__ import annotations

import re
from importlib.resources import files
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from creator_magic.toolbox.tool import Tool

_WORD = re.compile(r"[^\W\d_]+")
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_LONGEST = 40
_MOST = 2000
"""Terms of one view that count; a problem may be a whole book."""

# Words that tell no problem from another: English function words, and those of every docstring.
_STOP = frozenset(files("creator_magic.toolbox").joinpath("stop_words.txt").read_text("utf-8").split())


def terms_of(text: str) -> list[str]:
    """Return the terms of a text, in their order.

    Identifiers are split at underscores, digits and humps; words are set in lower case and brought to
    their singular (the "S" stemmer of Harman, How effective is suffixing?, JASIS 42, 1991, section 2).

    Parameters
    ----------
    text : str
        Prose or source.
    """
    words = _WORD.findall(_HUMP.sub(" ", text))
    stems = (_singular(word.lower()) for word in words[: 2 * _MOST] if len(word) <= _LONGEST)
    return [stem for stem in stems if stem not in _STOP][:_MOST]


def views_of(tool: Tool) -> tuple[list[str], list[str], list[str]]:
    """Return the terms of the three views of a tool: problem, name and signature, docstring.

    Parameters
    ----------
    tool : Tool
        What is to be found.
    """
    return terms_of(tool.problem), terms_of(tool.signature), terms_of(tool.docstring)


def _singular(word: str) -> str:
    if word.endswith("ies") and len(word) > 4 and not word.endswith(("eies", "aies")):  # noqa: PLR2004
        return word[:-3] + "y"
    if word.endswith("es") and len(word) > 3 and not word.endswith(("aes", "ees", "oes")):  # noqa: PLR2004
        return word[:-1]
    if word.endswith("s") and len(word) > 3 and not word.endswith(("us", "ss")):  # noqa: PLR2004
        return word[:-1]
    return word
