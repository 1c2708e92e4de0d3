"""Draws the plots as SVG that stands in the page itself and takes its colours and letters from there."""

from __future__ import annotations

import re
from html import escape
from io import StringIO
from typing import Callable, Dict, List, Optional, Sequence, Tuple

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure

# What is drawn in these colours gets those of the page, which differ by day and by night, and on paper.
TEXT, MUTED, LINE, SHADE = "#1b2427", "#566267", "#dfe0da", "#f0f0ea"
SERIES = ("#0b5d6b", "#d08a4e", "#8fb3a6", "#6d6f9c")
_VARIABLES: Dict[str, str] = {
    TEXT: "--text",
    MUTED: "--muted",
    LINE: "--line",
    SHADE: "--shade",
    **{colour: f"--series-{number}" for number, colour in enumerate(SERIES, start=1)},
}

WIDTH = 7.2  # inches; a letter of 10 points is as large on the page as one of the text
ROW = 0.27  # inches of one lying bar
_STYLE = {
    "svg.fonttype": "none",
    "font.size": 9.5,
    "text.color": TEXT,
    "axes.edgecolor": LINE,
    "axes.labelcolor": MUTED,
    "xtick.color": MUTED,
    "ytick.color": TEXT,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.spines.left": False,
    "xtick.major.size": 0,
    "ytick.major.size": 0,
    "legend.frameon": False,
}
_WITHOUT_METADATA = {"Date": None, "Creator": None, "Format": None, "Type": None}

Values = Sequence[Optional[int]]


class Plot:
    """One figure; `svg` draws it."""

    def __init__(self, name: str, description: str, draw: Callable[[], Figure]) -> None:
        """`name` is its own in the page; `description` says what it shows, to who cannot see it."""
        self.name = name
        self.description = description
        self._draw = draw

    def svg(self) -> str:
        """Return the <svg> element."""
        file = StringIO()
        with matplotlib.rc_context({**_STYLE, "svg.hashsalt": self.name}):
            self._draw().savefig(file, format="svg", transparent=True, metadata=_WITHOUT_METADATA)
        drawn = file.getvalue()
        drawn = drawn[drawn.index("<svg") :]
        width, height = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', drawn).groups()
        opening = (
            f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" role="img" '
            f'viewBox="0 0 {width} {height}" aria-labelledby="{self.name}-uitleg">'
            f'<title id="{self.name}-uitleg">{escape(self.description)}</title>'
        )
        drawn = opening + drawn[drawn.index(">") + 1 :]
        # matplotlib numbers its groups anew in each figure; nothing refers to these.
        drawn = re.sub(r'<g id="[^"]+"', "<g", drawn)
        # In a page it would hold for all of it.
        drawn = re.sub(r"<style.*?</style>", "", drawn)
        drawn = re.sub(r"\bfont: ([\d.]+)px [^;\"]*", r"font-size: \1px", drawn)
        for colour, variable in _VARIABLES.items():
            drawn = drawn.replace(colour, f"var({variable})")
        return drawn.strip()


def bars(names: Sequence[str], values: Sequence[int], notes: Optional[Sequence[str]] = None) -> Figure:
    """Draw lying bars, the first on top, each with its number behind it, or with `notes`."""
    figure, axes = _figure(len(names) * ROW + 0.1)
    places = range(len(names))
    axes.barh(places, values, height=0.62, color=SERIES[0])
    for place, value, note in zip(places, values, notes or [f"{value}" for value in values]):
        axes.annotate(note, (value, place), (5, 0), textcoords="offset points", va="center", color=MUTED)
    _lying(axes, names)
    axes.set_xlim(0, max(values) * 1.12)
    return figure


