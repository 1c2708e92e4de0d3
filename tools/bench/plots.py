"""The plots of docs/prestaties.md."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Dict, Sequence

import numpy as np
from matplotlib.figure import Figure

from tools.bench.figures import Measured, pooled, turn_medians
from tools.compare.plots import COLOURS, save

TITLES = {"ouderwijzer": "Ouderwijzer", "rasa_init": "bot of rasa init"}
FASTEST = 99  # percent of the answers that the plot of speed shows: a few slow ones would leave it no room
PIECE = 10  # turns whose median is one point


def plot_speed(measured: Measured, path: Path) -> None:
    """Write a plot of the share of answers within a time, a panel for one user and one for several."""
    figure = Figure(figsize=(10, 4.5), layout="constrained")
    one, several = figure.subplots(1, 2, sharey=True)
    for (key, title), colour in zip(TITLES.items(), COLOURS):
        system = measured["systems"][key]
        _shares(one, pooled([block["typed"] for block in system["one_user"]]), title, colour)
        _shares(several, pooled([block["ms"] for block in system["crowd"]]), title, colour)
    for axes in (one, several):
        axes.set(xlabel="ms", xlim=(0, None))
        axes.grid(color="0.9")
    one.set(title="1 user", ylabel="answered within that time (%)", ylim=(0, 101))
    several.set(title=f"{measured['users']} users at the same time")
    one.legend(loc="lower right", frameon=False)
    save(figure, path)


def plot_turns(measured: Measured, path: Path) -> None:
    """Write a plot of the time that an answer takes along a long conversation."""
    figure = Figure(figsize=(10, 4), layout="constrained")
    axes = figure.subplots()
    for (key, title), colour in zip(TITLES.items(), COLOURS):
        medians = turn_medians(measured["systems"][key]["turns"])
        starts = range(0, len(medians), PIECE)
        middles = [np.median(medians[start : start + PIECE]) for start in starts]
        axes.plot([start + (PIECE + 1) / 2 for start in starts], middles, "o-", markersize=3, color=colour, label=title)
    axes.set(xlabel="turn of the conversation", ylabel=f"ms an answer, median of {PIECE} turns")
    axes.set_ylim(bottom=0)
    axes.legend(frameon=False)
    save(figure, path)


def plot_memory(measured: Measured, path: Path) -> None:
    """Write a plot of memory over many conversations and over a long load, a panel each."""
    figure = Figure(figsize=(10, 4), layout="constrained")
    many, load = figure.subplots(1, 2, sharey=True)
    for (key, title), colour in zip(TITLES.items(), COLOURS):
        _memory(many, measured["many"], key, title, colour, lambda _, messages: messages)
        _memory(load, measured["load"], key, title, colour, lambda seconds, _: seconds / 60)
    many.set(xlabel=f"messages, in {measured['conversations']:,} conversations", ylabel="RSS of all processes (MB)")
    load.set(xlabel=f"minutes, with {measured['load_users']} users")
    highest = max(mb for run in ("many", "load") for key in TITLES for *_, mb in measured[run][key]["memory"])
    many.set_ylim(0, 1.1 * highest)
    many.legend(frameon=False)
    save(figure, path)


def _shares(axes: Any, ms: Sequence[float], title: str, colour: str) -> None:
    shares = 100 * np.arange(1, len(ms) + 1) / len(ms)
    axes.plot(np.sort(ms)[shares <= FASTEST], shares[shares <= FASTEST], color=colour, label=title)


def _memory(axes: Any, runs: Dict[str, Any], key: str, title: str, colour: str, place: Any) -> None:
    samples = runs[key]["memory"]
    places = [place(seconds, messages) for seconds, messages, _ in samples]
    axes.plot(places, [mb for *_, mb in samples], color=colour, label=title)
