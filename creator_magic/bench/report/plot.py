"""Plots, drawn by matplotlib without its global state: as SVG for a page, and as SVG and PNG files."""

from __future__ import annotations

import io
import re
import textwrap
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal
from xml.etree import ElementTree as ET

from creator_magic.inert import inert

if TYPE_CHECKING:
    from collections.abc import Iterator

    from creator_magic.bench.report.statistics import Share

_INK = "#010203"
"""What is drawn in the colour of the text around it: on a page this colour is replaced by that one."""
_COLOURS = ("#3b82c4", "#d9772b", "#3f9e6e", "#b55ab0", "#c9a227", "#d1495b", "#2aa1a8", "#7a7f87")
"""Of middling brightness, to be read on white and on black."""
_MARKERS = "osD^vP*X"
_DPI = 160
_LONGEST, _LINE = 40, 90
_STYLE: Any = {
    "svg.fonttype": "none",
    "svg.hashsalt": "creator-magic",
    "font.family": "sans-serif",
    "font.size": 9.5,
    "text.parse_math": False,  # names of subjects hold dollar signs
    "text.color": _INK,
    "axes.edgecolor": _INK,
    "axes.labelcolor": _INK,
    "axes.titlesize": "medium",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.facecolor": "none",
    "grid.color": _INK,
    "grid.alpha": 0.12,
    "xtick.color": _INK,
    "ytick.color": _INK,
    "legend.frameon": False,
}
_SVG = "{http://www.w3.org/2000/svg}"


@dataclass(frozen=True, slots=True)
class Series:
    """Shares of one way: places on the axis, each with its share, and the paper's figure if there is one."""

    label: str
    shares: tuple[tuple[int, Share], ...]
    beside: float | None = None


@dataclass(frozen=True, slots=True)
class Curve:
    """A curve of one way that goes up by steps."""

    label: str
    points: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True, repr=False)
