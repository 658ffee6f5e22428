"""Draws pictures as SVG, the same bytes for the same figures; the only place that knows matplotlib."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import matplotlib as mpl
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

from bench.picture import Style

if TYPE_CHECKING:
    from pathlib import Path

    from bench.picture import Panel, Picture

# Text and lines in a grey that is told from white and from black; nothing behind them.
GREY = "#737b85"
COLOURS = ("#2f7fd6", "#d9730d", "#2e9e6b")
FAINT = ("#9aa3ad", "#b58fd9")
SETTINGS = {
    "svg.hashsalt": "spotdrain",
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.size": 11,
    "text.color": GREY,
    "axes.labelcolor": GREY,
    "axes.edgecolor": GREY,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 12,
    "xtick.color": GREY,
    "ytick.color": GREY,
    "grid.color": GREY,
    "grid.alpha": 0.25,
    "legend.frameon": False,
}
WIDTH, HEIGHT = 4.8, 3.4
"""Inches of a panel."""

COLUMNS = 2
FEW = 3
"""More sizes would run into each other on an axis that is not logarithmic."""

BAR_SPAN = 0.7
Axes = Any


def draw(picture: Picture, path: Path) -> None:
    """Write the picture; the folder must be there."""
    with mpl.rc_context():
        # Whatever a user has set for plots of their own.
        mpl.rcdefaults()
        mpl.rcParams.update(SETTINGS)
        across = min(len(picture.panels), COLUMNS)
        down = -(-len(picture.panels) // COLUMNS)
        figure = Figure(figsize=(WIDTH * across, HEIGHT * down), layout="constrained")
        for number, panel in enumerate(picture.panels, start=1):
            _draw_panel(figure.add_subplot(down, across, number), panel)
        figure.savefig(path, format=path.suffix[1:], transparent=True, metadata=_metadata(path))


def _metadata(path: Path) -> dict[str, None]:
    return {"Date": None} if path.suffix == ".svg" else {}


def _draw_panel(axes: Axes, panel: Panel) -> None:
    axes.set_title(panel.title)
    axes.set_xlabel(panel.x)
    axes.set_ylabel(panel.y)
    axes.grid(axis="both" if panel.style is not Style.BARS else "y")
    axes.set_axisbelow(True)
    {Style.LINES: _lines, Style.BARS: _bars, Style.STEPS: _steps}[panel.style](axes, panel)
    if len(panel.series) > 1 and panel.style is Style.BARS:
        # Inside, it would lie over the bars.
        axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.2), ncols=len(panel.series))
    elif len(panel.series) > 1:
        axes.legend()


def _look(panel: Panel) -> list[tuple[str, str]]:
    """Give each series its colour and its line."""
    strong, faint = iter(COLOURS), iter(FAINT)
    return [(next(faint), "--") if s.faint else (next(strong), "-") for s in panel.series]


def _lines(axes: Axes, panel: Panel) -> None:
    for series, (colour, line) in zip(panel.series, _look(panel), strict=True):
        axes.plot(series.xs, series.ys, line, marker="o", color=colour, label=series.name)
    ticks = sorted({x for series in panel.series for x in series.xs})
    if panel.logarithmic:
        axes.set_xscale("log")
        axes.set_yscale("log")
        axes.xaxis.set_minor_locator(NullLocator())
        axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axes.yaxis.set_major_formatter(FuncFormatter(_number))
        axes.yaxis.set_minor_locator(NullLocator())
        axes.margins(y=0.15)
    else:
        axes.set_ylim(bottom=0)
    if panel.logarithmic or len(ticks) <= FEW:
        axes.set_xticks(ticks, [_number(tick) for tick in ticks])
    else:
        axes.xaxis.set_major_formatter(FuncFormatter(_number))


def _bars(axes: Axes, panel: Panel) -> None:
    width = BAR_SPAN / len(panel.series)
    for place, (series, (colour, _)) in enumerate(zip(panel.series, _look(panel), strict=True)):
        shift = (place - (len(panel.series) - 1) / 2) * width
        at = [number + shift for number in range(len(series.xs))]
        bars = axes.bar(at, series.ys, width * 0.9, color=colour, label=series.name)
        axes.bar_label(bars, fmt="%.3g", color=GREY, padding=2)
    xs = panel.series[0].xs
    axes.set_xticks(range(len(xs)), [_number(x) for x in xs])
    axes.margins(y=0.25)


def _steps(axes: Axes, panel: Panel) -> None:
    for series, (colour, line) in zip(panel.series, _look(panel), strict=True):
        axes.step(series.xs, series.ys, line, where="post", color=colour, label=series.name)
    axes.set_xlim(left=0)
    axes.set_ylim(0, 1.02)


def _number(value: float, _: object = None) -> str:
    return f"{value:,.0f}" if value >= 1 else f"{value:g}"
