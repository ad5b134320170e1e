"""Shares with intervals, and tests of one way against another on the same problems.

What is counted is the problem: its repeats are averaged first, so that asking the same ten problems a
hundred times never looks like asking a thousand (Miller 2024, arXiv 2411.00640).
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist, fmean
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

CONFIDENCE = 0.95
SIGNIFICANT = 1 - CONFIDENCE
FEWEST = 6
"""Problems that must tell two ways apart before the exact test can come out significant: 2 · 0.5⁶ < 0.05."""

_Z = NormalDist().inv_cdf((1 + CONFIDENCE) / 2)


@dataclass(frozen=True, slots=True)
class Share:
    """A share of problems, with its interval.

    Parameters
    ----------
    value, low, high : float
        From 0 to 1.
    n : int
        Of how many problems.
    """

    value: float
    low: float
    high: float
    n: int


@dataclass(frozen=True, slots=True)
class Difference:
    """How two ways differ on the problems that both worked on.

    Parameters
    ----------
    n : int
        Problems, or groups of problems that share a tool.
    better, worse : int
        Those on which the first way did better, and worse.
    value, low, high : float
        The mean difference, from -1 to 1, and its interval.
    p : float
        Of the exact test that neither is better.
    """

    n: int
    better: int
    worse: int
    value: float
    low: float
    high: float
    p: float


def share(scores: Mapping[str, float], units: Mapping[str, str] | None = None) -> Share:
    """Return the mean score with its 95 % interval by Wilson's method.

    Where scores are 0 or 1 and stand for themselves, this is Wilson's score interval (Wilson 1927). Else
    the number of problems is replaced by the number of independent ones that would vary as much, as for
    surveys with clusters (Korn and Graubard 1998; Franco, Little, Louis and Slud 2019). SciPy's interval
    takes whole counts only.

    Parameters
    ----------
    scores : mapping of str to float
        By problem, from 0 to 1; at least one.
    units : mapping of str to str, optional
        By problem, what it belongs to; without, each stands for itself.
    """
    n, value = len(scores), fmean(scores.values())
    residues: defaultdict[str, float] = defaultdict(float)
    for problem, score in scores.items():
        residues[units[problem] if units else problem] += (score - value) / n
    groups = len(residues)
    effective = float(groups)
    varied = sum(residue**2 for residue in residues.values())
    alone = groups == n and set(scores.values()) <= {0.0, 1.0}
    if not alone and groups > 1 and varied:
        effective = min(value * (1 - value) / (varied * groups / (groups - 1)), n)
    return Share(value, *_wilson(value, effective), n)


def _wilson(value: float, n: float) -> tuple[float, float]:
    middle = (value + _Z**2 / (2 * n)) / (1 + _Z**2 / n)
    half = _Z / (1 + _Z**2 / n) * sqrt(value * (1 - value) / n + _Z**2 / (4 * n**2))
    return max(0.0, middle - half), min(1.0, middle + half)


def difference(
    first: Mapping[str, float], second: Mapping[str, float], units: Mapping[str, str] | None = None
) -> Difference | None:
    """Compare two ways on the problems that both worked on.

    The test is McNemar's in its exact form: of the problems that tell the two apart, is either side more
    than chance? With several repeats it is the sign test on the problems' means, which is the same where
    there is one. The interval is Bonett and Price's (2012): that of Wald with one more problem each way,
    which Fagerland, Lydersen and Laake (2014) recommend for its coverage with few problems.

    Parameters
    ----------
    first, second : mapping of str to float
        Scores by problem.
    units : mapping of str to str, optional
        As for `share`; a unit's difference is the mean of its problems'.

    Returns
    -------
    Difference or None
        None if they have no problem in common.
    """
    from scipy.stats import binomtest

    apart = defaultdict(list)
    for problem in first.keys() & second.keys():
        apart[units[problem] if units else problem].append(first[problem] - second[problem])
    if not apart:
        return None
    means = [fmean(each) for each in apart.values()]
    n, better, worse = len(means), sum(mean > 0 for mean in means), sum(mean < 0 for mean in means)
    middle = sum(means) / (n + 2)
    half = _Z * sqrt(((sum(mean**2 for mean in means) + 2) / (n + 2) - middle**2) / (n + 2))
    p = float(binomtest(better, better + worse).pvalue) if better + worse else 1.0
    return Difference(n, better, worse, fmean(means), max(-1.0, middle - half), min(1.0, middle + half), p)


def holm(p_values: Sequence[float]) -> list[float]:
    """Return p-values adjusted for being several, by Holm's method (1979).

    Parameters
    ----------
    p_values : sequence of float
        In any order.
    """
    adjusted, highest = [1.0] * len(p_values), 0.0
    for rank, place in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        highest = max(highest, min(1.0, p_values[place] * (len(p_values) - rank)))
        adjusted[place] = highest
    return adjusted