class Plot:
    """A plot, drawn when it is asked for.

    Parameters
    ----------
    name : str
        Of its files.
    title : str
        What it shows, in words.
    kind : {"ranges", "kinds", "lines", "curves"}
        A line for each way; a group for each kind; lines over whole numbers; curves.
    series : tuple of Series or Curve
        What is drawn, way by way.
    x : str
        The horizontal axis's name.
    kinds : tuple of str
        Names of the groups.
    note : str
        What is to be known of it wherever it is seen alone.
    """

    name: str
    title: str
    kind: Literal["ranges", "kinds", "lines", "curves"]
    series: tuple[Any, ...]
    x: str = ""
    kinds: tuple[str, ...] = ()
    note: str = ""

    def svg(self) -> bytes:
        """Return it as a file, on white, with its title."""
        return self._saved("svg", titled=True, facecolor="white")

    def png(self) -> bytes:
        """Return it as a picture, on white, with its title."""
        return self._saved("png", titled=True, facecolor="white", dpi=_DPI)

    def inline(self, prefix: str) -> str:
        """Return it as an element of a page, in the page's own colour of text.

        Parameters
        ----------
        prefix : str
            What sets its ids apart from those of other plots of the page.
        """
        ET.register_namespace("", _SVG[1:-1])
        ET.register_namespace("xlink", "http://www.w3.org/1999/xlink")  # the one prefix that HTML knows
        root = ET.fromstring(self._saved("svg", transparent=True))  # noqa: S314 - matplotlib's own
        for metadata in root.findall(f"{_SVG}metadata"):
            root.remove(metadata)
        root.attrib.pop("height")
        root.attrib.update({"role": "img", "aria-label": self.title, "width": "100%"})
        text = ET.tostring(root, "unicode").replace(_INK, "currentColor")
        return re.sub(r'( id="|url\(#|href="#)', rf"\g<1>{prefix}-", text)

    def _repr_svg_(self) -> str:
        return self.svg().decode()

    def __repr__(self) -> str:
        return f"{self.title}. {self.note}".strip()

    def _saved(self, form: str, *, titled: bool = False, **options: Any) -> bytes:
        import matplotlib as mpl
        from matplotlib.figure import Figure

        file = io.BytesIO()
        # Whatever the person's own style, and whatever letters a font lacks.
        with mpl.rc_context(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            mpl.rcdefaults()
            mpl.rcParams.update(_STYLE)
            figure = Figure(figsize=(7.4, self._height()), layout="constrained")
            if titled:
                lines = [*textwrap.wrap(self.title, _LINE), *textwrap.wrap(self.note, _LINE)]
                figure.suptitle("\n".join(lines), x=0.01, ha="left", fontsize="medium")
            self._draw(figure.add_subplot())
            metadata = {"Date": None, "Title": self.title} if form == "svg" else None
            figure.savefig(file, format=form, metadata=metadata, **options)
        return file.getvalue()

    def _height(self) -> float:
        legend = 0.0 if self.kind == "ranges" else 0.2 * len(self.series)
        return (0.9 + 0.34 * len(self.series)) if self.kind == "ranges" else 3.2 + legend

    def _draw(self, axes: Any) -> None:
        match self.kind:
            case "ranges":
                self._draw_ranges(axes)
                axes.set_xlim(-0.02, 1.02)
                axes.set_ylim(len(self.series) - 0.4, -0.6)
                axes.xaxis.set_major_formatter(_percent)
            case "curves":
                self._draw_curves(axes)
            case _:
                self._draw_lines(axes)
        if self.kind != "ranges":
            axes.set_ylim(-0.02, 1.03)
            axes.yaxis.set_major_formatter(_percent)
            axes.set_xlabel(self.x)
            # Below the plot and not in it: it can be as long as there are ways.
            axes.legend(loc="upper left", bbox_to_anchor=(0, -0.16), borderaxespad=0, ncols=2)

    def _draw_ranges(self, axes: Any) -> None:
        for place, (series, colour, marker) in enumerate(_styled(self.series)):
            (_, share), *_rest = series.shares
            axes.errorbar(
                share.value, place, xerr=_arms([share]), fmt=marker, color=colour, capsize=3, markersize=6
            )
            if series.beside is not None:
                axes.plot(series.beside, place, "D", color=colour, fillstyle="none", markersize=7)
        axes.set_yticks(range(len(self.series)), [_plain(series.label) for series in self.series])

    def _draw_lines(self, axes: Any) -> None:
        apart = 0.0 if self.kind == "lines" else 0.7 / max(1, len(self.series))
        for place, (series, colour, marker) in enumerate(_styled(self.series)):
            shift = apart * (place - (len(self.series) - 1) / 2)
            axes.errorbar(
                [x + shift for x, _ in series.shares],
                [share.value for _, share in series.shares],
                yerr=_arms([share for _, share in series.shares]),
                fmt=f"{marker}-" if self.kind == "lines" else marker,
                color=colour,
                capsize=2.5,
                markersize=5,
                label=_plain(series.label),
            )
        if self.kind == "kinds":
            axes.set_xticks(
                range(len(self.kinds)), [_plain(kind) for kind in self.kinds], rotation=20, ha="right"
            )
        else:
            axes.xaxis.get_major_locator().set_params(integer=True)

    def _draw_curves(self, axes: Any) -> None:
        for curve, colour, marker in _styled(self.series):
            xs, ys = zip(*curve.points, strict=True)
            axes.step(xs, ys, where="post", color=colour, label=_plain(curve.label))
            axes.plot(xs[-1], ys[-1], marker, color=colour)
        axes.set_xlim(left=0)
        axes.xaxis.set_major_formatter(_thousands)


def _styled(things: tuple[Any, ...]) -> Iterator[tuple[Any, str, str]]:
    for place, thing in enumerate(things):
        yield thing, _COLOURS[place % len(_COLOURS)], _MARKERS[place % len(_MARKERS)]


def _arms(shares: list[Share]) -> list[list[float]]:
    return [
        [max(0.0, share.value - share.low) for share in shares],
        [max(0.0, share.high - share.value) for share in shares],
    ]


def _percent(value: float, _place: object) -> str:
    return f"{100 * value:.0f} %"


def _thousands(value: float, _place: object) -> str:
    return f"{value:,.0f}"


def _plain(text: str) -> str:
    """Return a name as a line that XML can hold, and no longer than fits."""
    line = " ".join(re.sub("[\ufffe\uffff]", "\ufffd", inert(text)).split()) or " "
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"
