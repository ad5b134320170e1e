"""A fence around shared data in a prompt: what stands in it is data, whatever it says.

Rows and error messages may hold instructions that somebody hid there. The fence and the words
before it tell the model; what code may do is the policy's business all the same.
"""

from __future__ import annotations

import re


def fenced(data: str) -> str:
    """Return `data` in a fence that nothing within it can close.

    Parameters
    ----------
    data : str
        Values that the person shares, or an error message that quotes them.
    """
    longest = max((len(run) for run in re.findall(r"`+", data)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}data\n{data}\n{fence}"
