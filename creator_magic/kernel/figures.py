"""Open figures: those of a failed attempt must not turn up under the next cell."""

from __future__ import annotations

import sys


def open_figures() -> frozenset[int]:
    """Return the numbers of the figures that pyplot holds open; none where it is not in use."""
    pyplot = sys.modules.get("matplotlib.pyplot")
    return frozenset(pyplot.get_fignums()) if pyplot is not None else frozenset()


def close_figures(since: frozenset[int]) -> None:
    """Close the figures that were opened since `open_figures` returned `since`."""
    for number in open_figures() - since:
        sys.modules["matplotlib.pyplot"].close(number)
