"""Figures of matplotlib as a cell's result: shown once, with their picture, whatever the backend."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

_INLINE = ("inline", "matplotlib_inline.backend_inline")


def figure_of(value: Any) -> Any:
    """Return the figure that a value is or is part of, None for any other value.

    Parameters
    ----------
    value : object
        The value of a cell's last expression; pandas gives axes, or an array of them.
    """
    figures, axes = sys.modules.get("matplotlib.figure"), sys.modules.get("matplotlib.axes")
    if figures is None or axes is None:
        return None
    numpy = sys.modules["numpy"]
    if issubclass(type(value), numpy.ndarray) and value.dtype == object and value.size:
        value = value.flat[0]
    if issubclass(type(value), axes.Axes):
        value = value.get_figure()
    return value if issubclass(type(value), figures.Figure) else None


def picture_of(figure: Any, shell: InteractiveShell) -> dict[str, Any]:
    """Return a figure's picture, in the formats that the person has chosen, else as a PNG.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        Any.
    shell : InteractiveShell
        Whose formats those are.
    """
    from IPython.core.pylabtools import print_figure

    data = shell.display_formatter.format(figure)[0] if shell.display_formatter is not None else {}
    pictures = {mime: value for mime, value in data.items() if mime.startswith("image/")}
    if pictures:
        return pictures
    picture = print_figure(figure, base64=True)
    return {"image/png": picture} if picture else {}


def has_been_shown(figure: Any) -> None:
    """Let pyplot go of a figure where it would be shown a second time when the cell ends.

    The figure itself stays what it is; the inline backend lets go of every figure that it shows.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        Any.
    """
    pyplot = sys.modules.get("matplotlib.pyplot")
    if pyplot is not None and sys.modules["matplotlib"].get_backend().removeprefix("module://") in _INLINE:
        pyplot.close(figure)
