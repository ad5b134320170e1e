"""Warnings: which are shown, and how."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

from creator_magic.kernel.process_state.contents import Contents
from creator_magic.kernel.process_state.interpreter import bindings
from creator_magic.kernel.process_state.saver import saver

if TYPE_CHECKING:
    from creator_magic.kernel.process_state.saver import Restore


@saver("how warnings are shown, also where `catch_warnings` was entered and never left")
def showing_warnings() -> Restore:
    """Save what is called for a warning, and which list of filters counts."""
    names = ("filters", "showwarning", "formatwarning", "_showwarnmsg_impl", "defaultaction")
    return bindings([(warnings, name) for name in names])


@saver("warnings filters")
def filters() -> Restore:
    """Save the filters and what was shown once."""
    once = getattr(warnings, "onceregistry", {})
    return Contents([warnings.filters, once], then=_forget_decisions)


def _forget_decisions() -> None:
    """Have Python decide anew for each warning; it remembers under the filters that it knew."""
    with warnings.catch_warnings():
        pass