def divided_bars(names: Sequence[str], parts: Dict[str, Sequence[int]]) -> Figure:
    """Draw lying bars that are divided in `parts`, named in a legend on top."""
    figure, axes = _figure(len(names) * ROW + 0.45)
    lefts = [0] * len(names)
    for colour, (part, values) in zip(SERIES, parts.items()):
        axes.barh(range(len(names)), values, left=lefts, height=0.62, color=colour, label=part)
        lefts = [left + value for left, value in zip(lefts, values)]
    _lying(axes, names)
    axes.set_xlim(0, max(lefts) * 1.05)
    _legend(axes, len(parts))
    return figure


def columns(
    names: Sequence[str], parts: Dict[str, Values], shaded: Sequence[Tuple[float, float]], every: int = 1
) -> Figure:
    """Draw standing bars, divided in `parts`; each of the `shaded` stretches of places gets a background.

    Every so many places have their name below; a value of None is not drawn.
    """
    figure, axes = _figure(2.5)
    for begin, end in shaded:
        axes.axvspan(begin - 0.5, end + 0.5, color=SHADE, linewidth=0, zorder=0)
    bottoms = [0] * len(names)
    for colour, (part, values) in zip(SERIES, parts.items()):
        heights = [value or 0 for value in values]
        axes.bar(range(len(names)), heights, bottom=bottoms, width=0.72, color=colour, label=part, zorder=2)
        bottoms = [bottom + height for bottom, height in zip(bottoms, heights)]
    axes.set_xlim(-0.6, len(names) - 0.4)
    axes.set_ylim(0, max(bottoms) * 1.06)
    axes.set_xticks(range(0, len(names), every), names[::every])
    axes.yaxis.set_major_locator(matplotlib.ticker.MaxNLocator(4, integer=True))
    axes.grid(axis="y", color=LINE, linewidth=0.7)
    axes.set_axisbelow(True)
    axes.tick_params(axis="y", labelcolor=MUTED)
    if len(parts) > 1:
        _legend(axes, len(parts))
    return figure


def small_columns(titles: Sequence[str], rows: Sequence[Values], names: Sequence[str], across: int = 3) -> Figure:
    """Draw a little plot with standing bars for each row, all on one scale; `names` stand below the lowest ones."""
    down = -(-len(titles) // across)
    figure = Figure(figsize=(WIDTH, 1.3 * down + 0.2), layout="constrained")
    figure.set_constrained_layout_pads(h_pad=0.1)  # inches
    all_axes = figure.subplots(down, across, sharex=True, sharey=True, squeeze=False)
    most = max((value or 0 for row in rows for value in row), default=0)
    flat: List[Axes] = [axes for line in all_axes for axes in line]
    for number, axes in enumerate(flat):
        if number >= len(titles):
            axes.set_visible(False)
            continue
        heights = [value or 0 for value in rows[number]]
        axes.bar(range(len(names)), heights, width=0.66, color=SERIES[0])
        for place, value in enumerate(rows[number]):
            if value:
                axes.annotate(
                    f"{value}", (place, value), (0, 2), textcoords="offset points", ha="center", color=MUTED, size=7.5
                )
        axes.set_title(titles[number], loc="left", size=9, color=TEXT, pad=4)
        axes.set_ylim(0, most * 1.22 or 1)
        axes.set_yticks([])
        # The lowest of each column says which week is which.
        axes.set_xticks(range(len(names)), names, size=7)
        axes.tick_params(axis="x", labelbottom=number + across >= len(titles))
    return figure


def _figure(height: float) -> Tuple[Figure, Axes]:
    figure = Figure(figsize=(WIDTH, height), layout="constrained")
    return figure, figure.subplots()


def _lying(axes: Axes, names: Sequence[str]) -> None:
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(len(names) - 0.45, -0.55)
    axes.set_xticks([])
    axes.spines["bottom"].set_visible(False)


def _legend(axes: Axes, parts: int) -> None:
    axes.legend(
        loc="lower left", bbox_to_anchor=(0, 1), ncol=parts, borderaxespad=0, handlelength=0.9, handleheight=0.9
    )
