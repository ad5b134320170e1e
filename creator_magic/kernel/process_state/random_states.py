"""Random numbers: where the sequences that everybody shares stand."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from creator_magic.kernel.process_state.saver import saver

if TYPE_CHECKING:
    from creator_magic.kernel.process_state.saver import Restore


@saver("the state of `random`", needs="random")
def python_random() -> Restore:
    """Save the state of the module's own generator."""
    import random

    generator = random.getstate.__self__  # type: ignore[attr-defined]
    state = generator.getstate()
    return lambda: generator.setstate(state)


@saver("the state of `numpy.random`", needs="numpy.random")
def numpy_random() -> Restore:
    """Save NumPy's global generator: which source of bits it has, and where that stands."""
    np_random: Any = sys.modules["numpy.random"]
    source = np_random.get_bit_generator()
    state = np_random.get_state(legacy=False)

    def restore() -> None:
        if np_random.get_bit_generator() is not source:
            np_random.set_bit_generator(source)
        np_random.set_state(state)

    return restore
