"""Measures how fast the assistant is and what it takes, side by side with the bot of `rasa init`.

    python -m tools.bench            speed and memory, within a quarter of an hour; writes docs/
    python -m tools.bench --long     10,000 conversations and ten minutes of fifty users, of each assistant
    python -m tools.bench --quick    a little of both, to try the command; writes logs/bench/docs/

Run it on a quiet machine. Of what is not measured in a run docs/prestaties/figures.json keeps the figures from before.
"""

from __future__ import annotations

import argparse
import shutil
import signal
import sys
from pathlib import Path
from typing import Sequence

from tools.bench import figures
from tools.bench.runs import QUICK, Settings, measure_load, measure_speed, say
from tools.bench.systems import PROJECT, BenchError, make_project
from tools.server import ROOT, ServerError, stop_on_sigterm

DOCS = ROOT / "docs"
LOGS = ROOT / "logs/bench"
RUN = LOGS / "run"  # logs and conversations of the latest run


def main(arguments: Sequence[str]) -> int:
    """Measure, and write the pages; return the exit status."""
    stop_on_sigterm()
    parser = argparse.ArgumentParser(
        prog="tools.bench", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--long", action="store_true", help="the long runs alone: an hour, or more on a slow machine")
    parser.add_argument("--quick", action="store_true", help="too little to say anything, within minutes")
    chosen = parser.parse_args(arguments)
    settings, docs = (QUICK, LOGS / "docs") if chosen.quick else (Settings(), DOCS)
    shutil.rmtree(RUN, ignore_errors=True)
    RUN.mkdir(parents=True)
    try:
        if not PROJECT.exists():
            say("Training the bot of `rasa init`; some minutes, this once ...")
        make_project()
        measured = figures.read(docs / "prestaties")
        if chosen.quick or not chosen.long:
            measured["speed"] = measure_speed(settings, RUN)
        if chosen.quick or chosen.long:
            measured["load"] = measure_load(settings, RUN)
    except (BenchError, ServerError) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    write_docs(measured, docs)
    say(f"Written: {docs}/prestaties.md, {docs}/prestaties/ and {docs}/schalen.md.")
    return 0


def write_docs(measured: figures.Measured, docs: Path) -> None:
    """Write the pages, the plots and figures.json, as far as there are figures."""
    # Not above: what this process loads of libraries the assistants share, and their memory would look smaller.
    from tools.bench.page import write_page
    from tools.bench.plots import plot_memory, plot_speed, plot_turns
    from tools.bench.scale import write_scale

    pictures = docs / "prestaties"
    figures.write(measured, pictures)
    if "speed" in measured:
        plot_speed(measured["speed"], pictures / "speed.png")
        plot_turns(measured["speed"], pictures / "turns.png")
        (docs / "schalen.md").write_text(write_scale(measured["speed"]), encoding="utf8")
    if "load" in measured:
        plot_memory(measured["load"], pictures / "memory.png")
    (docs / "prestaties.md").write_text(write_page(measured), encoding="utf8")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
