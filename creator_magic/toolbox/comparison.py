"""When what a case shows is what was expected: as in doctest, with numbers as far as they are written.

This file stands alone, on the standard library: exported tools bring it along for their tests.

An expected `3.14` is met by `3.1415926`, as with pytest's NUMBER option, and `np.float64(3.14)` counts
as 3.14, since NumPy 2 shows its numbers in another way than NumPy 1 did.
"""

from __future__ import annotations

import doctest
import re

_NUMBER = re.compile(r"(?<![\w.])[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?(?![\w.])")
_WRAPPED = re.compile(r"\b(?:np|numpy)\.(?:float|int|uint)\d+\(([^()]*)\)")
_RELATIVE = 1e-9
"""How far whole `repr`s of floats may differ between machines."""


class AsWritten(doctest.OutputChecker):
    """Compares numbers with a decimal point to the places that are written."""

    def check_output(self, want: str, got: str, optionflags: int) -> bool:
        """Tell whether `got` is what was wanted.

        Parameters
        ----------
        want : str
            The expected text.
        got : str
            What was shown.
        optionflags : int
            Doctest's options.
        """
        if super().check_output(want, got, optionflags):
            return True
        want, got = _WRAPPED.sub(r"\1", want), _WRAPPED.sub(r"\1", got)
        return super().check_output(want, _as_far_as_written(want, got), optionflags)


def _as_far_as_written(want: str, got: str) -> str:
    """Return `got` with each number that agrees with the one in the same place of `want` written like it."""
    wanted = _NUMBER.findall(want)
    if len(wanted) != len(_NUMBER.findall(got)):
        return got
    left = iter(wanted)

    def written(number: re.Match[str]) -> str:
        want = next(left)
        return want if _agree(want, number.group()) else number.group()

    return _NUMBER.sub(written, got)


def _agree(want: str, got: str) -> bool:
    mantissa, _, exponent = want.lower().partition("e")
    if "." not in mantissa and not exponent:
        return False  # a whole number is expected exactly, which the texts have told already
    places = len(mantissa.partition(".")[2]) - int(exponent or 0)
    difference = abs(float(want) - float(got))
    return difference <= max(0.5 * 10.0**-places, _RELATIVE * abs(float(want)))
