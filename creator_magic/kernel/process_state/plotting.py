"""matplotlib: its settings, and the figures that pyplot holds open."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from creator_magic.kernel.process_state.contents import Contents
from creator_magic.kernel.process_state.saver import saver

if TYPE_CHECKING:
    from collections.abc import Iterable

    from creator_magic.kernel.process_state.saver import Restore


class _Parameters(Contents):
    """matplotlib's parameters, and what the lists among them hold."""

    def __init__(self) -> None:
        self._params: dict[str, Any] = sys.modules["matplotlib"].rcParams
        super().__init__([self._params, *(v for v in dict.values(self._params) if isinstance(v, list))])
        # Asked past the dictionary's own way, which looks for a backend where none is chosen yet.
        self._backend = dict.get(self._params, "backend")

    def __call__(self) -> None:
        pyplot = sys.modules.get("matplotlib.pyplot")
        chosen = isinstance(self._backend, str) and dict.get(self._params, "backend") != self._backend
        super().__call__()
        if pyplot is not None and chosen:
            pyplot.switch_backend(self._backend)


@saver("matplotlib's `rcParams` and backend", needs="matplotlib")
def rc_params() -> Restore:
    """Save every parameter."""
    return _Parameters()


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
