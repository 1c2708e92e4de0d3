"""The plots of docs/understanding."""

from __future__ import annotations

from pathlib import Path
from typing import Dict, List, Sequence, Tuple

from matplotlib.figure import Figure

from tools.compare.tables import Result

BANDS = 10  # of probability, in the reliability plot
COLOURS = ("#56B4E9", "#E69F00", "#009E73", "#BBBBBB")  # told apart by colour-blind readers too (Okabe and Ito)


def plot_comparison(results: Sequence[Result], path: Path) -> None:
    """Write a bar plot of the accuracy of every system on every set, with its confidence interval."""
    figure = Figure(figsize=(10, 5), layout="constrained")
    axes = figure.subplots()
    systems = list(results[0].scores)
    width = 0.8 / len(systems)
    for index, (system, colour) in enumerate(zip(systems, COLOURS)):
        shares = [each.scores[system].accuracy for each in results]
        places = [place + (index - (len(systems) - 1) / 2) * width for place in range(len(results))]
        heights = [100 * found.value for found in shares]
        below = [100 * (found.value - found.low) for found in shares]
        above = [100 * (found.high - found.value) for found in shares]
        axes.bar(places, heights, 0.92 * width, yerr=(below, above), capsize=3, color=colour, label=system)
        for place, height in zip(places, heights):
            axes.text(place, 2, f"{height:.0f}", ha="center")
    counts = [each.scores[systems[0]].accuracy.count for each in results]
    axes.set_xticks(range(len(results)), [f"{each.title}\nn = {count}" for each, count in zip(results, counts)])
    axes.set(ylabel="first label right (%), with 95 % interval", ylim=(0, 100))
    axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncol=2, frameon=False)
    save(figure, path)


def plot_reliability(curves: Dict[str, Sequence[Tuple[float, bool]]], path: Path) -> None:
    """Write a plot of the probability said against the share right, a panel for each set of (probability, right)."""
    figure = Figure(figsize=(5 * len(curves), 5), layout="constrained")
    panels = figure.subplots(1, len(curves), sharey=True, squeeze=False)[0]
    for axes, (title, pairs) in zip(panels, curves.items()):
        bands = reliability(pairs)
        axes.plot((0, 1), (0, 1), color="0.6", linestyle="--", linewidth=1)
        axes.plot([said for said, _, _ in bands], [right for _, right, _ in bands], "o-", color=COLOURS[0])
        for said, right, count in bands:
            axes.annotate(str(count), (said, right), (6, -12), textcoords="offset points", color="0.3")
        axes.set(title=f"{title} (n = {len(pairs)})", xlabel="probability said", xlim=(0, 1.05), ylim=(-0.05, 1.05))
        axes.set_aspect("equal")
    panels[0].set_ylabel("share right (beside each point the number of sentences)")
    save(figure, path)


def reliability(pairs: Sequence[Tuple[float, bool]]) -> List[Tuple[float, float, int]]:
    """Return the mean probability, the share right and the count of each band of probability that has any."""
    found = []
    for band in range(BANDS):
        inside = [pair for pair in pairs if min(int(pair[0] * BANDS), BANDS - 1) == band]
        if inside:
            said, right = (sum(column) / len(inside) for column in zip(*inside))
            found.append((said, right, len(inside)))
    return found


def save(figure: Figure, path: Path) -> None:
    """Write a figure as a picture that changes with what it shows only."""
    for axes in figure.axes:
        axes.spines[["top", "right"]].set_visible(False)
    # The software's version is left out.
    figure.savefig(path, dpi=120, metadata={"Software": None})
