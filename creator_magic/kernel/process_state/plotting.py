"""matplotlib: its settings, and the figures that pyplot holds open."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from creator_magic.kernel.process_state.saver import saver

if TYPE_CHECKING:
    from collections.abc import Iterable

    from creator_magic.kernel.process_state.saver import Restore


@saver("matplotlib's `rcParams` and backend", needs="matplotlib")
def rc_params() -> Restore:
    """Save every parameter."""
    params: dict[str, Any] = sys.modules["matplotlib"].rcParams
    before = {name: list(v) if isinstance(v, list) else v for name, v in dict.items(params)}

    def restore() -> None:
        backend = dict.get(params, "backend")
        wanted = before["backend"]
        # Found out when it is first needed, which no setting of the code's is.
        if isinstance(wanted, str) and backend != wanted and "matplotlib.pyplot" in sys.modules:
            sys.modules["matplotlib.pyplot"].switch_backend(wanted)
        if not isinstance(wanted, str):
            before["backend"] = backend
        # As it stood: setting a parameter checks it, and warns of old ones.
        dict.update(params, before)

    return restore


@saver(
    "open figures: new ones are closed, closed ones open again; current figure and axes",
    needs="matplotlib.pyplot",
)
def figures() -> Restore:
    """Save which figures are open, in which order, and which axes each has."""
    pyplot: Any = sys.modules["matplotlib.pyplot"]
    managers = sys.modules["matplotlib._pylab_helpers"].Gcf.figs
    before = dict(managers)
    axes = [
        (each.canvas.figure, list(each.canvas.figure.axes), _current_axes(each)) for each in before.values()
    ]

    def restore() -> Iterable[str]:
        for number, manager in [*managers.items()]:
            if before.get(number) is not manager:
                pyplot.close(number)
        gone = [manager for number, manager in before.items() if number not in managers]
        # The last one is the current one.
        for number, manager in before.items():
            managers[number] = manager
            managers.move_to_end(number)
        if gone and any(hasattr(manager, "window") for manager in gone):
            yield "a figure's window that the code closed stays closed"
        for figure, had, current in axes:
            for new in [each for each in figure.axes if each not in had]:
                figure.delaxes(new)
            for lost in [each for each in had if each not in figure.axes]:
                figure.add_axes(lost)
            if current is not None:
                figure.sca(current)

    return restore


def _current_axes(manager: Any) -> Any:
    # Asking for them would make some.
    return manager.canvas.figure.gca() if manager.canvas.figure.axes else None
