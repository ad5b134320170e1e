"""How numbers are rounded and shown, and what is done about overflow and the like."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from creator_magic.kernel.process_state.interpreter import bindings, settings
from creator_magic.kernel.process_state.saver import saver

if TYPE_CHECKING:
    from creator_magic.kernel.process_state.saver import Restore

_OF_CONTEXT = ("prec", "rounding", "Emin", "Emax", "capitals", "clamp")


@saver("the decimal context, and those that new threads start with", needs="decimal")
def decimal_contexts() -> Restore:
    """Save the current context by identity, and every context in content."""
    import decimal

    current = decimal.getcontext()
    contexts = (current, decimal.DefaultContext, decimal.BasicContext, decimal.ExtendedContext)
    saved = [(context, context.copy()) for context in contexts]

    def restore() -> None:
        decimal.setcontext(current)
        for context, before in saved:
            for name in _OF_CONTEXT:
                setattr(context, name, getattr(before, name))
            context.flags, context.traps = before.flags, before.traps

    return restore


@saver("NumPy's print and error options", needs="numpy")
def numpy_options() -> Restore:
    """Save what `set_printoptions`, `seterr`, `seterrcall` and `setbufsize` set."""
    import numpy as np

    return settings(
        (np.get_printoptions, lambda options: np.set_printoptions(**options)),
        (np.geterr, lambda errors: np.seterr(**errors)),
        (np.geterrcall, np.seterrcall),
        (np.getbufsize, np.setbufsize),
    )


@saver("mpmath's precision", needs="mpmath")
def mpmath_precision() -> Restore:
    """Save the precision of mpmath's contexts, which sympy computes with as well."""
    mpmath: Any = sys.modules["mpmath"]
    return bindings([(mpmath.mp, "prec"), (mpmath.iv, "prec"), (mpmath.mp, "pretty")])
