"""Train the Rasa model, or check its training data, with the whole output in logs/ and its progress on the screen."""

from __future__ import annotations

import argparse
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import List

ROOT = Path(__file__).resolve().parent.parent
NAME = "ouderwijzer"
TAIL = 15  # lines of the log that are shown when Rasa fails

# What a line of Rasa's log says of the progress: a component's start or end, or words of our own components.
_PROGRESS = re.compile(
    r"(?:INFO|WARNING|ERROR) +(rasa\.engine\.training\.hooks|rasa\.validator|components\.\w+) +- (.*)"
)
_COLOUR = re.compile(r"\x1b\[\d*m")


class RasaError(RuntimeError):
    """Rasa failed; the message ends with the last lines of its log."""


def train(project: Path = ROOT) -> Path:
    """Train on the project's data and return the model's path; a model of before is replaced at the very end.

    Rasa's cache is not used: it does not see changes in the modules that a component imports.

    Raises:
        RasaError: the data, the configuration or a component is wrong; a model of before is left as it was.
    """
    models = project / "models"
    models.mkdir(exist_ok=True)
    started = time.time()
    with tempfile.TemporaryDirectory(prefix=".training-", dir=models) as scratch:
        run_rasa(project, "train", ["train", "--force", "--fixed-model-name", NAME, "--out", scratch])
        trained = Path(scratch, f"{NAME}.tar.gz")
        if not trained.exists():
            raise RasaError(f"Rasa trained no model.\n{_tail(project / 'logs/train.log')}")
        # `make` compares times: what is changed while training goes on is not in this model.
        os.utime(trained, (started, started))
        return trained.replace(models / trained.name)


def check_data(project: Path = ROOT) -> None:
    """Have Rasa check domain and training data against each other.

    Raises:
        RasaError: they do not agree, be it only by a warning.
    """
    log = run_rasa(project, "validate", ["data", "validate", "--fail-on-warnings"])
    # Of some warnings (an intent without sentences, one that no rule uses) Rasa makes no failure even so.
    warnings = re.findall(r"UserWarning: (.*)", log.read_text(encoding="utf8"))
    if warnings:
        raise RasaError("\n".join(["Rasa warns:", *(f"  {warning}" for warning in warnings)]))


def run_rasa(project: Path, log_name: str, arguments: List[str]) -> Path:
    """Run `rasa <arguments>` in `project` and return its log, logs/<log_name>.log; progress goes to the screen.

    Raises:
        RasaError: it ended with another status than 0.
    """
    log = project / "logs" / f"{log_name}.log"
    log.parent.mkdir(exist_ok=True)
    with open(log, "w", encoding="utf8") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "rasa", *arguments],
            cwd=project,
            env={**os.environ, "LOG_LEVEL": "INFO", "PYTHONIOENCODING": "utf8"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf8",
            errors="replace",
        )
        try:
            for line in process.stdout:
                file.write(line)
                progress = _PROGRESS.search(_COLOUR.sub("", line))
                if progress:
                    print(f"  {progress[2]}", flush=True)
        finally:
            if sys.exc_info()[0]:  # interrupted
                process.terminate()
            status = process.wait()
    if status != 0:
        raise RasaError(f"Rasa ended with status {status}.\n{_tail(log)}")
    return log


def _tail(log: Path) -> str:
    lines = [line for line in _COLOUR.sub("", log.read_text(encoding="utf8")).splitlines() if line.strip()]
    return "\n".join([f"The last lines of logs/{log.name}:", *(f"  {line}" for line in lines[-TAIL:])])


def main() -> int:
    """Train, or with --check-data only check; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check-data", action="store_true", help="check domain and training data, train nothing")
    only_check = parser.parse_args().check_data
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    start = time.monotonic()
    try:
        if only_check:
            print("Rasa checks domain and training data ...", flush=True)
            check_data()
            return 0
        print("Training; a minute or so, all output in logs/train.log ...", flush=True)
        model = train()
    except RasaError as error:
        again = "make test" if only_check else "make train"
        print(
            f"{error}\n\nMend what is named there, in data/, domain.yml, config.yml or components/; then: {again}",
            file=sys.stderr,
        )
        return 1
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    size = model.stat().st_size / 1e6
    print(f"Trained in {time.monotonic() - start:.0f} s: {model.relative_to(ROOT)}, {size:.1f} MB.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
