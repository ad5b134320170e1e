"""A section of a report: what it says, whatever shows it; and how figures are written in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from creator_magic.bench.report.plot import Plot
    from creator_magic.bench.report.statistics import Difference, Share
    from creator_magic.tools_command.page import Table, Text


@dataclass(frozen=True, slots=True)
class Section:
    """A section of a report.

    Parameters
    ----------
    title : str
        What it is about.
    blocks : tuple of Text or Table
        From top to bottom.
    plots : tuple of Plot
        Below them.
    """

    title: str
    blocks: tuple[Text | Table, ...]
    plots: tuple[Plot, ...] = ()


def percent(value: float) -> str:
    """Return a share in words, as 62.5 %."""
    return f"{100 * value:.1f} %"


def with_interval(share: Share) -> str:
    """Return a share with its interval, as 62.5 % [30.6, 86.3]."""
    return f"{percent(share.value)} [{100 * share.low:.1f}, {100 * share.high:.1f}]"


def points_with_interval(difference: Difference) -> str:
    """Return a difference of shares in percentage points, as +10.0 [-1.5, +20.4]."""
    return f"{100 * difference.value:+.1f} [{100 * difference.low:+.1f}, {100 * difference.high:+.1f}]"


def p_value(value: float) -> str:
    """Return a p-value."""
    return f"{value:.3f}" if value >= 0.0005 else "< 0.001"  # noqa: PLR2004 - what is shown as 0.001


def amount(value: float) -> str:
    """Return a number with as many digits as one reads."""
    return f"{value:,.0f}" if value >= 100 or value == int(value) else f"{value:,.3g}"  # noqa: PLR2004
