"""Compares Ouderwijzer with Rasa's own pipelines and with plain scikit-learn, on the same sentences in one run.

    python -m tools.compare                                    our own data; writes docs/understanding/
    python -m tools.compare --train a.tsv --test b.tsv         other sets, with columns label, text; only prints
    python -m tools.compare --train a.tsv,c.tsv --test b.tsv,d.tsv     folds, whose predictions are pooled
    python -m tools.compare --systems "ouderwijzer tfidf"      these systems alone; only prints

`worker job.json` in place of all these does one step of a comparison, in a process of its own.
"""

from __future__ import annotations

import argparse
import logging
import signal
import sys
from pathlib import Path
from typing import Sequence


def main(arguments: Sequence[str]) -> int:
    """Print the tables; return the exit status."""
    from tools.compare.bench import SYSTEMS, WorkerError, choose
    from tools.compare.files import compare_files
    from tools.compare.sentences import InputError

    parser = argparse.ArgumentParser(
        prog="tools.compare", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--train", default="", help="TSV files to train on, separated by commas")
    parser.add_argument("--test", default="", help="TSV files to test on, separated by spaces or commas")
    parser.add_argument("--systems", default="", help=f"some of: {', '.join(SYSTEMS)}")
    chosen = parser.parse_args(arguments)
    try:
        systems = choose(chosen.systems)
        if chosen.train or chosen.test:
            print(compare_files(chosen.train, chosen.test, systems))
        else:
            # A package that Rasa imports (aiogram) has every warning of deprecation shown: they go where logs go.
            logging.captureWarnings(True)
            logging.disable(logging.WARNING)
            from tools.compare.own import compare_own  # heavy: it imports Rasa, which other sets do not need here

            print(compare_own(systems))
    except (InputError, WorkerError) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    return 0


if __name__ == "__main__":
    if sys.argv[1:2] == ["worker"]:
        # Nothing else is imported, since it would count in every system's memory.
        from tools.compare.systems import work

        work(Path(sys.argv[2]))
    else:
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
        sys.exit(main(sys.argv[1:]))
