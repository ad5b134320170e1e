"""Lines that only a notebook understands, `%magic`, `!command` and `help?`, found and masked.

Code from a model is plain Python, or it is sent back. Text with such lines is judged all the same:
the kernel would run it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from creator_magic.policy.effects import Effect

_LINE = re.compile(r"^(?P<indent>\s*)(?P<target>[\w\s,]+=\s*)?(?P<mark>%%|%|!!|!|\?\??)(?P<rest>.*)$")
_HELP = re.compile(r"^\s*[\w.]+\?\??\s*$")
_INSTALLS = re.compile(r"\b(pip3?|conda|mamba|micromamba|uv|apt|apt-get|brew|npm|poetry)\b")
_MAGICS: dict[str, Effect] = {
    **dict.fromkeys(("pip", "conda", "mamba", "micromamba", "uv"), "install"),
    **dict.fromkeys(
        ("sx", "system", "sc", "bash", "sh", "script", "cmd", "perl", "ruby", "pypy"), "processes"
    ),
    **dict.fromkeys(("writefile", "file", "save", "notebook", "logstart", "store", "mkdir"), "write"),
    **dict.fromkeys(("rm", "rmdir", "mv"), "delete"),
    **dict.fromkeys(("run", "load", "loadpy", "python", "python3", "px", "edit", "macro"), "dynamic"),
    **dict.fromkeys(("env", "set_env"), "environment"),
    **dict.fromkeys(("cat", "less", "more", "ls", "pycat", "psource"), "read"),
    **dict.fromkeys(("html", "javascript", "js"), "kernel"),
}
_COMPUTE = frozenset({"time", "timeit", "matplotlib", "precision", "pprint", "capture", "pylab"})


def masked(source: str) -> tuple[str, list[tuple[int, Effect]]]:
    """Return code with `pass` for each line of a notebook's own, and what those lines do.

    Parameters
    ----------
    source : str
        The code.

    Returns
    -------
    str
        Code with as many lines, Python as far as it was.
    list of (int, str)
        Line numbers, counted from 1, each with an effect.
    """
    lines = source.split("\n")
    found: list[tuple[int, Effect]] = []
    for number, line in enumerate(lines, 1):
        match = _LINE.match(line)
        if match is not None:
            effect = _effect(match["mark"], match["rest"])
            found += [(number, effect)] if effect is not None else []
            if match["mark"] == "%%" and effect is not None:
                # What follows is the text of another language.
                lines[number - 1 :] = [""] * (len(lines) - number + 1)
                break
            lines[number - 1] = (
                f"{match['indent']}{match['target'] or ''}{'None' if match['target'] else 'pass'}"
            )
        elif _HELP.match(line):
            found.append((number, "kernel"))
            lines[number - 1] = ""
    return "\n".join(lines), found


def _effect(mark: str, rest: str) -> Effect | None:
    if mark in ("!", "!!"):
        return "install" if _INSTALLS.search(rest) and "install" in rest else "processes"
    if mark.startswith("?"):
        return "kernel"
    word = rest.strip().partition(" ")[0].rstrip("!")
    return None if word in _COMPUTE else _MAGICS.get(word, "kernel")
