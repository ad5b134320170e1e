"""A canary: a text in variables, files, environment, errors and earlier cells of every test's kernel.

No request that reaches a model server may hold it. `ModelServer` sees to that in every test; one
that shares it on purpose says so. Every IPython that a test starts plants it, whoever starts it: as
the startup file of a profile that only the tests have.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

CANARY = "zq7431-canary"

ENTRY = "CANARY_OF_THE_TESTS"
"""The environment entry that holds it."""

FILE = "canary.txt"
"""The file in the folder of a live notebook that has no other, and in the home of IPython."""

PLANTED = f"""
import sys as _sys
_canary = "{CANARY}"
_canaries = ["{CANARY}", {{"{CANARY}": ("{CANARY}",)}}, {{"{CANARY}"}}, b"{CANARY}"]
class _Canary:
    name = "{CANARY}"
    def __repr__(self):
        return self.name
_canary_object = _Canary()
def _canary_function(name="{CANARY}"):
    '{CANARY}'
    return "{CANARY}"
def _canary_error():
    try:
        raise ValueError("{CANARY}")
    except ValueError as error:
        return error
_canary_failure = _sys.last_value = _sys.last_exc = _canary_error()
# What the person ran before, and what it showed, as IPython remembers it.
_shell = get_ipython()
_shell.history_manager.input_hist_parsed[0] = _shell.history_manager.input_hist_raw[0] = "{CANARY}"
_i = _ii = _iii = "{CANARY}"
Out[0] = "{CANARY}"
"""
"""What runs before the first cell; the names are hidden, as a person's own may be."""


def plant(folder: Path) -> None:
    """Let every IPython that is started from here plant it, and its environment hold it.

    Parameters
    ----------
    folder : Path
        Where IPython's own files go.
    """
    startup = folder / "profile_default" / "startup"
    startup.mkdir(parents=True)
    (startup / "canary.py").write_text(PLANTED)
    (folder / FILE).write_text(CANARY)
    os.environ.update({ENTRY: CANARY, "IPYTHONDIR": str(folder)})
